"""Collections of classes of the user's own: what puts in, what takes out, what lists."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple, SupportsIndex, TypeVar
from weakref import WeakKeyDictionary

from dovetail.exc import ArgumentError
from dovetail.orm.tracking.collections import (
    Collection,
    InstrumentedDict,
    InstrumentedList,
    InstrumentedSet,
)
from dovetail.orm.tracking.keyed import KeyFuncDict

F = TypeVar("F", bound=Callable[..., Any])

_ROLE = "__dovetail_role__"
_EFFECT = "__dovetail_effect__"
_QUIET = "__dovetail_quiet__"


class Effect(NamedTuple):
    """What a method does to the collection.

    ``added``    the parameter, by position or name, whose value is put in
    ``removed``  the parameter whose value is taken out; True for the value that is returned
    """

    added: int | str | None
    removed: int | str | bool | None


class collection:
    """Marks for the methods of a collection class of the user's own::

    class Bag:
        @collection.appender
        def put(self, item): ...

        @collection.remover
        def take(self, item): ...

        @collection.iterator
        def all(self): ...
    """

    @staticmethod
    def appender(function: F) -> F:
        """The method puts one member in."""
        return _marked(function, _ROLE, "appender")

    @staticmethod
    def remover(function: F) -> F:
        """The method takes one member out."""
        return _marked(function, _ROLE, "remover")

    @staticmethod
    def iterator(function: F) -> F:
        """The method gives the members, one by one."""
        return _marked(function, _ROLE, "iterator")

    @staticmethod
    def converter(function: F) -> F:
        """The method gives the members of a value that is assigned to the attribute."""
        return _marked(function, _ROLE, "converter")

    @staticmethod
    def internally_instrumented(function: F) -> F:
        """The method is left as it is: what it calls tells of the changes."""
        return _marked(function, _QUIET, True)

    @staticmethod
    def adds(arg: int | str) -> Callable[[F], F]:
        """The method puts in the value of parameter *arg*; 1 is the first after ``self``."""
        return lambda function: _marked(function, _EFFECT, Effect(arg, None))

    @staticmethod
    def replaces(arg: int | str) -> Callable[[F], F]:
        """The method puts in the value of *arg*, and takes out what it returns."""
        return lambda function: _marked(function, _EFFECT, Effect(arg, True))

    @staticmethod
    def removes(arg: int | str) -> Callable[[F], F]:
        """The method takes out the value of parameter *arg*."""
        return lambda function: _marked(function, _EFFECT, Effect(None, arg))

    @staticmethod
    def removes_return() -> Callable[[F], F]:
        """The method takes out what it returns."""
        return lambda function: _marked(function, _EFFECT, Effect(None, True))


def _marked(function: F, mark: str, value: object) -> F:
    setattr(function, mark, value)
    return function


# What a class says ----------------------------------------------------------------------------

_DUCKS: tuple[tuple[type, str], ...] = ((list, "append"), (set, "add"), (dict, "set"))
_APPENDERS: dict[type | None, str] = {list: "append", set: "add", dict: "set", None: "append"}


def duck_type(class_: type) -> type | None:
    """list, set or dict, if *class_* is like one of them, by what it says or by its methods."""
    if "__emulates__" in dir(class_):
        emulated: type | None = class_.__emulates__  # type: ignore[attr-defined]
        return emulated
    for kind, _ in _DUCKS:
        if issubclass(class_, kind):
            return kind
    for kind, method in _DUCKS:
        if hasattr(class_, method):
            return kind
    return None


def roles_of(class_: type) -> dict[str, str]:
    """The names of the methods of *class_* by their roles: appender, remover, iterator."""
    found: dict[str, str] = {}
    for base in class_.__mro__:
        for name, value in base.__dict__.items():
            role = getattr(value, _ROLE, None)
            if role is not None:
                found.setdefault(role, name)
    kind = duck_type(class_)
    appender = _APPENDERS[kind]
    if "appender" not in found and hasattr(class_, appender):
        found["appender"] = appender
    for name in ("remove", "discard"):
        if "remover" not in found and hasattr(class_, name):
            found["remover"] = name
    if "iterator" not in found:
        for name in ("values", "__iter__") if kind is dict else ("__iter__",):
            if "iterator" not in found and hasattr(class_, name):
                found["iterator"] = name
    for role in ("appender", "remover", "iterator"):
        if role not in found:
            raise ArgumentError(
                f"collection class {class_.__name__} has no {role}",
                hint=f"mark the method with @collection.{role} (dovetail.orm.collections)",
            )
    return found


def is_own(class_: type) -> bool:
    """True where the roles in *class_* are not those of a plain list, set or keyed dictionary."""
    if issubclass(class_, InstrumentedList) and class_.put is not InstrumentedList.put:
        return False  # a list that tells, and knows what its attribute does by itself
    for base, names in _PLAIN.items():
        if issubclass(class_, base):
            marked = any(
                hasattr(value, _ROLE) or hasattr(value, _EFFECT)
                for one in class_.__mro__
                for value in one.__dict__.values()
            )
            same = all(getattr(class_, n) is getattr(base, n) for n in names)
            return marked or not same
    return True


_PLAIN: dict[type, tuple[str, ...]] = {
    InstrumentedList: (),
    InstrumentedSet: (),
    KeyFuncDict: ("set", "remove", "__setitem__", "__delitem__"),
    list: ("append", "remove", "extend"),
    set: ("add", "remove", "discard"),
}


# What becomes of it ------------------------------------------------------------------------------

_made: "WeakKeyDictionary[type, type]" = WeakKeyDictionary()


def told_class(class_: type) -> type:
    """A class like *class_* whose instances tell their owner of changes; always the same one."""
    made = _made.get(class_)
    if made is None:
        made = _made[class_] = _make(class_)
    return made


def told_factory(collection_class: Any, class_: type) -> Callable[[], Any]:
    """What makes collections of the told class, as *collection_class* makes those of *class_*."""
    kind: Any = told_class(class_)
    if collection_class is class_:
        factory: Callable[[], Any] = kind
        return factory

    def make() -> Any:
        made = kind.__new__(kind)
        made.__dict__.update(collection_class().__dict__)
        made.owner = made.attribute = None
        return made

    return make


def _make(class_: type) -> type:
    bases: tuple[type, ...] = (Collection, class_)
    for kind, base in _BASES:
        if issubclass(class_, kind) and not issubclass(class_, Collection):
            bases = (base, class_)
    if issubclass(class_, Collection):
        bases = (class_,)
    body: dict[str, Any] = {"original": class_, "__reduce_ex__": _reduce}
    if Collection in bases:
        # Of a class that has nothing to do with list, set or dict.
        body["owner"] = body["attribute"] = None
    if is_own(class_):
        told = _effects(class_, is_builtin=Collection not in bases)
        body |= {name: _telling(getattr(class_, name), effect) for name, effect in told.items()}
        if Collection in bases and duck_type(class_) is not None:
            iterate = getattr(class_, roles_of(class_)["iterator"])
            for name in _CHANGING:
                method = getattr(class_, name, None)
                if method is not None and name not in told and not hasattr(method, _QUIET):
                    body[name] = _comparing(method, iterate)
    return type(f"Instrumented{class_.__name__}", bases, body)


_CHANGING = (
    "append", "extend", "insert", "remove", "pop", "clear", "add", "discard", "update", "popitem",
    "setdefault", "difference_update", "intersection_update", "symmetric_difference_update",
    "__setitem__", "__delitem__", "__iadd__", "__ior__", "__iand__", "__isub__", "__ixor__",
)  # fmt: skip
"""Methods that change what they belong to, in classes that are like list, set or dict."""

_BASES: tuple[tuple[type, type], ...] = (
    (list, InstrumentedList),
    (set, InstrumentedSet),
    (dict, InstrumentedDict),
)


def _effects(class_: type, *, is_builtin: bool) -> dict[str, Effect]:
    """What the methods of *class_* do that are to tell of it, by name."""
    found: dict[str, Effect] = {}
    for base in reversed(class_.__mro__):
        for name, value in base.__dict__.items():
            effect = getattr(value, _EFFECT, None)
            if effect is not None:
                found[name] = effect
    for role, effect in (("appender", Effect(1, None)), ("remover", Effect(None, 1))):
        name = roles_of(class_)[role]
        # A method of list, set or dict tells by itself.
        if not (is_builtin and _is_builtin(class_, name)):
            found.setdefault(name, effect)
    return {
        name: effect for name, effect in found.items() if not hasattr(getattr(class_, name), _QUIET)
    }


def _is_builtin(class_: type, name: str) -> bool:
    return issubclass(class_, KeyFuncDict) or any(
        name in base.__dict__ and getattr(class_, name) is getattr(base, name)
        for base in (list, set, dict, InstrumentedList, InstrumentedSet, InstrumentedDict)
    )


@contextmanager
def quiet(members: Any) -> Iterator[None]:
    """Let nothing be told of what is done to the collection *members*."""
    attribute, members.attribute = members.attribute, None
    try:
        yield
    finally:
        members.attribute = attribute


def _telling(method: Callable[..., Any], effect: Effect) -> Callable[..., Any]:
    added = None if effect.added is None else _Argument(method, effect.added)
    removed = None
    if effect.removed is not None and effect.removed is not True:
        removed = _Argument(method, effect.removed)

    @wraps(method)
    def call(self: Any, *args: object, **named: object) -> Any:
        if self.attribute is None:
            return method(self, *args, **named)
        if removed is not None:
            self._removing(removed.of(args, named))
        if added is not None:
            args, named = added.changed(args, named, self._adding(added.of(args, named)))
        if effect.removed is True and self.owner is not None:
            # It is told when the method has taken the member out.
            self.attribute.before_change(self.owner)
        with quiet(self):
            answer = method(self, *args, **named)
        if effect.removed is True and answer is not None:
            self._removing(answer)
        return answer

    return call


def _comparing(method: Callable[..., Any], iterate: Callable[..., Any]) -> Callable[..., Any]:
    """*method* so that what it has put in and taken out is told afterwards."""

    @wraps(method)
    def call(self: Any, *args: object, **named: object) -> Any:
        attribute, owner = self.attribute, self.owner
        if attribute is None or owner is None:
            return method(self, *args, **named)
        before = list(iterate(self))
        attribute.before_change(owner)
        with quiet(self):
            answer = method(self, *args, **named)
        after = list(iterate(self))
        held, kept = {id(item) for item in before}, {id(item) for item in after}
        for item in before:
            if id(item) not in kept:
                attribute.removed(owner, item)
        for item in after:
            if id(item) not in held:
                attribute.appended(owner, item)
        return answer

    return call


class _Argument:
    """One parameter of a method, wherever it stands in a call."""

    def __init__(self, method: Callable[..., Any], which: int | str) -> None:
        names = list(signature(method).parameters)
        self.place = which if isinstance(which, int) else names.index(which)
        self.name = names[which] if isinstance(which, int) and which < len(names) else which

    def of(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The value in a call."""
        return args[self.place - 1] if self.place <= len(args) else named[str(self.name)]

    def changed(
        self, args: tuple[Any, ...], named: dict[str, Any], value: object
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call with *value* in the place."""
        if self.place <= len(args):
            return (*args[: self.place - 1], value, *args[self.place :]), named
        return args, {**named, str(self.name): value}


def _reduce(self: Any, protocol: SupportsIndex) -> Any:
    values = dict(getattr(self, "__dict__", {}))
    values.pop("owner", None)
    values.pop("attribute", None)
    original = type(self).original
    if isinstance(self, dict):
        return _rebuild, (original, dict(self), values)
    held = list(self) if isinstance(self, (list, set)) else ()
    return _rebuild, (original, held, values)


def _rebuild(original: type, held: Any, values: dict[str, Any]) -> Any:
    kind: Any = told_class(original)
    if not issubclass(kind, (list, set, dict)):
        members = kind.__new__(kind)
    else:
        members = kind()
        if isinstance(members, list):
            list.extend(members, held)
        elif isinstance(members, set):
            set.update(members, held)
        else:
            dict.update(members, held)
    members.__dict__.update(values)
    return members
