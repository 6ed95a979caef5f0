"""New instances that take over the rows of deleted ones: an UPDATE, in place of two statements."""

from collections.abc import Iterator
from typing import Any

from dovetail.compiler.default_context import DefaultContext, made_for
from dovetail.orm.flush.changes import Changes, changed_related
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.sync import pairs_of
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.expiry import put_key_back
from dovetail.orm.tracking.references import was_loaded
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, Load, state_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import literal_column
from dovetail.steps import Steps

Place = tuple[Any, tuple[Any, ...]]
"""The hierarchy of a row, and the tables that it lies in."""


def take_over_rows_steps(context: FlushContext) -> Steps[None]:
    """A new instance with the key of one that is deleted takes over its row."""
    changes = context.changes
    for own in changes.mappers.values():
        if own.deletes:
            break
    else:
        return
    session = context.core
    rows = _deleted_rows(changes)
    if not rows:
        return
    keys = _EarlyKeys(changes)
    for own in list(changes.mappers.values()):
        by_key = rows.get(_place(own.mapper)) if own.inserts else None
        if not by_key:
            continue
        for state, instance in list(own.inserts.items()):
            keys.find(state, instance)
            by_token = by_key.get(own.mapper.key_of(instance))
            if not by_token:
                continue
            token = _token_of(session, state, instance)
            # Of several with the key, the first has the row; the database refuses the others.
            old = by_token.pop(token, None)
            if old is None:
                continue
            before = changes.of(old.load.mapper)
            before.left[old] = before.deletes.pop(old)
            del own.inserts[state]
            with session.scope.at(token):
                connection = session.connection_in_use(own.mapper)
                if connection is None:
                    connection = yield from session.connect_steps(own.mapper)
                with made_for(connection):
                    _take_over(context, state, instance, old)
            context.replaced[state] = old
            own.updates[state] = instance


def _deleted_rows(changes: Changes) -> dict[Place, dict[Any, dict[Any, InstanceState]]]:
    """By place, key and shard, the rows that are deleted, where others of the hierarchy are new."""
    adding = {own.mapper.base for own in changes.mappers.values() if own.inserts}
    rows: dict[Place, dict[Any, dict[Any, InstanceState]]] = {}
    for own in changes.mappers.values():
        if own.deletes and own.mapper.base in adding:
            by_key = rows.setdefault(_place(own.mapper), {})
            for state in own.deletes:
                by_key.setdefault(state.row_key, {})[state.load.token] = state
    return rows


def _place(mapper: Mapper) -> Place:
    return mapper.base, tuple(mapper.tables)


def _token_of(session: FlushingSession, state: InstanceState, instance: object) -> Any:
    """The identity token of the row that *instance*, new, will have: its shard."""
    if not session.scope.has_tokens:
        return session.scope.token
    ((token, _),) = session.by_shard({state: instance})
    return token


def _take_over(
    context: FlushContext, state: InstanceState, instance: object, old: InstanceState
) -> None:
    """Let *instance*, new, have the row of *old*, which was to be deleted."""
    transaction, scope = context.transaction, context.core.scope
    mapper = state.load.mapper
    previous = old()
    transaction.deleted[old] = (previous, old.load)
    transaction.new.append(state)
    scope.new.pop(state, None)
    scope.deleted.pop(old, None)
    scope.modified.pop(old, None)
    old.load = scope.deleted_load(old.load.mapper)
    state.row_key = old.row_key
    load = Load(mapper, scope)
    load.batch.append(state)
    state.load = load
    scope.identity(mapper)[state.row_key] = state
    # What the row holds: not what was set on the old instance, and not written any more.
    before = {**previous.__dict__, **(old.committed or {})}
    state.committed = _set_anew(mapper, instance.__dict__, before)
    unknown = mapper.computed_of_rows | (mapper.columns.keys() - instance.__dict__.keys())
    state.stale = unknown or None
    scope.modified[state] = instance


