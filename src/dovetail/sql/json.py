"""Reaching into JSON and arrays: ``column["key"]``, ``column["key"].as_string()``."""

from __future__ import annotations

from typing import Any

from ..types.basic import BOOLEANTYPE, FLOATTYPE, INTEGERTYPE, STRINGTYPE, Numeric
from ..types.contract import TypeEngine, value_types
from ..types.structured import ARRAY, JSON, JSONIndexType, JSONPathType
from . import operators as ops
from .building import extensions, operand
from .element import ColumnElement, build
from .expressions import BinaryExpression, BindParameter

_INDEX = JSONIndexType()
_PATH = JSONPathType()


def _json_item(left: Any, key: Any) -> BinaryExpression[Any]:
    """Return ``left[key]``; a list or tuple is a path."""
    if isinstance(key, ColumnElement):
        return BinaryExpression(left, key, ops.JSON_GETITEM, left.type)
    if isinstance(key, str | int):
        bind: Any = BindParameter(left.bind_name, key, _INDEX)
        return BinaryExpression(left, bind, ops.JSON_GETITEM, left.type)
    bind = BindParameter(left.bind_name, tuple(key), _PATH)
    return BinaryExpression(left, bind, ops.JSON_PATH_GETITEM, left.type)


def _array_item(left: Any, key: Any) -> BinaryExpression[Any]:
    """Return ``left[key]``."""
    kind: Any = left.type
    if kind.zero_indexes and isinstance(key, int):
        key += 1
    return BinaryExpression(left, operand(key, INTEGERTYPE), ops.GETITEM, kind.item_type)


class JSONComparator:
    """What expressions of type JSON can do besides."""

    __slots__ = ("expression",)

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def _as(self, type_: TypeEngine[Any]) -> Any:
        element = self.expression
        if isinstance(element, BinaryExpression):
            return BinaryExpression(element.left, element.right, element.operator, type_)
        return element.cast(type_)

    def as_string(self) -> Any:
        """Return the JSON value as text."""
        return self._as(STRINGTYPE)

    def as_integer(self) -> Any:
        """Return the JSON value as a whole number."""
        return self._as(INTEGERTYPE)

    def as_float(self) -> Any:
        """Return the JSON value as a float."""
        return self._as(FLOATTYPE)

    def as_numeric(self, precision: int, scale: int, asdecimal: bool = True) -> Any:
        """Return the JSON value as a decimal number."""
        numeric: Any = Numeric
        return self._as(numeric(precision, scale, asdecimal=asdecimal))

    def as_boolean(self) -> Any:
        """Return the JSON value as a boolean."""
        return self._as(BOOLEANTYPE)

    def as_json(self) -> Any:
        """Return the JSON value as JSON."""
        return self.expression


class ArrayComparator:
    """What expressions of an array type can do besides."""

    __slots__ = ("expression",)

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def any(self, other: Any, operator: Any = ops.EQ) -> Any:
        """Return ``other = ANY (this)``."""
        kind = self.expression.type.item_type
        value = operand(other, kind if value_types.type_of(other).affinity != "null" else None)
        return operator(value, build.collection(ops.ANY, self.expression))

    def all(self, other: Any, operator: Any = ops.EQ) -> Any:
        """Return ``other = ALL (this)``."""
        kind = self.expression.type.item_type
        value = operand(other, kind if value_types.type_of(other).affinity != "null" else None)
        return operator(value, build.collection(ops.ALL, self.expression))


extensions.index_by_affinity["json"] = _json_item
extensions.index_by_affinity["array"] = _array_item
JSON.comparator_factory = JSONComparator
ARRAY.comparator_factory = ArrayComparator
