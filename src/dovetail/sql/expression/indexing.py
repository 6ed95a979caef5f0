"""Reaching into JSON and arrays: ``column["key"]``, ``column["key"].as_string()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ...exc import InvalidRequestError
from ...types.basic import BOOLEANTYPE, FLOATTYPE, INTEGERTYPE, STRINGTYPE, Numeric
from ...types.contract import TypeEngine, value_types
from ...types.structured import JSONIntIndexType, JSONPathType, JSONStrIndexType
from .. import operators as ops
from ..node import Node, Walk
from .building import operand
from .column_element import ColumnElement, build
from .elements import BinaryExpression, BindParameter

V = TypeVar("V")

_NUMBER = JSONIntIndexType()
_NAME = JSONStrIndexType()
_PATH = JSONPathType()


def _json_item(
    left: ColumnElement[Any], key: ColumnElement[Any] | str | int | Iterable[str | int]
) -> BinaryExpression[Any]:
    """Return ``left[key]``; a list or tuple is a path."""
    if isinstance(key, ColumnElement):
        return BinaryExpression(left, key, ops.JSON_GETITEM, left.type)
    if isinstance(key, str | int):
        bind: Any = BindParameter(left.bind_name, key, _NAME if isinstance(key, str) else _NUMBER)
        return BinaryExpression(left, bind, ops.JSON_GETITEM, left.type)
    bind = BindParameter(left.bind_name, tuple(key), _PATH)
    return BinaryExpression(left, bind, ops.JSON_PATH_GETITEM, left.type)


def _array_item(left: ColumnElement[Any], key: object) -> BinaryExpression[Any]:
    """Return ``left[key]``; a slice gives an array."""
    kind: Any = left.type
    shift = 1 if kind.zero_indexes else 0
    if isinstance(key, slice):
        start, stop = (_position(left, part, shift) for part in (key.start, key.stop))
        right: Any = Slice(start, stop)
        return BinaryExpression(left, right, ops.GETITEM, kind)
    item = kind.item_type
    if kind.dimensions is not None and kind.dimensions > 1:
        item = kind.copy()
        item.dimensions -= 1
    return BinaryExpression(left, _position(left, key, shift), ops.GETITEM, item)


def _position(left: ColumnElement[Any], key: object, shift: int) -> Any:
    if key is None:
        return None
    if isinstance(key, int):
        return BindParameter(left.bind_name, key + shift, INTEGERTYPE)
    return operand(key, INTEGERTYPE)


class Slice(ColumnElement[Any]):
    """``start:stop`` between the brackets of an array."""

    __slots__ = ("start", "stop")
    __visit_name__ = "slice"
    parts = ("start", "stop")

    def __init__(self, start: Node | None, stop: Node | None) -> None:
        self.start = start
        self.stop = stop

    def collect(self, walk: Walk) -> None:
        walk.key.append(("slice", self.start is None, self.stop is None))
        for part in (self.start, self.stop):
            if part is not None:
                part.collect(walk)


class JSONComparator:
    """What expressions of type JSON can do besides."""

    __slots__ = ("expression",)

    def __init__(self, expression: ColumnElement[Any]) -> None:
        self.expression = expression

    def _as(self, type_: TypeEngine[V]) -> ColumnElement[V]:
        element = self.expression
        if isinstance(element, BinaryExpression):
            return BinaryExpression(element.left, element.right, element.operator, type_)
        return element.cast(type_)

    def as_string(self) -> ColumnElement[str]:
        """Return the JSON value as text."""
        return self._as(STRINGTYPE)

    def as_integer(self) -> ColumnElement[int]:
        """Return the JSON value as a whole number."""
        return self._as(INTEGERTYPE)

    def as_float(self) -> ColumnElement[float]:
        """Return the JSON value as a float."""
        return self._as(FLOATTYPE)

    def as_numeric(self, precision: int, scale: int, asdecimal: bool = True) -> ColumnElement[Any]:
        """Return the JSON value as a decimal number."""
        numeric: Any = Numeric
        return self._as(numeric(precision, scale, asdecimal=asdecimal))

    def as_boolean(self) -> ColumnElement[bool]:
        """Return the JSON value as a boolean."""
        return self._as(BOOLEANTYPE)

    def as_json(self) -> ColumnElement[Any]:
        """Return the JSON value as JSON."""
        return self.expression


class ArrayComparator:
    """What expressions of an array type can do besides."""

    __slots__ = ("expression",)

    def __init__(self, expression: ColumnElement[Any]) -> None:
        self.expression = expression

    def _value(self, other: object) -> Any:
        if isinstance(other, ColumnElement):
            return other
        type_: Any = self.expression.type
        kind = type_.item_type
        made = operand(other, kind if value_types.type_of(other).affinity != "null" else None)
        if type(made) is BindParameter:
            made.key = self.expression.bind_name
        return made

    def any(self, other: object, operator: Callable[..., Any] = ops.EQ) -> Any:
        """Return ``other = ANY (this)``."""
        value = self._value(other)
        return operator(value, build.collection(ops.ANY, self.expression))

    def all(self, other: object, operator: Callable[..., Any] = ops.EQ) -> Any:
        """Return ``other = ALL (this)``."""
        value = self._value(other)
        return operator(value, build.collection(ops.ALL, self.expression))


_ITEMS: dict[str, Callable[[Any, Any], Any]] = {"json": _json_item, "array": _array_item}


def index(left: ColumnElement[Any], key: object) -> Any:
    """Return ``left[key]``, for types that have elements."""
    factory = left.type.comparator_factory
    if factory is not None and hasattr(factory, "__getitem__"):
        return factory(left)[key]
    make = _ITEMS.get(left.type.affinity)
    if make is None:
        raise InvalidRequestError(
            f"an expression of type {left.type!r} has no elements to index",
            hint="JSON and ARRAY have; name the type: type_coerce(column, JSON)",
        )
    return make(left, key)
