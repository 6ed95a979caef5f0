"""How long a statement may take, as a value; and the error of one whose time is up."""

from __future__ import annotations

from math import inf
from time import monotonic

from ..exc import ArgumentError


class OutOfTime(Exception):  # noqa: N818 - raised as StatementTimeout
    """A request was stopped, or not sent, for its time was up.  Its cause is the driver's error.

    ``was_sent``  whether it had been sent
    """

    def __init__(self, message: str, *, was_sent: bool) -> None:
        super().__init__(message)
        self.was_sent = was_sent


def checked_seconds(seconds: object, name: str = "timeout") -> float | None:
    """Return *seconds*, a time limit; ArgumentError is raised for what is none."""
    if seconds is None:
        return None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < inf:
        return seconds
    raise ArgumentError(f"{name}={seconds!r}: a number of seconds is needed, above 0")


class TimeLimit:
    """How long each request may take: ``seconds``, and not beyond the moment ``until``."""

    __slots__ = ("seconds", "until")

    def __init__(self, seconds: float | None, until: float | None) -> None:
        self.seconds = seconds
        self.until = until

    def left(self) -> float:
        """The seconds that a request has which is sent now; none or fewer if it is too late."""
        by_moment = None if self.until is None else self.until - monotonic()
        if self.seconds is None or (by_moment is not None and by_moment < self.seconds):
            return by_moment or 0.0
        return self.seconds

    def passed(self, left: float, *, was_sent: bool) -> OutOfTime:
        """Return the error for a request that had *left* seconds."""
        if was_sent:
            return OutOfTime(f"the statement was stopped after {left:.3g} s", was_sent=True)
        return OutOfTime(
            f"the deadline passed {-left:.3g} s ago: the statement was not sent", was_sent=False
        )
