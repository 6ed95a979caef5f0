"""The table of views: attributes that classes of dovetail have while the alias is on.

A view shows what an object of dovetail knows, by a name that the other package has for it and does
not document; it is read, and never written.  The modules beside this one have a table each::

    views = Views()
    views.names(Select, _where_criteria="where_criteria")


    @views.attribute(Mapper)
    def _props(mapper: Mapper) -> dict[str, MapperProperty]: ...
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class Views:
    """Views by class and name; each is what is placed on the class."""

    def __init__(self) -> None:
        self.by_class: dict[type, dict[str, Any]] = {}

    def names(self, *kinds: type, **names: str) -> None:
        """Let *kinds* have other names, ``theirs="ours"``, for attributes; a dot leads on."""
        for theirs, ours in names.items():
            self._note(kinds, theirs, property(attrgetter(ours)))

    def attribute(self, *kinds: type) -> Callable[[F], F]:
        """Let *kinds* have an attribute with the name of the decorated function, its answer."""

        def note(function: F) -> F:
            self._note(kinds, function.__name__, property(function))
            return function

        return note

    def method(self, *kinds: type) -> Callable[[F], F]:
        """Let *kinds* have the decorated function as a method."""

        def note(function: F) -> F:
            self._note(kinds, function.__name__, function)
            return function

        return note

    def values(self, *kinds: type, **values: object) -> None:
        """Let *kinds* have attributes that are the same for all instances."""
        for name, value in values.items():
            self._note(kinds, name, value)

    def attach(self) -> None:
        """Place the views on their classes."""
        for kind, placed in self.by_class.items():
            for name, view in placed.items():
                type.__setattr__(kind, name, view)

    def _note(self, kinds: tuple[type, ...], name: str, view: object) -> None:
        for kind in kinds:
            self.by_class.setdefault(kind, {})[name] = view
