"""How a mapped attribute of an instance is read, written and remembered.

Three kinds: a value of a column, a reference to one related instance, a collection of
related instances.  A loaded value lies in the instance's ``__dict__`` under the attribute's
name; these objects are met only on a write, or on a read of what is not there.
"""

from collections.abc import Callable, Iterable
from operator import eq
from typing import Any, ClassVar

from dovetail.exc import ArgumentError, LazyLoadError
from dovetail.orm.tracking.collections import Collection, CollectionKind
from dovetail.orm.tracking.history import (
    NO_HISTORY,
    History,
    collection_history,
    scalar_history,
)
from dovetail.orm.tracking.state import (
    NO_VALUE,
    STATE_NAME,
    InstanceState,
    new_state,
    start_history,
    state_of,
)


class AttributeBase:
    """What the three kinds of attribute have in common."""

    collection: ClassVar[bool] = False
    is_relationship: ClassVar[bool] = False

    def __init__(self, key: str) -> None:
        self.key = key
        self.listeners: Any = None

    def read(self, instance: Any) -> Any:
        """The value of *instance*; it is loaded where it is absent."""
        values = instance.__dict__
        if self.key in values:
            return values[self.key]
        state = state_of(instance)
        if state.key is None:
            return self.initial(state, instance)
        session = state.session
        if session is None:
            raise LazyLoadError.detached(type(instance).__name__, self.key)
        session.load_attribute(state, instance, self)
        return values.get(self.key)

    def initial(self, state: InstanceState, instance: Any) -> Any:
        """The value of an instance without a row."""
        return None

    def set(self, instance: Any, value: Any) -> None:
        raise ArgumentError(f"attribute {self.key!r} can't be set")

    def remember(self, state: InstanceState, instance: Any) -> None:
        """Keep the value as last loaded or flushed, before its first change."""
        if state.key is not None:
            committed = state.committed
            if committed is None:
                committed = start_history(state, instance)
            if self.key not in committed:
                committed[self.key] = self.snapshot(instance.__dict__.get(self.key, NO_VALUE))

    def snapshot(self, value: Any) -> Any:
        """*value* as it is kept for history."""
        return value

    def delete(self, instance: Any) -> None:
        """Remove the value: NULL at the next flush."""
        state = state_of(instance)
        if self.key not in instance.__dict__ and (
            state.key is None or self.key not in (state.expired or ())
        ):
            raise AttributeError(f"{type(instance).__name__} object has no value for {self.key!r}")
        self.remember(state, instance)
        instance.__dict__.pop(self.key, None)
        _no_longer_expired(state, self.key)

    def history(self, state: InstanceState, instance: Any) -> History:
        """What changed since the last flush, from what is in memory."""
        raise ArgumentError(f"attribute {self.key!r} has no history")

    def load_history(self, state: InstanceState, instance: Any) -> History:
        """What changed since the last flush, the current value loaded where it is absent."""
        if self.key not in instance.__dict__ and state.key is not None:
            self.read(instance)
        return self.history(state, instance)


def _no_longer_expired(state: InstanceState, key: str) -> None:
    if state.expired is not None and key in state.expired:
        state.expired = state.expired - {key} or None


