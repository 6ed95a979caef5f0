"""Members that stand before those of another object: written once, with its signature and docs.

A *face* hands on what it is asked: to the session of the current scope, or to the blocking
session within one that awaits.  Each member of a face is a line of a table::

    class AsyncSession:
        commit = session_face.awaited(Session.commit)
        add = session_face.passed(Session.add)
        new = OfSession[IdentitySet[Any]](Session.new)

so that type checkers see the parameters, overloads included, and ``help()`` the docstring.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from .codegen import Source, compile_function

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Self

    from .steps import Steps

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")


@dataclass(frozen=True)
class Face:
    """How members of a class reach the object that they stand before.

    ``inside``  the object, as an expression of ``self``
    ``first``   lines that are run before anything is passed on
    ``core``    what the steps of a verb are asked of, where that is not the object itself
    ``one_task``  what runs the steps, refusing a second task
    ``own``     lines that answer where the object's class has a verb of its own; they may hold
    ``{name}`` and ``{arguments}``
    ``given``   a line for each parameter of the name that is to be seen to
    """

    inside: str
    first: tuple[str, ...] = ()
    core: str = ""
    one_task: str = "self.one_task"
    own: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = ()

    def passed(self, member: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
        """Return a method that calls *member* of the object inside, with the same parameters.

        It is written out, arguments by name and number, since it is called as often as the
        other's own.  Where *member* is a coroutine function, so is it to those who ask.
        """
        method = WrittenMethod(partial(self._write_passed, member))
        return cast("Callable[Concatenate[Any, P], R]", method)

    def passed_by_name(
        self, member: Callable[Concatenate[Any, P], R]
    ) -> Callable[Concatenate[Any, P], R]:
        """As ``passed()``, for what users override with fewer parameters and ``**more``."""
        method = WrittenMethod(partial(self._write_passed, member, by_name=True))
        return cast("Callable[Concatenate[Any, P], R]", method)

    def _write_passed(
        self, member: Callable[..., Any], *, by_name: bool = False
    ) -> Callable[..., Any]:
        head, arguments = _written(member, by_name=by_name)
        source = Source(f"hand on {member.__qualname__}")
        with source.block(head.use(source, f"def {member.__name__}")):
            for line in self.first:
                source.line(line)
            source.line(f"return {self.inside}.{member.__name__}({arguments})")
        made = _named(compile_function(source, member.__name__), member)
        if inspect.iscoroutinefunction(member):
            _mark_as_coroutine_function(made)
        return made

    def awaited(
        self,
        member: Callable[Concatenate[Any, P], R],
        steps: Callable[..., Steps[Any]] | None = None,
    ) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]:
        """Return a coroutine function that does by its steps what *member*, which blocks, does.

        They are those of the core, or the object inside, that are called as *member* is; or else
        *steps*, a function of the core and of what *member* takes.
        """
        method = WrittenMethod(partial(self._write_awaited, member, steps))
        return cast("Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]", method)

    def _write_awaited(
        self, member: Callable[..., Any], steps: Callable[..., Steps[Any]] | None
    ) -> Callable[..., Any]:
        name = member.__name__
        head, arguments = _written(member)
        source = Source(f"await {member.__qualname__}")
        with source.block(head.use(source, f"async def {name}")):
            for parameter, line in self.given:
                if parameter in head.names:
                    source.line(line)
            for line in self.own:
                source.line(line.format(name=name, arguments=f", {arguments}" if arguments else ""))
            core = self.core or self.inside
            asked = f"{core}.{name}_steps({arguments})"
            if steps is not None:
                source.use("steps", steps)
                asked = f"steps({core}, {arguments})" if arguments else f"steps({core})"
            source.line(f"return await {self.one_task}.run({asked})")
        return _named(compile_function(source, name), member)


class WrittenMethod:
    """A method that *write* makes when it is first asked for, and that the class has from then on.

    A face has scores of them, of which a program calls a few: importing writes none.
    """

    def __init__(self, write: Callable[[], Callable[..., Any]]) -> None:
        self.write = write
        self.places: list[tuple[type, str]] = []

    def __set_name__(self, owner: type, name: str) -> None:
        # A class may have it under two names: close() and aclose().
        self.places.append((owner, name))

    def __get__(self, face: object, owner: type | None = None) -> Any:
        # Two threads may both write it: either is right.
        method: Any = self.write()
        for class_, name in self.places:
            if class_.__dict__.get(name) is self:
                setattr(class_, name, method)
        return method.__get__(face, owner)


@dataclass(frozen=True)
class _Head:
    """The parameters of a method: as they are declared, and their defaults by name."""

    names: tuple[str, ...]
    declared: tuple[str, ...]
    defaults: dict[str, object]

    def use(self, source: Source, start: str) -> str:
        """Return the first line of the method, whose defaults *source* is told."""
        for name, value in self.defaults.items():
            source.use(name, value)
        return f"{start}({', '.join(('self', *self.declared))}):"


def _written(member: Callable[..., Any], *, by_name: bool = False) -> tuple[_Head, str]:
    """Return the parameters of *member* without ``self``, and the arguments that pass them on.

    *by_name* those too that may be given by number.
    """
    names: list[str] = []
    declared: list[str] = []
    passed: list[str] = []
    defaults: dict[str, object] = {}
    keyword_only = positional_only = False
    for parameter in list(signature(member).parameters.values())[1:]:
        name = text = parameter.name
        names.append(name)
        if positional_only and parameter.kind is not Parameter.POSITIONAL_ONLY:
            declared.append("/")
        positional_only = parameter.kind is Parameter.POSITIONAL_ONLY
        if parameter.kind is Parameter.VAR_POSITIONAL:
            text = f"*{name}"
            passed.append(text)
            keyword_only = True
        elif parameter.kind is Parameter.VAR_KEYWORD:
            text = f"**{name}"
            passed.append(text)
        else:
            if parameter.kind is Parameter.KEYWORD_ONLY:
                if not keyword_only:
                    declared.append("*")
                keyword_only = True
                passed.append(f"{name}={name}")
            else:
                is_named = by_name and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
                passed.append(f"{name}={name}" if is_named else name)
            if parameter.default is not Parameter.empty:
                defaults[f"default_{name}"] = parameter.default
                text = f"{name}=default_{name}"
        declared.append(text)
    return _Head(tuple(names), tuple(declared), defaults), ", ".join(passed)


def _mark_as_coroutine_function(made: Any) -> None:
    """Let *made*, which returns a coroutine, be told as what is awaited: mocks ask."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(made)
    else:
        made._is_coroutine = import_module("asyncio.coroutines")._is_coroutine


def _named(made: Callable[..., Any], member: Callable[..., Any]) -> Callable[..., Any]:
    made.__doc__ = member.__doc__
    made.__annotations__ = dict(member.__annotations__)
    return made


class DelegatedAttribute(Generic[V]):
    """An attribute of the object inside: read, and where that allows it, set.

    A subclass says which object it is.  The docstring is that of *member*.
    """

    name: str

    def __init__(self, member: object) -> None:
        self.__doc__ = member if isinstance(member, str) else member.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def inside(self, face: Any) -> Any:
        """Return the object within *face*."""
        raise NotImplementedError

    @overload
    def __get__(self, face: None, owner: object = None) -> Self: ...

    @overload
    def __get__(self, face: object, owner: object = None) -> V: ...

    def __get__(self, face: object, owner: object = None) -> Any:
        return self if face is None else getattr(self.inside(face), self.name)

    def __set__(self, face: object, value: V) -> None:
        setattr(self.inside(face), self.name, value)
