"""The familiar import path of declarative mapping."""

from dovetail.orm.mapping.annotation_types import TypeResolve
from dovetail.orm.mapping.class_registry import mapped_as_dataclass, registry
from dovetail.orm.mapping.dataclass import MappedAsDataclass, unmapped_dataclass
from dovetail.orm.mapping.declarative import (
    DeclarativeAttributeIntercept,
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    add_mapped_attribute,
    as_declarative,
    as_typed_table,
    declarative_base,
    declarative_mixin,
    has_inherited_table,
)
from dovetail.orm.mapping.declared_attr import declared_attr
from dovetail.orm.mapping.synonym import synonym_for

__all__ = [
    "DeclarativeAttributeIntercept",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "MappedAsDataclass",
    "TypeResolve",
    "add_mapped_attribute",
    "as_declarative",
    "as_typed_table",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "has_inherited_table",
    "mapped_as_dataclass",
    "registry",
    "synonym_for",
    "unmapped_dataclass",
]
