"""How long statements took to compile: the log tells of it with the first run of each."""

from __future__ import annotations

from threading import local


class Compiling(local):
    """What a thread has compiled, for which dialect, since somebody asked last."""

    seconds: float = 0.0
    dialect: object = None

    def note(self, dialect: object, seconds: float) -> None:
        """Note that a statement for *dialect* took *seconds*."""
        self.seconds = self.seconds + seconds if self.dialect is dialect else seconds
        self.dialect = dialect

    def taken(self, dialect: object) -> float:
        """Return how long it took, 0 where nothing was compiled for *dialect*; and forget it."""
        seconds = self.seconds if self.dialect is dialect else 0.0
        self.seconds = 0.0
        return seconds


compiling = Compiling()
