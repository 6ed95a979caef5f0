"""The familiar import path of collections that are never loaded."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.writers import WriteOnlyCollection as WriteOnlyCollection
