"""Which type belongs to a Python value or to a Python annotation."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from ..exc import ArgumentError
from .basic import (
    BINARYTYPE,
    BOOLEANTYPE,
    DATETIMETYPE,
    DATETYPE,
    DOUBLETYPE,
    FLOATTYPE,
    INTEGERTYPE,
    INTERVALTYPE,
    NUMERICTYPE,
    STRINGTYPE,
    TIMETYPE,
    BigInteger,
    Float,
)
from .contract import _DEFAULT_INSTANCES, NULLTYPE, TypeEngine, value_types
from .structured import Enum, Uuid, enum_of_literal

UUIDTYPE: Uuid[UUID] = Uuid()
BIGINTEGERTYPE = BigInteger()

_BY_CLASS: dict[type[Any], TypeEngine[Any]] = {
    int: INTEGERTYPE,
    # A number of Python has double precision; FLOAT has less on some servers.
    float: DOUBLETYPE,
    str: STRINGTYPE,
    bool: BOOLEANTYPE,
    bytes: BINARYTYPE,
    Decimal: NUMERICTYPE,
    dt.datetime: DATETIMETYPE,
    dt.date: DATETYPE,
    dt.time: TIMETYPE,
    dt.timedelta: INTERVALTYPE,
    UUID: UUIDTYPE,
    type(None): NULLTYPE,
}
# Annotations and values agree, but for None: it has no type, and makes a column nullable.
_BY_ANNOTATION = {cls: type_ for cls, type_ in _BY_CLASS.items() if cls is not type(None)}


def type_for_value(value: object) -> TypeEngine[Any]:
    """Return the type with which *value* is bound; NullType for what is not known."""
    return value_types.type_of(value)


def _by_base(value: object) -> TypeEngine[Any]:
    for base in type(value).__mro__:
        found = _BY_CLASS.get(base)
        if found is not None:
            return found
    if getattr(type(value), "__statement_entity__", None) is not None:
        raise ArgumentError(
            f"an SQL value is needed; got {value!r}, an instance of a mapped class",
            hint="give its primary key, or compare the relationship: Order.customer == customer",
        )
    return Enum(type(value)) if isinstance(value, enum.Enum) else NULLTYPE


def type_for_annotation(annotation: object) -> TypeEngine[Any] | None:
    """Return the type for a Python annotation, or None if there is none.

    ``Optional`` is looked through; an enum class gives an :class:`Enum`, a ``Literal`` of
    strings an Enum kept as text, a ``NewType`` what it stands for.
    """
    if isinstance(annotation, type):
        found = _BY_ANNOTATION.get(annotation)
        if found is not None:
            return found
        # What is read would be no instance of a class that only derives from one known.
        return Enum(annotation) if issubclass(annotation, enum.Enum) else None
    if isinstance(annotation, NewType):
        return type_for_annotation(annotation.__supertype__)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return type_for_annotation(inner[0]) if len(inner) == 1 else None
    if origin is Literal:
        values = get_args(annotation)
        return enum_of_literal(values) if all(isinstance(v, str) for v in values) else None
    return None


value_types.by_class.update(_BY_CLASS)
value_types.large = BIGINTEGERTYPE
value_types.fallback = _by_base
_DEFAULT_INSTANCES.update(
    {type(type_): type_ for cls, type_ in _BY_CLASS.items() if cls is not type(None)}
)
_DEFAULT_INSTANCES[Float] = FLOATTYPE
