"""What rows hold before a flush writes them, as far as it is known; the rest can be read."""

from collections.abc import Iterable
from typing import Any

from dovetail.orm.flush.changes import Pair
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.loading.related import KEYS_PER_STATEMENT, key_condition
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps

UNKNOWN: Any = object()
"""Stands for a value that nobody here knows."""


class StoredValues:
    """The values in the rows of instances that a flush is about to change or delete."""

    def __init__(self) -> None:
        self._read: dict[InstanceState, dict[str, Any]] = {}
        self._wanted: dict[tuple[Mapper, Any], tuple[MappedTable, dict[Any, Any], set[str]]] = {}

    def get(self, mapper: Mapper, state: InstanceState, instance: object, name: str) -> Any:
        """The value of *name* in the row, or UNKNOWN."""
        if name in mapper.keys_set:
            return mapper.key_tuple(state.row_key)[mapper.primary_keys.index(name)]
        committed = state.committed
        if committed is not None and name in committed:
            if committed[name] is not NO_VALUE:
                return committed[name]
        elif name in instance.__dict__:
            return instance.__dict__[name]
        return self._read.get(state, {}).get(name, UNKNOWN)

    def column(self, mapper: Mapper, pairs: Iterable[Pair], name: str) -> list[Any]:
        """The values of *name* in the rows of *pairs*, UNKNOWN where they are not known."""
        return [self.get(mapper, state, instance, name) for state, instance in pairs]

    def want_all(
        self, mapper: Mapper, pairs: Iterable[Pair], part: MappedTable, names: Iterable[str]
    ) -> None:
        """Have what :meth:`want` has of one row read of each of *pairs*."""
        for name in names:
            for pair, value in zip(pairs, self.column(mapper, pairs, name), strict=True):
                if value is UNKNOWN:
                    self.want(mapper, pair, part, (name,))

    def want(self, mapper: Mapper, pair: Pair, part: MappedTable, names: Iterable[str]) -> None:
        """Have those of *names*, in the row of *part*, read which are not known."""
        for name in names:
            if self.get(mapper, *pair, name) is UNKNOWN:
                place = (mapper, part.table)
                kept = self._wanted.setdefault(place, (part, {}, set()))
                kept[1][pair[0]] = pair[1]
                kept[2].add(name)

    def read_steps(self, session: FlushingSession) -> Steps[None]:
        """Read what is wanted, a statement for each table."""
        wanted, self._wanted = self._wanted, {}
        for (mapper, _), (part, rows, names) in wanted.items():
            shards = session.by_shard(rows) if session.scope.has_tokens else [(None, rows)]
            for token, own in shards:
                if not session.scope.has_tokens:
                    yield from self._read_part_steps(session, mapper, part, own, names)
                else:
                    with session.scope.at(token):
                        yield from self._read_part_steps(session, mapper, part, own, names)

    def _read_part_steps(
        self,
        session: FlushingSession,
        mapper: Mapper,
        part: MappedTable,
        rows: dict[InstanceState, Any],
        names: set[str],
    ) -> Steps[None]:
        connection = yield from session.connection_for_steps(mapper)
        columns = {name: column for name, column in part.columns if name in names}
        keys = [column for _, column in part.key]
        places = [place for place, _ in part.key]
        condition, parameter = key_condition(keys)
        by_key = {}
        for state in rows:
            key = mapper.key_tuple(state.row_key)
            by_key[tuple(key[place] for place in places)] = state
        asked = [key if len(keys) > 1 else key[0] for key in by_key]
        statement: Any = Select(*keys, *columns.values()).where(condition)
        for start in range(0, len(asked), KEYS_PER_STATEMENT):
            chunk = {parameter.key: asked[start : start + KEYS_PER_STATEMENT]}
            for row in (yield from connection.execute_steps(statement, chunk)).all():
                found = by_key.get(tuple(row[: len(keys)]))
                if found is not None:
                    values = dict(zip(columns, row[len(keys) :], strict=True))
                    self._read.setdefault(found, {}).update(values)
