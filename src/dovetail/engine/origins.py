"""What engines do with each statement, where they are asked to: slow ones, and where from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ..event import listen
from .place import calling_place

if TYPE_CHECKING:
    from .connection import Connection
    from .context import ListenedEngine
    from .executed import Execution
    from .log import StatementLog
    from .place import Place


def place_of(execution: Execution) -> Place:
    """Return the line of the program that *execution* comes from, found once for all who ask."""
    place = execution.place
    if place is None:
        place = execution.place = calling_place()
    return place


def log_slow(engine: ListenedEngine, log: StatementLog, seconds: float) -> None:
    """Write to *log* the statements of *engine* that take *seconds* or more, as warnings."""

    def after_statement(_connection: Connection, execution: Execution) -> None:
        if execution.seconds >= seconds:
            # A stream has ended somewhere else than it was asked for.
            place = execution.place if execution.streams else place_of(execution)
            log.slow(execution, place)

    listen(engine, "after_statement", after_statement)


def comment_origins(engine: ListenedEngine) -> None:
    """Let *engine* write the line that each statement comes from behind its text."""
    doubles = engine.dialect.paramstyle in ("format", "pyformat")

    def before_statement(_connection: Connection, execution: Execution) -> None:
        if execution.kind == "statement":
            text = comment(place_of(execution))
            execution.sql += text.replace("%", "%%") if doubles else text

    listen(engine, "before_statement", before_statement)


def comment(place: Place) -> str:
    """Return *place* as a comment of SQL, in the form that sqlcommenter has given such comments.

    Whatever the names hold, it ends where it should: all but letters, digits and a few marks is
    quoted.
    """
    told = {
        "code.file.path": place.file,
        "code.function.name": place.function,
        "code.line.number": str(place.line),
    }
    pairs = (f"{name}='{quote(value, safe='/.')}'" for name, value in told.items())
    return f" /*{','.join(pairs)}*/"
