"""What is raised for an error of the driver."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..dialects.driver import Cause
from ..dialects.time_limit import OutOfTime
from ..exc import NotNullViolation, StatementTimeout, UniqueViolation

if TYPE_CHECKING:
    from ..dialects.dbapi import DriverParameters
    from ..dialects.driver import Driver, DriverConnection
    from ..exc import DBAPIError

_TOO_LATE = "make the statement quicker, or allow it more time: timeout=…, or deadline=…"

_OF_THE_ROW = (UniqueViolation, NotNullViolation)
"""Violations of the table that is written, and of no other."""

_NAME = r'(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|\w+)'
_WRITTEN = re.compile(
    rf"\s*(?:INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:{_NAME}\.)*({_NAME})",
    re.IGNORECASE,
).match
"""Finds the table that a statement writes."""


def _bare(name: str) -> str:
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in '`"' else name


def _too_late(driver: Driver, error: OutOfTime, connection: DriverConnection | None) -> Cause:
    """Return what it means that a statement has been stopped, or was not sent, as too late."""
    inner = error.__cause__
    if isinstance(inner, driver.errors):
        cause = driver.classify(inner)
        return cause.changed(error=StatementTimeout, hint=_TOO_LATE, without_values=None)
    # One that blocks has had its answer.
    is_lost = False
    if driver.is_async and error.was_sent and connection is not None:
        is_lost = not driver.survives_cancel(connection)
    return Cause(error=StatementTimeout, hint=_TOO_LATE, disconnected=is_lost)


def wrapped(
    driver: Driver,
    error: BaseException,
    sql: str | None = None,
    parameters: DriverParameters | None = None,
    hide_parameters: bool = False,
    connection: DriverConnection | None = None,
) -> tuple[DBAPIError, Cause]:
    """Return the error that stands for *error* on all servers, and what *driver* says of it."""
    if isinstance(error, OutOfTime):
        cause = _too_late(driver, error, connection)
    else:
        cause = driver.classify(error)
        error = driver.original(error)
    table = cause.table
    if table is None and sql is not None and cause.error in _OF_THE_ROW:
        # Some servers name the constraint alone: it is one of the table that is written.
        written = _WRITTEN(sql)
        table = _bare(written[1]) if written else None
    made = cause.error(
        sql,
        parameters,
        error,
        hide_parameters,
        cause.disconnected,
        hint=cause.hint,
        constraint=cause.constraint,
        table=table,
        columns=cause.columns,
        said=cause.without_values if hide_parameters else None,
    )
    if cause.retry_scope is not None:
        made.retry_scope = cause.retry_scope
    made.outcome_unknown = cause.outcome_unknown
    made.__cause__ = error
    return made, cause
