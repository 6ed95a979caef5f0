"""The familiar import path of the properties of a mapping."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.composite import Composite as _Composite
from .mapping.properties import (
    ColumnProperty as ColumnProperty, MappedColumn as MappedColumn,
    MappedSQLExpression as MappedSQLExpression, MapperProperty as MapperProperty,
)
from .mapping.relationship import RelationshipProperty as RelationshipProperty
from .mapping.synonym import Synonym as _Synonym

CompositeProperty = _Composite
SynonymProperty = _Synonym
