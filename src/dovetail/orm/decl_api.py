"""The familiar import path of declarative mapping."""

from dovetail.orm.mapping.declarative import (
    DeclarativeAttributeIntercept,
    DeclarativeBase,
    declarative_base,
    declared_attr,
    registry,
)

__all__ = [
    "DeclarativeAttributeIntercept",
    "DeclarativeBase",
    "declarative_base",
    "declared_attr",
    "registry",
]
