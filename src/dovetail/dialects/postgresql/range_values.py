"""Ranges as Python values.

What they mean is what the server makes of them: PostgreSQL manual, "Range Types".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")
Bounds = Literal["()", "[)", "(]", "[]"]

_STEPS: dict[type[Any], Any] = {int: 1, dt.date: dt.timedelta(days=1)}
"""The distance of neighbours, for values between which there is nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Range(Generic[T]):
    """The values from *lower* to *upper*; None is no bound.

    ::

        Range(1, 5)  # 1, 2, 3, 4
        Range(1, 5, bounds="[]")  # 1, 2, 3, 4, 5
        Range(empty=True)

    Comparison and operators say what the server would: ``Range(1, 5) == Range(1, 4, bounds="[]")``
    where values are whole numbers or dates.
    """

    lower: T | None = None
    upper: T | None = None
    bounds: Bounds = "[)"
    empty: bool = False

    def __init__(
        self,
        lower: T | None = None,
        upper: T | None = None,
        *,
        bounds: Bounds = "[)",
        empty: bool = False,
    ) -> None:
        if bounds not in ("()", "[)", "(]", "[]"):
            raise ValueError(f"bounds are (), [), (] or []; got {bounds!r}")
        put = object.__setattr__
        put(self, "lower", None if empty else lower)
        put(self, "upper", None if empty else upper)
        put(self, "bounds", bounds)
        put(self, "empty", empty)

    # -- what it is -----------------------------------------------------------------------------

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound belongs to the range."""
        return self.bounds[0] == "["

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound belongs to the range."""
        return self.bounds[1] == "]"

    @property
    def lower_inf(self) -> bool:
        """Whether there is no lower bound."""
        return not self.empty and self.lower is None

    @property
    def upper_inf(self) -> bool:
        """Whether there is no upper bound."""
        return not self.empty and self.upper is None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return self._limits() is None

    @property
    def isempty(self) -> bool:
        """Whether there is nothing in it."""
        return self.is_empty

    def _limits(self) -> tuple[tuple[Any, int], tuple[Any, int]] | None:
        """Return the two ends as (value, shade), or None for an empty range.

        An end lies a shade before its value (-1), or after it (+1); ends of discrete values
        are moved so that equal ranges have equal ends.
        """
        if self.empty:
            return None
        step = _STEPS.get(type(self.lower if self.lower is not None else self.upper))
        low, low_shade = self.lower, -1 if self.lower_inc else 1
        high, high_shade = self.upper, 1 if self.upper_inc else -1
        if step is not None:
            if low is not None and low_shade == 1:
                low, low_shade = low + step, -1
            if high is not None and high_shade == 1:
                high, high_shade = high + step, -1
        if low is None:
            low_shade = -1
        if high is None:
            high_shade = 1
        if low is not None and high is not None and (low, low_shade) >= (high, high_shade):
            return None
        return (low, low_shade), (high, high_shade)

    def _of(self, other: object) -> Range[Any]:
        if isinstance(other, Range):
            return other
        raise TypeError(f"a Range is needed; got {other!r}")

    # -- comparison -------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        return bool(self._limits() == other._limits())

    def __hash__(self) -> int:
        return hash(self._limits())

    def __bool__(self) -> bool:
        return not self.is_empty

    def contains(self, value: object) -> bool:
        """Tell whether *value*, or all of a range, is in this range."""
        own = self._limits()
        if isinstance(value, Range):
            other = value._limits()
            if other is None:
                return True
            if own is None:
                return False
            return _low_at_most(own[0], other[0]) and _high_at_most(other[1], own[1])
        if own is None:
            return False
        (low, low_shade), (high, high_shade) = own
        if low is not None and (value, 0) < (low, low_shade):
            return False
        return high is None or bool((value, 0) < (high, high_shade))

    __contains__ = contains

    def contained_by(self, other: Range[T]) -> bool:
        """Tell whether all of this range is in *other*."""
        return self._of(other).contains(self)

    def overlaps(self, other: Range[T]) -> bool:
        """Tell whether both have something in common."""
        one, two = self._limits(), self._of(other)._limits()
        if one is None or two is None:
            return False
        return _low_before_high(one[0], two[1]) and _low_before_high(two[0], one[1])

    def strictly_left_of(self, other: Range[T]) -> bool:
        """Tell whether this ends before *other* begins."""
        one, two = self._limits(), self._of(other)._limits()
        if one is None or two is None:
            return False
        return not _low_before_high(two[0], one[1])

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Range[T]) -> bool:
        """Tell whether this begins after *other* ends."""
        return self._of(other).strictly_left_of(self)

    __rshift__ = strictly_right_of

    def not_extend_left_of(self, other: Range[T]) -> bool:
        """Tell whether nothing of this lies left of *other*."""
        one, two = self._limits(), self._of(other)._limits()
        return one is not None and two is not None and _low_at_most(two[0], one[0])

    def not_extend_right_of(self, other: Range[T]) -> bool:
        """Tell whether nothing of this lies right of *other*."""
        one, two = self._limits(), self._of(other)._limits()
        return one is not None and two is not None and _high_at_most(one[1], two[1])

    def adjacent_to(self, other: Range[T]) -> bool:
        """Tell whether they meet and have nothing in common."""
        one, two = self._limits(), self._of(other)._limits()
        if one is None or two is None:
            return False
        return _meet(one[1], two[0]) or _meet(two[1], one[0])

    # -- new ranges -------------------------------------------------------------------------------

    def union(self, other: Range[T]) -> Range[T]:
        """Return what is in one or the other; ValueError if there would be a gap."""
        if self.is_empty:
            return self._of(other)
        if self._of(other).is_empty:
            return self
        if not self.overlaps(other) and not self.adjacent_to(other):
            raise ValueError("the union of these ranges would have a gap")
        low = self if _low_at_most(_known(self)[0], _known(other)[0]) else other
        high = self if _high_at_most(_known(other)[1], _known(self)[1]) else other
        return _between(low, high)

    __add__ = union

    def intersection(self, other: Range[T]) -> Range[T]:
        """Return what is in both."""
        if not self.overlaps(other):
            return Range(empty=True)
        low = other if _low_at_most(_known(self)[0], _known(other)[0]) else self
        high = other if _high_at_most(_known(other)[1], _known(self)[1]) else self
        return _between(low, high)

    __mul__ = intersection

    def difference(self, other: Range[T]) -> Range[T]:
        """Return what is in this and not in *other*; ValueError if that would be two ranges."""
        if not self.overlaps(other):
            return self
        starts_within = _low_at_most(_known(other)[0], _known(self)[0])
        ends_within = _high_at_most(_known(self)[1], _known(other)[1])
        if starts_within and ends_within:
            return Range(empty=True)
        if not starts_within and not ends_within:
            raise ValueError("the difference of these ranges would be two ranges")
        if starts_within:
            low = "(" if other.upper_inc else "["
            return Range(other.upper, self.upper, bounds=_bounds(low, self.bounds[1]))
        high = ")" if other.lower_inc else "]"
        return Range(self.lower, other.lower, bounds=_bounds(self.bounds[0], high))

    __sub__ = difference

    # -- text -------------------------------------------------------------------------------------

    def __str__(self) -> str:
        if self.empty:
            return "empty"
        low = "" if self.lower is None else range_word(self.lower)
        high = "" if self.upper is None else range_word(self.upper)
        return f"{self.bounds[0]}{low},{high}{self.bounds[1]}"


