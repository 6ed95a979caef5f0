"""In which order mappers, and rows of mappers that depend on each other, are written."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dovetail.exc import CircularDependencyError
from dovetail.graph import components, sort
from dovetail.orm.flush.changes import Changes, MapperChanges
from dovetail.orm.tracking.state import InstanceState, state_of


class Stage(NamedTuple):
    """Mappers that are written together: one, or several whose rows refer to each other.

    ``cyclic``         rows of these mappers may depend on rows of these mappers
    ``dependencies``   relationships between them
    """

    mappers: tuple[Any, ...]
    cyclic: bool
    dependencies: tuple[Any, ...]


def stages_for(mappers: Iterable[Any]) -> Sequence[Stage]:
    """The order in which rows of *mappers* are saved: what others refer to comes first.

    Deletes take it backward.  The order of a set of mappers is planned once and kept.
    """
    wanted = frozenset(mappers)
    plans: dict[Any, tuple[Stage, ...]] = next(iter(wanted)).registry.memo
    kept = plans.get(wanted)
    if kept is None:
        kept = plans[wanted] = _plan(wanted)
    return kept


def _plan(mappers: frozenset[Any]) -> tuple[Stage, ...]:
    ordered = sorted(mappers, key=_declaration_order)
    edges: list[tuple[Any, Any]] = []
    dependencies: dict[tuple[Any, Any], list[Any]] = {}
    for mapper in ordered:
        for prop in mapper.relationships.values():
            if prop.viewonly or prop.secondary is not None:
                continue
            if prop.post_update:
                # Its keys are written when all rows are there: it orders nothing.
                continue
            for related in ordered:
                if related.isa(prop.mapper):
                    edge = (related, mapper) if prop.is_many_to_one else (mapper, related)
                    edges.append(edge)
                    dependencies.setdefault(edge, []).append(prop)
    circles = components(edges, ordered)
    head = {mapper: circle[0] for circle in circles for mapper in circle}
    members = {circle[0]: tuple(circle) for circle in circles}
    heads = dict.fromkeys(head.get(mapper, mapper) for mapper in ordered)
    between = [(head.get(a, a), head.get(b, b)) for a, b in edges]
    stages = []
    for mapper in sort([(a, b) for a, b in between if a is not b], heads):
        group = members.get(mapper, (mapper,))
        inside = [
            prop
            for edge, props in dependencies.items()
            if edge[0] in group and edge[1] in group
            for prop in props
        ]
        stages.append(Stage(group, bool(inside), tuple(dict.fromkeys(inside))))
    return tuple(stages)


def _declaration_order(mapper: Any) -> int:
    position: int = mapper.registry.position(mapper)
    return position


def insert_levels(stage: Stage, changes: Changes) -> list[MapperChanges]:
    """The inserts of a cyclic *stage* in batches: each depends on the ones before it alone."""
    new: dict[InstanceState, Any] = {}
    for mapper in stage.mappers:
        new.update(changes.of(mapper).inserts)
    parents: dict[InstanceState, set[InstanceState]] = {state: set() for state in new}
    for prop in stage.dependencies:
        for state, instance in new.items():
            if not state.load.mapper.isa(prop.parent):
                continue
            value = instance.__dict__.get(prop.key)
            if value is None:
                continue
            members = prop.impl.kind.items(value) if prop.uselist else (value,)
            for member in members:
                other = state_of(member)
                if other is state and prop.is_many_to_one:
                    raise _cycle([state])
                if other in new and other is not state:
                    if prop.is_many_to_one:
                        parents[state].add(other)
                    else:
                        parents[other].add(state)
    return _batched(stage, new, _depths(parents))


def _depths(parents: dict[InstanceState, set[InstanceState]]) -> dict[InstanceState, int]:
    """How many rows must be there before each row."""
    depths: dict[InstanceState, int] = {}
    waiting = {state: len(needed) for state, needed in parents.items()}
    children: dict[InstanceState, list[InstanceState]] = {}
    for state, needed in parents.items():
        for parent in needed:
            children.setdefault(parent, []).append(state)
    ready = [state for state, count in waiting.items() if count == 0]
    for state in ready:
        depths[state] = 0
    while ready:
        following: list[InstanceState] = []
        for state in ready:
            for child in children.get(state, ()):
                waiting[child] -= 1
                if waiting[child] == 0:
                    depths[child] = 1 + max(depths[parent] for parent in parents[child])
                    following.append(child)
        ready = following
    if len(depths) < len(parents):
        raise _cycle([state for state in parents if state not in depths])
    return depths


def _cycle(states: list[InstanceState]) -> CircularDependencyError:
    names = ", ".join(repr(state()) for state in states[:5])
    error = CircularDependencyError(
        f"these rows refer to each other in a circle, so that none can be written first: {names}",
        hint="break the circle: set post_update=True on one of the relationships, "
        "or flush before the last reference is set",
    )
    error.cycles = set(states)
    return error


def _batched(
    stage: Stage, rows: dict[InstanceState, Any], depths: dict[InstanceState, int]
) -> list[MapperChanges]:
    batches: dict[tuple[int, int], MapperChanges] = {}
    position = {mapper: index for index, mapper in enumerate(stage.mappers)}
    for state, instance in rows.items():
        mapper = state.load.mapper
        place = (depths[state], position[mapper])
        batch = batches.get(place)
        if batch is None:
            batch = batches[place] = MapperChanges(mapper)
        batch.inserts[state] = instance
    return [batches[place] for place in sorted(batches)]


def delete_levels(stage: Stage, changes: Changes) -> list[MapperChanges]:
    """The deletes of a cyclic *stage* in batches: what refers to a row goes before it."""
    gone: dict[InstanceState, Any] = {}
    for mapper in stage.mappers:
        gone.update(changes.of(mapper).deletes)
    # Deleting runs against inserting: a row waits for all that refer to it.
    waits_for: dict[InstanceState, set[InstanceState]] = {state: set() for state in gone}
    for prop in stage.dependencies:
        holder, referred = (
            (prop.parent, prop.mapper) if prop.is_many_to_one else (prop.mapper, prop.parent)
        )
        sources = [referred.column_keys[source] for source, _ in prop.condition.synchronize_pairs]
        targets = [holder.column_keys[target] for _, target in prop.condition.synchronize_pairs]
        found = {
            tuple([instance.__dict__.get(name) for name in sources]): state
            for state, instance in gone.items()
            if state.load.mapper.isa(referred)
        }
        for state, instance in gone.items():
            if state.load.mapper.isa(holder):
                parent = found.get(tuple([_stored(state, instance, name) for name in targets]))
                if parent is not None and parent is not state:
                    waits_for[parent].add(state)
    batches = _batched(stage, gone, _depths(waits_for))
    for batch in batches:
        batch.deletes, batch.inserts = batch.inserts, {}
    return batches


def _stored(state: InstanceState, instance: Any, name: str) -> Any:
    """The value of *name* in the row, as far as it is known."""
    if state.committed is not None and name in state.committed:
        return state.committed[name]
    return instance.__dict__.get(name)
