"""Rows that are deleted before others are saved: what refers to them has to go with them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dovetail.orm.flush.changes import Changes, MapperChanges
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.stored import UNKNOWN, StoredValues
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps


class _ForeignKey(NamedTuple):
    """A foreign key of a table: its attributes, and the columns that it refers to."""

    declared: Any
    part: MappedTable
    names: tuple[str, ...]
    referred: tuple[Any, ...]


def split_steps(
    context: FlushContext, wanted: Iterable[InstanceState], stored: StoredValues
) -> Steps[tuple[Changes, set[InstanceState]]]:
    """Return what is deleted first, so that *wanted* can be, and those of them that can't.

    Deleted rows that refer to one of them go with it.  One to which a row refers that stays is
    left for the end, after that has let go of it: so are rows with entries in third tables.
    """
    changes = context.changes
    tables = {
        part.table
        for own in changes.mappers.values()
        if own.deletes
        for part in own.mapper.mapped_tables
    }
    referrers = yield from _referrers_steps(context, tables, stored)
    held = _held(context)
    reached: dict[InstanceState, Any] = {}
    parents: dict[InstanceState, list[InstanceState]] = {}
    waiting = list(wanted)
    kept: list[InstanceState] = []
    while waiting:
        state = waiting.pop()
        if state in reached:
            continue
        own = changes.of(state.load.mapper)
        reached[state] = instance = own.deletes[state]
        if state in held:
            kept.append(state)
        for other, goes in referrers.of(own.mapper, state, instance, stored):
            if other is state:
                continue
            if not goes:
                kept.append(state)
            else:
                parents.setdefault(other, []).append(state)
                waiting.append(other)
    blocked: set[InstanceState] = set()
    while kept:
        state = kept.pop()
        if state not in blocked:
            blocked.add(state)
            kept += parents.get(state, ())
    first = Changes(deleting=True)
    _collect(first, changes, wanted, parents, blocked)
    return first, {state for state in wanted if state in blocked}


def _collect(
    first: Changes,
    changes: Changes,
    wanted: Iterable[InstanceState],
    parents: dict[InstanceState, list[InstanceState]],
    blocked: set[InstanceState],
) -> None:
    """Put into *first* those of *wanted* that are not *blocked*, and what refers to them."""
    children: dict[InstanceState, list[InstanceState]] = {}
    for child, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    waiting = [state for state in wanted if state not in blocked]
    found: set[InstanceState] = set()
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            waiting += children.get(state, ())
    for mapper, own in changes.mappers.items():
        deletes = {state: one for state, one in own.deletes.items() if state in found}
        if deletes:
            first.of(mapper).deletes = deletes


def without(changes: Changes, first: Changes) -> Changes:
    """The deletes among *changes* that are not in *first*."""
    left = Changes(deleting=True)
    for mapper, own in changes.mappers.items():
        done = first.mappers.get(mapper)
        deletes = own.deletes
        if done is not None:
            deletes = {s: one for s, one in own.deletes.items() if s not in done.deletes}
        left.mappers[mapper] = MapperChanges(mapper, deletes=deletes)
    return left


def _held(context: FlushContext) -> set[InstanceState]:
    """Rows that have others do something before they can be deleted."""
    held = {
        state
        for rows in context.associations
        for pairs in (rows.added, rows.removed, rows.moved)
        for pair in pairs
        for state in pair
    }
    for own in context.changes.mappers.values():
        if roles_of(own.mapper).later:
            held |= own.deletes.keys()
    return held


class _Referrers:
    """By foreign key and values, the rows of a flush that refer so, and whether they go."""

    def __init__(self) -> None:
        self._to_table: dict[Any, dict[Any, _ForeignKey]] = {}
        self._rows: dict[tuple[Any, tuple[Any, ...]], list[tuple[InstanceState, bool]]] = {}

    def add(
        self, key: _ForeignKey, values: tuple[Any, ...], state: InstanceState, goes: bool
    ) -> None:
        """Note that the row of *state*, which *goes* or stays, refers to one with *values*."""
        self._to_table.setdefault(key.referred[0].table, {})[key.declared] = key
        self._rows.setdefault((key.declared, values), []).append((state, goes))

    def of(
        self, mapper: Mapper, state: InstanceState, instance: object, stored: StoredValues
    ) -> Iterator[tuple[InstanceState, bool]]:
        """The rows that refer to that of *state*, and whether they are deleted."""
        for part in mapper.mapped_tables:
            names = {column: name for name, column in part.columns}
            for key in self._to_table.get(part.table, {}).values():
                values = tuple(
                    stored.get(mapper, state, instance, names[column])
                    if column in names
                    else UNKNOWN
                    for column in key.referred
                )
                yield from self._rows.get((key.declared, values), ())


def _referrers_steps(
    context: FlushContext, tables: set[Any], stored: StoredValues
) -> Steps[_Referrers]:
    """Find what refers to rows of *tables*; references that have expired are read."""
    rows: list[tuple[_ForeignKey, Mapper, InstanceState, Any, bool]] = []
    for own in context.changes.mappers.values():
        for key in _foreign_keys(own.mapper, tables):
            for state, instance in own.deletes.items():
                stored.want(own.mapper, (state, instance), key.part, key.names)
                rows.append((key, own.mapper, state, instance, True))
            for state, instance in own.updates.items():
                if not (state.committed or {}).keys().isdisjoint(key.names):
                    stored.want(own.mapper, (state, instance), key.part, key.names)
                rows.append((key, own.mapper, state, instance, False))
    yield from stored.read_steps(context.core)
    found = _Referrers()
    for key, mapper, state, instance, goes in rows:
        values = tuple(stored.get(mapper, state, instance, name) for name in key.names)
        if None not in values and UNKNOWN not in values:
            found.add(key, values, state, goes)
    return found


def _foreign_keys(mapper: Mapper, tables: set[Any]) -> Iterator[_ForeignKey]:
    """The foreign keys of the rows of *mapper* that refer to *tables*."""
    for part in mapper.mapped_tables:
        names = {column: name for name, column in part.columns}
        for declared in part.table.foreign_key_constraints:
            columns = [element.parent for element in declared.elements]
            referred = tuple(element.column for element in declared.elements)
            if referred[0].table in tables and all(column in names for column in columns):
                yield _ForeignKey(declared, part, tuple(names[c] for c in columns), referred)
