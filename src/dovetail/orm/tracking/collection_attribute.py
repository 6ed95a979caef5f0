"""Attributes that hold a collection of related instances."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any, ClassVar

from dovetail.exc import ObjectDereferencedError
from dovetail.orm.tracking.collections import Collection
from dovetail.orm.tracking.custom import roles_of
from dovetail.orm.tracking.history import NO_HISTORY, History, collection_history
from dovetail.orm.tracking.kinds import CollectionKind
from dovetail.orm.tracking.references import RelatedAttribute
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of


class QueuedChanges:
    """Members put into and taken out of a collection that has not been loaded, by identity."""

    __slots__ = ("_added", "_removed")

    def __init__(self) -> None:
        self._added: dict[int, Any] = {}
        self._removed: dict[int, Any] = {}

    @property
    def added(self) -> list[Any]:
        """The members put in."""
        return list(self._added.values())

    @property
    def removed(self) -> list[Any]:
        """The members taken out."""
        return list(self._removed.values())

    def add(self, item: object) -> None:
        """Note that *item* was put in."""
        if self._removed.pop(id(item), None) is None:
            self._added[id(item)] = item

    def remove(self, item: object) -> None:
        """Note that *item* was taken out."""
        if self._added.pop(id(item), None) is None:
            self._removed[id(item)] = item


_IN_NO_SESSION = nullcontext()


def _holds(items: Iterable[Any], item: object) -> bool:
    return any(held is item for held in items)


class CollectionAttribute(RelatedAttribute):
    """A collection of related instances."""

    collection: ClassVar[bool] = True

    def __init__(self, key: str, prop: Any, kind: CollectionKind) -> None:
        super().__init__(key, prop)
        self.kind = kind

    def initial(self, state: InstanceState, instance: object) -> Any:
        made = self.fill(state, instance, ())
        made.is_implicit = True
        return made

    def fill(self, state: InstanceState, instance: object, items: Iterable[Any]) -> Any:
        """Make *items*, as loaded, the collection of *instance*; queued changes are applied."""
        collection = self.make(state, items)
        queue = None if state.extra is None else state.extra.pop(self, None)
        if queue is not None:
            if state.committed is not None:
                state.committed[self.key] = list(self.kind.items(collection))
            held = {id(item) for item in self.kind.items(collection)}
            for item in queue.added:
                if id(item) not in held:
                    self.kind.add(collection, item)
            for item in queue.removed:
                self.kind.remove(collection, item)
        instance.__dict__[self.key] = collection
        return collection

    def take_over(self, state: InstanceState, instance: object) -> None:
        """Let *instance*, a copy, have a collection of its own, not that of its original."""
        values = instance.__dict__
        collection = values.get(self.key)
        if collection is None:
            return
        if collection.owner is None:
            # Unpickled a moment ago: it belongs to nobody yet.
            collection.owner = state
            collection.attribute = self
        else:
            values[self.key] = self.make(state, list(self.kind.items(collection)))

    def make_plain(self, items: Iterable[Any]) -> Any:
        """A collection of *items* of the right kind that belongs to nobody."""
        collection = self.kind.factory()
        extend = self.kind.extend
        if extend is not None:
            extend(collection, items)
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

    def begin(self, state: InstanceState, instance: object) -> Any:
        """A new collection, empty as yet, which replaces that of *instance*."""
        return self.make(state, ())

    def snapshot(self, value: object) -> Any:
        return value if value is NO_VALUE or value is None else list(self.kind.items(value))

    # What the collections call -----------------------------------------------------------

    def holder(self, owner: InstanceState) -> Any:
        """The instance that a collection changes with; where nobody holds it, that is an error."""
        instance = owner()
        if instance is None:
            raise ObjectDereferencedError.without_owner(owner.class_.__name__, self.key)
        return instance

    def before_change(self, owner: InstanceState) -> None:
        """Called by a collection before it changes."""
        if owner.row_key is not None:
            self.remember(owner, self.holder(owner))

    def appended(self, owner: InstanceState, item: object) -> Any:
        """Called by a collection when *item* is put in; returns what is stored."""
        instance = self.holder(owner)
        self.check(instance, item)
        self.took(owner, instance, item)
        return item

    def removed(self, owner: InstanceState, item: object) -> None:
        """Called by a collection when *item* is taken out."""
        self.lost(owner, self.holder(owner), item)

    def held_already(self, owner: InstanceState, item: object) -> None:
        """Called by a collection when *item* is put in, and is there.

        It may be there because its own side was set, which does not bring it into the session.
        """
        session = owner.core if self.cascades_save else None
        if session is not None:
            session.cascade_add(item)

    def held_elsewhere(self, owner: InstanceState, item: object) -> None:
        """Called by a collection when *item* is taken out of one of several places: it stays.

        Another side that is a list has the owner as often.
        """
        instance = self.holder(owner)
        for other in self.reverse:
            if isinstance(other, CollectionAttribute):
                other.unlink_once(item, instance)
        self.before_change(owner)

    def admit(self, instance: object, item: object) -> Any:
        """What is stored for *item*, which comes in with a whole new collection."""
        return item

    def dismiss(self, instance: object, item: object) -> None:
        """Called when *item* goes with the collection that it was in."""

    # What assignments and other sides call -------------------------------------------------

    def set(self, instance: object, value: object) -> None:
        state = state_of(instance)
        values = instance.__dict__
        if isinstance(value, Collection) and values.get(self.key) is value:
            return
        items = self.accept(instance, value)
        old = values.get(self.key)
        is_new = state.row_key is None and state.load.scope is None
        if old is None and not (is_new and self.listeners is None):
            self.read(instance)
            old = values[self.key]
        self.remember(state, instance)
        before = [] if old is None else list(self.kind.items(old))
        values[self.key] = collection = self.begin(state, instance)
        collection.attribute = None
        if old is not None:
            old.attribute = None
        core = state.core
        try:
            # No query of a listener writes what is half done.
            with _IN_NO_SESSION if core is None else core.no_autoflush:
                self._exchange(state, instance, before, items, collection)
        except BaseException:
            if old is None:
                del values[self.key]
            else:
                values[self.key] = old
                old.attribute = self
            raise
        collection.attribute = self

    def _exchange(
        self,
        state: InstanceState,
        instance: object,
        before: list[Any],
        items: list[Any],
        into: object,
    ) -> None:
        """Tell of what is put in and taken out where *items* replace what was there *before*."""
        held = set(map(id, before))
        add, displaced = self.kind.add, self.kind.displaced
        expected = self.prop.mapper.class_
        is_heard, is_only_parent = self.listeners is not None, self.prop.single_parent
        for item in items:
            if id(item) not in held:
                if is_heard:
                    item = self.admit(instance, item)
                if is_only_parent or not isinstance(item, expected):
                    self.check(instance, item)
                self.took(state, instance, item)
            else:
                self.held_already(state, item)
            if state.row_key is not None and self.key not in (state.committed or ()):
                # A listener has flushed: what has come in so far is what the rows say.
                self.remember(state, instance)
            if displaced is None:
                add(into, item)
            else:
                self._put(state, instance, into, item)
        if before:
            kept = set(map(id, items))
            for item in before:
                if id(item) not in kept:
                    self.dismiss(instance, item)
                    self.lost(state, instance, item)

    def _put(self, state: InstanceState, instance: object, into: Any, item: object) -> None:
        """Put *item* into the dictionary *into*, maybe in the place of another one."""
        displaced: Any = self.kind.displaced
        old = displaced(into, item)
        if old is not None and old is not item:
            self.lost(state, instance, old)
        self.kind.add(into, item)

    def accept(self, instance: object, value: object) -> list[Any]:
        """The members of *value*, which replaces the collection."""
        if not self.kind.takes(value):
            given = "None" if value is None else f"an instance of {type(value).__name__}"
            name = f"{type(instance).__name__}.{self.key}"
            raise TypeError(
                f"{name} is a {self.kind.name} of {self.prop.mapper.class_.__name__}; "
                f"{given} can't replace it\n"
                f"  hint: assign a new {self.kind.name}, or change this one in place"
            )
        return list(self.kind.given(value))

    def delete(self, instance: object) -> None:
        # The empty collection stays: one that is absent would be loaded again.
        self.set(instance, self.make_plain(()))

    def link(self, instance: object, item: object) -> None:
        state = state_of(instance)
        collection = instance.__dict__.get(self.key)
        if collection is None:
            if state.row_key is None:
                collection = self.initial(state, instance)
            else:
                self.queue(state, instance).add(item)
        if collection is not None:
            self.remember(state, instance)
            if self.kind.displaced is None:
                self.kind.add(collection, item)
            else:
                self._put(state, instance, collection, item)
        if self.deletes_orphans:
            self.adopt(state, item)

    def unlink(self, instance: object, item: object) -> None:
        state = state_of(instance)
        collection = instance.__dict__.get(self.key)
        if collection is None:
            if state.row_key is not None:
                self.queue(state, instance).remove(item)
        elif _holds(self.kind.items(collection), item):
            self.remember(state, instance)
            self.kind.remove(collection, item)
        if self.deletes_orphans:
            self.abandon(state, item)

    def unlink_once(self, instance: object, item: object) -> None:
        """Take out of *instance* one *item* of several, which goes on belonging to it."""
        state = state_of(instance)
        collection = instance.__dict__.get(self.key)
        if collection is None:
            if state.row_key is not None:
                self.queue(state, instance).remove(item)
        elif sum(1 for held in self.kind.items(collection) if held is item) > 1:
            self.remember(state, instance)
            self.kind.remove(collection, item)

    def queue(self, state: InstanceState, instance: object) -> QueuedChanges:
        self.remember(state, instance)
        queued: QueuedChanges = state.extras().setdefault(self, QueuedChanges())
        return queued

    def history(self, state: InstanceState, instance: object) -> History:
        collection = instance.__dict__.get(self.key, NO_VALUE)
        if collection is NO_VALUE or collection is None:
            queue = None if state.extra is None else state.extra.get(self)
            if queue is None:
                return NO_HISTORY
            return History(queue.added or (), (), queue.removed or ())
        current = list(self.kind.items(collection))
        if state.row_key is None:
            # What is only read is not written with a new row.
            return History(current or (), (), ()) if self.writes else History((), current, ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return History((), current or (), ())
        original = committed[self.key]
        if original is NO_VALUE or original is None:
            return History(current or (), (), ())
        return collection_history(original, current)


class CollectionAdapter:
    """A collection of related instances, filled from outside as a load fills it."""

    def __init__(self, attribute: CollectionAttribute, collection: Any) -> None:
        self._attribute = attribute
        self._collection = collection

    @property
    def data(self) -> Any:
        """The collection."""
        return self._collection

    @property
    def owner_state(self) -> InstanceState | None:
        """The state of the instance that the collection belongs to."""
        owner: InstanceState | None = self._collection.owner
        return owner

    @property
    def attr(self) -> CollectionAttribute:
        """The attribute that holds the collection."""
        return self._attribute

    @property
    def _roles(self) -> dict[str, str]:
        return roles_of(type(self._collection))

    @property
    def empty(self) -> bool:
        """True where there is no item."""
        return not len(self)

    def append_with_event(self, item: object, initiator: object = None) -> None:
        """Put *item* in as its user would: with history, its other side and cascades."""
        getattr(self._collection, self._roles["appender"])(item)

    def remove_with_event(self, item: object, initiator: object = None) -> None:
        """Take *item* out as its user would."""
        getattr(self._collection, self._roles["remover"])(item)

    def clear_with_event(self, initiator: object = None) -> None:
        """Take all items out as their user would."""
        for item in list(self):
            self.remove_with_event(item)

    def clear_without_event(self) -> None:
        """Take all items out: no history, no other sides."""
        for item in list(self):
            self.remove_without_event(item)

    def append_without_event(self, item: object, initiator: object = None) -> None:
        """Put *item* in: no history, no other side, no cascade."""
        self._attribute.kind.add(self._collection, item)

    def remove_without_event(self, item: object, initiator: object = None) -> None:
        """Take *item* out: no history, no other side."""
        self._attribute.kind.remove(self._collection, item)

    def __iter__(self) -> Iterator[Any]:
        return self._attribute.kind.items(self._collection)

    def __len__(self) -> int:
        return len(self._collection)
