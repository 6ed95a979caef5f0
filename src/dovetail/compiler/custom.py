"""How users' own functions write elements: found by the element's class and the dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Writer = Callable[..., str]


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
        self._found.clear()
        self.any = True

    def remove(self, class_: type[Any]) -> None:
        """Forget the functions for *class_*."""
        self._by_class.pop(class_, None)
        self._found.clear()
        self.any = bool(self._by_class)

    def find(self, class_: type[Any], dialect: str) -> Writer | None:
        """The function for elements of *class_*, or of a base of it, in *dialect*."""
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
        return None


custom_writers = CustomWriters()
