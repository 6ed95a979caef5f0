"""Places of parameters in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeGuard

from ..exc import CompileError
from ..types.contract import NullType, TypeEngine, value_types
from ..types.structured import TupleType

MARK = "\x00"
"""Stands around the number of a parameter while a text is written."""


class Slot(NamedTuple):
    """One place in the text where a parameter stands."""

    bind: Any
    name: str
    type: TypeEngine[Any]
    expanding: bool = False
    negated: bool = False
    """Whether a list stands after NOT IN."""
    in_text: bool = False
    """Whether a list stands in a text of the user's, whatever that has around it."""
    around: tuple[tuple[str, str], ...] = ()
    """What stands before and after each item of a list, or each part of such an item."""

    @property
    def width(self) -> int:
        """How many values one item of a list is made of; 0 for a plain item."""
        return len(getattr(self.type, "types", ()))

    @property
    def takes_tuples(self) -> bool:
        """Whether the values alone say if the items of a list are tuples."""
        return self.expanding and isinstance(self.type, NullType)

    def within(self, mark: str, part: int = 0) -> str:
        """Return *mark*, of an item of a list or of a *part* of one, with what stands around it."""
        if not self.around:
            return mark
        before, after = self.around[part]
        return f"{before}{mark}{after}"

    def empty_text(self) -> str:
        """Return what stands between the parentheses of IN for a list without values.

        IN () is an error on most servers; this keeps its meaning, and works in a tuple.
        """
        nothing = f"({', '.join(['NULL'] * self.width)})" if self.width else "NULL"
        if self.in_text:
            # To be in it is NULL, and not to be in it too: neither NOT nor OR before changes that.
            return f"{nothing}) IS {'' if self.negated else 'NOT '}NULL AND (1 = 1"
        return f"{nothing}) OR (1 = 1" if self.negated else f"{nothing}) AND (1 != 1"


def item_type(kind: TypeEngine[Any], item: object) -> TypeEngine[Any]:
    """Return the type of *item*, of a list of *kind*: where that is none, a tuple has its own."""
    if isinstance(kind, NullType) and is_tuple(item):
        return TupleType(*map(value_types.type_of, item))
    return kind


def is_tuple(item: object) -> TypeGuard[Sequence[Any]]:
    """True where *item*, of a list without a type, is a row of values."""
    return isinstance(item, Sequence) and not isinstance(item, (str, bytes, bytearray))


def cut(text: str) -> tuple[list[str], list[int]]:
    """Return the pieces of *text* between its marks, and the numbers in the marks.

    CompileError is raised where somebody else has written a mark.
    """
    parts = text.split(MARK)
    numbers = parts[1::2]
    if len(parts) % 2 == 0 or not all(map(str.isdecimal, numbers)):
        raise CompileError("a text in this statement contains a NUL character")
    return parts[::2], list(map(int, numbers))
