"""Whether a transaction that has failed is run again, and when."""

from __future__ import annotations

from random import uniform
from time import monotonic

from ...exc import ArgumentError, PendingRollbackError, RetryScope

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0
"""Seconds: the bound of the first pause, which doubles, and the bound of that."""


class Retrying:
    """How often one transaction may still be run, and until when.

    ``retries``   how many times it may be run again
    ``deadline``  seconds, from now, within which the last time has to begin; None for no end
    """

    def __init__(self, retries: int, deadline: float | None) -> None:
        if retries < 0:
            raise ArgumentError(f"retries={retries!r}: a number from 0 on is needed")
        if deadline is not None and deadline <= 0:
            raise ArgumentError(f"deadline={deadline!r}: a number of seconds is needed")
        self.retries = retries
        self.deadline = deadline
        self.failures = 0
        self._began = monotonic()

    def pause_after(self, error: BaseException) -> float | None:
        """Return the seconds to wait before the next time, or None where *error* is the last word.

        The pause is a random part of a bound that doubles (full jitter), so that those who
        have met once do not meet again.
        """
        self.failures += 1
        if scope_of(error) == "never":
            return None
        if self.failures > self.retries:
            self._note(error)
            return None
        pause = uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self.failures - 1)))
        if self.deadline is not None and self._passed() + pause >= self.deadline:
            self._note(error)
            return None
        return pause

    def _passed(self) -> float:
        return monotonic() - self._began

    def _note(self, error: BaseException) -> None:
        times = "once" if self.failures == 1 else f"{self.failures} times"
        error.add_note(f"the transaction was run {times}, in {self._passed():.2f} seconds")


def scope_of(error: BaseException) -> RetryScope:
    """Return how much to run again after *error*: ``retry_scope``, "never" for what has none.

    Of a transaction that was refused because it had failed before, the first failure counts.
    """
    first = error.__cause__ if isinstance(error, PendingRollbackError) else None
    scope: RetryScope = getattr(first or error, "retry_scope", "never")
    return scope


def is_outcome_unknown(error: BaseException) -> bool:
    """Return whether a COMMIT that ended with *error* may have happened."""
    return getattr(error, "outcome_unknown", False) is True
