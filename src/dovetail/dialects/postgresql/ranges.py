"""Types of ranges and multiranges, with their operators.

PostgreSQL manual, "Range Functions and Operators".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...exc import refuse_options
from ...sql.operators import custom_operator
from ...types.basic import (
    BOOLEANTYPE,
    DATETIMETYPE,
    DATETYPE,
    INTEGERTYPE,
    NUMERICTYPE,
    BigInteger,
    DateTime,
)
from ...types.contract import Processor, TypeDialect, TypeEngine, value_types
from .arrays import CONTAINED_BY, CONTAINS, OVERLAP
from .range_values import MultiRange, Range
from .text import quoted

STRICTLY_LEFT_OF = custom_operator("<<", 5, is_comparison=True)
STRICTLY_RIGHT_OF = custom_operator(">>", 5, is_comparison=True)
NOT_EXTEND_RIGHT_OF = custom_operator("&<", 5, is_comparison=True)
NOT_EXTEND_LEFT_OF = custom_operator("&>", 5, is_comparison=True)
ADJACENT_TO = custom_operator("-|-", 5, is_comparison=True)


class RangeComparator:
    """What expressions of range types can do."""

    __slots__ = ("expression",)

    def __init__(self, expression: object) -> None:
        self.expression: Any = expression

    def contains(self, other: object, **kw: Any) -> Any:
        """``this @> other``: *other*, a value or a range, is in this."""
        refuse_options("contains()", kw)
        return self.expression.operate(CONTAINS, other)

    def contained_by(self, other: object) -> Any:
        """``this <@ other``."""
        return self.expression.operate(CONTAINED_BY, other)

    def overlaps(self, other: object) -> Any:
        """``this && other``: both have something in common."""
        return self.expression.operate(OVERLAP, other)

    def strictly_left_of(self, other: object) -> Any:
        """``this << other``."""
        return self.expression.operate(STRICTLY_LEFT_OF, other)

    def strictly_right_of(self, other: object) -> Any:
        """``this >> other``."""
        return self.expression.operate(STRICTLY_RIGHT_OF, other)

    def not_extend_right_of(self, other: object) -> Any:
        """``this &< other``."""
        return self.expression.operate(NOT_EXTEND_RIGHT_OF, other)

    def not_extend_left_of(self, other: object) -> Any:
        """``this &> other``."""
        return self.expression.operate(NOT_EXTEND_LEFT_OF, other)

    def adjacent_to(self, other: object) -> Any:
        """``this -|- other``: they meet and have nothing in common."""
        return self.expression.operate(ADJACENT_TO, other)

    def union(self, other: object) -> Any:
        """``this + other``."""
        return self.expression + other

    def difference(self, other: object) -> Any:
        """``this - other``."""
        return self.expression - other

    def intersection(self, other: object) -> Any:
        """``this * other``."""
        return self.expression * other


class AbstractRange(TypeEngine[Any]):
    """Base of the types of ranges and multiranges."""

    affinity: ClassVar[str] = "range"
    comparator_factory = RangeComparator
    item_type: ClassVar[TypeEngine[Any]] = INTEGERTYPE

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        if operator in ("bitwise_lshift", "bitwise_rshift"):
            return operator, BOOLEANTYPE
        return operator, self

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if isinstance(value, Range | list | tuple | str):
            return self
        return self.item_type if op is CONTAINS else value_types.type_of(value)

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return str

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        to_text = self.bind_function(dialect)
        return lambda value: f"{quoted(to_text(value))}::{self.__visit_name__}"


class AbstractSingleRange(AbstractRange):
    """Base of the types of ranges."""

    own_values = frozenset({Range})

    @property
    def python_type(self) -> type[Any]:
        return Range

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if isinstance(value, list | MultiRange) and type(self) in _MULTI:
            return _MULTI[type(self)]()
        return super().coerce_compared_value(op, value)

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return read_range


class AbstractMultiRange(AbstractRange):
    """Base of the types of multiranges."""

    hashable = False
    own_values = frozenset({MultiRange})

    @property
    def python_type(self) -> type[Any]:
        return MultiRange

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if isinstance(value, Range):
            single: TypeEngine[Any] = _SINGLE[type(self)]()
            return single
        return super().coerce_compared_value(op, value)

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return lambda value: value if isinstance(value, str) else str(MultiRange(value))

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return lambda value: MultiRange(map(read_range, value))


def read_range(value: Any) -> Range[Any]:
    """Return the range that the driver's *value* is."""
    if value.isempty:
        return Range(empty=True)
    bounds: Any = ("[" if value.lower_inc else "(") + ("]" if value.upper_inc else ")")
    return Range(value.lower, value.upper, bounds=bounds)


_BIG = BigInteger()
_ZONED = DateTime(timezone=True)


class INT4RANGE(AbstractSingleRange):
    """A range of INTEGER."""

    __visit_name__ = "INT4RANGE"


class INT8RANGE(AbstractSingleRange):
    """A range of BIGINT."""

    __visit_name__ = "INT8RANGE"
    item_type = _BIG


class NUMRANGE(AbstractSingleRange):
    """A range of NUMERIC."""

    __visit_name__ = "NUMRANGE"
    item_type = NUMERICTYPE


class DATERANGE(AbstractSingleRange):
    """A range of DATE."""

    __visit_name__ = "DATERANGE"
    item_type = DATETYPE


class TSRANGE(AbstractSingleRange):
    """A range of TIMESTAMP WITHOUT TIME ZONE."""

    __visit_name__ = "TSRANGE"
    item_type = DATETIMETYPE


class TSTZRANGE(AbstractSingleRange):
    """A range of TIMESTAMP WITH TIME ZONE."""

    __visit_name__ = "TSTZRANGE"
    item_type = _ZONED


class INT4MULTIRANGE(AbstractMultiRange):
    """Several ranges of INTEGER."""

    __visit_name__ = "INT4MULTIRANGE"


class INT8MULTIRANGE(AbstractMultiRange):
    """Several ranges of BIGINT."""

    __visit_name__ = "INT8MULTIRANGE"
    item_type = _BIG


class NUMMULTIRANGE(AbstractMultiRange):
    """Several ranges of NUMERIC."""

    __visit_name__ = "NUMMULTIRANGE"
    item_type = NUMERICTYPE


class DATEMULTIRANGE(AbstractMultiRange):
    """Several ranges of DATE."""

    __visit_name__ = "DATEMULTIRANGE"
    item_type = DATETYPE


class TSMULTIRANGE(AbstractMultiRange):
    """Several ranges of TIMESTAMP WITHOUT TIME ZONE."""

    __visit_name__ = "TSMULTIRANGE"
    item_type = DATETIMETYPE


class TSTZMULTIRANGE(AbstractMultiRange):
    """Several ranges of TIMESTAMP WITH TIME ZONE."""

    __visit_name__ = "TSTZMULTIRANGE"
    item_type = _ZONED


_MULTI: dict[type[Any], type[AbstractMultiRange]] = {
    INT4RANGE: INT4MULTIRANGE,
    INT8RANGE: INT8MULTIRANGE,
    NUMRANGE: NUMMULTIRANGE,
    DATERANGE: DATEMULTIRANGE,
    TSRANGE: TSMULTIRANGE,
    TSTZRANGE: TSTZMULTIRANGE,
}
_SINGLE = {multi: single for single, multi in _MULTI.items()}
