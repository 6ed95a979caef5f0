"""The queue of those who wait for a connection: how long it takes, and when it is too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .waiter import Waiter

INTERVAL = 1.0
"""Seconds for which each wait has to be too long before any is cut short."""


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """The state of a pool at one moment, and what it was like to wait since it was made.

    ``in_use``, ``idle``  connections that are lent, and that are ready to be
    ``waiting``           how many wait for one now
    ``limit``             how many can be open at once; None for no bound
    ``oldest``            seconds since the oldest connection was opened
    ``longest_use``       seconds for which the one that was lent first has been in use
    ``oldest_wait``       seconds for which the first of those who wait has waited
    ``waits``             how many had to wait since the pool was made
    ``waited``            the seconds that all of them have waited together
    ``longest_wait``      the seconds of the longest wait
    ``refused``           how many of them were given none
    """

    in_use: int
    idle: int
    waiting: int
    limit: int | None
    oldest: float
    longest_use: float
    oldest_wait: float
    waits: int
    waited: float
    longest_wait: float
    refused: int


class WaitTimes:
    """How long those who wait for a connection have waited: told with the lock of the pool held.

    ``target``  seconds; while each wait takes longer, for a second on end, the pool is overloaded,
    and who comes then waits no longer than twice as long; None for no such thing
    """

    def __init__(self, target: float | None) -> None:
        self.target = target
        self.waits = 0
        self.waited = 0.0
        self.longest = 0.0
        self.refused = 0
        self.began: dict[Waiter, float] = {}
        """Since when each has waited who waits now; they are in that order."""
        self._above_since: float | None = None

    def patience(self, at: float, timeout: float | None) -> float | None:
        """Return for how long one who comes now, *at* a time, may wait: at most *timeout*."""
        target = self.target or 0.0
        if len(self.began) == 1:
            # It is alone: nobody had to wait a moment ago.
            self._above_since = None
        since = self._above_since
        is_overloaded = since is not None and at - since >= INTERVAL
        if not is_overloaded and self.oldest(at) <= target + INTERVAL:
            return timeout
        return 2 * target if timeout is None else min(2 * target, timeout)

    def judge(self, at: float, seconds: float, served: bool) -> None:
        """Note that somebody has waited for *seconds*, and whether it was *served* then."""
        if served and self.target is not None and seconds <= self.target:
            self._above_since = None
        elif self._above_since is None:
            self._above_since = at

    def oldest(self, at: float) -> float:
        """Return for how many seconds, *at* a time, the first of those who wait has waited."""
        return at - next(iter(self.began.values()), at)
