"""Asking the server how it would run a statement, with the text that would be sent."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..dialects.explained import Explaining, QueryPlan
from ..event import listen, remove
from ..exc import InvalidRequestError
from .executed import NotSent

if TYPE_CHECKING:
    from ..dialects.dbapi import DriverParameters
    from ..dialects.dialect import Dialect
    from ..steps import Steps
    from .connection import Connection
    from .executed import Execution


class _Met(NotSent):
    """The statement that was about to be sent."""

    def __init__(self, sql: str, parameters: DriverParameters | None) -> None:
        super().__init__(sql)
        self.sql = sql
        self.parameters = parameters


def explain_steps(connection: Connection, steps: Steps[Any], analyze: bool) -> Steps[QueryPlan]:
    """Return the plan of the statement that *steps* would send over *connection*.

    They are run up to where they send it, so that it is the text that a listener, a filter or an
    option makes of it; what a flush sends before it is sent.  With *analyze* the server runs it.

    InvalidRequestError is raised where the server can't do what is asked, or nothing is sent.
    """

    def meet(_connection: Connection, execution: Execution) -> None:
        user = connection.used_by
        if execution.kind == "statement" and not (user is not None and user.flushing):
            raise _Met(execution.sql, execution.parameters)

    explaining = _explaining(connection.dialect)
    listen(connection, "before_statement", meet)
    try:
        yield from steps
    except _Met as met:
        sql, parameters = met.sql, met.parameters
    else:
        raise InvalidRequestError("no statement was sent: there is nothing to explain")
    finally:
        remove(connection, "before_statement", meet)
    try:
        asked = explaining.text(sql, analyze=analyze)
    except NotImplementedError:
        raise InvalidRequestError(
            f"{connection.dialect.name} can't run a statement while it explains it",
            hint="explain(statement), without analyze=True",
        ) from None
    rows = yield from connection.fetch_text_steps(asked, () if parameters is None else parameters)
    return QueryPlan(sql, parameters, explaining.read(rows), rows)


def _explaining(dialect: Dialect) -> Explaining:
    """Return how the server of *dialect* explains statements."""
    home = dialect.explaining
    if home is None:
        raise InvalidRequestError(f"the dialect {dialect.name} has no way to explain a statement")
    module, _, name = home.partition(":")
    found: Explaining = getattr(import_module(module), name)
    return found
