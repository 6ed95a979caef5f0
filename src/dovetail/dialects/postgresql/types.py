"""Types as PostgreSQL keeps them, and those that only it has."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, ClassVar

from ...sql import operators as ops
from ...types import standard
from ...types.basic import (
    BOOLEANTYPE,
    Float,
    Integer,
    Interval,
    LargeBinary,
    String,
)
from ...types.contract import Processor, TypeDialect, TypeEngine, value_types
from ...types.structured import Uuid
from .bits import BitString
from .text import quoted

Literal = Callable[[Any], str]


class PgText(String):
    """Text, whose literals hold no NUL."""

    def literal_function(self, dialect: TypeDialect) -> Literal:
        return quoted


class PgFloat(Float[Any]):
    """A floating-point number: NaN and the infinities have words for literals."""

    def literal_function(self, dialect: TypeDialect) -> Literal:
        def write(value: Any) -> str:
            if isinstance(value, float) and not math.isfinite(value):
                return f"{quoted(value)}::FLOAT"
            return str(value)

        return write


class _Native(TypeEngine[Any]):
    """A type that the driver, or the server from text, converts."""

    __visit_name__: ClassVar[str] = "native"
    affinity: ClassVar[str] = "native"

    def literal_function(self, dialect: TypeDialect) -> Literal:
        return quoted

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        return self if isinstance(value, str) else super().coerce_compared_value(op, value)


class BYTEA(LargeBinary):
    """BYTEA."""

    __visit_name__ = "BYTEA"

    def literal_function(self, dialect: TypeDialect) -> Literal:
        return lambda value: f"'\\x{bytes(value).hex()}'::BYTEA"


class TIMESTAMP(standard.TIMESTAMP):
    """TIMESTAMP(precision), with a time zone where asked for."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone)
        self.precision = precision


class TIME(standard.TIME):
    """TIME(precision), with a time zone where asked for."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone)
        self.precision = precision


class INTERVAL(Interval):
    """INTERVAL fields (precision): ``INTERVAL(fields="YEAR TO MONTH")``.

    A month is read as 30 days, a year as 365.
    """

    __visit_name__ = "INTERVAL"

    def __init__(self, precision: int | None = None, fields: str | None = None) -> None:
        super().__init__()
        self.precision = precision
        self.fields = fields

    def literal_function(self, dialect: TypeDialect) -> Literal:
        if not self.is_native(dialect):
            return super().literal_function(dialect) or str

        def write(value: dt.timedelta) -> str:
            return f"make_interval(days=>{value.days}, secs=>{_seconds(value)})"

        return write


def _seconds(value: dt.timedelta) -> str:
    return f"{value.seconds}.{value.microseconds:06d}"


class PgInterval(INTERVAL):
    """What a general Interval is here."""

    __visit_name__ = "interval"


class BIT(TypeEngine[str]):
    """BIT(length) or BIT VARYING(length): read as :class:`BitString`."""

    __visit_name__ = "BIT"
    affinity = "bit"
    own_values = frozenset({str, BitString})

    def __init__(self, length: int | None = None, varying: bool = False) -> None:
        self.length = length if varying or length is not None else 1
        self.varying = varying

    @property
    def python_type(self) -> type[Any]:
        return BitString

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        return self if isinstance(value, str) else value_types.type_of(value)

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return str

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return BitString

    def literal_function(self, dialect: TypeDialect) -> Literal:
        return lambda value: f"B{quoted(BitString(value))}"


class _Network(_Native):
    """An address or network: ``<<`` and the like tell what is in what."""

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        if operator in ("bitwise_lshift", "bitwise_rshift"):
            return operator, BOOLEANTYPE
        return operator, self

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        return value_types.type_of(value) if isinstance(value, int) else self


class INET(_Network):
    """A host's address, perhaps with its network: read as objects of :mod:`ipaddress`."""

    __visit_name__ = "INET"


class CIDR(_Network):
    """A network's address: read as objects of :mod:`ipaddress`."""

    __visit_name__ = "CIDR"


class MACADDR(_Native):
    """A hardware address of six bytes."""

    __visit_name__ = "MACADDR"


class MACADDR8(_Native):
    """A hardware address of eight bytes."""

    __visit_name__ = "MACADDR8"


class MONEY(_Native):
    """An amount of money, as the text that the server's locale makes of it."""

    __visit_name__ = "MONEY"


class OID(Integer):
    """The number of an object of the server."""

    __visit_name__ = "OID"


class REGCLASS(_Native):
    """The name of a table, kept as its number."""

    __visit_name__ = "REGCLASS"


class REGCONFIG(_Native):
    """The name of a configuration of the text search."""

    __visit_name__ = "REGCONFIG"


class TSQUERY(_Native):
    """A query of the text search."""

    __visit_name__ = "TSQUERY"


class TSVECTOR(_Native):
    """A document prepared for the text search: ``column.match("word")``."""

    __visit_name__ = "TSVECTOR"

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        return _TEXT if op is ops.MATCH else super().coerce_compared_value(op, value)

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        return ("concat" if operator == "add" else operator), self


class CITEXT(PgText, standard.TEXT):
    """Text of which upper and lower case are the same (extension ``citext``)."""

    __visit_name__ = "CITEXT"


class JSONPATH(_Native):
    """A path into JSON, in the language of the SQL standard."""

    __visit_name__ = "JSONPATH"


class PgUuid(Uuid[Any]):
    """A UUID; its literals are of the type."""

    def literal_function(self, dialect: TypeDialect) -> Literal:
        if self.is_native(dialect):
            return lambda value: f"{quoted(value)}::UUID"
        return super().literal_function(dialect)


_TEXT = String()

PLAIN_COLSPECS: dict[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    LargeBinary: BYTEA,
    Interval: PgInterval,
    Float: PgFloat,
}
