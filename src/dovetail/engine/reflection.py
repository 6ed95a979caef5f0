"""The inspector, under a path that users know."""

from .inspector import Inspector

__all__ = [
    "Inspector",
]
