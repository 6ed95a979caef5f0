"""The familiar import path of declarative mapping."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.annotation_types import TypeResolve as TypeResolve
from .mapping.dataclass import (
    MappedAsDataclass as MappedAsDataclass, unmapped_dataclass as unmapped_dataclass,
)
from .mapping.declarative import (
    DeclarativeAttributeIntercept as DeclarativeAttributeIntercept,
    DeclarativeBase as DeclarativeBase, DeclarativeBaseNoMeta as DeclarativeBaseNoMeta,
    DeclarativeMeta as DeclarativeMeta, add_mapped_attribute as add_mapped_attribute,
    as_declarative as as_declarative, as_typed_table as as_typed_table,
    declarative_base as declarative_base, declarative_mixin as declarative_mixin,
    has_inherited_table as has_inherited_table, mapped_as_dataclass as mapped_as_dataclass,
    registry as registry,
)
from .mapping.declared_attr import declared_attr as declared_attr
from .mapping.synonym import synonym_for as synonym_for