def range_word(value: object) -> str:
    """Return *value* as it stands within the text of a range."""
    text = str(value)
    if isinstance(value, int | float | Decimal | dt.date) and " " not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '""')
    return f'"{escaped}"'


def _bounds(low: str, high: str) -> Any:
    return low + high


def _known(found: Range[Any]) -> tuple[tuple[Any, int], tuple[Any, int]]:
    limits = found._limits()
    assert limits is not None
    return limits


def _between(low: Range[Any], high: Range[Any]) -> Range[Any]:
    return Range(low.lower, high.upper, bounds=_bounds(low.bounds[0], high.bounds[1]))


def _low_at_most(one: tuple[Any, int], two: tuple[Any, int]) -> bool:
    """Return whether the lower end *one* is not after the lower end *two*."""
    if one[0] is None:
        return True
    return two[0] is not None and bool(one <= two)


def _high_at_most(one: tuple[Any, int], two: tuple[Any, int]) -> bool:
    """Return whether the upper end *one* is not after the upper end *two*."""
    if two[0] is None:
        return True
    return one[0] is not None and bool(one <= two)


def _low_before_high(low: tuple[Any, int], high: tuple[Any, int]) -> bool:
    return low[0] is None or high[0] is None or bool(low < high)


def _meet(high: tuple[Any, int], low: tuple[Any, int]) -> bool:
    return high[0] is not None and high == low


class MultiRange(list[Range[T]], Generic[T]):
    """Several ranges: the value of a multirange column."""

    def __str__(self) -> str:
        return f"{{{','.join(map(str, self))}}}"
