"""Rows of single instances, found by primary key."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.steps import Steps

from ...engine.connection import Connection
from ...orm.loading.plan import EntityPlan
from ...orm.loading.related import KeyedPlan
from ...orm.loading.session import LoadingSession
from ...orm.mapping.mapper import Mapper
from .keys import database_name, digest
from .reading import Fetch, Reading, entry_of
from .regions import Regions


def names_of_rows(
    regions: Regions, mapper: Mapper, plan: EntityPlan, connection: Connection, keys: Sequence[Any]
) -> tuple[list[str], list[str]]:
    """For each of *keys*, the name of the entry, and that of the row's token.

    UnstableError where a key has no name that lasts.
    """
    database = database_name(connection.engine)
    what = (mapper.class_.__qualname__, plan.core.column_names)
    entries, tokens = [], []
    for key in keys:
        values = mapper.key_tuple(key)
        entries.append(f"{regions.prefix}:entity:{digest(database, what, values)}")
        tokens.append(regions.token_of_row(mapper, digest(values)))
    return entries, tokens


def entities_steps(
    reading: Reading,
    session: LoadingSession,
    plan: KeyedPlan,
    keys: Sequence[Any],
    names: tuple[list[str], list[str]],
    shared: list[str],
) -> Steps[list[Any] | None]:
    """The instances with *keys*; None where the region has failed.

    *plan* is a KeyedPlan, *names* those of entries and tokens of the rows, *shared* those of
    the tokens on which all rows depend.
    """
    entries, rows = names
    found = yield from reading.find_steps([*entries, *rows, *shared])
    if found is None:
        return None
    count = len(keys)
    common = found[2 * count :]
    kept: list[Any] = []
    absent: list[int] = []
    for place in range(count):
        if reading.is_current(found[place], [found[count + place], *common]):
            kept += reading.rows_of(found[place])
        else:
            absent.append(place)
    connection = reading.connection
    instances: list[Any] = []
    if kept:
        instances += yield from plan.plan.made_steps(session, connection, kept)
    if absent:
        tokens = [rows[place] for place in absent] + shared
        known = [found[count + place] for place in absent] + common
        yield from reading.prepare_steps(tokens, known)
        wanted = {keys[place]: entries[place] for place in absent}
        instances += yield from _absent_steps(reading, session, plan, wanted)
    return instances


def _absent_steps(
    reading: Reading, session: LoadingSession, plan: KeyedPlan, wanted: Mapping[Any, str]
) -> Steps[list[Any]]:
    """Read the rows of the keys *wanted*, make instances, and store the rows."""
    fetch = _fetcher(plan, reading.connection, list(wanted))
    if len(wanted) == 1:
        (name,) = wanted.values()
        raw = yield from reading.shared_steps(name, fetch, empty=False)
        made: list[Any] = yield from plan.plan.made_steps(session, reading.connection, raw)
        return made
    raw = yield from fetch()
    instances: list[Any] = yield from plan.plan.made_steps(session, reading.connection, raw)
    stats = reading.regions.stats
    stats.misses += len(wanted)
    if reading.settled and len(instances) == len(raw):
        values = _entries(reading.tokens, wanted, raw, instances)
        if values and (yield from reading.store.write_steps(reading.calls, values)):
            stats.stored += len(values)
    return instances


def _entries(
    tokens: tuple[str, ...], wanted: Mapping[Any, str], rows: Sequence[Any], made: Sequence[Any]
) -> dict[str, Any]:
    """What is to be stored: an entry for each of *rows*, which have become the instances *made*."""
    of_row = dict(zip(wanted, tokens, strict=False))
    common = tokens[len(wanted) :]
    values: dict[str, Any] = {}
    for row, instance in zip(rows, made, strict=True):
        key = instance.__dovetail_state__.row_key
        entry = entry_of((of_row[key], *common), [row]) if key in of_row else None
        if entry is not None:
            values[wanted[key]] = entry
    return values


def _fetcher(plan: KeyedPlan, connection: Connection, keys: Sequence[Any]) -> Fetch:
    try:
        sql, parameters = plan.plan.prepare(plan.values_for(keys))
    except Exception as error:
        raise plan.plan.refused(connection, error) from error

    def fetch() -> Steps[list[Any]]:
        rows: list[Any] = yield from connection.fetch_steps(sql, parameters)
        return rows

    return fetch
