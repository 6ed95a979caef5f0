"""In which order mappers, and rows of mappers that depend on each other, are written."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dovetail.exc import CircularDependencyError
from dovetail.graph import components, sort
from dovetail.orm.flush.changes import Changes, MapperChanges, Pair
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import InstanceState, state_of

Rows = dict[InstanceState, Any]


class Stage(NamedTuple):
    """Mappers that are written together: one, or those of a hierarchy, or several whose rows
    refer to each other.

    ``cyclic``         rows of these mappers may depend on rows of these mappers
    ``dependencies``   relationships between them
    """

    mappers: tuple[Any, ...]
    cyclic: bool
    dependencies: tuple[Any, ...]


def stages_of(mappers: Iterable[Mapper]) -> tuple[Stage, ...]:
    """Return the stages in which rows of *mappers* are saved: what others refer to comes first."""
    ordered = sorted(mappers, key=_declaration_order)
    first: dict[Any, Any] = {}
    """The first mapper of each hierarchy: its classes are written together."""
    for mapper in ordered:
        first.setdefault(mapper.base, mapper)
    edges: list[tuple[Any, Any]] = []
    dependencies: list[tuple[Any, Any, Any]] = []
    for mapper in ordered:
        for prop in mapper.named_relationships.values():
            if prop.viewonly or prop.secondary is not None:
                continue
            if prop.post_update:
                # Its keys are written when all rows are there: it orders nothing.
                continue
            for related in ordered:
                if related.isa(prop.mapper):
                    edge = (related, mapper) if prop.is_many_to_one else (mapper, related)
                    edges.append((first[edge[0].base], first[edge[1].base]))
                    dependencies.append((*edge, prop))
    nodes = list(first.values())
    circles = components(edges, nodes)
    head = {mapper: circle[0] for circle in circles for mapper in circle}
    members = {circle[0]: set(circle) for circle in circles}
    heads = dict.fromkeys(head.get(mapper, mapper) for mapper in nodes)
    between = [(head.get(a, a), head.get(b, b)) for a, b in edges]
    stages = []
    for node in sort([(a, b) for a, b in between if a is not b], heads):
        together = members.get(node, {node})
        group = tuple(mapper for mapper in ordered if first[mapper.base] in together)
        inside = [prop for one, other, prop in dependencies if one in group and other in group]
        stages.append(Stage(group, bool(inside), tuple(dict.fromkeys(inside))))
    return tuple(stages)


def _declaration_order(mapper: Mapper) -> int:
    position: int = mapper.registry.position(mapper)
    return position


def new_rows(stage: Stage, changes: Changes, added: Iterable[InstanceState]) -> Rows:
    """The inserts of *stage*, in the order in which the states were *added*."""
    if len(stage.mappers) == 1:
        return changes.of(stage.mappers[0]).inserts
    new: Rows = {}
    for mapper in stage.mappers:
        new.update(changes.of(mapper).inserts)
    ordered = {state: new[state] for state in added if state in new}
    return {**ordered, **new}


def insert_levels(stage: Stage, new: Rows) -> list[Rows]:
    """The inserts of a cyclic *stage* in batches: each depends on the ones before it alone."""
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
) -> list[dict[InstanceState, Any]]:
    """*rows* by depth and hierarchy, in the order of both."""
    batches: dict[tuple[int, int], dict[InstanceState, Any]] = {}
    position: dict[Any, int] = {}
    for index, mapper in enumerate(stage.mappers):
        position.setdefault(mapper.base, index)
    for state, instance in rows.items():
        place = (depths[state], position[state.load.mapper.base])
        batches.setdefault(place, {})[state] = instance
    return [batches[place] for place in sorted(batches)]


def in_row_order(mapper: Mapper, pairs: Sequence[Pair]) -> list[Pair]:
    """*pairs*, of *mapper*, in the order of their primary keys.

    Transactions that change the same rows so lock them in the same order, and wait for one
    another instead of in a circle.  Keys that Python can't compare leave the order as it is.
    """
    keys = [state.row_key for state, _ in pairs]
    orders = mapper.memo.get("order of keys")
    if orders is None:
        orders = [column.type.sort_key_function for column in mapper.primary_key]
        orders = mapper.memo["order of keys"] = orders if any(orders) else []
    if orders:
        keys = [
            tuple(
                part if order is None else order(part)
                for order, part in zip(orders, mapper.key_tuple(key), strict=True)
            )
            for key in keys
        ]
    try:
        places = sorted(range(len(keys)), key=keys.__getitem__)
    except TypeError:
        return list(pairs)
    return [pairs[place] for place in places]


def by_mapper(rows: dict[InstanceState, Any]) -> dict[Any, dict[InstanceState, Any]]:
    """*rows* by the mapper of each, in their order."""
    found: dict[Any, dict[InstanceState, Any]] = {}
    for state, instance in rows.items():
        found.setdefault(state.load.mapper, {})[state] = instance
    return found


def unknown_references(stage: Stage, changes: Changes) -> dict[Any, tuple[Rows, frozenset[str]]]:
    """The deleted rows of a cyclic *stage* whose references have expired, and those, by mapper.

    Without them nobody knows which row refers to which.
    """
    gone = _deleted_rows(stage, changes)
    if len(gone) < 2:
        return {}
    found: dict[Any, tuple[Rows, set[str]]] = {}
    for prop in stage.dependencies:
        holder, targets, referred, sources = _ends(prop)
        for state, instance in gone.items():
            mapper = state.load.mapper
            names = [*(targets if mapper.isa(holder) else ())]
            names += sources if mapper.isa(referred) else ()
            known, committed = instance.__dict__, state.committed or ()
            lacking = [one for one in names if one not in known and one not in committed]
            if lacking:
                rows, wanted = found.setdefault(mapper, ({}, set()))
                rows[state] = instance
                wanted.update(lacking)
    return {mapper: (rows, frozenset(wanted)) for mapper, (rows, wanted) in found.items()}


def _deleted_rows(stage: Stage, changes: Changes) -> Rows:
    gone: Rows = {}
    for mapper in stage.mappers:
        gone.update(changes.of(mapper).deletes)
    return gone


def _ends(prop: RelationshipProperty) -> tuple[Any, list[str], Any, list[str]]:
    """Whose rows refer by *prop*, with which attributes, and the mapper and those referred to."""
    holder, referred = (
        (prop.parent, prop.mapper) if prop.is_many_to_one else (prop.mapper, prop.parent)
    )
    sources = [referred.column_keys[source] for source, _ in prop.condition.synchronize_pairs]
    targets = [holder.column_keys[target] for _, target in prop.condition.synchronize_pairs]
    return holder, targets, referred, sources


def delete_levels(stage: Stage, changes: Changes) -> list[MapperChanges]:
    """The deletes of a cyclic *stage* in batches: what refers to a row goes before it."""
    gone = _deleted_rows(stage, changes)
    # Deleting runs against inserting: a row waits for all that refer to it.
    waits_for: dict[InstanceState, set[InstanceState]] = {state: set() for state in gone}
    for prop in stage.dependencies:
        holder, targets, referred, sources = _ends(prop)
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
    return [
        MapperChanges(mapper, deletes=rows)
        for batch in _batched(stage, gone, _depths(waits_for))
        for mapper, rows in by_mapper(batch).items()
    ]


def _stored(state: InstanceState, instance: object, name: str) -> Any:
    """The value of *name* in the row, as far as it is known."""
    if state.committed is not None and name in state.committed:
        return state.committed[name]
    return instance.__dict__.get(name)
