"""Attributes that somebody listens to: they tell of each change before it is made.

An attribute becomes one of these when the first listener comes, and what it was when the last
one goes, so that where nobody listens nothing is asked.
"""

from enum import StrEnum
from typing import Any

from dovetail.orm.tracking.attributes import AttributeBase, ValueAttribute
from dovetail.orm.tracking.collection_attribute import CollectionAdapter, CollectionAttribute
from dovetail.orm.tracking.references import ReferenceAttribute, RelatedAttribute
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of


class Operation(StrEnum):
    """What kind of change an :class:`Initiator` has begun."""

    REPLACE = "set"
    APPEND = "append"
    REMOVE = "remove"
    BULK_REPLACE = "bulk_replace"
    MODIFIED = "modified"


OP_REPLACE = Operation.REPLACE
OP_APPEND = Operation.APPEND
OP_REMOVE = Operation.REMOVE
OP_BULK_REPLACE = Operation.BULK_REPLACE
OP_MODIFIED = Operation.MODIFIED


class Initiator:
    """What has begun a change: the attribute, and whether it set, appended, or removed.

    ``impl``, ``key``  how the attribute is tracked, and its name
    ``op``             the :class:`Operation`, ``OP_APPEND`` and the like
    """

    __slots__ = ("impl", "op")

    def __init__(self, impl: AttributeBase, op: str) -> None:
        self.impl = impl
        self.op = Operation(op)

    def __repr__(self) -> str:
        return f"<{self.op} of {self.key}>"

    @property
    def key(self) -> str:
        """The name of the attribute."""
        return self.impl.key


def tell(attribute: AttributeBase, listeners: object) -> None:
    """Let *attribute* tell *listeners*, a dispatch, of its changes; or none, if that is None."""
    quiet, loud = next(pair for pair in _KINDS if isinstance(attribute, pair[0]))
    attribute.__class__ = quiet if listeners is None else loud
    attribute.listeners = listeners


class ToldValue(ValueAttribute):
    """The value of a column that tells of its changes."""

    def set(self, instance: object, value: object) -> None:
        old = _value_before(self, instance)
        super().set(instance, _told_of_set(self, instance, value, old))

    def delete(self, instance: object) -> None:
        for call in self.listeners.remove:
            call(instance, instance.__dict__.get(self.key, NO_VALUE), Initiator(self, "remove"))
        super().delete(instance)

    def initial(self, state: InstanceState, instance: object) -> Any:
        value: Any = self.default
        for call in self.listeners.init_scalar:
            value = call(instance, value, instance.__dict__)
        return value


class ToldReference(ReferenceAttribute):
    """A reference that tells of its changes."""

    def set(self, instance: object, value: object) -> None:
        old = _value_before(self, instance)
        state = state_of(instance)
        if old is NO_VALUE and state.row_key is not None:
            old = self.known(state, instance)
        super().set(instance, _told_of_set(self, instance, value, old))

    def delete(self, instance: object) -> None:
        for call in self.listeners.remove:
            call(instance, instance.__dict__.get(self.key, NO_VALUE), Initiator(self, "remove"))
        super().delete(instance)

    def link(self, instance: object, item: object) -> None:
        old = instance.__dict__.get(self.key, NO_VALUE)
        _told_of_set(self, instance, item, old, _from_other_side(self, "append"))
        super().link(instance, item)

    def unlink(self, instance: object, item: object) -> None:
        if instance.__dict__.get(self.key, item) is item:
            _told_of_set(self, instance, None, item, _from_other_side(self, "remove"))
        super().unlink(instance, item)

    def initial(self, state: InstanceState, instance: object) -> Any:
        value: Any = self.default
        for call in self.listeners.init_scalar:
            value = call(instance, value, instance.__dict__)
        return value


class ToldCollection(CollectionAttribute):
    """A collection that tells of its changes."""

    def appended(self, owner: InstanceState, item: object) -> Any:
        instance = self.holder(owner)
        item = _told_of_append(self, instance, item, Initiator(self, "append"))
        return super().appended(owner, item)

    def removed(self, owner: InstanceState, item: object) -> None:
        self._tell_of_removal(self.holder(owner), item, Initiator(self, "remove"))
        super().removed(owner, item)

    def held_already(self, owner: InstanceState, item: object) -> None:
        instance = self.holder(owner)
        for call in self.listeners.append_wo_mutation:
            call(instance, item, Initiator(self, "append"))
        super().held_already(owner, item)

    def held_elsewhere(self, owner: InstanceState, item: object) -> None:
        self._tell_of_removal(self.holder(owner), item, Initiator(self, "remove"))
        super().held_elsewhere(owner, item)

    def link(self, instance: object, item: object) -> None:
        told = _told_of_append(self, instance, item, _from_other_side(self, "append"))
        super().link(instance, told)

    def unlink(self, instance: object, item: object) -> None:
        self._tell_of_removal(instance, item, _from_other_side(self, "remove"))
        super().unlink(instance, item)

    def accept(self, instance: object, value: object) -> list[Any]:
        items = super().accept(instance, value)
        for call in self.listeners.bulk_replace:
            call(instance, items, Initiator(self, "bulk_replace"))
        return items

    def set(self, instance: object, value: object) -> None:
        old = instance.__dict__.get(self.key)
        super().set(instance, value)
        if old is not None and instance.__dict__.get(self.key) is not old:
            for call in self.listeners.dispose_collection:
                call(instance, old, CollectionAdapter(self, old))

    def admit(self, instance: object, item: object) -> Any:
        return _told_of_append(self, instance, item, Initiator(self, "bulk_replace"))

    def dismiss(self, instance: object, item: object) -> None:
        self._tell_of_removal(instance, item, Initiator(self, "bulk_replace"))

    def initial(self, state: InstanceState, instance: object) -> Any:
        collection = super().initial(state, instance)
        for call in self.listeners.init_collection:
            call(instance, collection, CollectionAdapter(self, collection))
        return collection

    def begin(self, state: InstanceState, instance: object) -> Any:
        collection = super().begin(state, instance)
        for call in self.listeners.init_collection:
            call(instance, collection, CollectionAdapter(self, collection))
        return collection

    def _tell_of_removal(self, instance: object, item: object, initiator: Initiator) -> None:
        for call in self.listeners.remove:
            call(instance, item, initiator)


_KINDS: tuple[tuple[type[AttributeBase], type[AttributeBase]], ...] = (
    (ValueAttribute, ToldValue),
    (ReferenceAttribute, ToldReference),
    (CollectionAttribute, ToldCollection),
)


def _value_before(attribute: AttributeBase, instance: object) -> Any:
    """The value that is replaced, loaded where the attribute keeps its old values."""
    values = instance.__dict__
    if attribute.keeps_old_value and attribute.key not in values:
        attribute.load_replaced(instance)
    return values.get(attribute.key, NO_VALUE)


def _from_other_side(attribute: RelatedAttribute, op: str) -> Initiator:
    """What has begun a change that the other side of *attribute* tells of."""
    other = attribute.reverse[0] if attribute.reverse else attribute
    return Initiator(other, op if other.collection else "set")


def _told_of_set(
    attribute: AttributeBase,
    instance: object,
    value: object,
    old: object,
    origin: Initiator | None = None,
) -> Any:
    for call in attribute.listeners.set:
        value = call(instance, value, old, origin or Initiator(attribute, "set"))
    return value


def _told_of_append(
    attribute: AttributeBase, instance: object, item: object, initiator: Initiator
) -> Any:
    for call in attribute.listeners.append:
        item = call(instance, item, initiator)
    return item
