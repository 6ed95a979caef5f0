"""The standard's dialect, under a path that users know."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ..dialects.dialect import DefaultDialect as DefaultDialect
