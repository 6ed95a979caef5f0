"""Sets of objects by identity, which need no hash: what is new in a session, for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from itertools import filterfalse
from typing import Any, TypeVar

T = TypeVar("T")


class IdentitySet(MutableSet[T]):
    """A set of objects by identity, in the order in which they came; they need no hash.

    >>> first, same = [1], [1]
    >>> len(IdentitySet([first]).union([first, same]))
    2
    """

    def __init__(self, items: Iterable[T] | None = None) -> None:
        self._members: dict[int, T] = {} if items is None else {id(item): item for item in items}

    def __contains__(self, item: object) -> bool:
        return id(item) in self._members

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        mine = set(self._members)
        return isinstance(other, Iterable) and mine == {id(item) for item in other}

    # Equal by its members, which come and go.
    __hash__ = None  # type: ignore[assignment]

    def add(self, value: T) -> None:
        """Add *value*."""
        self._members[id(value)] = value

    def discard(self, value: T) -> None:
        """Take *value* out, if it is there."""
        self._members.pop(id(value), None)

    def remove(self, value: T) -> None:
        """Take *value* out; KeyError is raised if it is not there."""
        del self._members[id(value)]

    def copy(self) -> IdentitySet[T]:
        """Return a set of the same members."""
        return type(self)(self)

    def union(self, items: Iterable[T]) -> IdentitySet[T]:
        """Return a set with *items* too."""
        made = self.copy()
        made.update(items)
        return made

    def difference(self, items: Iterable[Any]) -> IdentitySet[T]:
        """Return a set without *items*."""
        return type(self)(filterfalse(IdentitySet(items).__contains__, self))

    def intersection(self, items: Iterable[Any]) -> IdentitySet[T]:
        """Return a set of the members that are among *items*."""
        return type(self)(filter(IdentitySet(items).__contains__, self))

    def symmetric_difference(self, items: Iterable[T]) -> IdentitySet[T]:
        """Return a set of what is either a member or among *items*, and not both."""
        others = type(self)(items)
        return self.difference(others).union(others.difference(self))

    def update(self, items: Iterable[T]) -> None:
        """Add *items*."""
        for item in items:
            self.add(item)

    def difference_update(self, items: Iterable[Any]) -> None:
        """Take *items* out."""
        self._members = self.difference(items)._members

    def intersection_update(self, items: Iterable[Any]) -> None:
        """Keep the members that are among *items*."""
        self._members = self.intersection(items)._members

    def symmetric_difference_update(self, items: Iterable[T]) -> None:
        """Take out what is among *items*, and add those of them that were not there."""
        self._members = self.symmetric_difference(items)._members

    def issubset(self, items: Iterable[Any]) -> bool:
        """Return whether all members are among *items*."""
        return not self.difference(items)

    def issuperset(self, items: Iterable[Any]) -> bool:
        """Return whether all of *items* are members."""
        return all(item in self for item in items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"
