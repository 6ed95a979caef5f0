"""Rows of instances that stay out of the session: inserted or updated without a flush."""

from itertools import groupby
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.orm.bulk.inserting import insert_dictionaries_steps
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.bulk.synchronize import overwrite
from dovetail.orm.bulk.updating import RowsUpdating
from dovetail.orm.flush.versions import version_of
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.expiry import refuse_lost
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.steps import Steps

Pair = tuple[InstanceState, Any]


def save_pairs_steps(
    session: BulkSession,
    pairs: list[Pair],
    return_defaults: bool,
    changed_only: bool,
    preserve_order: bool,
) -> Steps[None]:
    """Insert the rows of *pairs* that are new, and update those of the others."""
    if not preserve_order:
        kinds = list(dict.fromkeys(map(_kind, pairs)))
        pairs.sort(key=lambda pair: kinds.index(_kind(pair)))
    for (mapper, is_new), run in groupby(pairs, _kind):
        mapper.configure()
        connection = yield from session.connection_for_steps(mapper)
        if is_new:
            yield from _insert_steps(connection, mapper, list(run), return_defaults)
        else:
            yield from _update_steps(session, connection, mapper, list(run), changed_only)


def _kind(pair: Pair) -> tuple[Any, bool]:
    state, _ = pair
    return state.load.mapper, state.row_key is None


def _insert_steps(
    connection: Connection, mapper: Mapper, pairs: list[Pair], return_defaults: bool
) -> Steps[None]:
    for state, instance in pairs:
        if state.stale is not None:
            refuse_lost(state, instance, "save")
    rows = [instance.__dict__ for _, instance in pairs]
    yield from insert_dictionaries_steps(
        connection, mapper, rows, return_defaults=return_defaults, render_nulls=False
    )
    if not return_defaults:
        return
    for state, instance in pairs:
        key = mapper.key_of(instance)
        if key is not None and state.core is None:
            state.row_key = key
            state.load = mapper.detached_load


def _update_steps(
    session: BulkSession,
    connection: Connection,
    mapper: Mapper,
    pairs: list[Pair],
    changed_only: bool,
) -> Steps[None]:
    kept: list[Pair] = []
    rows = []
    for state, instance in pairs:
        row = _changes(mapper, state, instance) if changed_only else _values(mapper, instance)
        if row:
            if mapper.version_key is not None:
                row[mapper.version_key] = version_of(mapper, state, instance)
            kept.append((state, instance))
            rows.append(row)
    updating = RowsUpdating(session, connection, mapper, versioned=True)
    yield from updating.run_steps(rows, [state.row_key for state, _ in kept], synchronize=False)
    for (state, instance), row in zip(kept, rows, strict=True):
        if state.core is session:
            computed = {n for n, value in row.items() if stands_for_sql[type(value)]}
            if mapper.version_key is not None:
                computed.add(mapper.version_key)
            known = {n: value for n, value in row.items() if n not in computed}
            overwrite(session, state, instance, known, computed)


def _values(mapper: Mapper, instance: object) -> dict[str, Any]:
    """The values of *instance* that an UPDATE may write."""
    values = instance.__dict__
    return {
        name: values[name]
        for name in mapper.written
        if name in values and name not in mapper.keys_set
    }


def _changes(mapper: Mapper, state: InstanceState, instance: object) -> dict[str, Any]:
    """The values of *instance* that differ from those of its row."""
    values = instance.__dict__
    changed = {}
    for name, old in (state.committed or {}).items():
        equal = mapper.written.get(name)
        if equal is not None:
            new = values.get(name)
            if new is not old and (stands_for_sql[type(new)] or equal(old, new) is not True):
                changed[name] = new
    return changed
