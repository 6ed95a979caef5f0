"""Views of types."""

from __future__ import annotations

from typing import Any

from ...dialects.dialect import Dialect
from ...types.contract import NullType, Processor, TypeEngine
from ...types.decorator import TypeDecorator
from ...types.structured import ARRAY, TupleType
from .table import Views

views = Views()

_KINDS: dict[str, type] = {
    "_is_array": ARRAY,
    "_is_tuple_type": TupleType,
    "_is_type_decorator": TypeDecorator,
    "_isnull": NullType,
}

for _name, _kind in _KINDS.items():
    views.values(TypeEngine, **{_name: False})
    views.values(_kind, **{_name: True})


@views.method(TypeEngine)
def _compare_type_affinity(type_: TypeEngine[Any], other: TypeEngine[Any]) -> bool:
    """Return whether both are of one family: strings, whole numbers, …"""
    return type_._type_affinity is other._type_affinity


@views.method(TypeEngine)
def _cached_bind_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """Return what converts values for the driver, None where they go as they are."""
    return type_.dialect_impl(dialect).bind_processor(dialect)


@views.method(TypeEngine)
def _cached_result_processor(
    type_: TypeEngine[Any], dialect: Dialect, coltype: object
) -> Processor | None:
    """Return what converts what the driver gives, None where it stays as it is."""
    return type_.dialect_impl(dialect).result_processor(dialect, coltype)


@views.method(TypeEngine)
def _cached_literal_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """Return what writes values as literals, None where the type has no literals."""
    return type_.dialect_impl(dialect).literal_processor(dialect)
