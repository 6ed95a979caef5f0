"""What Python's operators build: operands made of values, the result's type found.

:mod:`.wiring` puts :func:`compare` and its neighbours into :data:`.column_element.build`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from ...exc import ArgumentError
from ...types.basic import BOOLEANTYPE
from ...types.contract import NULLTYPE, TypeEngine, to_instance, value_types
from ...types.structured import TupleType
from .. import operators as ops
from ..names import anonymous_base
from ..operators import Operator
from .coercion import node_of
from .column_element import ColumnElement, TypeArgument
from .constants import NULL, False_, Null, True_, constant_of
from .elements import (
    BinaryExpression,
    BindParameter,
    Chain,
    ExpandingParameter,
    ExpressionList,
    NamedParameter,
    UnaryExpression,
    conjunction,
    negation,
)

TE = TypeEngine[Any]

_PLAIN = frozenset({int, str, float, bytes, Decimal, dt.datetime, dt.date, UUID, dt.timedelta})
_TAKES_CONSTANTS = {
    ops.EQ: ops.IS,
    ops.NE: ops.IS_NOT,
    ops.IS: ops.IS,
    ops.IS_NOT: ops.IS_NOT,
}
_DISTINCT = frozenset({ops.IS_DISTINCT_FROM, ops.IS_NOT_DISTINCT_FROM})
_COMPARES_VALUES = _DISTINCT | {ops.EQ, ops.NE}


def operand(value: object, type_: TE | None) -> Any:
    """Return *value* as an expression; a plain value becomes a parameter of *type_*."""
    if isinstance(value, ColumnElement):
        return value
    node = node_of(value)
    if node is not None:
        if getattr(node, "is_select_statement", False):
            return node.scalar_subquery()  # type: ignore[attr-defined]
        return node.as_value() if node.__visit_name__ == "subquery" else node  # type: ignore[attr-defined]
    constant = constant_of(value)
    if constant is not None:
        return constant
    kind = value_types.type_of(value) if type_ is None else _type_beside(type_, None, value)
    return BindParameter(None, value, kind)


def kind_among(values: Iterable[Any]) -> TE | None:
    """Return the type of the first expression among *values*, or None.

    Plain values that stand beside it, in CASE or COALESCE, are values of the same kind.
    """
    for value in values:
        if value is None or value.__class__ in _PLAIN:
            continue
        node = node_of(value)
        if isinstance(node, ColumnElement) and not isinstance(node, BindParameter):
            kind: TE = node.type
            if kind.affinity != "null":
                return kind
    return None


def _type_beside(type_: TE, op: Operator | None, value: object) -> TE:
    if value.__class__ in type_.own_values:
        return type_
    return type_.coerce_compared_value(op, value)


def parameter_beside(left: ColumnElement[Any], op: Operator, value: object) -> BindParameter[Any]:
    """Return *value* as the parameter that meets *left*: named for it, and of its type."""
    name = left.bind_name
    if name is not None and not name.isidentifier():
        name = anonymous_base(name)
    type_ = left.type
    if value.__class__ not in type_.own_values:
        type_ = type_.coerce_compared_value(op, value)
    return BindParameter(name, value, type_)


def _beside(left: ColumnElement[Any], op: Operator, value: object) -> Any:
    """Return *value* as the other operand of *left*."""
    if isinstance(value, ColumnElement):
        if isinstance(value, BindParameter) and value.type is NULLTYPE:
            return _typed(value, left)
        return value
    if value.__class__ not in _PLAIN:
        node = node_of(value)
        if node is not None:
            if getattr(node, "is_select_statement", False):
                return node.scalar_subquery()  # type: ignore[attr-defined]
            if not isinstance(node, ColumnElement):
                as_value = getattr(node, "as_value", None)
                if node.is_promise or as_value is None:
                    raise _no_value(value)
                return as_value()
            return node
        if getattr(value.__class__, "__statement_entity__", None) is not None:
            raise _no_value(value)
        if left.__visit_name__ == "tuple" and isinstance(value, tuple | list):
            return left.row_beside(value)
    return parameter_beside(left, op, value)


def _no_value(value: object) -> ArgumentError:
    return ArgumentError(
        f"a column is compared with a column or a value; got {value!r}",
        hint="name one of its columns, or the value of one",
    )


def _typed(bind: BindParameter[Any], left: ColumnElement[Any]) -> BindParameter[Any]:
    """Return *bind*, which has no type yet, with that of the expression it meets."""
    if left.type is NULLTYPE:
        return bind
    return bind._twin(type=left.type)


def compare(left: ColumnElement[Any], op: Operator, other: object) -> Any:
    """Return ``left op other`` as a boolean expression."""
    if other.__class__ in _PLAIN:
        name = left.bind_name
        type_ = left.type
        if other.__class__ not in type_.own_values:
            type_ = type_.coerce_compared_value(op, other)
        if name is not None and not name.isidentifier():
            name = anonymous_base(name)
        return BinaryExpression(left, BindParameter(name, other, type_), op)
    constant: Any = other if other.__class__ in _CONSTANTS else constant_of(other)
    if constant is not None:
        return _compare_constant(left, op, constant)
    return BinaryExpression(left, _beside(left, op, other), op)


_CONSTANTS = frozenset({Null, True_, False_})


def _compare_constant(left: ColumnElement[Any], op: Operator, constant: ColumnElement[Any]) -> Any:
    if constant is not NULL and left.type.affinity == "json" and op in _COMPARES_VALUES:
        # A value that may stand in a document.
        return BinaryExpression(left, parameter_beside(left, op, isinstance(constant, True_)), op)
    if op in _TAKES_CONSTANTS:
        if constant is NULL:
            op = _TAKES_CONSTANTS[op]
    elif op not in _DISTINCT:
        raise ArgumentError(
            f"None, True and False cannot be compared by {op.text.strip()!r}",
            hint="only =, !=, IS, IS NOT and IS [NOT] DISTINCT FROM take them",
        )
    return BinaryExpression(left, constant, op)


def combine(left: ColumnElement[Any], op: Operator, other: object, reverse: bool = False) -> Any:
    """Return ``left op other`` of the type that the operands' types say."""
    if other is None or other is True or other is False:
        right: Any = constant_of(other)
    else:
        right = _beside(left, op, other)
    if reverse:
        left, right = right, left
    if op.is_comparison:
        return BinaryExpression(left, right, op)
    if op.return_type is not None:
        return BinaryExpression(left, right, op, op.return_type)
    if op.name in ops.OPERATORS:
        name, type_ = left.type.result_of(op.name, right.type)
        operator = ops.OPERATORS[name]
        if (
            operator.is_associative
            and left.operator is operator
            and left.type.structure_key == type_.structure_key
        ):
            if left.__class__ is Chain:
                return Chain((*left.clauses, right), operator, type_)
            if left.__class__ is BinaryExpression:
                return Chain((left.left, left.right, right), operator, type_)
        return BinaryExpression(left, right, operator, type_)
    return BinaryExpression(left, right, op, left.type)


