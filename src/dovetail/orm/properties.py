"""The familiar import path of the properties of a mapping."""

from dovetail.orm.mapping.composite import Composite as CompositeProperty
from dovetail.orm.mapping.properties import (
    ColumnProperty,
    MappedColumn,
    MappedSQLExpression,
    MapperProperty,
)
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.synonym import Synonym as SynonymProperty

__all__ = [
    "ColumnProperty",
    "CompositeProperty",
    "MappedColumn",
    "MappedSQLExpression",
    "MapperProperty",
    "RelationshipProperty",
    "SynonymProperty",
]
