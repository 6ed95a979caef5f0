"""Dictionaries and sets: immutable, ordered, and by identity."""

from __future__ import annotations

from collections import OrderedDict as OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, MutableSet
from itertools import filterfalse
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ...identity_set import IdentitySet as IdentitySet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")


class immutabledict(dict[K, V]):
    """A dictionary that cannot change, and can be a key itself.

    >>> immutabledict({"a": 1}).union({"b": 2})
    immutabledict({'a': 1, 'b': 2})
    """

    def _refuse(self, *arguments: object, **keywords: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable")

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = _refuse
        clear = pop = popitem = setdefault = update = _refuse

    def union(self, *others: Mapping[Any, Any], **more: object) -> immutabledict[K, V]:
        """Return a dictionary with what *others* have too; a later one wins."""
        merged: dict[Any, Any] = dict(self)
        for other in (*others, more):
            if other:
                merged.update(other)
        return type(self)(merged)

    def merge_with(self, *others: Mapping[K, V] | None) -> immutabledict[K, V]:
        """Return a dictionary with what *others* have too; None is passed over."""
        return self.union(*(other for other in others if other))

    def copy(self) -> immutabledict[K, V]:
        """Return this dictionary: nobody can change it."""
        return self

    def __or__(self, other: object) -> immutabledict[Any, Any]:
        return self.union(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: object) -> immutabledict[Any, Any]:
        return type(self)({**other, **self}) if isinstance(other, Mapping) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"


EMPTY_DICT: immutabledict[Any, Any] = immutabledict()
EMPTY_SET: frozenset[Any] = frozenset()
NONE_SET: frozenset[Any] = frozenset([None])


class PopulateDict(dict[K, V]):
    """A dictionary that makes what it lacks, with a function of the key, and keeps it."""

    def __init__(self, creator: Callable[[K], V]) -> None:
        super().__init__()
        self.creator = creator

    def __missing__(self, key: K) -> V:
        made = self[key] = self.creator(key)
        return made


class OrderedSet(MutableSet[T]):
    """A set that goes through its members in the order in which they came."""

    def __init__(self, items: Iterable[T] | None = None) -> None:
        self._items: dict[T, None] = dict.fromkeys(items or ())

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> T:
        return list(self._items)[index]

    def add(self, value: T) -> None:
        """Add *value* at the end, if it is not there."""
        self._items.setdefault(value)

    def append(self, value: T) -> None:
        """As :meth:`add`."""
        self.add(value)

    def discard(self, value: T) -> None:
        """Take *value* out, if it is there."""
        self._items.pop(value, None)

    def insert(self, position: int, value: T) -> None:
        """Put *value* at *position*, if it is not there."""
        if value not in self._items:
            items = list(self._items)
            items.insert(position, value)
            self._items = dict.fromkeys(items)

    def update(self, *others: Iterable[T]) -> None:
        """Add the members of *others*."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def union(self, *others: Iterable[T]) -> OrderedSet[T]:
        """Return a set with the members of *others* too."""
        made = self.copy()
        made.update(*others)
        return made

    def intersection(self, *others: Iterable[T]) -> OrderedSet[T]:
        """Return a set of the members that all *others* have."""
        wanted = set(self).intersection(*others)
        return type(self)(item for item in self if item in wanted)

    def difference(self, *others: Iterable[T]) -> OrderedSet[T]:
        """Return a set without the members of *others*."""
        unwanted = set().union(*others)
        return type(self)(filterfalse(unwanted.__contains__, self))

    def symmetric_difference(self, other: Iterable[T]) -> OrderedSet[T]:
        """Return a set of what is in one of both alone."""
        there = list(other)
        return self.difference(there).union(item for item in there if item not in self)

    def issubset(self, other: Iterable[T]) -> bool:
        """Return whether *other* has all of the members."""
        return set(self).issubset(other)

    def issuperset(self, other: Iterable[T]) -> bool:
        """Return whether this has all members of *other*."""
        return set(self).issuperset(other)

    def copy(self) -> OrderedSet[T]:
        """Return a set of the same members."""
        return type(self)(self)

    def __add__(self, other: Iterable[T]) -> OrderedSet[T]:
        return self.union(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def to_list(value: Any, default: Any = None) -> Any:
    """Return *value* as a list: one that is none stands alone in it; *default* for None."""
    if value is None:
        return default
    if isinstance(value, list):
        return value
    is_several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    return list(value) if is_several else [value]


def to_set(value: Any) -> set[Any]:
    """Return *value* as a set; one that is none stands alone in it, and None is empty."""
    return value if isinstance(value, set) else set(to_list(value, []))


def unique_list(items: Iterable[T], key: Callable[[T], Hashable] | None = None) -> list[T]:
    """Return *items* without those that came before, by *key* or by themselves."""
    seen: dict[Any, T] = {}
    for item in items:
        seen.setdefault(item if key is None else key(item), item)
    return list(seen.values())


def flatten_iterator(items: Iterable[Any]) -> Iterator[Any]:
    """Yield *items*, those within iterables among them one by one; texts are items."""
    for item in items:
        if isinstance(item, Iterable) and not isinstance(item, str):
            yield from flatten_iterator(item)
        else:
            yield item


def has_intersection(one: Iterable[Hashable], other: Iterable[Hashable]) -> bool:
    """Return whether *one* and *other* have a member in common."""
    return not set(one).isdisjoint(other)


def has_dupes(sequence: Iterable[T], target: T) -> bool:
    """Return whether *target* is in *sequence* more than once."""
    return sum(item == target for item in sequence) > 1


def update_copy(mapping: dict[K, V], _new: Mapping[K, V] | None = None, **more: V) -> dict[Any, V]:
    """Return a copy of *mapping* with what is new."""
    return {**mapping, **(_new or {}), **more}


def coerce_generator_arg(arguments: Any) -> list[Any]:
    """Return *arguments* as a list; a generator that stands alone is gone through."""
    if len(arguments) == 1 and isinstance(arguments[0], Iterator):
        return list(arguments[0])
    return list(arguments)


def is_non_string_iterable(value: object) -> bool:
    """Return whether *value* holds items and is no text."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)
