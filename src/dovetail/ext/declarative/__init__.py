"""Declarative mapping at its older path, and classes that wait for their tables."""

from ...orm.decl_api import (
    DeclarativeMeta,
    as_declarative,
    declarative_base,
    declared_attr,
    has_inherited_table,
    synonym_for,
)
from ...orm.mapping.concrete import AbstractConcreteBase, ConcreteBase
from .extensions import DeferredReflection

__all__ = [
    "AbstractConcreteBase",
    "ConcreteBase",
    "DeclarativeMeta",
    "DeferredReflection",
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "has_inherited_table",
    "synonym_for",
]
