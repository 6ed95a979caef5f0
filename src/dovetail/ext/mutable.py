"""Values that tell when they are changed in place: dictionaries, lists, sets, and one's own.

::

    class Job(Base):
        __tablename__ = "job"
        id: Mapped[int] = mapped_column(primary_key=True)
        options: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(JSON))
        report: Mapped[Any] = mapped_column(MutableJSON.as_mutable(JSON))


    job.options["retries"] = 3  # the next flush writes it
    job.report["steps"][0]["done"] = True  # so does this: MutableJSON looks into what is within

A type of one's own derives from :class:`Mutable` and calls ``self.changed()``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from ..event import listen
from ..orm.mapping.composite import CompositeValue
from ..orm.mapping.events import known_mappers
from ..orm.mapping.mapper import Mapper
from ..orm.tools import flag_modified
from ..orm.tracking.state import InstanceState, state_of
from ..types.contract import TypeEngine

if TYPE_CHECKING:
    from typing import SupportsIndex

    from ..orm.mapping.attribute import QueryableAttribute

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_MARK = "_mutable_class"
"""The attribute of a type that names the class of its values."""

_associated: list[tuple[type[TypeEngine[Any]], type[Mutable]]] = []
"""Classes of types, all columns of which have values of a class."""


class Parents:
    """The attributes of instances that hold a value, as pairs of state and name.

    They are no part of the value: a copy, or what comes out of ``pickle``, begins without.
    """

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs: dict[tuple[InstanceState, str], None] = {}

    def items(self) -> list[tuple[InstanceState, str]]:
        """The pairs, without those whose instance is gone."""
        gone = [pair for pair in self._pairs if pair[0]() is None]
        for pair in gone:
            del self._pairs[pair]
        return list(self._pairs)

    def add(self, state: InstanceState, key: str) -> None:
        """Note that attribute *key* of the instance of *state* holds the value."""
        self._pairs[state, key] = None

    def discard(self, state: InstanceState, key: str) -> None:
        """Note that attribute *key* of the instance of *state* holds another value now."""
        self._pairs.pop((state, key), None)

    def __iter__(self) -> Iterator[InstanceState]:
        return (state for state, _ in self.items())

    def __len__(self) -> int:
        return len(self.items())

    def __reduce__(self) -> Any:
        return Parents, ()


class MutableBase:
    """What values that change in place have in common."""

    @property
    def _parents(self) -> Parents:
        """The attributes that hold this value."""
        parents: Parents | None = self.__dict__.get("_parents_")
        if parents is None:
            parents = self.__dict__["_parents_"] = Parents()
        return parents

    @classmethod
    def coerce(cls, key: str, value: object) -> Any:
        """What is stored for *value*, which attribute *key* is given; None stays None.

        Made to be overridden: ValueError is raised for what is not understood.
        """
        if value is None:
            return None
        raise ValueError(
            f"attribute {key!r} takes values of {cls.__name__}, not of {type(value).__name__}"
        )


class Mutable(MutableBase):
    """The base of values that call ``changed()`` when they are changed in place."""

    def changed(self) -> None:
        """Let the next flush write the attributes that hold this value.

        InvalidRequestError where one has expired: what it held is not its value any more.
        """
        for state, key in self._parents.items():
            instance = state()
            if instance is None:
                continue
            if instance.__dict__.get(key, self) is self:
                flag_modified(instance, key)
            else:
                self._parents.discard(state, key)

    @classmethod
    def associate_with_attribute(cls, attribute: QueryableAttribute[Any]) -> None:
        """Let the values of *attribute*, ``Job.options``, be of this class."""
        key: str = attribute.key
        associate(cls, attribute, attribute.class_, key)

    @classmethod
    def associate_with(cls, sqltype: type[TypeEngine[Any]]) -> None:
        """Let the values of all columns whose type is a *sqltype* be of this class."""
        _associated.append((sqltype, cls))
        for mapper in known_mappers():
            for prop in mapper.column_attrs:
                if isinstance(prop.expressions[0].type, sqltype):
                    cls.associate_with_attribute(prop.class_attribute)

    @classmethod
    def as_mutable(cls, sqltype: Any) -> Any:
        """Return *sqltype*, a type or the class of one; values of its columns are of this class.

        ::

            options = mapped_column(MutableDict.as_mutable(JSON))
        """
        type_ = sqltype() if isinstance(sqltype, type) else sqltype.copy()
        vars(type_)[_MARK] = cls
        return type_


def associate(
    cls: type[MutableBase], attribute: QueryableAttribute[Any], class_: type, key: str
) -> None:
    """Let the values of *attribute*, *key* of *class_*, be of *cls*, and know who holds them."""

    def enter(state: InstanceState, *_: object) -> None:
        instance = state()
        values = {} if instance is None else instance.__dict__
        value = values.get(key)
        if value is not None:
            if not isinstance(value, cls):
                value = values[key] = cls.coerce(key, value)
            if isinstance(value, MutableBase):
                value._parents.add(state, key)

    def enter_some(state: InstanceState, context: object, names: Iterable[str] | None) -> None:
        if names is None or key in names:
            enter(state)

    def replace(state: InstanceState, value: object, old: object, initiator: object) -> Any:
        if value is not old:
            if value is not None and not isinstance(value, cls):
                value = cls.coerce(key, value)
            if isinstance(old, MutableBase):
                old._parents.discard(state, key)
        if isinstance(value, MutableBase):
            value._parents.add(state, key)
        return value

    listen(attribute, "set", replace, raw=True, retval=True, propagate=True)
    for name, entering in (
        ("load", enter),
        ("unpickle", enter),
        ("refresh", enter_some),
        ("refresh_flush", enter_some),
    ):
        listen(class_, name, entering, raw=True, propagate=True)


def _mapped(mapper: Mapper, class_: type) -> None:
    """Associate the columns of a new mapper whose types say so."""
    for prop in mapper.column_attrs:
        type_ = prop.expressions[0].type
        found = vars(type_).get(_MARK)
        if found is None:
            found = next((cls for known, cls in _associated if isinstance(type_, known)), None)
        if found is not None:
            found.associate_with_attribute(prop.class_attribute)
    for composite in mapper.composites.values():
        made = composite.composite_class
        if isinstance(made, type) and issubclass(made, MutableComposite):
            composite.impl.__class__ = TellingComposite


listen(Mapper, "after_mapper_constructed", _mapped)


# Composites ---------------------------------------------------------------------------------------


class MutableComposite(MutableBase):
    """The base of composite values that call ``changed()`` when they are changed in place.

    ::

        @dataclass
        class Point(MutableComposite):
            x: int
            y: int

            def __setattr__(self, name, value):
                object.__setattr__(self, name, value)
                self.changed()
    """

    def changed(self) -> None:
        """Set the columns of the attributes that hold this value."""
        for state, key in self._parents.items():
            instance = state()
            if instance is None:
                continue
            held = (state.extra or {}).get(state.mapper.composites[key].impl)
            if held is not None and held[1] is self:
                setattr(instance, key, self)
            else:
                self._parents.discard(state, key)


class TellingComposite(CompositeValue):
    """The value of a composite that knows the instances it belongs to."""

    def read(self, instance: object) -> Any:
        value = super().read(instance)
        if isinstance(value, MutableComposite):
            value._parents.add(state_of(instance), self.key)
        return value

    def set(self, instance: object, value: object) -> None:
        if value is not None and not isinstance(value, self.prop.composite_class):
            value = self.prop.composite_class.coerce(self.key, value)
        super().set(instance, value)
        if isinstance(value, MutableComposite):
            value._parents.add(state_of(instance), self.key)


# Dictionaries, lists, sets ---------------------------------------------------------------------


def _telling(method: Callable[..., Any], *, in_steps: bool = False) -> Any:
    """*method*, which changes its object, as one that tells of it.

    What changes *in_steps* may have changed something before it fails.
    """

    @wraps(method)
    def call(self: Any, *arguments: object, **named: object) -> Any:
        try:
            answer = method(self, *arguments, **named)
        except BaseException:
            if in_steps:
                self.changed()
            raise
        self.changed()
        return answer

    return call


def _reduced(value: object, items: Iterable[Any]) -> Any:
    """*value* for ``pickle``: its items, and what a class of the user's own keeps beside them."""
    own = {name: kept for name, kept in vars(value).items() if name not in _NOT_KEPT}
    return (type(value), (items,), own) if own else (type(value), (items,))


