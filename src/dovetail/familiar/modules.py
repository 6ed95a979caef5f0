"""Modules that have a second name in the other package, and what is found in them alone."""

from __future__ import annotations

from importlib import import_module

from ..orm.mapping.events import registries
from ..orm.mapping.registry import Registry

__all__ = ["all_registries", "mapperlib"]

# In its package the name of the module is that of a function.
mapperlib = import_module("...orm.mapper", __name__)


def all_registries() -> set[Registry]:
    """Return all registries of mapped classes that are in use."""
    return set(registries)
