"""Where the log goes while the program has not said so itself."""

from __future__ import annotations

from logging import Formatter, StreamHandler, getLogger
from sys import stdout

from ..conventions import conventions


def show_log() -> None:
    """Send the log to standard output, unless the program has set logging up itself."""
    top = getLogger(conventions.engine_logger.partition(".")[0])
    if top.handlers or getLogger().handlers:
        return
    handler = StreamHandler(stdout)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    top.addHandler(handler)