_NOT_KEPT = frozenset(("_parents_", "_holders"))


def _put_back(value: object, state: Any) -> None:
    """What ``pickle`` calls with the *state* of *value*, whose items are there by then.

    Pickles of other origin have the items as the state, once more.
    """
    if isinstance(state, dict) and state != value:
        vars(value).update(state)


class MutableDict(Mutable, dict[K, V]):
    """A dictionary that tells when it is changed; not what is within it: see MutableJSON."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _reduced(self, dict(self))

    __setstate__ = _put_back

    __setitem__ = _telling(dict.__setitem__)
    __delitem__ = _telling(dict.__delitem__)
    setdefault = _telling(dict.setdefault)
    pop = _telling(dict.pop)
    popitem = _telling(dict.popitem)
    clear = _telling(dict.clear)
    update = _telling(dict.update, in_steps=True)
    __ior__ = _telling(dict.__ior__, in_steps=True)

    @classmethod
    def coerce(cls, key: str, value: object) -> Any:
        """A dictionary as one of this class; ValueError for other values, but None."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, dict) else super().coerce(key, value)


class MutableList(Mutable, list[T]):
    """A list that tells when it is changed; not what is within it: see MutableJSON."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _reduced(self, list(self))

    __setstate__ = _put_back

    __setitem__ = _telling(list.__setitem__)
    __delitem__ = _telling(list.__delitem__)
    append = _telling(list.append)
    insert = _telling(list.insert)
    pop = _telling(list.pop)
    remove = _telling(list.remove)
    clear = _telling(list.clear)
    reverse = _telling(list.reverse)
    sort = _telling(list.sort, in_steps=True)
    extend = _telling(list.extend, in_steps=True)
    __iadd__ = _telling(list.__iadd__, in_steps=True)
    __imul__ = _telling(list.__imul__)

    @classmethod
    def coerce(cls, key: str, value: object) -> Any:
        """A list as one of this class; ValueError for other values, but None."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, list) else super().coerce(key, value)


