"""Which tables a flush would write: what ``autoflush="overlap"`` asks before a query."""

from collections.abc import Container, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from dovetail.event import Dispatch
from dovetail.exc import NoReferencedTableError
from dovetail.orm.flush.cascade import is_orphan
from dovetail.orm.flush.follow import followed_of
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.telling import is_told_of_rows
from dovetail.orm.loading.reads import (
    names_of_tables,
    tables_of_hierarchy,
    tables_of_mapper,
)
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.reach import taken_away
from dovetail.orm.tracking.state import InstanceState, Scope, state_of
from dovetail.sql.schema import Table

MOST_PENDING = 100
"""With more instances than this pending each query would look through too many of them."""


class HasPending(Protocol):
    """A session in which something may be pending."""

    scope: Scope
    dispatch: Dispatch


class Written(NamedTuple):
    """What a flush writes for instances of one mapper.

    ``tables``    the names of those that their own rows are in
    ``to_many``   relationships that are written in other tables
    ``leaving``   relationships that delete what leaves them
    ``followed``  attributes whose changes rows of any table may follow
    """

    tables: frozenset[str]
    to_many: tuple[RelationshipProperty, ...]
    leaving: tuple[RelationshipProperty, ...]
    followed: frozenset[str]


def writes_any_of(session: HasPending, tables: frozenset[str]) -> bool:
    """Whether a flush of *session* now may change what a query finds in *tables*.

    True also where that can't be told beforehand: rows are deleted, or orphans; keys change, which
    rows of other tables follow; listeners may write what they like; a hundred instances are
    pending.
    """
    scope = session.scope
    if scope.deleted or len(scope.new) + len(scope.modified) > MOST_PENDING:
        return True
    dispatch = session.dispatch
    if dispatch.before_flush or dispatch.after_flush or dispatch.after_flush_postexec:
        return True
    return any(
        _writes(state, instance, tables)
        for pending in (scope.new, scope.modified)
        for state, instance in pending.items()
    )


def _writes(state: InstanceState, instance: object, tables: frozenset[str]) -> bool:
    """Whether the changes of *instance* may be seen in *tables*."""
    mapper = state.load.mapper
    written = _written_of(mapper)
    if is_told_of_rows(mapper) or not tables.isdisjoint(written.tables):
        return True
    if state.row_key is None:
        changed: Container[str] = instance.__dict__
    else:
        changed = state.committed or {}
        if not written.followed.isdisjoint(changed) or (mapper.may_be_orphan and is_orphan(state)):
            return True
    return any(
        taken_away(prop.impl, state, instance) for prop in written.leaving if prop.key in changed
    ) or any(
        _leads_to(prop, state, instance, tables) for prop in written.to_many if prop.key in changed
    )


def _leads_to(
    prop: RelationshipProperty, state: InstanceState, instance: object, tables: frozenset[str]
) -> bool:
    """Whether what *prop*, which has changed, makes a flush write may be seen in *tables*."""
    if prop.secondary is not None:
        written = frozenset(names_of_tables(prop.secondary))
    else:
        written = tables_of_hierarchy(prop.mapper)
    if not tables.isdisjoint(written):
        return True
    if prop.secondary is None and any(map(is_told_of_rows, prop.mapper.self_and_descendants)):
        return True
    if prop.secondary is None and not _followed(prop.mapper).isdisjoint(_handed_down(prop)):
        # A member with a row gets another key, which rows of other tables may follow.
        added = prop.impl.history(state, instance).added
        return any(item is not None and state_of(item).row_key is not None for item in added)
    return False


def _written_of(mapper: Mapper) -> Written:
    """What a flush writes for instances of *mapper*; found once, and again when there are more."""
    memo: dict[Any, Any] = mapper.registry.memo
    kept: Written | None = memo.get(("written", mapper))
    if kept is None:
        roles = roles_of(mapper)
        to_many = (*roles.associations, *roles.held_by_members)
        tables = tables_of_mapper(mapper)
        kept = Written(tables, to_many, roles.orphanages, _followed(mapper))
        memo["written", mapper] = kept
    return kept


def _followed(mapper: Mapper) -> frozenset[str]:
    """The attributes of *mapper* that rows of other tables may follow when they change.

    Keys, what relationships or foreign keys refer to, and many-to-one relationships that set such.
    """
    columns = {*followed_of(mapper).sources, *mapper.keys_set}
    referred = {column for table in mapper.tables for column in _referred(table)}
    columns.update(key for column, key in mapper.column_keys.items() if column in referred)
    setting = (
        prop.key
        for prop in roles_of(mapper).references
        if not columns.isdisjoint(mapper.column_keys.get(c) for c in prop.local_columns)
    )
    return frozenset((*columns, *setting))


def _referred(table: Table) -> Iterator[Any]:
    """The columns of *table* to which foreign keys of its metadata refer."""
    for other in table.metadata.tables.values():
        for key in other.foreign_keys:
            with suppress(NoReferencedTableError):
                if key.references(table):
                    yield key.column


def _handed_down(prop: RelationshipProperty) -> Iterator[str | None]:
    """The attributes of the members of *prop* that get their values from its owner."""
    return (prop.mapper.column_keys.get(column) for column in prop.remote_side)
