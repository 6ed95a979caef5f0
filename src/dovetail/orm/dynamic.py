"""The familiar import path of collections that are queries."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.writers import AppenderQuery as AppenderQuery
