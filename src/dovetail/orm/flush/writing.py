"""A flush inserts, updates and deletes rows; keys travel as soon as they are known."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.exc import StatementError, UniqueViolation
from dovetail.orm.flush.association import write_associations_steps
from dovetail.orm.flush.blame import blame_steps, refused
from dovetail.orm.flush.cascade import referred_now
from dovetail.orm.flush.changes import Changes, MapperChanges, Pair, changed_related
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.follow import switch_key
from dovetail.orm.flush.insert import insert_steps
from dovetail.orm.flush.insert_mixed import insert_mixed_steps
from dovetail.orm.flush.order import (
    Stage,
    by_mapper,
    delete_levels,
    insert_levels,
    new_rows,
    unknown_references,
)
from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.sync import clear_key, copy_key, warn_of_absent
from dovetail.orm.flush.telling import (
    FILLED_BY_INSERT,
    FILLED_BY_UPDATE,
    is_told_of_rows,
    kept_history_steps,
    tell_of_updates,
    told_of_values_steps,
)
from dovetail.orm.flush.update import changed_columns, delete_steps, update_steps
from dovetail.orm.flush.versions import load_versions_steps
from dovetail.orm.loading.lazy import refresh_steps
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.references import was_loaded
from dovetail.orm.tracking.state import InstanceState, Load, state_of
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.steps import Steps

_EXCHANGE = (
    "rows of this flush exchange values that no two rows may have, in columns that can't hold "
    "another value for a moment: let one of them be NULL, flush while a row has a third value, or "
    'make the constraint deferrable=True, initially="DEFERRED" where the server has that'
)


def save_stage_steps(context: FlushContext, stage: Stage) -> Steps[None]:
    """Update and insert the rows of one stage, none of which depends on another of them."""
    changes = context.changes
    for mapper in stage.mappers:
        updates = changes.mappers[mapper].updates
        if updates:
            if mapper in context.receiving:
                receive_keys(context.core, mapper, updates.items(), changes)
            if context.ranks:
                updates = _without_ranks(context, updates)
            yield from _update_steps(context, mapper, updates)
    if context.ranks:
        yield from _update_by_rank_steps(context, stage)
    if len(stage.mappers) == 1:
        (mapper,) = stage.mappers
        inserts = changes.mappers[mapper].inserts
        if inserts:
            yield from _insert_steps(context, inserts, {mapper: inserts})
    else:
        new = new_rows(stage, changes, context.core.scope.new)
        if new:
            yield from _insert_steps(context, new)
    for mapper in stage.mappers:
        if mapper in context.giving:
            hand_on_keys(mapper, changes.mappers[mapper], changes)


def save_cyclic_stage_steps(context: FlushContext, stage: Stage) -> Steps[None]:
    """Update and insert the rows of one stage, which may refer to each other.

    Keys travel as soon as they are known.
    """
    session, changes = context.core, context.changes
    for mapper in stage.mappers:
        own = changes.of(mapper)
        settled = {
            state: instance
            for state, instance in own.updates.items()
            if state not in context.ranks
            if not _waits_for_new(stage, state, instance, changes)
        }
        receive_keys(session, mapper, settled.items(), changes)
        yield from _update_steps(context, mapper, settled, tells="before")
    # New members of rows that are there already are inserted with their keys.
    _hand_on_known_keys(stage, changes)
    for level in insert_levels(stage, new_rows(stage, changes, session.scope.new)):
        of_mappers = by_mapper(level)
        yield from _insert_steps(context, level, of_mappers)
        for mapper, inserts in of_mappers.items():
            hand_on_keys(mapper, MapperChanges(mapper, inserts=inserts), changes)
    _hand_on_known_keys(stage, changes)
    for mapper in stage.mappers:
        own = changes.of(mapper)
        receive_keys(session, mapper, own.updates.items(), changes)
        yield from _update_steps(context, mapper, _without_ranks(context, own.updates))
    if context.ranks:
        yield from _update_by_rank_steps(context, stage)


def _without_ranks(
    context: FlushContext, updates: dict[InstanceState, Any]
) -> dict[InstanceState, Any]:
    return {state: one for state, one in updates.items() if state not in context.ranks}


def _update_by_rank_steps(context: FlushContext, stage: Stage) -> Steps[None]:
    """Update the rows of *stage* which wait for each other, in their order.

    Those that follow one another and change the same attributes are sent together.
    """
    ranked = [
        (context.ranks[state], state, instance)
        for mapper in stage.mappers
        for state, instance in context.changes.of(mapper).updates.items()
        if state in context.ranks
    ]
    run: dict[InstanceState, Any] = {}
    before: tuple[Any, ...] | None = None
    for _, state, instance in sorted(ranked, key=itemgetter(0)):
        mapper = state.load.mapper
        done = context.written.get(state)
        changed = changed_columns(mapper, state, instance, done, with_defaults=False)
        has_sql = any(stands_for_sql[type(instance.__dict__.get(name))] for name in changed)
        # Rows with expressions are sent after the others of a run: they are runs of their own.
        own = (mapper, changed, state if has_sql else None)
        if before is not None and own != before:
            yield from _update_steps(context, before[0], run)
            run = {}
        run[state], before = instance, own
    if before is not None:
        yield from _update_steps(context, before[0], run)


def _hand_on_known_keys(stage: Stage, changes: Changes) -> None:
    """Copy the keys of the updated rows of *stage* to the new members of their collections."""
    for mapper in stage.mappers:
        own = changes.of(mapper)
        hand_on_keys(mapper, MapperChanges(mapper, updates=own.updates), changes)


def _waits_for_new(stage: Stage, state: InstanceState, instance: object, changes: Changes) -> bool:
    """True where a reference of *instance* within the stage has changed."""
    mapper = state.load.mapper
    for prop in stage.dependencies:
        if mapper.isa(prop.parent) and prop.is_many_to_one and state.committed:
            if prop.key in state.committed:
                return True
        elif mapper.isa(prop.mapper) and not prop.is_many_to_one:
            # Some parent of the stage may have taken it over.
            return True
    return False


def _in_shards(
    context: FlushContext,
    rows: dict[InstanceState, Any],
    write: Callable[[dict[InstanceState, Any]], Steps[None]],
) -> Steps[None]:
    """Write *rows*, those of each identity token for themselves."""
    session = context.core
    return _by_shard_steps(session, rows, write) if session.scope.has_tokens else write(rows)


def _by_shard_steps(
    session: FlushingSession,
    rows: dict[InstanceState, Any],
    write: Callable[[dict[InstanceState, Any]], Steps[None]],
) -> Steps[None]:
    for token, part in session.by_shard(rows):
        with session.scope.at(token):
            yield from write(part)


def _insert_steps(
    context: FlushContext,
    inserts: dict[InstanceState, Any],
    of_mappers: dict[Mapper, dict[InstanceState, Any]] | None = None,
    *,
    in_shard: bool = False,
) -> Steps[None]:
    """Insert the rows of *inserts*, of one mapper or several of a hierarchy.

    *of_mappers* has them by mapper, where that is known; *in_shard* tells that all go to one
    database.
    """
    session = context.core
    if session.scope.has_tokens and not in_shard:
        insert = partial(_insert_steps, context, in_shard=True)
        yield from _by_shard_steps(session, inserts, insert)
        return
    if of_mappers is None:
        of_mappers = by_mapper(inserts)
    if len(inserts) > 1:
        for mapper in of_mappers:
            if not mapper.batch:
                # What listens to one row may want the rows before it to be there.
                for state, instance in inserts.items():
                    yield from _insert_steps(context, {state: instance}, in_shard=in_shard)
                return
    connections: dict[Any, dict[Any, Load]] = {}
    for mapper, own in of_mappers.items():
        if mapper in context.receiving:
            receive_keys(session, mapper, own.items(), context.changes)
        connection = session.connection_in_use(mapper)
        if connection is None:
            connection = yield from session.connect_steps(mapper)
        for name, value in mapper.fixed_values.items():
            for instance in own.values():
                instance.__dict__.setdefault(name, value)
        for call in mapper.dispatch.before_insert:
            for instance in own.values():
                call(mapper, connection, instance)
        connections.setdefault(connection, {})[mapper] = Load(mapper, session.scope)
        if mapper.update_defaults and context.writes_again:
            _note_given(context, mapper, own)
    for connection, loads in connections.items():
        if len(loads) == 1:
            ((mapper, load),) = loads.items()
            own = of_mappers[mapper]
            steps = insert_steps(connection, mapper, own, load)
        else:
            mapper = next(iter(loads))
            own = {s: i for s, i in inserts.items() if s.load.mapper in loads}
            steps = insert_mixed_steps(connection, own, loads)
        keeps_history = session.dispatch.listening
        for one in loads:
            keeps_history = keeps_history or is_told_of_rows(one)
            told = one.class_manager.dispatch
            if told.refresh_flush or told.expire:
                steps = told_of_values_steps(context, one, of_mappers[one], steps, FILLED_BY_INSERT)
        if keeps_history:
            steps = kept_history_steps(context, {one: of_mappers[one] for one in loads}, steps)
        try:
            yield from steps
        except StatementError as error:
            blamed = list(own.values())
            yield from _blame_steps(context, "insert", mapper, connection, blamed, error)
            raise
        except Exception as error:
            failure = refused("insert", connection, list(own.values()), error)
            raise failure from failure.__cause__
    context.transaction.new.extend(inserts)
    for mapper, own in of_mappers.items():
        if mapper.dispatch.after_insert:
            yield from _tell_of_inserts_steps(context, mapper, own)


def _blame_steps(
    context: FlushContext,
    verb: str,
    mapper: Mapper,
    connection: Connection,
    blamed: list[object],
    error: StatementError,
) -> Steps[None]:
    """Let *error* say whose fault it is, and what to do where values could not be exchanged."""
    yield from blame_steps(verb, mapper, connection, blamed, error)
    if context.stuck and isinstance(error, UniqueViolation):
        error.hint = _EXCHANGE


def _tell_of_inserts_steps(
    context: FlushContext, mapper: Mapper, inserts: dict[InstanceState, Any]
) -> Steps[None]:
    connection = yield from context.core.connection_for_steps(mapper)
    for call in mapper.dispatch.after_insert:
        for instance in inserts.values():
            call(mapper, connection, instance)


def _note_given(context: FlushContext, mapper: Mapper, inserts: dict[InstanceState, Any]) -> None:
    """Note what is set of columns with ``onupdate``: an UPDATE of this flush leaves it alone."""
    for state, instance in inserts.items():
        values = instance.__dict__
        given = {key: values[key] for key, _ in mapper.update_defaults if key in values}
        if given:
            context.written[state] = given


def _update_steps(
    context: FlushContext,
    mapper: Mapper,
    updates: dict[InstanceState, Any],
    *,
    tells: str | None = "after",
    in_shard: bool = False,
) -> Steps[None]:
    """Write the changes of *updates*, of one mapper.

    Listeners are told before, where they were not told yet, and after it unless *tells* is
    "before"; neither where it is None.  *in_shard* tells that all go to one database.
    """
    session = context.core
    if session.scope.has_tokens and not in_shard:
        update = partial(_update_steps, context, mapper, tells=tells, in_shard=True)
        yield from _by_shard_steps(session, updates, update)
        return
    if not mapper.batch and len(updates) > 1:
        for state, instance in updates.items():
            one = {state: instance}
            yield from _update_steps(context, mapper, one, tells=tells, in_shard=in_shard)
        return
    is_told = mapper.dispatch.listening and tells is not None and is_told_of_rows(mapper)
    pairs = [(state, instance) for state, instance in updates.items() if state.committed]
    if not updates or not (is_told or pairs):
        return
    connection = session.connection_in_use(mapper)
    if connection is None:
        connection = yield from session.connect_steps(mapper)
    if is_told:
        tell_of_updates("before", context, mapper, connection, updates)
        # Those who were told may have changed more.
        pairs = [(state, instance) for state, instance in updates.items() if state.committed]
    if pairs:
        if mapper.version_key is not None:
            yield from load_versions_steps(session, connection, mapper, pairs)
        written = context.written if context.writes_again else None
        steps = update_steps(connection, mapper, pairs, written)
        told = mapper.class_manager.dispatch
        if told.refresh_flush or told.expire:
            # Of a row that goes nobody needs to know what an UPDATE before it has made.
            staying = {s: one for s, one in pairs if not context.changes.is_deleted(s)}
            steps = told_of_values_steps(context, mapper, staying, steps, FILLED_BY_UPDATE)
        try:
            switched = yield from steps
        except StatementError as error:
            blamed = [instance for _, instance in pairs]
            yield from _blame_steps(context, "update", mapper, connection, blamed, error)
            raise
        except Exception as error:
            blamed = [instance for _, instance in pairs]
            failure = refused("update", connection, blamed, error)
            raise failure from failure.__cause__
        if context.transaction.nested:
            context.transaction.dirty.update(updates)
        for change in switched:
            new = mapper.settled_key_of(change.state(), connection.dialect)
            switch_key(context, mapper, change.state, new)
        if context.moves is not None:
            context.moves.apply(context, dict(pairs))
    if is_told and tells == "after":
        tell_of_updates("after", context, mapper, connection, updates)


def receive_keys(
    session: FlushingSession, mapper: Mapper, pairs: Iterable[Pair], changes: Changes
) -> None:
    """Copy keys to instances of *mapper* from the rows that their references lead to."""
    props = roles_of(mapper).references
    if not props:
        return
    for state, instance in pairs:
        values = instance.__dict__
        for prop in props:
            if state.row_key is not None and (
                state.committed is None or prop.key not in state.committed
            ):
                continue
            if prop.uselist:
                is_new = state.row_key is None
                related, changed = referred_now(prop, state, instance, is_new=is_new)
            else:
                related = values.get(prop.key)
                changed = state.row_key is not None or prop.key in values
            if state.row_key is None and state.extra is not None:
                if was_loaded(state, prop.key, related):
                    # By the key, which may have been set anew.
                    continue
            if related is None:
                if not changed:
                    continue
                # It was set, or deleted, which counts for more than a key that was set.
                clear_key(prop, instance)
                continue
            other = state_of(related)
            absent = other.load.deleted or (
                other.row_key is None and other not in session.scope.new
            )
            if absent or other.load.scope is not session.scope:
                warn_of_absent(related, prop)
            elif not (changes.deleting and changes.is_deleted(other) and prop.reverse_properties):
                # The other side has let go of it before its row is deleted.
                copy_key(prop, related, instance)


def hand_on_keys(mapper: Mapper, own: MapperChanges, changes: Changes) -> None:
    """Copy the keys of saved parents to the new members of their collections."""
    for prop in roles_of(mapper).collections:
        for instance in own.inserts.values():
            value = instance.__dict__.get(prop.key)
            if value is not None:
                members = prop.impl.kind.items(value) if prop.uselist else (value,)
                _hand_on(prop, instance, members, changes)
        for state, instance in own.updates.items():
            _hand_on(prop, instance, changed_related(prop, state, instance)[0], changes)


def _hand_on(
    prop: RelationshipProperty, parent: object, members: Iterable[Any], changes: Changes
) -> None:
    for item in members:
        state = state_of(item)
        if not (state.load.deleted or (changes.deleting and changes.is_deleted(state))):
            copy_key(prop, parent, item)


def update_later_steps(context: FlushContext) -> Steps[None]:
    """Write the keys of ``post_update`` relationships: all rows are there now.

    Rows that are to be deleted lose theirs first, so that they can go in any order.
    """
    touched: dict[Any, dict[InstanceState, Any]] = {}
    for own in list(context.changes.mappers.values()):
        for prop in roles_of(own.mapper).later:
            for instance in _settled_later(prop, own):
                state = state_of(instance)
                if state.committed is not None:
                    touched.setdefault(state.load.mapper, {})[state] = instance
    for mapper, updates in touched.items():
        going = [pair for pair in updates.items() if context.changes.is_deleted(pair[0])]
        known = [(one, one.__dict__.copy(), state.stale) for state, one in going]
        yield from _update_steps(context, mapper, updates, tells=None)
        for (state, instance), (_, values, expired) in zip(going, known, strict=True):
            # What this UPDATE has made goes with the row: it could not be read again.
            # Its version alone counts on: the row is deleted in the one that it has now.
            if mapper.version_key is not None:
                values.pop(mapper.version_key, None)
            instance.__dict__.update(values)
            state.stale = expired


def write_association_rows_steps(context: FlushContext) -> Steps[None]:
    """Write the rows of third tables."""
    yield from write_associations_steps(context.core, context.associations)


def update_followers_steps(context: FlushContext) -> Steps[None]:
    """Write the keys that rows follow which had been written before the key changed."""
    while context.moves is not None:
        unwritten = context.moves.unwritten(changed_columns, context.written)
        for mapper, updates in unwritten.items():
            yield from _update_steps(context, mapper, updates, tells=None)
        if not unwritten:
            break


def _settled_later(prop: RelationshipProperty, own: MapperChanges) -> Iterator[Any]:
    """Copy, or clear, the keys of *prop*; give the instances that hold them."""
    for state, instance in own.saved():
        inserted = state in own.inserts
        if prop.is_many_to_one:
            related, changed = referred_now(prop, state, instance, is_new=inserted)
            if related is not None and changed:
                copy_key(prop, related, instance)
                yield instance
            elif related is None and changed and not inserted:
                clear_key(prop, instance)
                yield instance
        else:
            value = instance.__dict__.get(prop.key) if inserted else None
            if value is None:
                members = changed_related(prop, state, instance)[0]
            else:
                members = list(prop.impl.kind.items(value)) if prop.uselist else [value]
            for item in members:
                copy_key(prop, instance, item)
                yield item
    if prop.is_many_to_one:
        for instance in own.deletes.values():
            clear_key(prop, instance)
            yield instance


def delete_stage_steps(context: FlushContext, stage: Stage, changes: Changes) -> Steps[None]:
    """Delete the rows of one stage that *changes* has."""
    if stage.cyclic:
        for mapper, (rows, names) in unknown_references(stage, changes).items():
            read = partial(_read_references_steps, context, mapper, names)
            yield from _in_shards(context, rows, read)
    levels = delete_levels(stage, changes) if stage.cyclic else map(changes.of, stage.mappers)
    for level in levels:
        if level.deletes:
            write = partial(_delete_part_steps, context, level.mapper)
            yield from _in_shards(context, level.deletes, write)


def _read_references_steps(
    context: FlushContext, mapper: Mapper, names: frozenset[str], rows: dict[InstanceState, Any]
) -> Steps[None]:
    connection = yield from context.core.connection_for_steps(mapper)
    yield from refresh_steps(context.core, connection, mapper, list(rows.items()), names)


def _delete_part_steps(
    context: FlushContext, mapper: Mapper, deletes: dict[InstanceState, Any]
) -> Steps[None]:
    session = context.core
    connection = yield from session.connection_for_steps(mapper)
    for call in mapper.dispatch.before_delete:
        for instance in deletes.values():
            call(mapper, connection, instance)
    pairs = list(deletes.items())
    if mapper.version_key is not None:
        yield from load_versions_steps(session, connection, mapper, pairs)
    try:
        yield from delete_steps(connection, mapper, pairs)
    except StatementError as error:
        yield from blame_steps("delete", mapper, connection, list(deletes.values()), error)
        raise
    for call in mapper.dispatch.after_delete:
        for instance in deletes.values():
            call(mapper, connection, instance)
    _forget_deleted(session, context.transaction, mapper, deletes.items())


def _forget_deleted(
    session: FlushingSession,
    transaction: Any,
    mapper: Mapper,
    pairs: Iterable[tuple[InstanceState, Any]],
) -> None:
    scope = session.scope
    identity = scope.identity(mapper)
    gone = scope.deleted_load(mapper)
    for state, instance in pairs:
        transaction.deleted[state] = (instance, state.load)
        if identity.get(state.row_key) is state:
            del identity[state.row_key]
        state.load = gone
