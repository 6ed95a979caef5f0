"""What a flush deletes besides what it was told to: orphans, and what deleted parents leave."""

from collections.abc import Iterable
from typing import Any

from dovetail.exc import FlushError
from dovetail.orm.flush.changes import Changes, Pair, changed_related
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.loading.related import load_related_steps
from dovetail.orm.loading.tree import NO_TREE
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import InstanceState, state_of
from dovetail.steps import Steps


def is_orphan(state: InstanceState) -> bool:
    """True when *state* was taken from a parent whose relationship deletes orphans.

    A pending one that was added again on its own is none: its user wants it without a parent.
    """
    extra = state.extra or {}
    parents = extra.get("parents")
    if not parents or (state.row_key is None and not extra.get("orphaned")):
        return False
    has_gone = [parent is False for parent in parents.values()]
    return all(has_gone) if state.load.mapper.legacy_is_orphan else any(has_gone)


def load_missing_steps(
    session: FlushingSession, prop: RelationshipProperty, pairs: Iterable[Pair]
) -> Steps[None]:
    """Load relationship *prop* where it is not loaded, for all *pairs* in one statement."""
    if prop.is_writer:
        pairs = [pair for pair in pairs if pair[0].row_key is not None]
        for state, instance in pairs:
            prop.impl.prepare_load(state, instance)
    missing = [
        (state, instance)
        for state, instance in pairs
        if state.row_key is not None and prop.key not in instance.__dict__
    ]
    if missing:
        # Outside of a flush, what is pending may belong to what is loaded.
        yield from session.autoflush_steps()
        for token, part in session.scope.by_token(missing):
            with session.scope.at(token):
                connection = yield from session.connection_for_steps(prop.mapper)
                yield from load_related_steps(session, connection, prop, part, NO_TREE)


def delete_cascade_steps(session: FlushingSession, pairs: list[Pair]) -> Steps[list[Pair]]:
    """*pairs*, which are to be deleted, and all that the delete cascade adds to them."""
    found: dict[InstanceState, Any] = dict(pairs)
    waiting = list(pairs)
    while waiting:
        by_mapper: dict[Any, list[Pair]] = {}
        for pair in waiting:
            by_mapper.setdefault(pair[0].load.mapper, []).append(pair)
        waiting = []
        for mapper, group in by_mapper.items():
            for prop in mapper.named_relationships.values():
                if prop.cascade.delete and not prop.viewonly:
                    yield from _cascade_along_steps(session, prop, group, found, waiting)
    return list(found.items())


def _cascade_along_steps(
    session: FlushingSession,
    prop: RelationshipProperty,
    group: list[Pair],
    found: dict[InstanceState, Any],
    waiting: list[Pair],
) -> Steps[None]:
    if not prop.passive_deletes:
        yield from load_missing_steps(session, prop, group)
    for _, instance in group:
        for item in held_by(prop, instance):
            other = state_of(item)
            if other not in found:
                found[other] = item
                waiting.append((other, item))


def held_by(prop: RelationshipProperty, instance: object) -> list[Any]:
    """The related instances that *instance* holds in memory."""
    value = instance.__dict__.get(prop.key)
    if value is None:
        return []
    return list(prop.impl.kind.items(value)) if prop.uselist else [value]


def referred_now(
    prop: RelationshipProperty, state: InstanceState, instance: object, *, is_new: bool
) -> tuple[Any, bool]:
    """What *instance* refers to by a many-to-one *prop*, or None, and whether that is to be stored.

    FlushError where it is a collection, and has more members than the foreign key can name.
    """
    if not prop.uselist:
        changed = prop.key in (instance.__dict__ if is_new else state.committed or ())
        return instance.__dict__.get(prop.key), changed
    if is_new:
        added = members = held_by(prop, instance)
        removed: list[Any] = []
    else:
        added, removed = changed_related(prop, state, instance)
        members = held_by(prop, instance) or added
    if len(members) > 1 and (added or removed):
        raise FlushError(
            f"{instance!r} has {len(members)} members in {prop}, and its foreign key can name one",
            hint="take the others out, or put the foreign key on the other side",
        )
    # That a new collection is empty says nothing of a key that was set.
    return (members[0] if members else None), bool(added or removed)


def related_now(prop: RelationshipProperty, state: InstanceState, instance: object) -> list[Any]:
    """The related instances in memory, those taken out since the last flush included."""
    return [*held_by(prop, instance), *changed_related(prop, state, instance)[1]]


def mark_orphans_steps(session: FlushingSession, changes: Changes) -> Steps[None]:
    """Move orphans from what is saved to what is deleted, with all that their deletion brings.

    A pending orphan is dropped, not inserted.
    """
    orphans: dict[InstanceState, Any] = {}
    for mapper_changes in list(changes.mappers.values()):
        for prop in roles_of(mapper_changes.mapper).orphanages:
            # One that is deleted itself may have lost members before.
            known = (*mapper_changes.updates.items(), *mapper_changes.deletes.items())
            for state, instance in known:
                for item in changed_related(prop, state, instance)[1]:
                    other = state_of(item)
                    if is_orphan(other):
                        orphans[other] = item
        if not mapper_changes.mapper.may_be_orphan:
            continue
        saved = mapper_changes.saved()
        orphans.update(pair for pair in saved if pair[0].extra is not None and is_orphan(pair[0]))
    if not orphans:
        return
    persistent: list[Pair] = []
    for state, instance in orphans.items():
        if state.row_key is None:
            changes.of(state.load.mapper).inserts.pop(state, None)
            if state in session.scope.new:
                session.leave(state)
        elif not state.load.deleted and state.core is session:
            persistent.append((state, instance))
    yield from _delete_too_steps(session, changes, persistent)


def delete_referred_steps(session: FlushingSession, changes: Changes) -> Steps[None]:
    """Delete what an instance that is deleted was made to refer to after ``delete()``, where its
    relationship cascades.
    """
    found: list[Pair] = []
    for own in list(changes.mappers.values()):
        for prop in roles_of(own.mapper).deleting_references:
            for state, instance in own.deletes.items():
                if prop.key not in (state.committed or ()):
                    continue
                for item in held_by(prop, instance):
                    other = state_of(item)
                    is_here = other.row_key is not None and other.core is session
                    if is_here and not changes.is_deleted(other):
                        found.append((other, item))
    if found:
        yield from _delete_too_steps(session, changes, found)


def _delete_too_steps(session: FlushingSession, changes: Changes, pairs: list[Pair]) -> Steps[None]:
    """Move *pairs*, and what the delete cascade adds, from what is saved to what is deleted."""
    deleted = yield from delete_cascade_steps(session, pairs)
    for state, instance in deleted:
        own = changes.of(state.load.mapper)
        own.updates.pop(state, None)
        if state.row_key is None:
            own.inserts.pop(state, None)
        else:
            changes.deleting = True
            own.deletes[state] = instance