def general(left: ColumnElement[Any], op: Operator, *other: object, **modifiers: object) -> Any:
    """Return *op* applied to *left*, with *modifiers* kept beside; ``result_type`` is its type."""
    kind: Any = modifiers.pop("result_type", None)
    if kind is not None:
        return typed(general(left, op, *other, **modifiers), kind)
    if len(other) == 0:
        return negation(left) if op is ops.NOT else unary(op, left)
    if op in (ops.AND, ops.OR):
        return conjunction(op, (left, *other))
    if op in (ops.IN, ops.NOT_IN):
        return member(left, op, other[0])
    options: dict[str, Any] = modifiers
    if op in (ops.BETWEEN, ops.NOT_BETWEEN):
        bounds: tuple[Any, ...] = other
        found = between(left, *bounds, **options)
        return found if op is ops.BETWEEN else negation(found)
    if options.get("autoescape"):
        return pattern(left, op, other[0], **options)
    if op is ops.REGEXP_REPLACE and len(other) > 1:
        modifiers = {"replacement": other[1], **modifiers}
    given = {name: value for name, value in modifiers.items() if value is not None}
    if not given:
        if op.is_comparison and not op.is_pattern:
            return compare(left, op, other[0])
        return combine(left, op, other[0])
    if "replacement" in given:
        right: Any = ExpressionList(
            [_beside(left, op, other[0]), _beside(left, op, given.pop("replacement"))]
        )
    else:
        right = _beside(left, op, other[0])
    type_ = BOOLEANTYPE if op.is_comparison else left.type
    return BinaryExpression(left, right, op, type_, tuple(sorted(given.items())))


def typed(expression: ColumnElement[Any], kind: TypeArgument[Any]) -> Any:
    """Return *expression* as one of the type *kind*."""
    twin: Any = expression._twin()
    twin.type = to_instance(kind)
    return twin


def join(op: Operator, left: object, right: object) -> Any:
    """Return ``left AND right``, or with OR."""
    return conjunction(op, (left, right))


_WILDCARDS = ("%", "_")


