"""The familiar import path of statements whose rows are instances."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .loading.statement import FromStatement as FromStatement
from .loading.telling import LoadContext as _LoadContext

QueryContext = _LoadContext
