"""The log of an engine: what it says of statements, and where it goes."""

from __future__ import annotations

from logging import DEBUG, INFO, Formatter, StreamHandler, getLogger
from sys import stdout
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..conventions import conventions
from ..exc import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from logging import Logger

    from ..dialects.driver import Cursor
    from .executed import Execution

TEXTS_KNOWN = 1000
"""Of so many texts the log says how long they have been kept."""


class StatementLog:
    """Tells a logger of the statements of an engine.

    ``hides_parameters``  whether their values are left out
    """

    def __init__(self, logger: Logger, *, hides_parameters: bool) -> None:
        self.logger = logger
        self.hides_parameters = hides_parameters
        self._texts: dict[str, float] = {}
        """When each text was compiled that was told of."""

    def before(self, execution: Execution) -> None:
        """Tell of *execution*, which is about to be sent."""
        if execution.kind == "transaction":
            begins = execution.sql.startswith("BEGIN")
            self._tell(execution, f"{execution.sql} (implicit)" if begins else execution.sql)
            return
        values = execution.parameters
        text = "[parameters hidden by hide_parameters=True]"
        if not self.hides_parameters:
            text = shortened(() if values is None else values)
        self._tell(execution, execution.sql)
        self._tell(execution, f"[{self._origin(execution)}] {text}")

    def after(self, execution: Execution) -> None:
        """Tell what came of *execution*."""

    def rows(self, cursor: Cursor, rows: Sequence[Any]) -> None:
        """Tell of *rows*, which *cursor* gave."""
        logger = self.logger
        if logger.isEnabledFor(DEBUG):
            logger.debug("Col %r", tuple(column[0] for column in cursor.description or ()))
            for row in rows:
                logger.debug("Row %r", row)

    def _origin(self, execution: Execution) -> str:
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

    def _tell(self, execution: Execution, text: str) -> None:
        token = execution.connection._options.get("logging_token")
        self.logger.log(INFO, "%s", text if token is None else f"[{token}] {text}")


def show_log() -> None:
    """Send the log to standard output, unless the program has set logging up itself."""
    top = getLogger(conventions.engine_logger.partition(".")[0])
    if top.handlers or getLogger().handlers:
        return
    handler = StreamHandler(stdout)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    top.addHandler(handler)
