"""What other packages bring: classes named by entry points, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..conventions import conventions
from ..exc import NoSuchModuleError

Home = str | type[Any]
"""A class, or ``"module:Class"`` to import on first use."""


def brought(group: str, name: str | None = None) -> dict[str, str]:
    """Return what installed packages bring in the entry points of *group*, by name.

    It is ``"module:Class"`` for each, and for *name* alone where that is given.  *group* is
    ``"dialects"``, ``"drivers"`` or ``"plugins"``, below the name of this package.
    """
    # Slow to import, and needed by nobody who names what this package has.
    entry_points = import_module("importlib.metadata").entry_points
    asked = {} if name is None else {"name": name}
    return {
        point.name: point.value
        for prefix in reversed(conventions.entry_point_prefixes)
        for point in entry_points(group=f"{prefix}.{group}", **asked)
    }


def class_at(home: Home, what: str, base: type[Any]) -> type[Any]:
    """Return the class at *home*, which derives from *base*.

    *what* it is stands in the error: NoSuchModuleError where it cannot be imported, or has
    been written for something else.
    """
    if isinstance(home, type):
        return home
    module, _, attribute = home.partition(":")
    try:
        found: Any = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise NoSuchModuleError(
            f"{what} cannot be loaded: {error}", hint="is the package that brings it installed?"
        ) from error
    if not isinstance(found, type) or not issubclass(found, base):
        raise NoSuchModuleError(
            f"{what} cannot be used: {home} is no {base.__module__}.{base.__qualname__}",
            hint="it has been written for another library",
        )
    return found