class ValueAttribute(AttributeBase):
    """The value of a column, or of an expression over columns."""

    def __init__(self, key: str, *, equal: Callable[[Any, Any], bool] = eq) -> None:
        super().__init__(key)
        self.equal = equal
        self.active_history = False
        self.setter = value_setter(key)

    def set(self, instance: Any, value: Any) -> None:
        self.setter(instance, value)

    def history(self, state: InstanceState, instance: Any) -> History:
        current = instance.__dict__.get(self.key, NO_VALUE)
        if state.key is None:
            return NO_HISTORY if current is NO_VALUE else History([current], (), ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return NO_HISTORY if current is NO_VALUE else History((), [current], ())
        if current is NO_VALUE and committed[self.key] is NO_VALUE:
            return NO_HISTORY
        return scalar_history(committed[self.key], current, equal=self.equal)


def value_setter(key: str) -> Callable[[Any, Any], None]:
    """The function that writes the column attribute *key* of an instance.

    The hot path of every assignment; ``AttributeBase.remember`` is written out in it.
    """

    def set_value(instance: Any, value: Any) -> None:
        try:
            state = instance.__dovetail_state__
        except AttributeError:
            state = state_of(instance)
        values = instance.__dict__
        if state.key is not None:
            committed = state.committed
            if committed is None:
                committed = start_history(state, instance)
            if key not in committed:
                committed[key] = values.get(key, NO_VALUE)
        values[key] = value

    return set_value


class RelatedAttribute(AttributeBase):
    """What references and collections have in common: the other side, cascades, parents."""

    is_relationship: ClassVar[bool] = True

    def __init__(self, key: str, prop: Any) -> None:
        super().__init__(key)
        self.prop = prop
        self.reverse: list[RelatedAttribute] = []
        self.cascades_save = True
        self.deletes_orphans = False
        self.writes = True

    # What other sides call -------------------------------------------------------------

    def link(self, instance: Any, item: Any) -> None:
        """Put *item* here because the other side was set; the other side is not told."""
        raise NotImplementedError

    def unlink(self, instance: Any, item: Any) -> None:
        """Take *item* away because the other side was set; the other side is not told."""
        raise NotImplementedError

    # Effects of a change ----------------------------------------------------------------

    def check(self, instance: Any, item: Any) -> None:
        """Refuse an *item* that is not an instance of the related class."""
        expected = self.prop.mapper.class_
        if not isinstance(item, expected):
            raise ArgumentError(
                f"{type(instance).__name__}.{self.key} takes {expected.__name__} instances, "
                f"not {type(item).__name__}: {item!r:.80}",
                hint=f"make an instance first: {expected.__name__}(…)",
            )

    def took(self, state: InstanceState, instance: Any, item: Any) -> None:
        """*item* was put here by the user: tell the other side, the session, and orphans."""
        if self.deletes_orphans:
            self.adopt(state, item)
        for other in self.reverse:
            other.link(item, instance)
        if self.cascades_save:
            session = state.session
            if session is not None:
                session.cascade_add(item)

    def lost(self, state: InstanceState, instance: Any, item: Any) -> None:
        """*item* was taken away: tell the other side, and note that it may be an orphan."""
        if self.deletes_orphans:
            self.abandon(state, item)
        for other in self.reverse:
            other.unlink(item, instance)

    def adopt(self, state: InstanceState, item: Any) -> None:
        parents = state_of(item).extras().setdefault("parents", {})
        parents[self] = state

    def abandon(self, state: InstanceState, item: Any) -> None:
        item_state = state_of(item)
        parents = item_state.extras().setdefault("parents", {})
        known = parents.get(self)
        if known is not None and known is not False and known is not state:
            return
        parents[self] = False
        if item_state.key is None:
            session = item_state.session
            if session is not None and item_state in item_state.load.scope.new:
                session.expunge(item)
            else:
                item_state.extras()["orphaned"] = True


class ReferenceAttribute(RelatedAttribute):
    """A reference to one related instance, or None."""

    def set(self, instance: Any, value: Any) -> None:
        state = state_of(instance)
        if value is not None:
            self.check(instance, value)
        old = self.replace(state, instance, value)
        if old is not value:
            if old is not None and old is not NO_VALUE:
                self.lost(state, instance, old)
            if value is not None:
                self.took(state, instance, value)

    def replace(self, state: InstanceState, instance: Any, value: Any) -> Any:
        """Store *value*; return the value before it, NO_VALUE where that is not in memory."""
        values = instance.__dict__
        old = values.get(self.key, NO_VALUE)
        if old is NO_VALUE and state.key is not None:
            old = self.known(state, instance)
        if state.key is not None:
            committed = state.committed
            if committed is None:
                committed = start_history(state, instance)
            committed.setdefault(self.key, old)
        values[self.key] = value
        _no_longer_expired(state, self.key)
        return old

    def known(self, state: InstanceState, instance: Any) -> Any:
        """The current value where it needs no query: from the identity map."""
        session = state.session
        if session is None or (state.committed and self.key in state.committed):
            return NO_VALUE
        if self.deletes_orphans or self.prop.uselist is False and not self.prop.is_many_to_one:
            self.read(instance)
            return instance.__dict__.get(self.key, NO_VALUE)
        return session.find_reference(state, instance, self.prop)

    def delete(self, instance: Any) -> None:
        state = state_of(instance)
        old = self.replace(state, instance, None)
        del instance.__dict__[self.key]
        if old is not None and old is not NO_VALUE:
            self.lost(state, instance, old)

    def link(self, instance: Any, item: Any) -> None:
        state = state_of(instance)
        old = self.replace(state, instance, item)
        if self.deletes_orphans and old is not item:
            self.adopt(state, item)
        if old is not None and old is not NO_VALUE and old is not item:
            if self.deletes_orphans:
                self.abandon(state, old)
            for other in self.reverse:
                other.unlink(old, instance)

    def unlink(self, instance: Any, item: Any) -> None:
        if instance.__dict__.get(self.key, item) is item:
            state = state_of(instance)
            self.remember(state, instance)
            instance.__dict__[self.key] = None
            if self.deletes_orphans:
                self.abandon(state, item)

    def history(self, state: InstanceState, instance: Any) -> History:
        current = instance.__dict__.get(self.key, NO_VALUE)
        if state.key is None:
            return NO_HISTORY if current is NO_VALUE else History([current], (), ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return NO_HISTORY if current is NO_VALUE else History((), [current], ())
        return scalar_history(committed[self.key], current, equal=_same)


def _same(first: Any, second: Any) -> bool:
    return first is second


class QueuedChanges:
    """Members put into and taken out of a collection that has not been loaded."""

    __slots__ = ("added", "removed")

    def __init__(self) -> None:
        self.added: list[Any] = []
        self.removed: list[Any] = []

    def add(self, item: Any) -> None:
        if not _discard(self.removed, item) and not _holds(self.added, item):
            self.added.append(item)

    def remove(self, item: Any) -> None:
        if not _discard(self.added, item) and not _holds(self.removed, item):
            self.removed.append(item)


def _holds(items: Iterable[Any], item: Any) -> bool:
    return any(held is item for held in items)


def _discard(items: list[Any], item: Any) -> bool:
    for index, held in enumerate(items):
        if held is item:
            del items[index]
            return True
    return False


class CollectionAttribute(RelatedAttribute):
    """A collection of related instances."""

    collection: ClassVar[bool] = True

    def __init__(self, key: str, prop: Any, kind: CollectionKind) -> None:
        super().__init__(key, prop)
        self.kind = kind

    def initial(self, state: InstanceState, instance: Any) -> Any:
        return self.fill(state, instance, ())

    def fill(self, state: InstanceState, instance: Any, items: Iterable[Any]) -> Any:
        """Make *items*, as loaded, the collection of *instance*; queued changes are applied."""
        collection = self.make(state, items)
        queue = None if state.extra is None else state.extra.pop(self, None)
        if queue is not None:
            if state.committed is not None:
                state.committed[self.key] = list(self.kind.items(collection))
            for item in queue.added:
                if not _holds(self.kind.items(collection), item):
                    self.kind.add(collection, item)
            for item in queue.removed:
                self.kind.remove(collection, item)
        instance.__dict__[self.key] = collection
        return collection

    def make_plain(self, items: Iterable[Any]) -> Any:
        """A collection of *items* of the right kind that belongs to nobody."""
        collection = self.kind.factory()
        if self.kind.kind is list:
            list.extend(collection, items)
        else:
            add = self.kind.add
            for item in items:
                add(collection, item)
        return collection

    def make(self, state: InstanceState, items: Iterable[Any]) -> Any:
        """A collection of *items* that belongs to the instance of *state*."""
        collection = self.make_plain(items)
        collection.owner = state
        collection.attribute = self
        return collection

    def snapshot(self, value: Any) -> Any:
        return value if value is NO_VALUE or value is None else list(self.kind.items(value))

    # What the collections call -----------------------------------------------------------

    def before_change(self, owner: InstanceState) -> None:
        """Called by a collection before it changes."""
        if owner.key is not None:
            instance = owner()
            if instance is not None:
                self.remember(owner, instance)

    def appended(self, owner: InstanceState, item: Any) -> Any:
        """Called by a collection when *item* is put in; returns what is stored."""
        instance = owner()
        if instance is not None:
            self.check(instance, item)
            self.took(owner, instance, item)
        return item

    def removed(self, owner: InstanceState, item: Any) -> None:
        """Called by a collection when *item* is taken out."""
        instance = owner()
        if instance is not None:
            self.lost(owner, instance, item)

    # What assignments and other sides call -------------------------------------------------

    def set(self, instance: Any, value: Any) -> None:
        state = state_of(instance)
        values = instance.__dict__
        if isinstance(value, Collection) and values.get(self.key) is value:
            return
        items = self.accept(instance, value)
        old = values.get(self.key)
        if old is None:
            old = self.read(instance)
        self.remember(state, instance)
        before = list(self.kind.items(old))
        values[self.key] = collection = self.make(state, ())
        collection.attribute = old.attribute = None
        kept = {id(item) for item in items}
        for item in items:
            if not _holds(before, item):
                self.check(instance, item)
                self.took(state, instance, item)
            self.kind.add(collection, item)
        collection.attribute = self
        for item in before:
            if id(item) not in kept:
                self.lost(state, instance, item)

    def accept(self, instance: Any, value: Any) -> list[Any]:
        """The members of *value*, which replaces the collection."""
        if value is None or not isinstance(value, self.kind.kind):
            given = "None" if value is None else type(value).__name__
            raise TypeError(
                f"{type(instance).__name__}.{self.key} is a {self.kind.kind.__name__} of "
                f"{self.prop.mapper.class_.__name__}; a {given} can't replace it"
            )
        return list(value)

    def delete(self, instance: Any) -> None:
        self.set(instance, self.kind.kind())
        del instance.__dict__[self.key]

    def link(self, instance: Any, item: Any) -> None:
        state = state_of(instance)
        collection = instance.__dict__.get(self.key)
        if collection is None:
            if state.key is None:
                collection = self.initial(state, instance)
            else:
                self.queue(state, instance).add(item)
        if collection is not None and not _holds(self.kind.items(collection), item):
            self.remember(state, instance)
            self.kind.add(collection, item)
        if self.deletes_orphans:
            self.adopt(state, item)

    def unlink(self, instance: Any, item: Any) -> None:
        state = state_of(instance)
        collection = instance.__dict__.get(self.key)
        if collection is None:
            if state.key is not None:
                self.queue(state, instance).remove(item)
        elif _holds(self.kind.items(collection), item):
            self.remember(state, instance)
            self.kind.remove(collection, item)
        if self.deletes_orphans:
            self.abandon(state, item)

    def queue(self, state: InstanceState, instance: Any) -> QueuedChanges:
        self.remember(state, instance)
        queued: QueuedChanges = state.extras().setdefault(self, QueuedChanges())
        return queued

    def history(self, state: InstanceState, instance: Any) -> History:
        collection = instance.__dict__.get(self.key, NO_VALUE)
        if collection is NO_VALUE or collection is None:
            queue = None if state.extra is None else state.extra.get(self)
            if queue is None:
                return NO_HISTORY
            return History(queue.added or (), (), queue.removed or ())
        current = list(self.kind.items(collection))
        if state.key is None:
            return History(current or (), (), ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return History((), current or (), ())
        original = committed[self.key]
        if original is NO_VALUE or original is None:
            return History(current or (), (), ())
        return collection_history(original, current)


def install_setattr(class_: type, setters: dict[str, Callable[[Any, Any], None]], deleters: Any) -> None:
    """Place on *class_* the ``__setattr__`` and ``__delattr__`` that see writes of mapped names."""
    find_setter = setters.get
    find_deleter = deleters.get
    plain_set = object.__setattr__
    plain_delete = object.__delattr__

    def __setattr__(self: Any, name: str, value: Any) -> None:
        setter = find_setter(name)
        if setter is None:
            plain_set(self, name, value)
        else:
            setter(self, value)

    def __delattr__(self: Any, name: str) -> None:
        deleter = find_deleter(name)
        if deleter is None:
            plain_delete(self, name)
        else:
            deleter(self)

    for function in (__setattr__, __delattr__):
        function.__module__ = class_.__module__
        function.__qualname__ = f"{class_.__qualname__}.{function.__name__}"
        setattr(class_, function.__name__, function)


def state_slot(class_: type) -> Any:
    """The function that puts a state on an instance of *class_*."""
    for base in class_.__mro__:
        slot = base.__dict__.get(STATE_NAME)
        if slot is not None and hasattr(slot, "__set__"):
            return slot.__set__
    return _put_state


def _put_state(instance: Any, state: InstanceState) -> None:
    instance.__dict__[STATE_NAME] = state


__all__ = [
    "AttributeBase",
    "CollectionAttribute",
    "QueuedChanges",
    "ReferenceAttribute",
    "RelatedAttribute",
    "ValueAttribute",
    "install_setattr",
    "new_state",
    "state_slot",
    "value_setter",
]
