"""The types of plain values: numbers, text, booleans, dates, bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeVar, overload

from . import settling
from .contract import Processor, TypeDialect, TypeEngine
from .schema_type import SchemaType
from .settling import Settling

_N = TypeVar("_N", float, Decimal)
T = TypeVar("T")


def quote_text(value: object) -> str:
    """Return *value* as a literal of the standard: in single quotes, quotes doubled."""
    return "'" + str(value).replace("'", "''") + "'"


_RESULTS_OF_INTEGERS = {
    "add": {"date": "date", "integer": "integer", "numeric": "numeric", "float": "float"},
    "sub": {"integer": "integer", "numeric": "numeric", "float": "float"},
    "mul": {
        "interval": "interval", "integer": "integer", "numeric": "numeric", "float": "float",
    },
    "truediv": {"integer": "numeric", "numeric": "numeric", "float": "float"},
    "floordiv": {"integer": "integer", "numeric": "numeric"},
}  # fmt: skip
_RESULTS_OF_OTHER_INTEGERS = {
    operator: {family: found for family, found in results.items() if found != "integer"}
    for operator, results in _RESULTS_OF_INTEGERS.items()
}
_RESULTS_OF_NUMBERS = {
    "add": {"numeric": "numeric"},
    "sub": {"numeric": "numeric"},
    "mul": {"numeric": "numeric", "interval": "interval"},
    "truediv": {"numeric": "numeric"},
}
_RESULTS_OF_FLOATS = {
    "add": {"float": "float"},
    "sub": {"float": "float"},
    "mul": {"float": "float", "interval": "interval"},
    "truediv": {"float": "float"},
}
_RESULTS_OF_MOMENTS = {
    "add": {"interval": "datetime"},
    "sub": {"interval": "datetime", "datetime": "interval"},
}
_RESULTS_OF_DAYS = {
    "add": {"integer": "date", "interval": "datetime", "time": "datetime"},
    "sub": {
        "integer": "date", "date": "integer", "interval": "datetime", "datetime": "interval",
    },
}  # fmt: skip
_RESULTS_OF_TIMES = {
    "add": {"date": "datetime", "interval": "time"},
    "sub": {"time": "interval", "interval": "time"},
}
_RESULTS_OF_INTERVALS = {
    "add": {"date": "datetime", "interval": "interval", "datetime": "datetime", "time": "time"},
    "sub": {"interval": "interval"},
    "mul": {"numeric": "interval", "float": "interval"},
    "truediv": {"numeric": "interval", "float": "interval"},
}


class _Calculated(TypeEngine[T]):
    """A type whose operators give values of other families too."""

    results: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """The family of what an operator gives with a type of another family, or of this one."""

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        found = self.results.get(operator, {}).get(other.family)
        if found is None:
            return operator, self
        if found == other.family:
            # It may be converted as that is.
            return operator, other
        return operator, self if found == self.family else _OF_FAMILY[found]


class Integer(_Calculated[int]):
    """A whole number."""

    __visit_name__ = "integer"
    is_general = True
    affinity = "integer"
    own_values = frozenset({int})
    results = _RESULTS_OF_INTEGERS

    @property
    def python_type(self) -> type[int]:
        return int

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.INTEGER

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: str(int(value))


class SmallInteger(Integer):
    """A whole number of at least 16 bits."""

    __visit_name__ = "small_integer"
    is_general = True
    results = _RESULTS_OF_OTHER_INTEGERS


class BigInteger(Integer):
    """A whole number of at least 64 bits."""

    __visit_name__ = "big_integer"
    is_general = True
    results = _RESULTS_OF_OTHER_INTEGERS


class String(TypeEngine[str]):
    """Text: VARCHAR."""

    __visit_name__ = "string"
    is_general = True
    affinity = "string"
    own_values = frozenset({str})

    def __init__(
        self,
        length: int | None = None,
        collation: str | None = None,
        collation_schema: str | None = None,
    ) -> None:
        self.length = length
        self.collation = collation
        self.collation_schema = collation_schema

    @property
    def python_type(self) -> type[str]:
        return str

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        if operator == "add" and other.affinity in ("string", "null"):
            return "concat", self
        return operator, self

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.STRING

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return quote_text


class Text(String):
    """Text of any length."""

    __visit_name__ = "text"
    is_general = True


class Unicode(String):
    """Text in the server's national character type, where it has one."""

    __visit_name__ = "unicode"
    is_general = True