class MutableSet(Mutable, set[T]):
    """A set that tells when it is changed."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _reduced(self, set(self))

    __setstate__ = _put_back

    add = _telling(set.add)
    remove = _telling(set.remove)
    discard = _telling(set.discard)
    pop = _telling(set.pop)
    clear = _telling(set.clear)
    update = _telling(set.update, in_steps=True)
    intersection_update = _telling(set.intersection_update, in_steps=True)
    difference_update = _telling(set.difference_update, in_steps=True)
    symmetric_difference_update = _telling(set.symmetric_difference_update, in_steps=True)
    __ior__ = _telling(set.__ior__)
    __iand__ = _telling(set.__iand__)
    __isub__ = _telling(set.__isub__)
    __ixor__ = _telling(set.__ixor__)

    @classmethod
    def coerce(cls, key: str, value: object) -> Any:
        """A set as one of this class; ValueError for other values, but None."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, set) else super().coerce(key, value)


# Dictionaries and lists within one another -------------------------------------------------------


class MutableJSON(Mutable):
    """A JSON value that tells when it, or anything within it, is changed.

    Dictionaries and lists, however deep, become :class:`MutableJSONDict` and
    :class:`MutableJSONList`, which are dictionaries and lists for everybody else; numbers, texts,
    true, false and None are what they are.
    """

    @classmethod
    def coerce(cls, key: str, value: object) -> Any:
        """*value* with its dictionaries and lists telling of changes."""
        return _deep(value)

    def changed(self) -> None:
        super().changed()
        for holder in self._holding():
            holder.changed()

    def _holding(self) -> list[MutableJSON]:
        """The dictionaries and lists that this is in."""
        found = [holder() for holder in self.__dict__.get("_holders", Holders())]
        return [one for one in found if one is not None]

    def _hold(self, value: object) -> Any:
        """*value* as an item of this."""
        value = _deep(value)
        if isinstance(value, MutableJSON):
            value.__dict__.setdefault("_holders", Holders()).add(self)
        return value


class Holders:
    """The dictionaries and lists that one is in, held weakly; no part of a copy."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[int, ref[MutableJSON]] = {}

    def add(self, holder: MutableJSON) -> None:
        """Note that it is in *holder*."""
        self._found[id(holder)] = ref(holder)

    def __iter__(self) -> Iterator[ref[MutableJSON]]:
        return iter(list(self._found.values()))

    def __reduce__(self) -> Any:
        return Holders, ()


def _deep(value: object) -> Any:
    if isinstance(value, MutableJSON):
        return value
    if isinstance(value, dict):
        return MutableJSONDict(value)
    return MutableJSONList(value) if isinstance(value, (list, tuple)) else value


class MutableJSONDict(MutableJSON, MutableDict[str, Any]):
    """A dictionary that tells when it, or anything within it, is changed."""

    def __init__(self, *items: object, **named: object) -> None:
        super().__init__()
        for key, value in dict(*items, **named).items():
            dict.__setitem__(self, key, self._hold(value))

    def __setitem__(self, key: str, value: object) -> None:
        super().__setitem__(key, self._hold(value))

    def setdefault(self, key: str, default: object = None) -> Any:
        """The value of *key*, which is *default* where there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *items: object, **named: object) -> None:
        """Set all the items given."""
        for key, value in dict(*items, **named).items():
            self[key] = value

    def __ior__(self, items: Iterable[Any]) -> MutableJSONDict:  # type: ignore[override,misc]
        self.update(items)
        return self


class MutableJSONList(MutableJSON, MutableList[Any]):
    """A list that tells when it, or anything within it, is changed."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__()
        list.extend(self, [self._hold(item) for item in items])

    def __setitem__(self, index: Any, value: Any) -> None:
        many = isinstance(index, slice)
        made = [self._hold(item) for item in value] if many else self._hold(value)
        super().__setitem__(index, made)

    def append(self, item: object) -> None:
        """Put *item* at the end."""
        super().append(self._hold(item))

    def insert(self, index: SupportsIndex, item: object) -> None:
        """Put *item* before *index*."""
        super().insert(index, self._hold(item))

    def extend(self, items: Iterable[Any]) -> None:
        """Put *items* at the end."""
        super().extend([self._hold(item) for item in items])

    def __iadd__(self, items: Iterable[Any]) -> MutableJSONList:  # type: ignore[misc]
        self.extend(items)
        return self