def _set_anew(mapper: Mapper, values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Complete *values* as an INSERT would, and return what the row has had *before* of them.

    What nobody but the server can make stays as it is there.
    """
    for name in mapper.computed_of_rows:
        values.pop(name, None)
    if mapper.version_key is not None:
        values.pop(mapper.version_key, None)
    for name, value in mapper.fixed_values.items():
        values.setdefault(name, value)
    had: dict[str, Any] = {}
    for name in mapper.written:
        if name in mapper.primary_keys or name == mapper.version_key:
            continue
        if name not in values and not _fill(mapper, values, name):
            continue
        had[name] = before.get(name, NO_VALUE)
    if mapper.version_key in before:
        # The row has it, whoever takes it over.
        values[mapper.version_key] = before[mapper.version_key]
    # What it refers to, and what refers to it, is new to the row.
    return had | dict.fromkeys(mapper.named_relationships.keys() & values.keys(), NO_VALUE)


def _fill(mapper: Mapper, values: dict[str, Any], name: str) -> bool:
    """Put what *name* has by default into *values*; False where only the server knows it."""
    columns = mapper.written_columns
    column: ColumnElement[Any] = columns[name]
    default = column.default
    if default is None:
        if column.server_default is not None and column.server_default.arg is None:
            return False
        values[name] = _written_default(column.server_default)
    elif default.is_sequence:
        values[name] = default.next_value()
    elif default.is_clause_element:
        values[name] = default.arg
    else:
        row = {c.key: values.get(n) for n, c in columns.items() if c.table is column.table}
        values[name] = default.value(DefaultContext(row))
    return True


def _written_default(default: Any) -> Any:
    """What an UPDATE sets for *default*, which the server has for a column that is left out."""
    arg = None if default is None else default.arg
    if isinstance(arg, str):
        return literal_column("'" + arg.replace("'", "''") + "'")
    return arg


class _EarlyKeys:
    """Keys that new instances get from others, as far as those are known before rows are written.

    A part of a primary key may come from a parent, and its from another.
    """

    def __init__(self, changes: Changes) -> None:
        self._new = {
            state: instance
            for own in changes.mappers.values()
            for state, instance in own.inserts.items()
        }
        self._parents: dict[InstanceState, list[tuple[Any, Any]]] = {}
        for prop, parent, item in _members(changes):
            self._parents.setdefault(state_of(item), []).append((prop, parent))
        self._found: set[InstanceState] = set()

    def find(self, state: InstanceState, instance: object) -> None:
        """Copy what is known of the primary key of *instance* to it."""
        if state in self._found:
            return
        self._found.add(state)
        for prop, parent in (*_references(state, instance), *self._parents.get(state, ())):
            other = state_of(parent)
            if other in self._new:
                self.find(other, parent)
            put_key_back(other, parent)
            for source, target, assign in pairs_of(prop):
                value = parent.__dict__.get(source)
                if value is not None and instance.__dict__.get(target) != value:
                    assign(instance, value)


def _members(changes: Changes) -> Iterator[tuple[Any, Any, Any]]:
    """(relationship, parent, new member) where a parent gives its members a part of their key."""
    for own in changes.mappers.values():
        for prop in roles_of(own.mapper).collections:
            if _gives_keys(prop, prop.mapper):
                for state, instance in own.saved():
                    for item in changed_related(prop, state, instance)[0]:
                        yield prop, instance, item


def _references(state: InstanceState, instance: object) -> Iterator[tuple[Any, Any]]:
    """(relationship, parent) where *instance* has a part of its key from what it refers to."""
    for prop in roles_of(state.load.mapper).references:
        related = instance.__dict__.get(prop.key)
        if related is None or prop.uselist or not _gives_keys(prop, prop.parent):
            continue
        if state.extra is None or not was_loaded(state, prop.key, related):
            yield prop, related


def _gives_keys(prop: RelationshipProperty, holder: Mapper) -> bool:
    return any(target in holder.primary_keys for _, target, _ in pairs_of(prop))