class UnicodeText(Text):
    """Text of any length in the server's national character type, where it has one."""

    __visit_name__ = "unicode_text"
    is_general = True


class Boolean(SchemaType, TypeEngine[bool]):
    """True or false; 0 and 1 where the server has no booleans."""

    __visit_name__ = "boolean"
    is_general = True
    affinity = "boolean"
    own_values = frozenset({bool})

    def __init__(self, create_constraint: bool = False, name: str | None = None) -> None:
        self.create_constraint = create_constraint
        self.name = name

    @property
    def python_type(self) -> type[bool]:
        return bool

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return _strict_bool if dialect.features.supports_native_boolean else _strict_int

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return None if dialect.features.supports_native_boolean else bool

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.BOOLEAN

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        if dialect.features.supports_native_boolean:
            return lambda value: "true" if _strict_bool(value) else "false"
        return lambda value: str(_strict_int(value))


_BOOLEANS: dict[Any, bool] = {True: True, False: False}


def _strict_bool(value: object) -> bool:
    try:
        return _BOOLEANS[value]
    except (KeyError, TypeError):
        raise _not_boolean(value) from None


def _strict_int(value: object) -> int:
    try:
        return 1 if _BOOLEANS[value] else 0
    except (KeyError, TypeError):
        raise _not_boolean(value) from None


def _not_boolean(value: object) -> Exception:
    kind = ValueError if isinstance(value, int) else TypeError
    return kind(f"not a boolean value: {value!r}")


class Numeric(_Calculated[_N]):
    """A decimal number of fixed precision; read as :class:`decimal.Decimal`.

    Where the driver knows floats alone, what is read is rounded to *scale* places (ten, if
    not given).  ``asdecimal=False`` reads floats.
    """

    __visit_name__ = "numeric"
    is_general = True
    affinity = "numeric"
    own_values = frozenset({Decimal, float, int})
    results = _RESULTS_OF_NUMBERS
    default_scale: ClassVar[int] = 10

    @overload
    def __init__(
        self: Numeric[Decimal],
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: Literal[True] = True,
    ) -> None: ...
    @overload
    def __init__(
        self: Numeric[float],
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: Literal[False] = ...,
    ) -> None: ...
    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: bool = True,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal

    @property
    def python_type(self) -> type[Any]:
        return Decimal if self.asdecimal else float

    @property
    def places(self) -> int:
        """Decimal places of the values read."""
        for places in (self.decimal_return_scale, self.scale):
            if places is not None:
                return places
        return self.default_scale

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        return None if dialect.features.supports_native_decimal else float

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.asdecimal:
            native = dialect.features.supports_native_decimal
            return None if native else decimal_maker(self.places)
        return float if dialect.features.supports_native_decimal else None

    def settling(self, dialect: TypeDialect) -> Settling | None:
        if self.python_type is not Decimal:
            return settling.FLOAT
        if not dialect.features.supports_native_decimal:
            return settling.settled_by(None, settling.there_and_back(self, dialect))
        return settling.decimals(self.scale)

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return str


def decimal_maker(places: int) -> Callable[[Any], Decimal]:
    """Return what makes a Decimal of *places* places of a float."""
    pattern = f"%.{places}f"

    def to_decimal(value: object) -> Decimal:
        return Decimal(pattern % value)

    return to_decimal


