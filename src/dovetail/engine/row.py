"""Rows, under a path that users know."""

from .rows import Row, RowMapping

__all__ = [
    "Row",
    "RowMapping",
]
