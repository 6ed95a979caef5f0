"""The table of views: attributes that classes of dovetail have while the alias is on.

A view shows what an object of dovetail knows, by a name that the other package has for it and does
not document; it is read, and never written but on copies.  The modules beside this one have a
table each::

    views = Views()
    views.names(Select, _where_criteria="where_criteria")


    @views.attribute(Mapper)
    def _props(mapper: Mapper) -> dict[str, MapperProperty]: ...
"""

from __future__ import annotations

import sys
from functools import partial, wraps
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class Views:
    """Views by class and name; each is what is placed on the class."""

    def __init__(self) -> None:
        self.by_class: dict[type, dict[str, Any]] = {}
        self.widened: list[tuple[type, str, tuple[str, ...]]] = []
        self.instead: list[tuple[type, str, object]] = []
        self.functions: list[tuple[Callable[..., Any], Callable[..., Any]]] = []

    def names(self, *kinds: type, **names: str) -> None:
        """Let *kinds* have other names, ``theirs="ours"``, for attributes; a dot leads on."""
        for theirs, ours in names.items():
            self._note(kinds, theirs, property(attrgetter(ours)))

    def attribute(
        self, *kinds: type, writes: str | Callable[[Any, Any], None] | None = None
    ) -> Callable[[F], F]:
        """Let *kinds* have an attribute with the name of the decorated function, its answer.

        What is assigned to it, on a copy, becomes the attribute *writes*, or is given to that
        function.
        """

        def note(function: F) -> F:
            assign = partial(_assign, writes) if isinstance(writes, str) else writes
            self._note(kinds, function.__name__, property(function, assign))
            return function

        return note

    def method(self, *kinds: type, name: str | None = None) -> Callable[[F], F]:
        """Let *kinds* have the decorated function as a method, called as it is, or *name*."""

        def note(function: F) -> F:
            self._note(kinds, name if name is not None else function.__name__, function)
            return function

        return note

    def values(self, *kinds: type, **values: object) -> None:
        """Let *kinds* have attributes that are the same for all instances."""
        for name, value in values.items():
            self._note(kinds, name, value)

    def also_takes(self, kind: type, method: str, *keywords: str) -> None:
        """Let *method* of *kind* take *keywords* that other classes hand on, and say nothing."""
        self.widened.append((kind, method, keywords))

    def stands_for(self, kind: type, method: str) -> Callable[[F], F]:
        """Let the decorated function stand where *kind* has *method*, which takes less."""

        def note(function: F) -> F:
            self.instead.append((kind, method, function))
            return function

        return note

    def replaces(self, kind: type, **members: object) -> None:
        """Let *members* stand where *kind* has its own, and do what those do and more."""
        self.instead += [(kind, name, member) for name, member in members.items()]

    def function(self, original: Callable[..., Any]) -> Callable[[F], F]:
        """Let the decorated function stand where modules have *original*."""

        def note(function: F) -> F:
            self.functions.append((original, wraps(original)(function)))
            return function

        return note

    def attach(self) -> None:
        """Place the views on their classes, and functions in their modules."""
        for kind, placed in self.by_class.items():
            for name, view in placed.items():
                type.__setattr__(kind, name, view)
        for kind, method, keywords in self.widened:
            type.__setattr__(kind, method, _taking(getattr(kind, method), keywords))
        for kind, method, function in self.instead:
            type.__setattr__(kind, method, function)
        for original, function in self.functions:
            for module in _having(original):
                setattr(module, original.__name__, function)

    def _note(self, kinds: tuple[type, ...], name: str, view: object) -> None:
        for kind in kinds:
            self.by_class.setdefault(kind, {})[name] = view


class ReadThrough:
    """An attribute of classes, and of their instances, under another name."""

    def __init__(self, ours: str) -> None:
        self.ours = ours

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(owner if instance is None else instance, self.ours)


def _assign(name: str, target: object, value: object) -> None:
    object.__setattr__(target, name, value)


def _having(function: Callable[..., Any]) -> list[ModuleType]:
    """Return the modules of dovetail, loaded so far, in which *function* has its name."""
    house = __name__.partition(".")[0]
    return [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == house
        and not name.startswith(f"{house}.familiar")
        and vars(module).get(function.__name__) is function
    ]


def _taking(function: Callable[..., Any], keywords: tuple[str, ...]) -> Callable[..., Any]:
    """Return *function* with *keywords* besides, of which each may be None alone."""

    @wraps(function)
    def taking(self: object, *arguments: object, **given: object) -> Any:
        for name in keywords:
            if given.pop(name, None) is not None:
                raise TypeError(f"{function.__name__}() can't be told {name}: leave it out")
        return function(self, *arguments, **given)

    return taking