class Float(Numeric[_N]):
    """A floating-point number; read as a float."""

    __visit_name__ = "float"
    is_general = True
    own_values = frozenset({float, int, Decimal})
    results = _RESULTS_OF_FLOATS

    @overload
    def __init__(
        self: Float[float],
        precision: int | None = None,
        asdecimal: Literal[False] = False,
        decimal_return_scale: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Float[Decimal],
        precision: int | None = None,
        asdecimal: Literal[True] = ...,
        decimal_return_scale: int | None = None,
    ) -> None: ...
    def __init__(
        self,
        precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.scale = None
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale

    @property
    def family(self) -> str:
        return "float"

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.asdecimal:
            return decimal_maker(self.places)
        return float if dialect.features.supports_native_decimal else None


class Double(Float[_N]):
    """A floating-point number of double precision."""

    __visit_name__ = "double"
    is_general = True


class DateTime(_Calculated[dt.datetime]):
    """Date and time of day, with a time zone where *timezone* says so and the server can."""

    __visit_name__ = "datetime"
    is_general = True
    affinity = "datetime"
    own_values = frozenset({dt.datetime})
    results = _RESULTS_OF_MOMENTS

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[dt.datetime]:
        return dt.datetime

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.DATETIME

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(value.isoformat(" "))


class Date(_Calculated[dt.date]):
    """A day of the calendar."""

    __visit_name__ = "date"
    is_general = True
    affinity = "date"
    own_values = frozenset({dt.date})
    results = _RESULTS_OF_DAYS

    @property
    def python_type(self) -> type[dt.date]:
        return dt.date

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.DATE

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(value.isoformat())


class Time(_Calculated[dt.time]):
    """A time of day."""

    __visit_name__ = "time"
    is_general = True
    affinity = "time"
    own_values = frozenset({dt.time})
    results = _RESULTS_OF_TIMES

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[dt.time]:
        return dt.time

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(value.isoformat())


_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - kept without a zone


class Interval(_Calculated[dt.timedelta]):
    """A span of time; kept as the date and time since 1970 where the server has none.

    ``native=False`` keeps it so everywhere.
    """

    __visit_name__ = "interval"
    is_general = True
    affinity = "interval"
    own_values = frozenset({dt.timedelta})
    results = _RESULTS_OF_INTERVALS
    epoch: ClassVar[dt.datetime] = _EPOCH

    def __init__(
        self,
        native: bool = True,
        second_precision: float | None = None,
        day_precision: float | None = None,
    ) -> None:
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    @property
    def python_type(self) -> type[dt.timedelta]:
        return dt.timedelta

    def is_native(self, dialect: TypeDialect) -> bool:
        """Whether *dialect* keeps this as an interval of its own."""
        return self.native and bool(dialect.features.supports_native_interval)

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        if self.is_native(dialect):
            return None
        inner = _DATETIME.dialect_impl(dialect).bind_function(dialect)
        if inner is None:
            return _EPOCH.__add__
        return lambda value: inner(_EPOCH + value)

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.is_native(dialect):
            return None
        inner = _DATETIME.dialect_impl(dialect).result_function(dialect, coltype)
        if inner is None:
            return lambda value: value - _EPOCH
        return lambda value: inner(value) - _EPOCH

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        inner = _DATETIME.dialect_impl(dialect).literal_function(dialect)
        if inner is None or self.is_native(dialect):
            return None
        return lambda value: inner(_EPOCH + value)


class LargeBinary(TypeEngine[bytes]):
    """Bytes: BLOB."""

    __visit_name__ = "large_binary"
    is_general = True
    affinity = "binary"
    own_values = frozenset({bytes})

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type[bytes]:
        return bytes

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return dialect.features.binary_wrapper or _only_bytes

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.BINARY

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return None if dialect.features.returns_bytes else bytes

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: f"X'{bytes(value).hex().upper()}'"


def _only_bytes(value: object) -> bytes:
    """Return the bytes of *value*: SQLite would keep anything else as it is."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"a binary column keeps bytes, not {type(value).__name__}")
    # Drivers of MariaDB write the name of a memoryview, not what is in it.
    return value if isinstance(value, bytes) else bytes(value)


class MatchType(Boolean):
    """The result of MATCH: a boolean, or a rank on servers that give one."""

    is_general = True


_INTEGER = Integer()
_DATETIME = DateTime()
_INTERVAL = Interval()
INTEGERTYPE = _INTEGER
BOOLEANTYPE = Boolean()
STRINGTYPE = String()
NUMERICTYPE: Numeric[Decimal] = Numeric()
FLOATTYPE: Float[float] = Float()
DOUBLETYPE: Double[float] = Double()
DATETIMETYPE = _DATETIME
DATETYPE = Date()
TIMETYPE = Time()
INTERVALTYPE = _INTERVAL
BINARYTYPE = LargeBinary()
MATCHTYPE = MatchType()
TABLEVALUETYPE: TypeEngine[Any] = TypeEngine()

_OF_FAMILY: dict[str, TypeEngine[Any]] = {
    "numeric": NUMERICTYPE,
    "integer": INTEGERTYPE,
    "datetime": DATETIMETYPE,
    "interval": INTERVALTYPE,
}
"""The type of a result of each family that is neither of the types it was made of."""
