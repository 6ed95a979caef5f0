"""Objects whose operators are all one method: comparators, and proxies of what is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import operators as ops
from ..operators import Operator

OPERATORS: dict[str, Any] = {
    "__eq__": ops.EQ, "__ne__": ops.NE, "__lt__": ops.LT, "__le__": ops.LE, "__gt__": ops.GT,
    "__ge__": ops.GE, "__add__": ops.ADD, "__sub__": ops.SUB, "__mul__": ops.MUL,
    "__truediv__": ops.TRUEDIV, "__floordiv__": ops.FLOORDIV, "__mod__": ops.MOD,
    "__neg__": ops.NEG, "__and__": ops.AND, "__or__": ops.OR, "__invert__": ops.NOT,
    "__lshift__": ops.LSHIFT, "__rshift__": ops.RSHIFT, "concat": ops.CONCAT,
    "is_": ops.IS, "is_not": ops.IS_NOT, "isnot": ops.IS_NOT, "in_": ops.IN,
    "not_in": ops.NOT_IN, "notin_": ops.NOT_IN, "is_distinct_from": ops.IS_DISTINCT_FROM,
    "is_not_distinct_from": ops.IS_NOT_DISTINCT_FROM, "like": ops.LIKE, "ilike": ops.ILIKE,
    "not_like": ops.NOT_LIKE, "notlike": ops.NOT_LIKE, "not_ilike": ops.NOT_ILIKE,
    "notilike": ops.NOT_ILIKE, "startswith": ops.STARTSWITH, "endswith": ops.ENDSWITH,
    "contains": ops.CONTAINS, "istartswith": ops.ISTARTSWITH, "iendswith": ops.IENDSWITH,
    "icontains": ops.ICONTAINS, "match": ops.MATCH, "regexp_match": ops.REGEXP_MATCH,
    "regexp_replace": ops.REGEXP_REPLACE, "between": ops.BETWEEN, "asc": ops.ASC,
    "desc": ops.DESC, "nulls_first": ops.NULLS_FIRST, "nullsfirst": ops.NULLS_FIRST,
    "nulls_last": ops.NULLS_LAST, "nullslast": ops.NULLS_LAST, "distinct": ops.DISTINCT,
    "bitwise_and": ops.BITWISE_AND, "bitwise_or": ops.BITWISE_OR, "bitwise_xor": ops.BITWISE_XOR,
    "bitwise_not": ops.BITWISE_NOT, "bitwise_lshift": ops.LSHIFT, "bitwise_rshift": ops.RSHIFT,
}  # fmt: skip
REVERSED: dict[str, Any] = {
    "__radd__": ops.ADD, "__rsub__": ops.SUB, "__rmul__": ops.MUL, "__rtruediv__": ops.TRUEDIV,
    "__rfloordiv__": ops.FLOORDIV, "__rmod__": ops.MOD, "__rand__": ops.AND, "__ror__": ops.OR,
}  # fmt: skip


class Operating:
    """A base: each operator of SQL calls :meth:`operate` with the operator and the operands."""

    def operate(self, op: Operator, *other: object, **kwargs: object) -> Any:
        """Apply *op* to what this stands for and to *other*."""
        raise TypeError(f"{type(self).__name__} has no operators")

    def reverse_operate(self, op: Operator, other: object, **kwargs: object) -> Any:
        """Apply *op* to *other* and to what this stands for."""
        raise TypeError(f"{type(self).__name__} has no operators")

    __hash__ = object.__hash__


def _operating(operator: Operator) -> Callable[..., Any]:
    def operate(self: Operating, *other: object, **kwargs: object) -> Any:
        return self.operate(operator, *other, **kwargs)

    return operate


def _operating_reversed(operator: Operator) -> Callable[..., Any]:
    def operate(self: Operating, other: object) -> Any:
        return self.reverse_operate(operator, other)

    return operate


for _name, _operator in OPERATORS.items():
    setattr(Operating, _name, _operating(_operator))
for _name, _operator in REVERSED.items():
    setattr(Operating, _name, _operating_reversed(_operator))
