"""Mapped classes by their names, as strings of relationships find them."""

from collections.abc import MutableMapping
from typing import Any
from warnings import warn

from dovetail.exc import DovetailWarning, nearest


class SameName(tuple[type, ...]):
    """Several mapped classes of one name, of different modules."""

    __slots__ = ()


class ClassNames:
    """Mapped classes by name: of one registry, or of several that share a dictionary.

    A name leads to the class, or to :class:`SameName` where there are several.
    """

    def __init__(self, shared: MutableMapping[str, Any] | None = None) -> None:
        self.by_name: MutableMapping[str, Any] = {} if shared is None else shared

    def add(self, class_: type) -> None:
        """Know *class_*, in place of one that has its name and its module."""
        name = class_.__name__
        others = []
        for other in self.called(name):
            if other is class_:
                continue
            if other.__module__ == class_.__module__:
                warn(
                    f"there is a mapped class {class_.__module__}.{name} already: relationships "
                    "that name it in a string will find the new one",
                    DovetailWarning,
                    stacklevel=2,
                )
            else:
                others.append(other)
        self.by_name[name] = SameName((*others, class_)) if others else class_

    def discard(self, class_: type) -> None:
        """Forget *class_*."""
        left = [other for other in self.called(class_.__name__) if other is not class_]
        if len(left) > 1:
            self.by_name[class_.__name__] = SameName(left)
        elif left:
            self.by_name[class_.__name__] = left[0]
        else:
            self.by_name.pop(class_.__name__, None)

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def called(self, name: str) -> tuple[type, ...]:
        """The classes called *name*."""
        found = self.by_name.get(name)
        if found is None:
            return ()
        return found if isinstance(found, SameName) else (found,)

    def near(self, name: str) -> str | None:
        """A name of a class that *name* may be a misspelling of."""
        return nearest(name, self.by_name)

    def is_package(self, name: str) -> bool:
        """True where *name* is a part of the path of the module of a class."""
        return any(
            name in class_.__module__.split(".")
            for same in list(self.by_name)
            for class_ in self.called(same)
        )
