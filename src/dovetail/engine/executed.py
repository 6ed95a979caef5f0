"""What goes over a connection, and what comes of it: for the log and for those who watch."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..dialects.dbapi import DriverParameters
    from ..dialects.driver import Cursor
    from .context import ListenedConnection
    from .place import Place

Kind = Literal["statement", "transaction"]


class NotSent(Exception):  # noqa: N818 - it ends what would have sent a statement, and is no error
    """A ``before_statement`` listener raises it for a statement that is not to be sent."""


class Execution:
    """SQL on its way to the database and back.  Listeners may keep attributes of their own on it.

    ``connection``  the Connection
    ``kind``        ``"statement"``, or ``"transaction"`` for BEGIN, COMMIT, SAVEPOINT and so on
    ``sql``         the text; a ``before_statement`` listener may change it
    ``parameters``  what the driver is given: a set of values, or a list of them; None for none
    ``many``        whether the text runs once for each of several sets of values
    ``statement``   the statement object, None where it was not at hand
    ``is_text``     whether the text was given as text
    ``compile_seconds``  how long it took to compile; 0.0 where its plan was found
    ``started``     when it was sent, in the seconds of ``time.perf_counter()``
    ``seconds``     how long the database took, fetching included
    ``rows``        how many rows came back or were changed; None where nobody knows
    ``error``       what was raised for it, None where it has succeeded
    """

    cursor: Any = None
    place: Place | None = None
    """The line of the program that it comes from, where somebody has looked for it."""
    streams = False
    """Whether its rows come in parts, while the program reads them."""

    def __init__(
        self,
        connection: ListenedConnection,
        sql: str,
        parameters: DriverParameters | None = None,
        *,
        kind: Kind = "statement",
        many: bool = False,
        statement: object = None,
        is_text: bool = False,
        compile_seconds: float = 0.0,
    ) -> None:
        self.connection = connection
        self.kind: Kind = kind
        self.sql = sql
        self.parameters = parameters
        self.many = many
        self.statement = statement
        self.is_text = is_text
        self.compile_seconds = compile_seconds
        self.rows: int | None = None
        self.error: BaseException | None = None
        self.seconds = 0.0
        self.started = perf_counter()

    @property
    def is_found(self) -> bool:
        """Whether its plan was found: it was neither compiled for this run nor given as text."""
        return not (self.is_text or self.compile_seconds)

    def sent(self, cursor: Cursor) -> None:
        """Note that the database has answered with *cursor*."""
        self.seconds = perf_counter() - self.started
        self.cursor = cursor
        if cursor.description is None and cursor.rowcount >= 0:
            self.rows = cursor.rowcount

    def took(self, count: int, began: float, error: BaseException | None = None) -> None:
        """Note that *count* rows were fetched since *began*, or that *error* is raised for it."""
        self.seconds += perf_counter() - began
        self.error = error
        if error is None:
            self.rows = (self.rows or 0) + count

    def ended(self, error: BaseException | None = None) -> None:
        """Note that it has taken until now, and that *error* is raised for it."""
        self.seconds = perf_counter() - self.started
        self.error = error
