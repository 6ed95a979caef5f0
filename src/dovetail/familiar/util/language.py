"""Properties that are kept, names of constants, and what functions and classes take."""

from __future__ import annotations

import functools
import hashlib
import inspect
import itertools
import operator
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from enum import IntFlag
from importlib import import_module
from inspect import getfullargspec as inspect_getfullargspec
from typing import Any, Generic, TypeVar, overload

from ...exc import SADeprecationWarning, SAWarning
from ...sql.table_column import numbers_of_creation

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class memoized_property(Generic[T]):
    """A property that is computed once, and lies in the instance's ``__dict__`` then."""

    def __init__(self, fget: Callable[[Any], T], doc: str | None = None) -> None:
        self.fget = fget
        self.__doc__ = doc or fget.__doc__
        self.__name__ = fget.__name__

    @overload
    def __get__(self, instance: None, owner: Any) -> memoized_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> T: ...
    def __get__(self, instance: object, owner: Any) -> Any:
        if instance is None:
            return self
        made = instance.__dict__[self.__name__] = self.fget(instance)
        return made

    @classmethod
    def reset(cls, instance: object, name: str) -> None:
        """Let *name* of *instance* be computed again."""
        instance.__dict__.pop(name, None)


ro_memoized_property = memoized_property
non_memoized_property = property
ro_non_memoized_property = property
rw_hybridproperty = property


def memoized_instancemethod(function: F) -> F:
    """Return a method without arguments whose first answer is kept with the instance."""

    @functools.wraps(function)
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        answer = function(self, *arguments, **keywords)
        self.__dict__[function.__name__] = lambda *arguments, **keywords: answer
        return answer

    return method  # type: ignore[return-value]


class classproperty(property):
    """A property of the class: its function is given the class."""

    def __get__(self, instance: object, owner: Any = None) -> Any:
        return self.fget(owner) if self.fget is not None else self


class hybridproperty(Generic[T]):
    """A property of the instance, and another, or the same, of the class."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = self.of_class = function

    def __get__(self, instance: object, owner: Any) -> T:
        return self.of_class(owner) if instance is None else self.function(instance)

    def classlevel(self, function: Callable[[Any], Any]) -> hybridproperty[T]:
        """Let *function* be the property of the class."""
        self.of_class = function
        return self


class hybridmethod(Generic[T]):
    """A method of the instance, and another, or the same, of the class."""

    def __init__(self, function: Callable[..., T]) -> None:
        self.function = self.of_class = function

    def __get__(self, instance: object, owner: Any) -> Callable[..., T]:
        function: Any = self.of_class if instance is None else self.function
        bound: Callable[..., T] = function.__get__(owner if instance is None else instance)
        return bound

    def classlevel(self, function: Callable[..., Any]) -> hybridmethod[T]:
        """Let *function* be the method of the class."""
        self.of_class = function
        return self


class symbol(int):
    """A constant with a name; the same name gives the same constant.

    >>> symbol("UNKNOWN") is symbol("UNKNOWN")
    True
    """

    name: str
    _known: dict[str, symbol] = {}  # noqa: RUF012 - the registry of all of them

    def __new__(cls, name: str, doc: str | None = None, canonical: int | None = None) -> symbol:
        found = cls._known.get(name)
        if found is None:
            found = super().__new__(cls, hash(name) if canonical is None else canonical)
            found.name = name
            if doc:
                found.__doc__ = doc
            cls._known[name] = found
        elif canonical is not None and canonical != int(found):
            raise TypeError(f"symbol {name!r} is {int(found)} already, and not {canonical}")
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return symbol, (self.name, None, int(self))

    def __repr__(self) -> str:
        return f"symbol({self.name!r})"


class FastIntFlag(IntFlag):
    """Flags that are whole numbers."""


def asbool(value: object) -> bool:
    """Return what a text of a configuration means: ``"true"``, ``"no"``, ``"1"``.

    :raises ValueError: it means neither
    """
    if isinstance(value, str):
        text = value.strip().lower()
        if text in {"true", "yes", "on", "y", "t", "1"}:
            return True
        if text in {"false", "no", "off", "n", "f", "0"}:
            return False
        raise ValueError(f"neither true nor false: {value!r}")
    return bool(value)


def bool_or_str(*texts: str) -> Callable[[str], str | bool]:
    """Return a function that gives *texts* as they are, and others as :func:`asbool` does."""
    return lambda value: value if value in texts else asbool(value)


def asint(value: Any) -> int | None:
    """Return *value* as a whole number, None for None."""
    return None if value is None else int(value)


def duck_type_collection(specimen: object, default: type[Any] | None = None) -> type[Any] | None:
    """Return which of list, set and dict *specimen*, an object or a class, is used as.

    ``__emulates__`` says so where it is there; *default* is for what is none.
    """
    missing = object()
    told: Any = getattr(specimen, "__emulates__", missing)
    if told is not missing:
        return set if isinstance(told, type) and issubclass(told, set) else told
    kind = specimen if isinstance(specimen, type) else type(specimen)
    for base in (list, set, dict):
        if issubclass(kind, base):
            return base
    for method, base in (("append", list), ("add", set), ("set", dict)):
        if hasattr(specimen, method):
            return base
    return default


def decorator(target: Callable[..., Any]) -> Callable[[F], F]:
    """Return a decorator: *target* is called with the function and the arguments of each call.

    What is decorated tells its parameters as before, to those too who do not follow wrappers.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            return target(function, *arguments, **keywords)

        call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


