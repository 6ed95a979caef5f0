"""The familiar import path of relationships."""

from dovetail.orm.mapping.attribute import foreign, remote
from dovetail.orm.mapping.relationship import (
    RelationshipProperty,
    RelationshipProperty as Relationship,
)

__all__ = [
    "Relationship",
    "RelationshipProperty",
    "foreign",
    "remote",
]
