"""The log of an engine: what it says of statements, and where it goes."""

from __future__ import annotations

from logging import DEBUG, INFO, WARNING, Formatter, StreamHandler, getLogger
from sys import stdout
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..conventions import conventions
from ..exc import shortened
from .pretty import one_line, pretty

if TYPE_CHECKING:
    from collections.abc import Sequence
    from logging import Logger

    from ..dialects.driver import Cursor
    from .executed import Execution
    from .place import Place

TEXTS_KNOWN = 1000
"""Of so many texts the log says how long they have been kept."""

WIDTH = 160
"""So many characters a statement and what is told of it may have, to stand in one line."""

HIDDEN = "[parameters hidden by hide_parameters=True]"


class StatementLog:
    """Tells a logger of the statements of an engine: a line for each, when it has been run.

    ``hides_parameters``  whether their values are left out
    ``echo_level``        from this level on all is written, whatever the logger's level; 0 for
    what the logger says
    """

    def __init__(self, name: str, *, hides_parameters: bool) -> None:
        self.logger: Logger = getLogger(name)
        self.hides_parameters = hides_parameters
        self.echo_level = 0

    def set_echo(self, level: int) -> None:
        """Write all of *level* and above; 0 leaves it to the logger again."""
        self.echo_level = level

    def before(self, execution: Execution) -> None:
        """Tell of *execution*, which is about to be sent."""

    def after(self, execution: Execution) -> None:
        """Tell what came of *execution*."""
        self.tell(INFO, execution, self.line(execution))

    def slow(self, execution: Execution, place: Place | None) -> None:
        """Warn of *execution*, which has taken long."""
        where = "" if place is None else f" at {place}"
        text = f"slow, {execution.seconds:.3g} s{where}: {self.line(execution)}"
        self.tell(WARNING, execution, text)

    def rows(self, cursor: Cursor, rows: Sequence[Any]) -> None:
        """Tell of *rows*, which *cursor* gave."""
        if self._is_enabled(DEBUG):
            self._write(DEBUG, f"Col {tuple(column[0] for column in cursor.description or ())!r}")
            for row in rows:
                self._write(DEBUG, f"Row {row!r}")

    def line(self, execution: Execution) -> str:
        """Return what is told of *execution*: in one line, if it is short enough."""
        told = f"-- {self._told(execution)}"
        text = one_line(execution.sql)
        if len(text) + len(told) < WIDTH:
            return f"{text} {told}"
        return f"{pretty(execution.sql)}\n  {told}"

    def _told(self, execution: Execution) -> str:
        """Return values, time, rows and origin of *execution*."""
        parts = [f"{execution.seconds * 1000:.3g} ms"]
        if execution.rows is not None:
            parts.append("1 row" if execution.rows == 1 else f"{execution.rows} rows")
        if execution.kind == "statement":
            parts.append(_origin(execution))
        if execution.error is not None:
            parts.append(f"failed: {type(execution.error).__name__}")
        told = ", ".join(parts)
        if not execution.parameters:
            return told
        return f"{self.values(execution)} {told}"

    def values(self, execution: Execution) -> str:
        """Return the values of *execution*, as far as they may be shown."""
        values = execution.parameters
        return HIDDEN if self.hides_parameters else shortened(() if values is None else values)

    def tell(self, level: int, execution: Execution, text: str) -> None:
        """Write *text*, with the token of the connection that *execution* went over."""
        token = execution.connection._options.get("logging_token")
        self._write(level, text if token is None else f"[{token}] {text}")

    def _is_enabled(self, level: int) -> bool:
        return (0 < self.echo_level <= level) or self.logger.isEnabledFor(level)

    def _write(self, level: int, text: str) -> None:
        logger = self.logger
        if logger.isEnabledFor(level):
            logger.log(level, "%s", text)
        elif 0 < self.echo_level <= level and logger.manager.disable < level:
            # The engine was asked to, and not the logger, which another engine may share.
            logger.handle(logger.makeRecord(logger.name, level, __file__, 0, text, (), None))


def _origin(execution: Execution) -> str:
    if execution.is_text:
        return "text"
    seconds = execution.compile_seconds
    return f"compiled in {seconds * 1000:.3g} ms" if seconds else "cached"


class LogBefore(StatementLog):
    """Tells a logger of statements before they are run, in two lines, as other programs read it."""

    def __init__(self, name: str, *, hides_parameters: bool) -> None:
        super().__init__(name, hides_parameters=hides_parameters)
        self._texts: dict[str, float] = {}
        """When each text was compiled that was told of."""

    def set_echo(self, level: int) -> None:
        """Write all of *level* and above, to a logger that the engine has for itself."""
        name = self.logger.name
        if name == conventions.engine_logger:
            name = f"{name}.{hex(id(self))}"
        self.logger = getLogger(name)
        self.logger.setLevel(level)

    def before(self, execution: Execution) -> None:
        """Tell of *execution*, which is about to be sent."""
        if execution.kind == "transaction":
            begins = execution.sql.startswith("BEGIN")
            text = f"{execution.sql} (implicit)" if begins else execution.sql
            self.tell(INFO, execution, text)
            return
        self.tell(INFO, execution, execution.sql)
        self.tell(INFO, execution, f"[{self._since(execution)}] {self.values(execution)}")

    def after(self, execution: Execution) -> None:
        """Tell nothing: all was told before."""

    def _since(self, execution: Execution) -> str:
        """Return where the text is from: compiled now, or before, or given as text."""
        if execution.is_text:
            return "raw sql"
        sql, since, now = execution.sql, self._texts, monotonic()
        seconds = execution.compile_seconds
        if seconds:
            if len(since) >= TEXTS_KNOWN:
                del since[next(iter(since))]
            since[sql] = now
            return f"generated in {seconds:.5f}s"
        # A list of another length after IN, or rows of another number, make another text.
        return f"cached since {now - since[sql]:.4g}s ago" if sql in since else "cached"


def statement_log(named: str | None, place: str, *, hides_parameters: bool) -> StatementLog:
    """Return the log of an engine that is *named* so, or is known by *place*, its URL."""
    top = conventions.engine_logger
    if conventions.log_is_before:
        name = f"{top}.{named}" if named else top
        return LogBefore(name, hides_parameters=hides_parameters)
    return StatementLog(f"{top}.{named or place}", hides_parameters=hides_parameters)


def show_log() -> None:
    """Send the log to standard output, unless the program has set logging up itself."""
    top = getLogger(conventions.engine_logger.partition(".")[0])
    if top.handlers or getLogger().handlers:
        return
    handler = StreamHandler(stdout)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    top.addHandler(handler)
