"""Rows, under a path that users know."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .rows import Row as Row, RowMapping as RowMapping
