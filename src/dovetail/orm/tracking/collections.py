"""Collections that tell their owner what is put into them and taken out."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol, SupportsIndex

from dovetail.orm.tracking.state import InstanceState


class CollectionOwner(Protocol):
    """The attribute that a collection belongs to: it is told of each change before it is made."""

    key: str

    def before_change(self, owner: InstanceState) -> None: ...
    def appended(self, owner: InstanceState, item: object) -> Any: ...
    def removed(self, owner: InstanceState, item: object) -> None: ...
    def held_already(self, owner: InstanceState, item: object) -> None: ...
    def held_elsewhere(self, owner: InstanceState, item: object) -> None: ...


class Collection:
    """What the instrumented collections have in common.

    ``owner`` is the state of the instance that holds the collection, ``attribute`` the
    attribute it is held under.  A collection that was replaced or unpickled alone has no
    attribute and is an ordinary list, set or dict.
    """

    __slots__ = ()

    owner: InstanceState | None
    attribute: CollectionOwner | None
    is_implicit: bool
    """True for one that nobody has given: it was made when an attribute without any was read."""

    def _adding(self, item: object) -> Any:
        attribute = self.attribute
        if attribute is None or self.owner is None:
            return item
        item = attribute.appended(self.owner, item)
        # Last of all: listeners may have flushed what had changed before.
        attribute.before_change(self.owner)
        return item

    def _removing(self, item: object) -> None:
        attribute = self.attribute
        if attribute is not None and self.owner is not None:
            attribute.removed(self.owner, item)
            attribute.before_change(self.owner)

    def _held(self, item: object) -> None:
        if self.attribute is not None and self.owner is not None:
            self.attribute.held_already(self.owner, item)

    def _giving_up_one(self, item: object) -> None:
        if self.attribute is not None and self.owner is not None:
            self.attribute.held_elsewhere(self.owner, item)


class InstrumentedList(list[Any], Collection):
    """A list of related instances; every change reaches history, other side and session."""

    __slots__ = ("attribute", "is_implicit", "owner")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.owner = self.attribute = None
        super().__init__(items)

    # What the attribute puts in and takes out itself, without being told.
    put = list.append

    def take(self, item: object) -> None:
        """Take *item* out; the owner is not told."""
        for index, held in enumerate(self):
            if held is item:
                list.__delitem__(self, index)
                return

    def append(self, item: object) -> None:
        super().append(self._adding(item))

    def insert(self, index: SupportsIndex, item: object) -> None:
        super().insert(index, self._adding(item))

    def extend(self, items: Iterable[Any]) -> None:
        for item in list(items):
            self.append(item)

    def __iadd__(self, items: Iterable[Any]) -> "InstrumentedList":  # type: ignore[misc]
        self.extend(items)
        return self

    def remove(self, item: object) -> None:
        index = self.index(item)
        self._leaving(self[index])
        super().__delitem__(index)

    def pop(self, index: SupportsIndex = -1) -> Any:
        self._leaving(self[index])
        return super().pop(index)

    def clear(self) -> None:
        self._leaving_all(list(self))
        super().clear()

    def _leaving(self, item: object) -> None:
        """Tell that *item* is taken out, or that it goes on standing in another place."""
        if type(item).__eq__ is object.__eq__:
            held = list.count(self, item)
        else:
            held = sum(1 for one in self if one is item)
        if held < 2:
            self._removing(item)
        else:
            self._giving_up_one(item)

    def _leaving_all(
        self, items: list[Any], elsewhere: Iterable[Any] = (), values: Iterable[Any] = ()
    ) -> None:
        """Tell that *items* are taken out, with *values* in their place and others *elsewhere*."""
        kept = Counter(map(id, values))
        staying = {*kept, *map(id, elsewhere)}
        places = Counter(map(id, items))
        for item in items:
            places[id(item)] -= 1
            if kept[id(item)] > 0:
                kept[id(item)] -= 1
            elif id(item) in staying or places[id(item)]:
                self._giving_up_one(item)
            else:
                self._removing(item)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            positions = range(len(self))[index]
            values = list(value)
            if index.step not in (None, 1) and len(values) != len(positions):
                raise ValueError(
                    f"attempt to assign sequence of size {len(values)} "
                    f"to extended slice of size {len(positions)}"
                )
            replaced = [self[position] for position in positions]
            self._leaving_all(replaced, self._outside(positions), values)
            held = Counter(map(id, replaced))
            taken = []
            for item in values:
                held[id(item)] -= 1
                taken.append(item if held[id(item)] >= 0 else self._adding(item))
            super().__setitem__(index, taken)
        else:
            old = self[index]
            if old is not value:
                self._leaving(old)
                value = self._adding(value)
            super().__setitem__(index, value)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        if isinstance(index, slice):
            self._leaving_all(self[index], self._outside(range(len(self))[index]))
        else:
            self._leaving(self[index])
        super().__delitem__(index)

    def _outside(self, positions: range) -> list[Any]:
        """The members elsewhere than at *positions*."""
        return [item for position, item in enumerate(self) if position not in positions]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return type(self), (), None, iter(self)

    def __copy__(self) -> list[Any]:
        return list(self)

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        super().sort(key=key, reverse=reverse)


class InstrumentedSet(set[Any], Collection):
    """A set of related instances; every change reaches history, other side and session."""

    __slots__ = ("attribute", "is_implicit", "owner")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.owner = self.attribute = None
        super().__init__(items)

    def add(self, item: object) -> None:
        if item not in self:
            super().add(self._adding(item))
        else:
            self._held(item)

    def remove(self, item: object) -> None:
        if item in self:
            self._removing(item)
        super().remove(item)

    def discard(self, item: object) -> None:
        if item in self:
            self.remove(item)

    def pop(self) -> Any:
        if not self:
            raise KeyError("pop from an empty set")
        item = next(iter(self))
        self.remove(item)
        return item

    def clear(self) -> None:
        for item in list(self):
            self.remove(item)

    def update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for item in list(other):
                self.add(item)

    def difference_update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for item in list(other):
                self.discard(item)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        for item in self.difference(set(self).intersection(*others)):
            self.remove(item)

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        for item in set(other):
            if item in self:
                self.remove(item)
            else:
                self.add(item)

    def __ior__(self, other: Iterable[Any]) -> "InstrumentedSet":  # type: ignore[misc]
        self.update(other)
        return self

    def __isub__(self, other: Iterable[Any]) -> "InstrumentedSet":  # type: ignore[misc]
        self.difference_update(other)
        return self

    def __iand__(self, other: Iterable[Any]) -> "InstrumentedSet":  # type: ignore[misc]
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Iterable[Any]) -> "InstrumentedSet":  # type: ignore[misc]
        self.symmetric_difference_update(other)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _rebuild_set, (type(self), list(self))


def _rebuild_set(kind: type[Any], items: list[Any]) -> Any:
    collection = kind()
    set.update(collection, items)
    return collection


class InstrumentedDict(dict[Any, Any], Collection):
    """A dictionary of related instances; every change reaches history, other side and session."""

    __slots__ = ("attribute", "is_implicit", "owner")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.owner = self.attribute = None
        super().__init__(items)

    def __setitem__(self, key: object, value: object) -> None:
        if key in self:
            if self[key] is value:
                self._held(value)
                return
            self._leaving(self[key])
        super().__setitem__(key, self._adding(value))

    def __delitem__(self, key: object) -> None:
        self._leaving(self[key])
        super().__delitem__(key)

    def _leaving(self, value: object) -> None:
        """Tell that *value* is taken out, or that it goes on standing under another key."""
        if sum(1 for one in self.values() if one is value) < 2:
            self._removing(value)
        else:
            self._giving_up_one(value)

    def clear(self) -> None:
        for key in list(self):
            del self[key]

    def pop(self, key: object, *default: object) -> Any:
        if key in self:
            self._leaving(self[key])
        return super().pop(key, *default)

    def popitem(self) -> tuple[Any, Any]:
        key = next(reversed(self))
        return key, self.pop(key)

    def setdefault(self, key: object, default: object = None) -> Any:
        # What is there already, by the other side perhaps, is added to the session as well.
        if key not in self or self[key] is default:
            self[key] = default
        return self[key]

    def update(self, *args: object, **named: object) -> None:
        for key, value in dict(*args, **named).items():
            self[key] = value

    def __ior__(self, other: object) -> "InstrumentedDict":  # type: ignore[misc]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return type(self), (), None, None, iter(self.items())
