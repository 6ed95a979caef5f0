"""UPDATE and DELETE of entities whose rows are spread over the tables of a hierarchy.

One statement of SQL writes one table.  So the rows are found first, and locked where the server
locks; then each table is written by their keys, in sets.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.bulk.inserting import returned_rows_steps
from dovetail.orm.bulk.synchronize import (
    dependent,
    is_kept_as_is,
    let_go,
    overwrite,
    references,
)
from dovetail.orm.bulk.updating import RowsUpdating, own_table, set_attributes
from dovetail.orm.flush.insert_mixed import tables_in_order
from dovetail.orm.loading.criteria import rows_of_change
from dovetail.orm.loading.related import KEYS_PER_STATEMENT, key_condition
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.dml import delete, update
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.expression.elements import BindParameter
from dovetail.sql.traversal import iterate
from dovetail.steps import Steps


def is_spread(mapper: Mapper, statement: UpdateBase) -> bool:
    """True where *statement* concerns more than the table of the class itself."""
    below = {table for one in mapper.sharing_rows for table in one.tables}
    if len(below) < 2:
        return False
    if statement.is_delete:
        return True
    local = own_table(mapper).table
    others = set(mapper.tables) - {local}
    if any(column.table in others for column in _set_columns(mapper, statement)):
        return True
    core = statement.as_core()
    spoken = [*core.where_criteria, *core.returning_columns, *(core.values_ or {}).values()]
    nodes = [node for part in spoken if hasattr(part, "__visit_name__") for node in iterate(part)]
    return any(getattr(node, "table", None) in others for node in nodes)


def _set_columns(mapper: Mapper, statement: UpdateBase) -> list[Any]:
    names = set_attributes(mapper, statement)
    return [column for name in names for column in mapper.column_attrs[name].columns[:1]]


class SpreadChange:
    """One run of a statement that writes several tables."""

    def __init__(self, change: Any) -> None:
        self.change = change
        self.session = change.session
        self.connection = change.connection
        self.mapper = change.mapper
        self.statement = change.statement

    def run_steps(self, synchronize: bool) -> Steps[Any]:
        """Run the statement; with *synchronize* bring the instances in memory along."""
        self._check()
        if self.statement.is_delete:
            return (yield from self._delete_steps(synchronize))
        return (yield from self._update_steps(synchronize))

    def _check(self) -> None:
        if self.statement.dialect_kwargs or self.statement.ctes:
            raise InvalidRequestError(
                f"{self.mapper.class_.__name__} is kept in several tables: options of one "
                "server's UPDATE and DELETE, and CTEs, do not go with them",
                hint="select the keys first, and give them to where()",
            )

    # Finding the rows ---------------------------------------------------------------------------

    def _found_steps(self, *more: object) -> Steps[Any]:
        """The keys of the rows, each followed by the values of *more*; the rows are locked."""
        mapper, core = self.mapper, self.statement.as_core()
        asked = rows_of_change((*mapper.primary_key, *more), mapper.persist_selectable, core)
        asked = asked.with_for_update()
        result = yield from self.change.execute_steps(asked, self.change.params or None)
        return result.all()

    def _returned_steps(self, keys: Sequence[Any]) -> Steps[Any]:
        """What the user asked to be returned of the rows with *keys*."""
        options = self.change.options
        return (
            yield from returned_rows_steps(self.session, self.mapper, self.statement, keys, options)
        )

    # Writing them -------------------------------------------------------------------------------

    def _update_steps(self, synchronize: bool) -> Steps[Any]:
        mapper = self.mapper
        values = {n: _plain(v) for n, v in set_attributes(mapper, self.statement).items()}
        if not mapper.keys_set.isdisjoint(values):
            raise InvalidRequestError(
                f"an UPDATE can't change the primary key of {mapper.class_.__name__}, which joins "
                "rows of several tables",
                hint="change it on the instance, and flush",
            )
        computed = [name for name, value in values.items() if isinstance(value, ColumnElement)]
        core = self.statement.as_core()
        by_name = dict(zip(values, _core_values(mapper, core, values), strict=True))
        labelled = [by_name[name].label(f"new_{n}") for n, name in enumerate(computed)]
        rows = yield from self._found_steps(*labelled)
        width = len(mapper.primary_key)
        keys = [mapper.key_from_tuple(row[:width]) for row in rows]
        known = {name: value for name, value in values.items() if name not in computed}
        if computed:
            told = [{**known, **dict(zip(computed, row[width:], strict=True))} for row in rows]
            updating = RowsUpdating(self.session, self.connection, mapper)
            yield from updating.run_steps(told, keys, synchronize)
        elif known:
            yield from self._set_steps(keys, known)
            if synchronize:
                self._bring_along(keys, known)
        return (yield from self._returned_steps(keys))

    def _set_steps(self, keys: Sequence[Any], values: dict[str, Any]) -> Steps[None]:
        """Write the same *values* to all rows with *keys*."""
        for part in self.mapper.mapped_tables:
            own = {column: values[name] for name, column in part.columns if name in values}
            if own:
                for chunk in self._chunks(part, keys):
                    condition, parameter = key_condition([column for _, column in part.key])
                    statement = update(part.table).values(own).where(condition)
                    yield from self.change.execute_steps(statement, {parameter.key: chunk})

    def _chunks(self, part: MappedTable, keys: Sequence[Any]) -> Iterator[list[Any]]:
        """What *keys* are in the table of *part*, in parts for a statement each."""
        places = [place for place, _ in part.key]
        if len(places) < len(self.mapper.primary_key):
            own = [[self.mapper.key_tuple(key)[place] for place in places] for key in keys]
            keys = list(dict.fromkeys(key[0] if len(key) == 1 else tuple(key) for key in own))
        for start in range(0, len(keys), KEYS_PER_STATEMENT):
            yield list(keys[start : start + KEYS_PER_STATEMENT])

    def _bring_along(self, keys: Sequence[Any], values: dict[str, Any]) -> None:
        mapper = self.mapper
        kept = {n: v for n, v in values.items() if is_kept_as_is(mapper.columns[n].type, v)}
        stale = (values.keys() - kept.keys()) | dependent(mapper)
        led = references(mapper, frozenset(values))
        for state, instance in self._pairs(keys):
            overwrite(self.session, state, instance, kept, stale, led)

    def _pairs(self, keys: Sequence[Any]) -> list[Any]:
        """The instances in memory that *keys* name."""
        identity = self.session.scope.identity(self.mapper)
        states = [identity[key] for key in keys if key in identity]
        return [(state, state()) for state in states if state() is not None]

    def _delete_steps(self, synchronize: bool) -> Steps[Any]:
        mapper = self.mapper
        rows = yield from self._found_steps()
        keys = [mapper.key_from_tuple(row) for row in rows]
        returned = yield from self._returned_steps(keys)
        kinds = mapper.sharing_rows
        parts = {part.table: part for kind in kinds for part in kind.mapped_tables}
        for part in [parts[table] for table in reversed(tables_in_order(kinds))]:
            for chunk in self._chunks(part, keys):
                condition, parameter = key_condition([column for _, column in part.key])
                statement = delete(part.table).where(condition)
                yield from self.change.execute_steps(statement, {parameter.key: chunk})
        if synchronize:
            gone = [pair for pair in self._pairs(keys) if not pair[0].load.deleted]
            let_go(self.session, mapper, gone)
        return returned


def _plain(value: object) -> Any:
    """The value of a parameter that has one; expressions as they are."""
    if isinstance(value, BindParameter) and value.unique:
        return value.effective_value
    return value


def _core_values(mapper: Mapper, core: Any, names: Any) -> list[Any]:
    """The values of *names* in *core*, an UPDATE of tables."""
    by_attribute: dict[Any, Any] = {}
    for target, value in core.values_.items():
        key = target if isinstance(target, str) else mapper.column_keys.get(target, target)
        if isinstance(target, str) and target not in mapper.columns:
            column = own_table(mapper).table.c.get(target)
            key = mapper.column_keys.get(column, target)
        by_attribute[key] = value
    return [by_attribute.get(name) for name in names]
