"""Rows whose version tells that somebody else has changed them."""

from collections.abc import Sequence
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.exc import FlushError, StaleDataError
from dovetail.orm.flush.changes import Pair
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.loading.lazy import refresh_steps
from dovetail.orm.loading.related import KEYS_PER_STATEMENT, key_condition
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState, Scope
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps


def version_of(mapper: Mapper, state: InstanceState, instance: Any) -> Any:
    """The version that the row of *instance* had when it was read."""
    key = mapper.version_key
    if state.committed is not None and key in state.committed:
        return state.committed[key]
    return instance.__dict__.get(key)


def given_version(mapper: Mapper, version: object) -> object:
    """*version*, set by hand or left out; FlushError if it is None.

    A row without a version could never be changed again: no version is equal to NULL.
    """
    if version is None:
        name = mapper.class_.__name__
        raise FlushError(
            f"{name}.{mapper.version_key}, which holds the version of the row, is None",
            hint=f"set it before the flush, or have it made: a version_id_generator for {name}, "
            "or a server_default for its column",
        )
    return version


def load_versions_steps(
    session: FlushingSession, connection: Connection, mapper: Mapper, pairs: Sequence[Pair]
) -> Steps[None]:
    """Read the versions of those of *pairs* whose own are not known, in one statement."""
    key = mapper.version_key
    assert key is not None
    lacking = [
        (state, instance)
        for state, instance in pairs
        if key not in instance.__dict__ and key not in (state.committed or ())
    ]
    if lacking:
        yield from refresh_steps(session, connection, mapper, lacking, frozenset((key,)))


def refuse_stale_steps(
    connection: Connection,
    mapper: Mapper,
    verb: str,
    pairs: Sequence[Pair],
    expected: Sequence[Any],
) -> Steps[None]:
    """Raise the StaleDataError of an UPDATE or DELETE that did not find all of its rows.

    It has the first instance whose row is another in ``instance``, the version that was
    *expected* and the one that was found, None where the row is gone.
    """
    assert mapper.version_key is not None
    found: dict[Any, Any] = {}
    keys = [state.row_key for state, _ in pairs]
    condition, parameter = key_condition(mapper.primary_key)
    width = len(mapper.primary_key)
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        asked: Any = Select(*mapper.primary_key, mapper.columns[mapper.version_key]).where(
            condition
        )
        chunk = {parameter.key: keys[start : start + KEYS_PER_STATEMENT]}
        rows = (yield from connection.execute_steps(asked, chunk)).all()
        found.update((mapper.key_from_tuple(row[:width]), row[width]) for row in rows)
    computed = False
    for (state, instance), version in zip(pairs, expected, strict=True):
        now = found.get(state.row_key)
        written = instance.__dict__.get(mapper.version_key) if verb == "UPDATE" else version
        if isinstance(written, ColumnElement) and now is not None and len(pairs) > 1:
            # The server has made the new version, of this row or of the others alone.
            computed = True
        elif now is None or isinstance(written, ColumnElement) or now != written:
            raise _stale(mapper, verb, state, instance, version, now)
    if computed:
        raise StaleDataError(
            f"{verb} of {len(pairs)} rows of {mapper.class_.__name__} did not find all of them in "
            "the versions that they were read in: somebody else has changed some since"
        )
    state, instance = pairs[0]
    raise _stale(mapper, verb, state, instance, expected[0], found.get(state.row_key))


def _stale(
    mapper: Mapper,
    verb: str,
    state: InstanceState,
    instance: object,
    expected: object,
    found: object,
) -> StaleDataError:
    row = f"{mapper.class_.__name__} {mapper.key_tuple(state.row_key)}"
    now = "the row is gone" if found is None else f"it is {found!r} now"
    error = StaleDataError(
        f"{verb} of {row} expected version {expected!r}, and {now}: "
        "somebody else has changed it since it was read"
    )
    error.instance, error.expected, error.found = instance, expected, found
    return error


def version_here(scope: Scope, mapper: Mapper, key: object) -> Any:
    """The version in which the instance with *key* was read, if it is here; else None."""
    state = scope.identity(mapper).get(key) if mapper.version_key is not None else None
    instance = None if state is None else state()
    if state is None or instance is None:
        return None
    return version_of(mapper, state, instance)


def check_version(mapper: Mapper, instance: Any, expected: object) -> None:
    """Refuse to lock *instance* in another version than it was read in."""
    found = instance.__dict__.get(mapper.version_key)
    if found != expected:
        error = StaleDataError(
            f"{mapper.class_.__name__} {mapper.key_tuple(instance.__dovetail_state__.row_key)} was "
            f"read in version {expected!r}, and is locked in version {found!r}: somebody else "
            "has changed it"
        )
        error.instance, error.expected, error.found = instance, expected, found
        raise error
