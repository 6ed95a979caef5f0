"""Collections of values that lie in other objects: what association proxies give.

Each reads and changes the collection of a relationship, and shows, in place of its members, one
attribute of each.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
)
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import SupportsIndex


class LazyCollection:
    """Gives the collection *target* of *instance*, as it is when it is asked."""

    def __init__(self, instance: object, target: str) -> None:
        self.parent = instance
        self.target = target

    def __call__(self) -> Any:
        return getattr(self.parent, self.target)


class _AssociationCollection:
    """What the kinds have in common.

    ``lazy_collection``  gives the collection that is shown, ``col``
    ``creator``          makes a member for a value
    ``getter, setter``   read and write the value of a member
    ``parent``           the AssociationProxyInstance
    """

    def __init__(
        self,
        lazy_collection: Callable[[], Any],
        creator: Callable[..., Any],
        getter: Callable[[Any], Any],
        setter: Callable[..., None],
        parent: Any,
    ) -> None:
        self.lazy_collection = lazy_collection
        self.creator = creator
        self.getter = getter
        self.setter = setter
        self.parent = parent

    @property
    def col(self) -> Any:
        """The collection of the relationship."""
        return self.lazy_collection()

    def __len__(self) -> int:
        return len(self.col)

    def __bool__(self) -> bool:
        return bool(self.col)

    def __reduce__(self) -> Any:
        return getattr, (self.lazy_collection.parent, self.parent.key)  # type: ignore[attr-defined]


def _plain(other: object) -> Any:
    """*other*, which is compared or added, without a proxy around it."""
    return other.copy() if isinstance(other, _AssociationCollection) else other  # type: ignore[attr-defined]


class _AssociationList(_AssociationCollection, MutableSequence[Any]):
    """A list of the values of the members of a list."""

    def __iter__(self) -> Iterator[Any]:
        return map(self.getter, self.col)

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        found = self.col[index]
        return [*map(self.getter, found)] if isinstance(index, slice) else self.getter(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write the value of a member; for a slice, new members take the place of the old."""
        if not isinstance(index, slice):
            self.setter(self.col[index], value)
        elif index.step in (None, 1):
            self.col[index] = [self.creator(item) for item in list(value)]
        else:
            members, values = self.col[index], list(value)
            if len(members) != len(values):
                raise ValueError(
                    f"attempt to assign sequence of size {len(values)} "
                    f"to extended slice of size {len(members)}"
                )
            for member, item in zip(members, values, strict=True):
                self.setter(member, item)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        del self.col[index]

    def insert(self, index: int, value: object) -> None:
        """Put a member for *value* before *index*."""
        self.col.insert(index, self.creator(value))

    def append(self, value: object) -> None:
        """Put a member for *value* at the end."""
        self.col.append(self.creator(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Put members for *values* at the end."""
        for value in list(values):
            self.append(value)

    def pop(self, index: int = -1) -> Any:
        """Take a member out; return its value."""
        return self.getter(self.col.pop(index))

    def remove(self, value: object) -> None:
        """Take the first member of *value* out; ValueError where there is none."""
        for index, found in enumerate(self):
            if found == value:
                del self.col[index]
                return
        raise ValueError(f"{value!r} is not in the list")

    def clear(self) -> None:
        """Take all members out."""
        del self.col[:]

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Sort the members by their values."""
        by = self.getter if key is None else lambda member: key(self.getter(member))
        self.col.sort(key=by, reverse=reverse)

    def reverse(self) -> None:
        """Turn the order of the members."""
        self.col.reverse()

    def copy(self) -> list[Any]:
        """The values, in a list of their own."""
        return list(self)

    def replace_all(self, values: Iterable[Any]) -> None:
        """Let *values* be the values, of new members."""
        values = list(values)
        self.clear()
        self.parent.fill(self, values)

    def __imul__(self, times: int) -> _AssociationList:
        values = list(self)
        if times < 1:
            self.clear()
        for _ in range(times - 1):
            self.extend(values)
        return self

    def __add__(self, other: Iterable[Any]) -> list[Any]:
        return list(self) + list(other)

    def __radd__(self, other: Iterable[Any]) -> list[Any]:
        return list(other) + list(self)

    def __mul__(self, times: int) -> list[Any]:
        return list(self) * times

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return bool(list(self) == _plain(other))

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        return bool(list(self) < _plain(other))

    def __le__(self, other: object) -> bool:
        return bool(list(self) <= _plain(other))

    def __gt__(self, other: object) -> bool:
        return bool(list(self) > _plain(other))

    def __ge__(self, other: object) -> bool:
        return bool(list(self) >= _plain(other))

    def __repr__(self) -> str:
        return repr(list(self))


class _AssociationSet(_AssociationCollection, MutableSet[Any]):
    """A set of the values of the members of a set."""

    @classmethod
    def _from_iterable(cls, values: Iterable[Any]) -> Any:
        return set(values)

    def __iter__(self) -> Iterator[Any]:
        # Where several members have one value, it is there once for each.
        return map(self.getter, self.col)

    def __contains__(self, value: object) -> bool:
        return any(found == value for found in self)

    def add(self, value: object) -> None:
        """Put in a member for *value*, if there is none."""
        if value not in self:
            self.col.add(self.creator(value))

    def discard(self, value: object) -> None:
        """Take out the member of *value*, if there is one."""
        for member in self.col:
            if self.getter(member) == value:
                self.col.discard(member)
                return

    def pop(self) -> Any:
        """Take a member out; return its value."""
        if not self.col:
            raise KeyError("pop from an empty set")
        return self.getter(self.col.pop())

    def clear(self) -> None:
        """Take all members out."""
        self.col.clear()

    def copy(self) -> set[Any]:
        """The values, in a set of their own."""
        return set(self)

    def replace_all(self, values: Iterable[Any]) -> None:
        """Let *values* be the values; members of those that stay, stay."""
        wanted = set(values)
        for value in self.copy() - wanted:
            self.discard(value)
        self.parent.fill(self, [value for value in wanted if value not in self])

    def update(self, *others: Iterable[Any]) -> None:
        """Put in members for the values of *others*."""
        for value in set().union(*others):
            self.add(value)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out the members of the values of *others*."""
        for value in set().union(*others):
            self.discard(value)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Take out the members of values that are not in all of *others*."""
        for value in self.copy().difference(self.copy().intersection(*others)):
            self.discard(value)

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Take out the values that are in both, and put in those that were in *other* alone."""
        self.replace_all(self.copy().symmetric_difference(other))

    def union(self, *others: Iterable[Any]) -> set[Any]:
        """The values of this and of *others*."""
        return self.copy().union(*others)

    def difference(self, *others: Iterable[Any]) -> set[Any]:
        """The values that are in none of *others*."""
        return self.copy().difference(*others)

    def intersection(self, *others: Iterable[Any]) -> set[Any]:
        """The values that are in all of *others*."""
        return self.copy().intersection(*others)

    def symmetric_difference(self, other: Iterable[Any]) -> set[Any]:
        """The values that are in one of the two."""
        return self.copy().symmetric_difference(other)

    def issubset(self, other: Iterable[Any]) -> bool:
        """True where *other* has all values."""
        return self.copy().issubset(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """True where this has all values of *other*."""
        return self.copy().issuperset(other)

    def __eq__(self, other: object) -> bool:
        return bool(set(self) == _plain(other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(set(self))


class _AssociationDict(_AssociationCollection, MutableMapping[Any, Any]):
    """A dictionary of the values of the members of a dictionary, under the same keys."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.col)

    def __contains__(self, key: object) -> bool:
        return key in self.col

    def __getitem__(self, key: object) -> Any:
        return self.getter(self.col[key])

    def __setitem__(self, key: object, value: object) -> None:
        if key in self.col:
            self.setter(self.col[key], key, value)
        else:
            self.col[key] = self.creator(key, value)

    def __delitem__(self, key: object) -> None:
        del self.col[key]

    def clear(self) -> None:
        """Take all members out."""
        self.col.clear()

    def copy(self) -> dict[Any, Any]:
        """The values by key, in a dictionary of their own."""
        return dict(self.items())

    def replace_all(self, values: Mapping[Any, Any]) -> None:
        """Let *values* be the values; members of the keys that stay, stay."""
        values = dict(values)
        for key in set(self.col).difference(values):
            del self[key]
        self.parent.fill(self, values)

    def __eq__(self, other: object) -> bool:
        return bool(self.copy() == _plain(other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.copy())


KINDS: dict[type, type[_AssociationCollection]] = {
    list: _AssociationList,
    set: _AssociationSet,
    dict: _AssociationDict,
}
