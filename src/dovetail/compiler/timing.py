"""How long statements took to compile: the log tells of it with the first run of each."""

from __future__ import annotations

from threading import local
from time import perf_counter


class Compiling(local):
    """What a thread has compiled, for which dialect, since somebody asked last."""

    seconds: float = 0.0
    dialect: object = None
    ended: float = 0.0

    def note(self, dialect: object, started: float) -> None:
        """Note that a statement for *dialect* was compiled from *started* on until now."""
        self.ended = perf_counter()
        seconds = self.ended - started
        self.seconds = self.seconds + seconds if self.dialect is dialect else seconds
        self.dialect = dialect

    def taken(self, dialect: object, since: float) -> float:
        """Return how long it took, 0 where nothing was compiled for *dialect*; and forget it.

        What was compiled before *since* is of statements that nobody has asked about.
        """
        seconds = self.seconds if self.dialect is dialect and self.ended >= since else 0.0
        self.seconds = 0.0
        return seconds


compiling = Compiling()
