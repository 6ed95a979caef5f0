"""How users' own functions write elements: found by the element's class and the dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..sql.node import Node
from ..types.contract import TypeEngine

Writer = Callable[..., str]


class Writing(Protocol):
    """A compiler, as far as it is asked here."""

    literal_binds: bool


class TakingKeywords:
    """A compiler that writes values into the text, as functions see it that hand keywords on.

    ``compiler.visit_…(element, **kw)`` takes what the function was called with.
    """

    def __init__(self, compiler: Writing) -> None:
        self.__dict__["_compiler"] = compiler

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._compiler, name)
        if not name.startswith("visit_"):
            return found

        def visit(node: object, **keywords: object) -> Any:
            keywords.pop("literal_binds", None)
            return found(node, **keywords)

        return visit

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._compiler, name, value)


def written_by(custom: Writer, node: object, compiler: Writing) -> str:
    """Return what *custom* writes for *node*; it hears where values are to stand in the text."""
    if compiler.literal_binds:
        return custom(node, TakingKeywords(compiler), literal_binds=True)
    return custom(node, compiler)


def _know_by_identity(class_: type[Any]) -> None:
    """Let no plan of one element of *class_* serve another: the text may have more of it in it.

    A class of a program's own knows best what that is: ``inherit_cache = True`` promises that it
    is what its base has.
    """
    is_of_the_house = class_.__module__.partition(".")[0] == __name__.partition(".")[0]
    own = vars(class_)
    if is_of_the_house or own.get("inherit_cache") or "collect" in own:
        return
    if issubclass(class_, Node):
        type.__setattr__(class_, "collect", Node.collect)


class CustomWriters:
    """The functions that users have given for classes of elements.

    ``any`` tells whether there are any at all, so that compiling asks no further where not.
    """

    def __init__(self) -> None:
        self.any = False
        self._by_class: dict[type[Any], dict[str, Writer]] = {}
        self._found: dict[tuple[type[Any], str], Writer | None] = {}

    def add(self, class_: type[Any], function: Writer, dialects: tuple[str, ...]) -> None:
        """Let *function* write elements of *class_* for *dialects*, for all where none is named."""
        known = self._by_class.setdefault(class_, {})
        for name in dialects or ("*",):
            known[name] = function
        _know_by_identity(class_)
        self._found.clear()
        self.any = True

    def remove(self, class_: type[Any]) -> None:
        """Forget the functions for *class_*."""
        self._by_class.pop(class_, None)
        self._found.clear()
        self.any = bool(self._by_class)

    def find(self, class_: type[Any], dialect: str) -> Writer | None:
        """The function for elements of *class_*, or of a base of it, in *dialect*.

        That of a type is not for those below it that have names of their own in SQL.
        """
        place = (class_, dialect)
        if place not in self._found:
            self._found[place] = self._search(class_, dialect)
        return self._found[place]

    def _search(self, class_: type[Any], dialect: str) -> Writer | None:
        for base in class_.__mro__:
            known = self._by_class.get(base)
            if known is not None:
                function = known.get(dialect) or known.get("*")
                if function is not None:
                    return function
            if "__visit_name__" in vars(base) and issubclass(base, TypeEngine):
                # A type with a name of its own, as BIGINT is an INTEGER, is written by that.
                return None
        return None


custom_writers = CustomWriters()
