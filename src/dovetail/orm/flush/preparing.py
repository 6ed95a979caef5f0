"""What a flush does before it writes rows: it finds what else has to change."""

from typing import Any

from dovetail.exc import FlushError
from dovetail.orm.flush.association import AssociationRows, canonical
from dovetail.orm.flush.cascade import (
    delete_referred_steps,
    held_by,
    load_missing_steps,
    mark_orphans_steps,
    related_now,
)
from dovetail.orm.flush.changes import Changes, MapperChanges, Pair, changed_related
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.follow import find_moves_steps
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.sync import clear_key, pairs_of, warn_of_absent
from dovetail.orm.flush.telling import warn_of_other_class
from dovetail.orm.loading.lazy import refresh_steps, refreshed_names
from dovetail.orm.loading.related import KEYS_PER_STATEMENT
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.state import NO_VALUE, state_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.steps import Steps, nothing


def delete_referred_to_steps(context: FlushContext) -> Steps[None]:
    """Let the flush delete what a deleted instance was made to refer to since."""
    yield from delete_referred_steps(context.core, context.changes)


def delete_orphans_steps(context: FlushContext) -> Steps[None]:
    """Let the flush delete what was taken from a parent that deletes its orphans."""
    yield from mark_orphans_steps(context.core, context.changes)


def release_related_steps(context: FlushContext) -> Steps[None]:
    """Rows that refer to a row that is deleted, and stay, lose the reference first."""
    session, changes = context.core, context.changes
    moving = _Moving(changes)
    for own in list(changes.mappers.values()):
        if not own.deletes:
            continue
        for prop in own.mapper.named_relationships.values():
            if prop.viewonly or prop.is_many_to_one:
                continue
            if not prop.passive_deletes:
                yield from load_missing_steps(session, prop, own.deletes.items())
            if prop.secondary is not None or prop.cascade.delete:
                # Members go with their parent, but for those that were asked to stay.
                continue
            for state, instance in list(own.deletes.items()):
                for item in related_now(prop, state, instance):
                    other = state_of(item)
                    present = other.row_key is not None and other.core is session
                    if present and not changes.is_deleted(other):
                        if _refers_to(prop, item, instance) and prop.passive_deletes != "all":
                            moving.let_go(prop, item)
                            changes.touch(item, other)


class _Moving:
    """The members that parents which are saved have got, of each relationship that is asked for."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._members: dict[RelationshipProperty, dict[int, object]] = {}

    def takes(self, prop: RelationshipProperty, item: object) -> bool:
        """Return True where *item* is a new member of a parent."""
        found = self._members.get(prop)
        if found is None:
            found = self._members[prop] = {
                id(one): one
                for own in self._changes.mappers.values()
                if own.mapper.isa(prop.parent)
                for state, instance in own.saved()
                for one in changed_related(prop, state, instance)[0]
            }
        return id(item) in found

    def let_go(self, prop: RelationshipProperty, item: object) -> None:
        """Clear the key by which *item* refers, unless it can't be NULL and another is coming."""
        keys = state_of(item).load.mapper.keys_set
        is_in_key = not keys.isdisjoint(name for _, name, _ in pairs_of(prop))
        if not (is_in_key and self.takes(prop, item)):
            clear_key(prop, item)


def _refers_to(prop: RelationshipProperty, item: object, parent: object) -> bool:
    """False where *item* was given to another parent since."""
    for other in prop.reverse_properties:
        if other.is_many_to_one:
            held = held_by(other, item)
            return not held or any(one is parent or _is_same_row(one, parent) for one in held)
    return True


def _is_same_row(one: object, other: object) -> bool:
    """True for two instances of a row, of which one is not in this session."""
    first, second = state_of(one), state_of(other)
    same_table = first.load.mapper.base is second.load.mapper.base
    return first.row_key is not None and first.row_key == second.row_key and same_table


def find_key_changes_steps(context: FlushContext) -> Steps[None]:
    """Note whose keys change, and what follows."""
    context.moves = yield from find_moves_steps(context.core, context.changes)


def read_what_goes_steps(context: FlushContext) -> Steps[None]:
    """Read the columns of what is deleted and has expired: they are all that is left of it."""
    session = context.core
    for own in list(context.changes.mappers.values()):
        expired = [pair for pair in own.deletes.items() if type(pair[0].stale) is Whole]
        for token, pairs in session.scope.by_token(expired) if expired else ():
            with session.scope.at(token):
                yield from _read_expired_steps(session, own.mapper, pairs)


