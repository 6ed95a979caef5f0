"""The familiar import path of the properties of a mapping."""

from dovetail.orm.mapping.properties import ColumnProperty, MappedColumn, MapperProperty
from dovetail.orm.mapping.relationship import RelationshipProperty

__all__ = [
    "ColumnProperty",
    "MappedColumn",
    "MapperProperty",
    "RelationshipProperty",
]
