"""What a watch has seen, and what is wrong with it."""

from __future__ import annotations

from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING

from .findings import Duplicate, HeldOpen, Repeated, duplicates, held_open, repeated

if TYPE_CHECKING:
    from .statement import WatchedStatement


class Seen:
    """Statements that were sent, what they have cost, and what is wrong with them.

    ``slow_from``, ``held_from``  so many seconds are long for a statement, for a transaction
    ``repeats``                   so many statements of one line, sent one by one, are a loop
    """

    def __init__(self, slow: float, held: float, repeats: int) -> None:
        self.slow_from = slow
        self.held_from = held
        self.repeats = repeats
        self._ended: float | None = None
        self.clear()

    def clear(self) -> None:
        """Forget what was seen: what follows is counted from nothing."""
        self._began = perf_counter()
        self._seen: list[WatchedStatement] = []
        self._next = count(1)

    @property
    def now(self) -> float:
        """How many seconds it has been open, or was."""
        return perf_counter() - self._began if self._ended is None else self._ended

    # What was seen.

    @property
    def executions(self) -> list[WatchedStatement]:
        """All that was sent, in order, BEGIN, COMMIT and their like included."""
        return sorted(self._seen, key=lambda each: each.number)

    @property
    def statements(self) -> list[WatchedStatement]:
        """The statements that were sent, in order."""
        return [each for each in self.executions if each.kind == "statement"]

    @property
    def count(self) -> int:
        """How many statements were sent."""
        return sum(1 for each in self._seen if each.kind == "statement")

    @property
    def seconds(self) -> float:
        """How long the database took, BEGIN, COMMIT and their like included."""
        return sum(each.seconds for each in self._seen)

    @property
    def rows(self) -> int:
        """How many rows came back or were changed, as far as that is known."""
        return sum(each.rows or 0 for each in self._seen)

    # What is wrong.

    @property
    def repeated(self) -> list[Repeated]:
        """Statements that were sent one by one from one line, the most first."""
        return repeated(self.statements, self.repeats)

    @property
    def n_plus_one(self) -> list[Repeated]:
        """Those of :attr:`repeated` that read."""
        return [one for one in self.repeated if one.is_query]

    @property
    def duplicates(self) -> list[Duplicate]:
        """Queries that were sent again with the same values, with no change in between."""
        return duplicates(self.statements)

    @property
    def slow(self) -> list[WatchedStatement]:
        """Statements that took long, the longest first."""
        found = [each for each in self._seen if each.seconds >= self.slow_from]
        return sorted(found, key=lambda each: -each.seconds)

    @property
    def held_open(self) -> list[HeldOpen]:
        """Transactions in which nothing was sent for long, the longest first."""
        return held_open(self.executions, self.held_from, self.now)

    @property
    def findings(self) -> list[str]:
        """A sentence for each thing that is wrong."""
        slow = (f"slow: {each.seconds:.3g} s at {each.place}: {each.sql}" for each in self.slow)
        return [
            *map(str, self.repeated),
            *map(str, self.duplicates),
            *slow,
            *map(str, self.held_open),
        ]
