"""The familiar import path of relationships."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.marks import foreign as foreign, remote as remote
from .mapping.relationship import RelationshipProperty as RelationshipProperty

Relationship = RelationshipProperty