def pattern(
    left: ColumnElement[Any],
    op: Operator,
    other: object,
    escape: str | None = None,
    autoescape: bool = False,
) -> Any:
    """Return ``left LIKE other``, the wildcards of *other* escaped with *autoescape*.

    A type for which the operator means another thing has a method of its name: ``contains``.
    """
    factory = left.type.comparator_factory
    if factory is not None and hasattr(factory, op.name) and not hasattr(factory, "operate"):
        if escape is not None or autoescape:
            raise ArgumentError(
                f"{op.name}() of {left.type!r} compares no texts: it takes no escape"
            )
        return getattr(factory(left), op.name)(other)
    if left.type.affinity == "array":
        raise NotImplementedError(
            f"{op.name}() is not known for arrays in general: use the ARRAY of "
            "dovetail.dialects.postgresql"
        )
    if autoescape:
        if not isinstance(other, str):
            raise TypeError("autoescape works on a plain string")
        if escape is None:
            escape = "/"
        if escape not in _WILDCARDS:
            other = other.replace(escape, escape + escape)
        for wildcard in _WILDCARDS:
            other = other.replace(wildcard, escape + wildcard)
    if other is None:
        right = NULL
    else:
        right = _beside(left, op, other)
    modifiers = (("escape", escape),) if escape is not None else ()
    return BinaryExpression(left, right, op, BOOLEANTYPE, modifiers)


def member(left: ColumnElement[Any], op: Operator, values: object) -> Any:
    """Return ``left IN values``: a list as one parameter that expands, or a SELECT."""
    node = node_of(values)
    if node is not None:
        return BinaryExpression(left, _member_source(left, node, values), op)
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ArgumentError(
            f"in_() needs a list of values, a SELECT or an expanding parameter; got {values!r}",
            hint=f"in_([{values!r}]), or == {values!r}",
        )
    items = list(values)
    if not _PLAIN.issuperset(map(type, items)) and any(map(_is_expression, items)):
        return BinaryExpression(left, ExpressionList(_beside(left, op, i) for i in items), op)
    name = left.bind_name
    if name is not None and not name.isidentifier():
        name = anonymous_base(name)
    type_ = left.type
    if not isinstance(type_, TupleType):
        sample = next((item for item in items if item is not None), None)
        if sample is None:
            pass
        elif sample.__class__ not in type_.own_values:
            type_ = type_.coerce_compared_value(op, sample)
    return BinaryExpression(left, ExpandingParameter(name, items, type_), op)


def _is_expression(item: object) -> bool:
    if item is None or item.__class__ in _PLAIN:
        return False
    if isinstance(item, ColumnElement) or node_of(item) is not None:
        return True
    if getattr(item.__class__, "__statement_entity__", None) is not None:
        raise _no_value(item)
    return False


def _member_source(left: ColumnElement[Any], node: Any, given: object) -> Any:
    """Return *node*, which stands for what was *given*, as IN looks in it."""
    if getattr(node, "is_select_statement", False):
        return node.grouped()
    if isinstance(node, BindParameter):
        listed = node if node.expanding else _expanded(left, node, given)
        return _typed(listed, left) if listed.type is NULLTYPE else listed
    as_select = getattr(node, "membership_select", None)
    if as_select is not None:
        return as_select()
    if node.__visit_name__ == "tuple":
        return ExpressionList(node.clauses)
    if node.is_promise or (node.__visit_name__ == "column" and node.table is not None):
        raise ArgumentError(
            f"in_() looks in a list of values or a SELECT; got {given!r}",
            hint="== compares columns with each other; in_(select(...)) looks in all rows",
        )
    return node


def _expanded(
    left: ColumnElement[Any], bind: BindParameter[Any], given: object
) -> BindParameter[Any]:
    """Return the parameter *bind* as a list of parameters."""
    if isinstance(bind, NamedParameter):
        return bind._twin(expanding=True)
    if isinstance(bind.value, str | bytes) or not isinstance(bind.value, Iterable):
        raise ArgumentError(
            f"in_() looks in a list of values or a SELECT; got {given!r}, one value",
            hint="== compares with one value",
        )
    return ExpandingParameter(None, list(bind.value), left.type)


def between(left: ColumnElement[Any], low: object, high: object, symmetric: bool = False) -> Any:
    """Return ``left BETWEEN low AND high``."""
    bounds = ExpressionList([_bound(left, low), _bound(left, high)], ops.AND)
    modifiers = (("symmetric", True),) if symmetric else ()
    return BinaryExpression(left, bounds, ops.BETWEEN, BOOLEANTYPE, modifiers)


def _bound(left: ColumnElement[Any], value: object) -> Any:
    return NULL if value is None else _beside(left, ops.BETWEEN, value)


def unary(op: Operator, element: ColumnElement[Any]) -> Any:
    """Return *op* before or after *element*."""
    return UnaryExpression(element, op, element.type)
