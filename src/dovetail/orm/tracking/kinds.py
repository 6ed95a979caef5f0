"""The kinds of collections: how each is made, read and written without telling its owner."""

from collections.abc import Callable, Iterable, Iterator
from operator import methodcaller
from typing import Any

from dovetail.exc import ArgumentError
from dovetail.orm.tracking.collections import (
    Collection,
    InstrumentedList,
    InstrumentedSet,
)
from dovetail.orm.tracking.custom import duck_type, is_own, quiet, roles_of, told_factory
from dovetail.orm.tracking.keyed import KeyFuncDict, displaced, drop, store


class CollectionKind:
    """How to make, read and write one kind of collection without telling its owner.

    ``kind``       list, set or dict, or None for what is like none of them
    ``extend``     puts many in at once, where that is quicker; else None
    ``displaced``  finds the member whose place another one takes; None where that can't be
    ``given``      the members of a value that is assigned
    """

    __slots__ = ("add", "displaced", "extend", "factory", "given", "items", "kind", "remove")

    def __init__(
        self,
        kind: type[Any] | None,
        factory: Callable[[], Any],
        add: Callable[[Any, Any], Any],
        remove: Callable[[Any, Any], Any],
        items: Callable[[Any], Iterator[Any]],
        *,
        extend: Callable[[Any, Iterable[Any]], Any] | None = None,
        displaced: Callable[[Any, Any], Any] | None = None,
        given: Callable[[Any], Iterable[Any]] = iter,
    ) -> None:
        self.kind = kind
        self.factory = factory
        self.add = add
        self.remove = remove
        self.items = items
        self.extend = extend
        self.displaced = displaced
        self.given = given

    @property
    def name(self) -> str:
        """What a value has to be that is assigned, in words."""
        return "collection" if self.kind is None else self.kind.__name__

    def takes(self, value: object) -> bool:
        """True where *value* may be assigned."""
        if value is None or isinstance(value, (str, tuple)):
            return False
        if self.kind is not None and isinstance(value, self.kind):
            return True
        return not isinstance(value, (list, set, dict)) and duck_type(type(value)) is self.kind


def _dict_values(collection: dict[Any, Any]) -> Iterator[Any]:
    return iter(collection.values())


def collection_kind(collection_class: Any) -> CollectionKind:
    """How collections of *collection_class* are handled: a class or a callable without arguments.

    ArgumentError where it can't be told what puts a member in, takes it out, or lists them.
    """
    if collection_class is None or collection_class is list:
        return _list_kind(InstrumentedList)
    if collection_class is set:
        return _set_kind(InstrumentedSet)
    sample = collection_class()
    class_ = type(sample)
    if class_ is dict:
        raise ArgumentError(
            "a dictionary of related instances needs to know what the keys are",
            hint='collection_class=attribute_keyed_dict("name")',
        )
    if class_ is list:
        return _list_kind(InstrumentedList)
    if class_ is set:
        return _set_kind(InstrumentedSet)
    if issubclass(class_, InstrumentedList) and class_.put is not InstrumentedList.put:
        # It tells of its changes by itself, and says what puts in and takes out quietly.
        return _list_kind(collection_class)
    if not is_own(class_):
        factory = collection_class
        if not issubclass(class_, Collection):
            factory = told_factory(collection_class, class_)
        if issubclass(class_, KeyFuncDict):
            return CollectionKind(
                dict,
                factory,
                store,
                drop,
                _dict_values,
                displaced=displaced,
                given=methodcaller("values"),
            )
        return _list_kind(factory) if issubclass(class_, list) else _set_kind(factory)
    return _own_kind(collection_class, class_)


def _list_kind(factory: Callable[..., Any]) -> CollectionKind:
    made = type(factory())
    extend = list.extend if made.put is InstrumentedList.put else None
    return CollectionKind(list, factory, made.put, made.take, iter, extend=extend)


def _set_kind(factory: Callable[..., Any]) -> CollectionKind:
    return CollectionKind(set, factory, set.add, set.discard, iter)


def _own_kind(collection_class: object, class_: type) -> CollectionKind:
    """The kind of a class of the user's own, whose methods are called."""
    kind, roles = duck_type(class_), roles_of(class_)
    factory = told_factory(collection_class, class_)
    append, remove = getattr(class_, roles["appender"]), getattr(class_, roles["remover"])
    iterate = getattr(class_, roles["iterator"])

    def add(members: Iterable[Any], item: object) -> None:
        with quiet(members):
            append(members, item)

    def take_out(members: Iterable[Any], item: object) -> None:
        if any(held is item for held in iterate(members)):
            with quiet(members):
                remove(members, item)

    def items(members: Iterable[Any]) -> Iterator[Any]:
        return iter(iterate(members))

    def given(value: Any) -> Iterable[Any]:
        if "converter" in roles:
            convert = getattr(class_, roles["converter"])
            converted: Iterable[Any] = convert(factory(), value)
            return converted
        held: Any = value
        if isinstance(value, class_):
            return items(held)
        found: Iterable[Any] = value.values() if kind is dict else value
        return found

    return CollectionKind(
        kind,
        factory,
        add,
        take_out,
        items,
        displaced=displaced if issubclass(class_, KeyFuncDict) else None,
        given=given,
    )
