"""The familiar import path of the unit of work."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .flush.context import FlushContext as _FlushContext

UOWTransaction = _FlushContext
