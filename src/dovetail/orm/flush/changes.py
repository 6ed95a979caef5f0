"""What a flush has to do: a value, found by looking at the session's instances."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, Scope

Pair = tuple[InstanceState, Any]


@dataclass(slots=True, eq=False)
class MapperChanges:
    """The instances of one mapper that a flush inserts, may update, and deletes.

    Those ``left`` were to be deleted, and others have their rows.
    """

    mapper: Mapper
    inserts: dict[InstanceState, Any] = field(default_factory=dict)
    updates: dict[InstanceState, Any] = field(default_factory=dict)
    deletes: dict[InstanceState, Any] = field(default_factory=dict)
    left: dict[InstanceState, Any] = field(default_factory=dict)

    def saved(self) -> Iterator[Pair]:
        """Instances that will have a row after the flush."""
        yield from self.inserts.items()
        yield from self.updates.items()


@dataclass(slots=True, eq=False)
class Changes:
    """All that one flush has to do, by mapper.

    ``deleting``  whether rows may be deleted
    """

    mappers: dict[Mapper, MapperChanges] = field(default_factory=dict)
    deleting: bool = False

    def of(self, mapper: Mapper) -> MapperChanges:
        """The changes of *mapper*."""
        found = self.mappers.get(mapper)
        if found is None:
            found = self.mappers[mapper] = MapperChanges(mapper)
        return found

    def touch(self, instance: object, state: InstanceState) -> None:
        """Let the flush look at *instance* too: a key is about to be written to it."""
        changes = self.of(state.load.mapper)
        if state not in changes.inserts and state not in changes.deletes:
            changes.updates[state] = instance

    def is_deleted(self, state: InstanceState) -> bool:
        """True when the row of *state* is deleted, by this flush or an earlier one."""
        if state.load.deleted:
            return True
        changes = self.mappers.get(state.load.mapper)
        return changes is not None and state in changes.deletes

    def collect(self, scope: Scope, only: frozenset[InstanceState] | None = None) -> None:
        """Find the pending changes of *scope*, or those of the states in *only*."""
        if only is None and len(scope.pending_loads) == 1 and scope.new:
            # All that is pending shares the one load.
            (mapper,) = scope.pending_loads
            self.of(mapper).inserts = dict(scope.new)
        elif scope.new:
            _sort_new(scope, only, self)
        own = None
        for state, instance in scope.modified.items():
            if state not in scope.deleted and (only is None or state in only):
                if own is None or own.mapper is not state.load.mapper:
                    own = self.of(state.load.mapper)
                own.updates[state] = instance
        for state, instance in scope.deleted.items():
            if only is None or state in only:
                self.deleting = True
                self.of(state.load.mapper).deletes[state] = instance


def _sort_new(scope: Scope, only: frozenset[InstanceState] | None, changes: Changes) -> None:
    own = None
    for state, instance in scope.new.items():
        if only is None or state in only:
            if own is None or own.mapper is not state.load.mapper:
                own = changes.of(state.load.mapper)
            own.inserts[state] = instance


def changed_related(
    prop: RelationshipProperty, state: InstanceState, instance: object
) -> tuple[list[Any], list[Any]]:
    """(added, removed) related instances of *prop*, from what is in memory."""
    impl = prop.impl
    if state.row_key is not None:
        committed = state.committed
        if committed is None or prop.key not in committed:
            return _NOTHING
    value = instance.__dict__.get(prop.key)
    if state.row_key is None:
        if value is None:
            return _NOTHING
        return (list(impl.kind.items(value)) if impl.collection else [value]), []
    history = impl.history(state, instance)
    return (
        [item for item in history.added if item is not None],
        [item for item in history.deleted if item is not None and item is not NO_VALUE],
    )


_NOTHING: tuple[list[Any], list[Any]] = ([], [])
