"""The familiar import path of the parts of a mapping and of loading."""

from dovetail.orm.loading.options import LoaderOption, UserDefinedOption
from dovetail.orm.mapping.attribute import InstrumentedAttribute, QueryableAttribute
from dovetail.orm.mapping.comparing import PropComparator
from dovetail.orm.mapping.join_condition import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    RelationshipDirection,
)
from dovetail.orm.mapping.properties import MapperProperty
from dovetail.orm.session.classic import SessionExtension

__all__ = [
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "InstrumentedAttribute",
    "LoaderOption",
    "MapperProperty",
    "PropComparator",
    "QueryableAttribute",
    "RelationshipDirection",
    "SessionExtension",
    "UserDefinedOption",
]
