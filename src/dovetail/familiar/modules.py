"""Modules that have a second name in the other package, and what is found in them alone."""

from __future__ import annotations

from ..orm import mapper as mapperlib
from ..orm.mapping.events import registries
from ..orm.mapping.registry import Registry

__all__ = ["all_registries", "mapperlib"]


def all_registries() -> set[Registry]:
    """Return all registries of mapped classes that are in use."""
    return set(registries)
