"""Where the log goes while the program has not said so itself."""

from __future__ import annotations

from logging import Formatter, StreamHandler, getLogger
from sys import stdout


def show_log() -> None:
    """Send the log to standard output, unless the program has set logging up itself."""
    top = getLogger("dovetail")
    if top.handlers or getLogger().handlers:
        return
    handler = StreamHandler(stdout)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    top.addHandler(handler)
