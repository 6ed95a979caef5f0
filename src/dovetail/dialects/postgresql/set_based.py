"""Many rows in one UPDATE or DELETE of PostgreSQL: an array for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.compiled import PARAMETER_STYLES
from ..set_based import Placed, SetBased, Statements, fit, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...sql.schema import Table
    from ...types.contract import TypeEngine
    from ..dialect import Dialect

_ROWS = "dovetail_rows"


def set_based(
    dialect: Dialect,
    array_cast: Callable[[TypeEngine[Any]], str | None],
    table: Table,
    keys: Sequence[Placed],
    values: Sequence[Placed] | None,
) -> SetBased | None:
    """What changes *values* of the rows of *table* with *keys*; deletes them where that is None.

    The rows are locked in the order of their keys before, so that two flushes wait for each other
    in place of a deadlock.  None where a type has no array.
    """
    placed = sorted((*(values or ()), *keys), key=lambda one: one.place)
    casts = [array_cast(one.column.type) for one in placed]
    if None in casts:
        return None
    quote = dialect.identifier_preparer.quote
    name = dialect.identifier_preparer.format_table(table, dialect.schema_name(table.schema))
    mark = PARAMETER_STYLES[dialect.paramstyle]
    arrays = ", ".join(f"{mark(f'v{n}', n + 1)}{cast}" for n, cast in enumerate(casts))
    names = ", ".join(f"v{one.place}" for one in placed)
    on = [f"t.{quote(key.column.name)} = {_ROWS}.v{key.place}" for key in keys]
    order = ", ".join(f"t.{quote(key.column.name)}" for key in keys)
    lock = "UPDATE" if values is None else "NO KEY UPDATE"
    found = (
        f"WITH {_ROWS} AS MATERIALIZED (SELECT {_ROWS}.* FROM unnest({arrays}) "
        f"AS {_ROWS}({names}) JOIN {name} AS t ON {' AND '.join(on)} "
        f"ORDER BY {order} FOR {lock} OF t)"
    )
    if values is None:
        sql = f"{found} DELETE FROM {name} AS t USING {_ROWS} WHERE {' AND '.join(on)}"
    else:
        sets = ", ".join(f"{quote(one.column.name)} = {_ROWS}.v{one.place}" for one in values)
        sql = f"{found} UPDATE {name} AS t SET {sets} FROM {_ROWS} WHERE {' AND '.join(on)}"
    types = [one.column.type for one in placed]

    def statements(rows: Sequence[Sequence[Any]]) -> Statements | None:
        columns = list(zip(*rows, strict=True))
        if not fit(types, columns):
            return None
        return [(sql, tuple(list(column[part]) for column in columns)) for part in parts(columns)]

    return statements
