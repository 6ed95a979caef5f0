"""What other packages bring: classes named by entry points, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..exc import NoSuchModuleError

Home = str | type[Any]
"""A class, or ``"module:Class"`` to import on first use."""


def brought(group: str, name: str | None = None) -> dict[str, str]:
    """Return what installed packages bring in the entry points of *group*, by name.

    It is ``"module:Class"`` for each, and for *name* alone where that is given.
    """
    # Slow to import, and needed by nobody who names what this package has.
    entry_points = import_module("importlib.metadata").entry_points
    found = entry_points(group=group) if name is None else entry_points(group=group, name=name)
    return {point.name: point.value for point in found}


def class_at(home: Home, what: str) -> type[Any]:
    """Return the class at *home*: *what*, says NoSuchModuleError where it cannot be imported."""
    if isinstance(home, type):
        return home
    module, _, attribute = home.partition(":")
    try:
        found: type[Any] = getattr(import_module(module), attribute)
    except (ModuleNotFoundError, AttributeError) as error:
        raise NoSuchModuleError(
            f"{what} cannot be loaded: {error}", hint="is the package that brings it installed?"
        ) from error
    return found