def only_once(function: Callable[..., Any], retry_on_exception: bool = False) -> Callable[..., Any]:
    """Return *function*, which is called the first time alone; further calls give None."""
    left = [function]

    def call(*arguments: Any, **keywords: Any) -> Any:
        if not left:
            return None
        taken = left.pop()
        try:
            return taken(*arguments, **keywords)
        except BaseException:
            if retry_on_exception:
                left.append(taken)
            raise

    return call


def counter() -> Callable[[], int]:
    """Return a function that counts from 1."""
    return functools.partial(next, itertools.count(1))


def set_creation_order(instance: Any) -> None:
    """Give *instance* a ``_creation_order`` after that of all before it."""
    instance._creation_order = next(numbers_of_creation)


def generic_repr(
    obj: Any,
    additional_kw: Iterable[tuple[str, object]] = (),
    to_inspect: type | object | None = None,
    omit_kwarg: Iterable[str] = (),
) -> str:
    """Return ``Name(arguments)``: arguments of the constructor that differ from its defaults."""
    parameters = list(inspect.signature(type(to_inspect or obj).__init__).parameters.values())[1:]
    told: list[str] = []
    more, left_out = dict(additional_kw), set(omit_kwarg)
    missing = object()
    for parameter in parameters:
        name = parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            told.extend(repr(item) for item in getattr(obj, name, ()))
            continue
        value = getattr(obj, name, missing)
        if value is missing or name in left_out or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.default is parameter.empty:
            told.append(repr(value))
        elif value != parameter.default:
            told.append(f"{name}={value!r}")
    names = {parameter.name for parameter in parameters}
    told += [
        f"{name}={getattr(obj, name)!r}"
        for name, default in more.items()
        if name not in names and getattr(obj, name, default) != default
    ]
    return f"{type(obj).__name__}({', '.join(told)})"


class portable_instancemethod:
    """A method of an object that can be pickled: the object and the method's name."""

    __slots__ = ("__weakref__", "kwargs", "name", "target")

    def __init__(self, meth: Any, kwargs: dict[str, Any] | None = None) -> None:
        self.target, self.name, self.kwargs = meth.__self__, meth.__name__, dict(kwargs or {})

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return getattr(self.target, self.name)(*arguments, **{**self.kwargs, **keywords})

    def __reduce__(self) -> tuple[Any, ...]:
        return _portable, (self.target, self.name, self.kwargs)


def _portable(target: object, name: str, keywords: dict[str, Any]) -> portable_instancemethod:
    return portable_instancemethod(getattr(target, name), keywords)


def get_callable_argspec(
    fn: Callable[..., Any], no_self: bool = False, _is_init: bool = False
) -> inspect.FullArgSpec:
    """Return the arguments of *fn*, a function, method, class or callable object.

    *no_self* leaves the first of a method out.
    """
    if inspect.isbuiltin(fn):
        raise TypeError(f"the arguments of a builtin cannot be told: {fn}")
    if inspect.isclass(fn):
        return get_callable_argspec(fn.__init__, no_self=no_self, _is_init=True)
    if inspect.isfunction(fn) or inspect.ismethod(fn):
        told = inspect_getfullargspec(fn)
        if no_self and (inspect.ismethod(fn) or _is_init):
            return told._replace(args=told.args[1:])
        return told
    if hasattr(fn, "__call__"):  # noqa: B004 - its method has the arguments
        return get_callable_argspec(fn.__call__, no_self=no_self)
    raise TypeError(f"the arguments cannot be told: {fn!r}")