def _read_expired_steps(session: FlushingSession, mapper: Mapper, pairs: list[Pair]) -> Steps[None]:
    connection = yield from session.connection_for_steps(mapper)
    wanted = refreshed_names(mapper)
    for start in range(0, len(pairs), KEYS_PER_STATEMENT):
        part = pairs[start : start + KEYS_PER_STATEMENT]
        names = wanted.intersection(*(state.stale or () for state, _ in part))
        if names:
            yield from refresh_steps(session, connection, mapper, part, names)


def check_classes_steps(context: FlushContext) -> Steps[None]:
    """Warn of rows whose discriminator says that they are of another class than their instances."""
    for own in context.changes.mappers.values():
        key = own.mapper.polymorphic_key
        if key is not None and key in own.mapper.written_columns:
            fitting = {one.polymorphic_identity for one in own.mapper.self_and_descendants}
            told = [*own.inserts.items()]
            told += [pair for pair in own.updates.items() if key in (pair[0].committed or ())]
            for _, instance in told:
                value = instance.__dict__.get(key, NO_VALUE)
                is_known = value is not NO_VALUE and not isinstance(value, ColumnElement)
                if is_known and value not in fitting:
                    warn_of_other_class(instance, key, value)
    yield from nothing


def check_members_steps(context: FlushContext) -> Steps[None]:
    """Refuse new members that would be read as instances of another class."""
    for own in list(context.changes.mappers.values()):
        for prop in roles_of(own.mapper).checked:
            refuse_unread(prop, own)
    yield from nothing


def gather_associations_steps(context: FlushContext) -> Steps[None]:
    """Note the rows of third tables that are written."""
    changes = context.changes
    associations: dict[Any, AssociationRows] = {}
    for own in list(changes.mappers.values()):
        for prop in roles_of(own.mapper).associations:
            side = canonical(prop)
            rows = associations.get(side)
            if rows is None:
                rows = associations[side] = AssociationRows(side, context.moves)
            rows.gather(prop, context.core, own, changes)
    context.associations = [rows for rows in associations.values() if rows]
    yield from nothing


def touch_members_steps(context: FlushContext) -> Steps[None]:
    """Let the flush look at the members whose references change."""
    moving = _Moving(context.changes)
    for own in list(context.changes.mappers.values()):
        for prop in roles_of(own.mapper).held_by_members:
            _touch_members(context.core, prop, own, context.changes, moving)
    yield from nothing


def _touch_members(
    session: FlushingSession,
    prop: RelationshipProperty,
    own: MapperChanges,
    changes: Changes,
    moving: _Moving,
) -> None:
    """Let the flush look at the members whose references change."""
    scope = session.scope
    for state, instance in list(own.saved()):
        added, removed = changed_related(prop, state, instance)
        for item in added:
            other = state_of(item)
            is_new = other.row_key is None
            if other.load.scope is not scope or (is_new and other not in scope.new):
                warn_of_absent(item, prop)
            elif not (other.load.deleted or (changes.deleting and changes.is_deleted(other))):
                changes.touch(item, other)
        for item in removed:
            other = state_of(item)
            if (
                other.row_key is not None
                and other.core is session
                and not changes.is_deleted(other)
            ):
                if _refers_to(prop, item, instance):
                    moving.let_go(prop, item)
                changes.touch(item, other)


def refuse_unread(prop: RelationshipProperty, own: MapperChanges) -> None:
    """Refuse new members of *prop* of a class below the related one, which no column tells."""
    mapper = prop.mapper
    if mapper.polymorphic_on is not None:
        return
    for state, instance in own.saved():
        for item in changed_related(prop, state, instance)[0]:
            if state_of(item).load.mapper is not mapper:
                raise FlushError(
                    f"{item!r:.80} can't be in {prop}: {mapper.class_.__name__} has no "
                    f"polymorphic_on, so that it would be read as {mapper.class_.__name__}",
                    hint=f"give {mapper.class_.__name__} a polymorphic_on, and each class an "
                    "identity; or relate to the class itself (enable_typechecks=False lets it be)",
                )
