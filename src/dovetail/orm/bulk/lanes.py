"""The fast lanes: many rows without instances, or without the session's care for them.

Like a flush, each fails as a whole: the transaction is rolled back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from dovetail.collector import collector
from dovetail.orm.bulk.inserting import insert_dictionaries_steps
from dovetail.orm.bulk.objects import save_pairs_steps
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.bulk.updating import RowsUpdating, split_keys
from dovetail.orm.mapping.extensions import expanded_rows
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import Load, Pair, state_of
from dovetail.steps import Steps


def insert_mappings_steps(
    session: BulkSession,
    mapper: Mapper,
    mappings: Iterable[Mapping[str, Any]],
    return_defaults: bool,
    render_nulls: bool,
) -> Steps[None]:
    """Insert a row for each of *mappings*, in their order."""
    mapper.configure()
    rows = expanded_rows(mapper, mappings if isinstance(mappings, list) else list(mappings))
    if rows:
        steps = _inserting(session, mapper, rows, return_defaults, render_nulls)
        yield from _whole_steps(session, {mapper}, len(rows), steps)


def _inserting(
    session: BulkSession,
    mapper: Mapper,
    rows: Sequence[Any],
    return_defaults: bool,
    render_nulls: bool,
) -> Steps[None]:
    connection = yield from session.connection_for_steps(mapper)
    yield from insert_dictionaries_steps(
        connection, mapper, rows, return_defaults=return_defaults, render_nulls=render_nulls
    )


def update_mappings_steps(
    session: BulkSession, mapper: Mapper, mappings: Iterable[Mapping[str, Any]]
) -> Steps[None]:
    """Update the row of each of *mappings*, found by its primary key."""
    mapper.configure()
    rows = expanded_rows(mapper, list(mappings))
    if rows:
        yield from _whole_steps(session, {mapper}, len(rows), _updating(session, mapper, rows))


def _updating(session: BulkSession, mapper: Mapper, rows: Sequence[Any]) -> Steps[None]:
    connection = yield from session.connection_for_steps(mapper)
    keys, values = split_keys(mapper, rows)
    updating = RowsUpdating(session, connection, mapper, versioned=True)
    yield from updating.run_steps(values, keys)


def save_objects_steps(
    session: BulkSession,
    objects: Iterable[Any],
    return_defaults: bool,
    changed_only: bool,
    preserve_order: bool,
) -> Steps[None]:
    """Insert the rows of new *objects*, and update those of the others."""
    pairs = [(state_of(instance), instance) for instance in objects]
    if pairs:
        how = (return_defaults, changed_only, preserve_order)
        if session.scope.has_tokens:
            saving = _saving_in_shards_steps(session, pairs, how)
        else:
            saving = save_pairs_steps(session, pairs, *how)
        mappers = {state.load.mapper for state, _ in pairs}
        yield from _whole_steps(session, mappers, len(pairs), saving)


def _saving_in_shards_steps(
    session: BulkSession, pairs: list[Pair], how: tuple[bool, bool, bool]
) -> Steps[None]:
    """Save *pairs*, those of each identity token for themselves; new ones have it afterwards."""
    for token, part in session.by_shard(dict(pairs)):
        with session.scope.at(token):
            yield from save_pairs_steps(session, list(part.items()), *how)
        for state in part if token is not None else ():
            if state.row_key is not None and state.load.token is None:
                state.load = Load(state.load.mapper, None)
                state.load.token = token


def _whole_steps(
    session: BulkSession, mappers: Collection[Any], count: int, steps: Steps[None]
) -> Steps[None]:
    """Run *steps*, for *count* rows of *mappers*; a failure is one of the whole transaction."""
    transaction = session.ensure_transaction()
    transaction.check()
    transaction.has_sent = True
    if session.row_source is not None:
        session.row_source.wrote(session, mappers)
    try:
        with collector.paused_for(count):
            yield from steps
    except BaseException as error:
        yield from transaction.fail_steps(error)
        raise