def get_func_kwargs(func: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments of *func*."""
    return inspect_getfullargspec(func)[0]


def get_cls_kwargs(cls: type) -> set[str]:
    """Return the names that the constructor of *cls* takes, and where it takes more, its bases'."""
    names: set[str] = set()
    for base in cls.__mro__:
        made = base.__dict__.get("__init__")
        if isinstance(made, types.FunctionType):
            told = inspect_getfullargspec(made)
            names.update(told.args[1:], told.kwonlyargs)
            if told.varkw is None:
                break
    return names


def method_is_overridden(instance_or_cls: object, against_method: Callable[..., Any]) -> bool:
    """Return whether the class has a method of its own in place of *against_method*."""
    kind = instance_or_cls if isinstance(instance_or_cls, type) else type(instance_or_cls)
    own: object = getattr(kind, against_method.__name__)
    return own is not against_method


def class_hierarchy(cls: type) -> list[type]:
    """Return *cls*, its bases and all that derive from these, ``object`` aside."""
    found: dict[type, None] = {cls: None}
    waiting = list(cls.__mro__)
    while waiting:
        one = waiting.pop()
        if one is not object:
            found.setdefault(one)
            waiting += [
                each
                for each in (*one.__bases__, *type.__subclasses__(one))
                if each not in found and each is not object
            ]
    return list(found)


def walk_subclasses(cls: type[T]) -> Iterator[type[T]]:
    """Yield *cls* and all classes that derive from it, each once."""
    seen: set[type[T]] = set()
    waiting = [cls]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(one.__subclasses__())
            yield one


def dictlike_iteritems(dictlike: Any) -> Iterator[tuple[Any, Any]]:
    """Return an iterator over the items of what has ``items()``, or ``keys()`` and items by key."""
    if hasattr(dictlike, "items"):
        return iter(dictlike.items())
    read = getattr(dictlike, "__getitem__", getattr(dictlike, "get", None))
    if read is None or not hasattr(dictlike, "keys"):
        raise TypeError(f"no dictionary: {dictlike!r}")
    return ((key, read(key)) for key in dictlike.keys())  # noqa: SIM118 - it has no __iter__


def constructor_key(obj: Any, cls: type) -> tuple[Any, ...]:
    """Return what *obj* has for each argument of the constructor of *cls*, as a key."""
    return cls, *(
        (name, obj.__dict__[name]) for name in get_cls_kwargs(cls) if name in obj.__dict__
    )


def constructor_copy(obj: Any, cls: type[T], *arguments: Any, **keywords: Any) -> T:
    """Return a *cls* made of what *obj* has for each argument of the constructor."""
    known = {name: obj.__dict__[name] for name in get_cls_kwargs(cls) if name in obj.__dict__}
    return cls(*arguments, **{**known, **keywords})


def preload_module(*paths: str) -> Callable[[F], F]:
    """Return a decorator that changes nothing: modules are imported when they are asked for."""
    return lambda function: function


class Preloaded(types.ModuleType):
    """Modules of the other package by their paths with underscores: ``preloaded.sql_schema``."""

    def __getattr__(self, name: str) -> Any:
        for path in _spellings(name):
            try:
                return import_module(f"sqlalchemy.{path}")
            except ModuleNotFoundError:
                continue
        raise AttributeError(name)


def _spellings(name: str) -> Iterator[str]:
    """Yield *name* with its underscores as dots, from all of them to none."""
    words = name.split("_")
    for dots in range(len(words) - 1, -1, -1):
        yield ".".join([*words[:dots], "_".join(words[dots:])])


preloaded = Preloaded("preloaded")


def warn(message: str, code: str | None = None) -> None:
    """Warn the caller's caller, as SAWarning."""
    warnings.warn(message if code is None else f"{message} ({code})", SAWarning, stacklevel=3)


def warn_deprecated(
    message: str, version: str, stacklevel: int = 3, code: str | None = None
) -> None:
    """Warn of what is deprecated since *version*."""
    told = f"{message} (deprecated since: {version})"
    warnings.warn(
        told if code is None else f"{told} ({code})", SADeprecationWarning, stacklevel=stacklevel
    )


def deprecated(
    version: str,
    message: str | None = None,
    add_deprecation_to_docstring: bool = True,
    warning: type[Warning] | None = None,
    enable_warnings: bool = True,
) -> Callable[[F], F]:
    """Return a decorator: each call of the function warns that it is deprecated since *version*."""

    def decorate(function: F) -> F:
        told = f"{message or f'{function.__name__}() is deprecated'} (deprecated since: {version})"

        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            if enable_warnings:
                warnings.warn(told, warning or SADeprecationWarning, stacklevel=2)
            return function(*arguments, **keywords)

        if add_deprecation_to_docstring:
            call.__doc__ = (
                f"{function.__doc__ or ''}\n\n.. deprecated:: {version}\n   {message or ''}"
            )
        return call  # type: ignore[return-value]

    return decorate


def became_legacy_20(*arguments: Any, **keywords: Any) -> Callable[[F], F]:
    """Return a decorator that changes nothing: what is legacy works."""
    return lambda function: function


class safe_reraise:
    """Raise the exception that is being handled again at the end of the block, whatever it did."""

    def __enter__(self) -> safe_reraise:
        self.error = sys.exc_info()[1]
        return self

    def __exit__(self, kind: object, value: BaseException | None, traceback: object) -> None:
        if kind is None and self.error is not None:
            raise self.error.with_traceback(self.error.__traceback__)


def string_or_unprintable(element: object) -> str:
    """Return the text of *element*, or that it cannot be told."""
    if isinstance(element, str):
        return element
    try:
        return str(element)
    except Exception:
        return f"unprintable element {type(element).__name__}"


def ellipses_string(value: str, len_: int = 25) -> str:
    """Return the beginning of *value*, with dots where it is longer than *len_*."""
    return value[:len_] + "..." if len(value) > len_ else value


def md5_hex(value: Any) -> str:
    """Return the MD5 of *value*, a text or bytes, in hexadecimal; for names, not for secrets."""
    data = value.encode() if isinstance(value, str) else value
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def attrsetter(name: str) -> Callable[[Any, Any], None]:
    """Return a function that sets the attribute *name* of an object."""
    return lambda instance, value: setattr(instance, name, value)


dottedgetter = operator.attrgetter
