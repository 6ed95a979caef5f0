"""The inspector, under a path that users know."""

from .inspector import Inspector
from .kinds import ObjectKind, ObjectScope, ReflectionDefaults

__all__ = [
    "Inspector",
    "ObjectKind",
    "ObjectScope",
    "ReflectionDefaults",
]
