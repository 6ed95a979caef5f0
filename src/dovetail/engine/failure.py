"""What is raised for an error of the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..dialects.driver import Cause, Driver
    from ..exc import DBAPIError


def wrapped(
    driver: Driver,
    error: BaseException,
    sql: str | None = None,
    parameters: Any = None,
    hide_parameters: bool = False,
) -> tuple[DBAPIError, Cause]:
    """Return the error that stands for *error* on all servers, and what *driver* says of it."""
    cause = driver.classify(error)
    made = cause.error(
        sql,
        parameters,
        error,
        hide_parameters,
        cause.disconnected,
        hint=cause.hint,
        constraint=cause.constraint,
        table=cause.table,
        columns=cause.columns,
    )
    if cause.retry_scope is not None:
        made.retry_scope = cause.retry_scope
    made.outcome_unknown = cause.outcome_unknown
    made.__cause__ = error
    return made, cause
