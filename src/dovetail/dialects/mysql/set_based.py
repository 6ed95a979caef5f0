"""Many rows in one UPDATE or DELETE of MariaDB: they are a table of values that it joins."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..set_based import Placed, SetBased, Statements, fit, is_usual, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...sql.schema import Table
    from ..dialect import Dialect

_ROWS = "dovetail_rows"


def set_based(
    dialect: Dialect, table: Table, keys: Sequence[Placed], values: Sequence[Placed] | None
) -> SetBased | None:
    """What changes *values* of the rows of *table* with *keys*; deletes them where that is None.

    Keys are numbers: texts would be compared in another collation than that of the column.  None
    where one is not, or where a type is unusual.
    """
    placed = sorted((*(values or ()), *keys), key=lambda one: one.place)
    if not all(is_usual(one.column.type) for one in placed):
        return None
    if any(key.column.type.affinity != "integer" for key in keys):
        return None
    quote = dialect.identifier_preparer.quote
    name = dialect.identifier_preparer.format_table(table, dialect.schema_name(table.schema))
    on = " AND ".join(f"{name}.{quote(one.column.name)} = {_ROWS}.v{one.place}" for one in keys)
    # The first row gives names; it is found in no table, as its keys are NULL.
    names = ", ".join(f"NULL AS v{one.place}" for one in placed)
    marks = f"({', '.join(['%s'] * len(placed))})"
    # In this order no row is locked, or read, that is not among them.
    head, tail = f"(SELECT {names} UNION ALL VALUES ", f") AS {_ROWS} STRAIGHT_JOIN {name} ON {on}"
    if values is None:
        head = f"DELETE {name} FROM {head}"
    else:
        head = f"UPDATE {head}"
        sets = [f"{name}.{quote(one.column.name)} = {_ROWS}.v{one.place}" for one in values]
        tail = f"{tail} SET {', '.join(sets)}"
    if "%" in head + tail:
        return None
    types = [one.column.type for one in placed]
    # In the order of keys, so that two flushes wait for each other in place of a deadlock.
    key_of = itemgetter(*(key.place for key in keys))

    def statements(rows: Sequence[Sequence[Any]]) -> Statements | None:
        columns = list(zip(*rows, strict=True))
        if not fit(types, columns):
            return None
        made = []
        rows = sorted(rows, key=key_of)
        columns = list(zip(*rows, strict=True))
        for part in parts(columns):
            chosen = rows[part]
            sql = f"{head}{', '.join([marks] * len(chosen))}{tail}"
            made.append((sql, tuple(value for row in chosen for value in row)))
        return made

    return statements
