"""The types of MySQL and MariaDB: numbers, dates, text and bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from ...types import standard, structured
from ...types.basic import (
    Integer,
    LargeBinary,
    Text,
    Time,
    quote_text,
)
from ...types.contract import Processor, TypeDialect, TypeEngine
from ...types.structured import Uuid

# -- numbers ----------------------------------------------------------------------------------


class _WholeNumber:
    """A whole number with a width to show and without a sign, where asked for."""

    def __init__(
        self,
        display_width: int | None = None,
        *,
        unsigned: bool = False,
        zerofill: bool = False,
    ) -> None:
        self.display_width = display_width
        self.unsigned = unsigned
        self.zerofill = zerofill


class INTEGER(_WholeNumber, standard.INTEGER):
    """INTEGER: 4 bytes."""


class BIGINT(_WholeNumber, standard.BIGINT):
    """BIGINT: 8 bytes."""


class MEDIUMINT(_WholeNumber, Integer):
    """MEDIUMINT: 3 bytes."""

    __visit_name__ = "MEDIUMINT"


class SMALLINT(_WholeNumber, standard.SMALLINT):
    """SMALLINT: 2 bytes."""


class TINYINT(_WholeNumber, Integer):
    """TINYINT: 1 byte; ``TINYINT(1)`` is what BOOL stands for."""

    __visit_name__ = "TINYINT"


class _FixedNumber:
    """A decimal number without a sign, where asked for."""

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        asdecimal: bool = True,
        *,
        unsigned: bool = False,
        zerofill: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.asdecimal = asdecimal
        self.unsigned = unsigned
        self.zerofill = zerofill
        self.decimal_return_scale = decimal_return_scale


class NUMERIC(_FixedNumber, standard.NUMERIC):
    """NUMERIC(precision, scale)."""


class DECIMAL(_FixedNumber, standard.DECIMAL):
    """DECIMAL(precision, scale)."""


class DOUBLE(_FixedNumber, standard.DOUBLE):
    """DOUBLE(precision, scale); read as a Decimal unless ``asdecimal=False``."""


class REAL(_FixedNumber, standard.REAL):
    """REAL(precision, scale): DOUBLE, or FLOAT where ``sql_mode`` says REAL_AS_FLOAT."""


class FLOAT(_FixedNumber, standard.FLOAT):
    """FLOAT(precision, scale)."""

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        asdecimal: bool = False,
        *,
        unsigned: bool = False,
        zerofill: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        super().__init__(
            precision,
            scale,
            asdecimal,
            unsigned=unsigned,
            zerofill=zerofill,
            decimal_return_scale=decimal_return_scale,
        )


class BIT(TypeEngine[int]):
    """BIT(length): up to 64 bits, read as a whole number."""

    __visit_name__ = "BIT"
    affinity = "integer"
    own_values = frozenset({int, bool})

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type[int]:
        return int

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return _bits

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: str(int(value))


def _bits(value: Any) -> int:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)


# -- dates ------------------------------------------------------------------------------------


def time_of(value: object) -> dt.time:
    """Return the time of day for what a driver gives: a span since midnight.

    A column of type TIME may hold more than a day, or less than nothing; ValueError is raised
    for that.
    """
    if isinstance(value, dt.time):
        return value
    if not isinstance(value, dt.timedelta) or value.days:
        raise ValueError(f"a TIME column holds {value}, which is no time of day")
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return dt.time(hours, minutes, seconds, value.microseconds)


class TIME(standard.TIME):
    """TIME(fsp): a time of day, with *fsp* decimal places of seconds."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        self.timezone = timezone
        self.fsp = fsp

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return _time_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return time_of


class MysqlTime(Time):
    """The general Time, as the drivers give it."""

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return _time_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return time_of


def _time_text(value: object) -> Any:
    """Return a time of day as text: mysqlclient has no conversion for it."""
    return value.isoformat() if isinstance(value, dt.time) else value


class DATETIME(standard.DATETIME):
    """DATETIME(fsp): with *fsp* decimal places of seconds, 6 for all that Python has."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        self.timezone = timezone
        self.fsp = fsp


class TIMESTAMP(standard.TIMESTAMP):
    """TIMESTAMP(fsp): kept as UTC, shown in the time zone of the session."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        self.timezone = timezone
        self.fsp = fsp


class YEAR(TypeEngine[int]):
    """YEAR: 1901 to 2155."""

    __visit_name__ = "YEAR"
    affinity = "integer"
    own_values = frozenset({int})

    def __init__(self, display_width: int | None = None) -> None:
        self.display_width = display_width

    @property
    def python_type(self) -> type[int]:
        return int

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: str(int(value))


# -- text -------------------------------------------------------------------------------------


class _Text:
    """Text with a character set and a collation of its own."""

    def __init__(
        self,
        length: int | None = None,
        *,
        charset: str | None = None,
        collation: str | None = None,
        ascii: bool = False,
        unicode: bool = False,
        binary: bool = False,
        national: bool = False,
    ) -> None:
        self.length = length
        self.charset = charset
        self.collation = collation
        self.ascii = ascii
        self.unicode = unicode
        self.binary = binary
        self.national = national


class TEXT(_Text, standard.TEXT):
    """TEXT: up to 64 KiB."""


class TINYTEXT(_Text, Text):
    """TINYTEXT: up to 255 bytes."""

    __visit_name__ = "TINYTEXT"


class MEDIUMTEXT(_Text, Text):
    """MEDIUMTEXT: up to 16 MiB."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(_Text, Text):
    """LONGTEXT: up to 4 GiB."""

    __visit_name__ = "LONGTEXT"


class VARCHAR(_Text, standard.VARCHAR):
    """VARCHAR(length)."""


class CHAR(_Text, standard.CHAR):
    """CHAR(length)."""


class _National:
    """Text in the national character set, UTF-8."""

    def __init__(self, length: int | None = None, *, collation: str | None = None) -> None:
        self.length = length
        self.collation = collation
        self.national = True


class NVARCHAR(_National, standard.NVARCHAR):
    """NATIONAL VARCHAR(length)."""


class NCHAR(_National, standard.NCHAR):
    """NATIONAL CHAR(length)."""


# -- bytes ------------------------------------------------------------------------------------


class TINYBLOB(LargeBinary):
    """TINYBLOB: up to 255 bytes."""

    __visit_name__ = "TINYBLOB"


class MEDIUMBLOB(LargeBinary):
    """MEDIUMBLOB: up to 16 MiB."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(LargeBinary):
    """LONGBLOB: up to 4 GiB."""

    __visit_name__ = "LONGBLOB"


# -- the rest ---------------------------------------------------------------------------------


class JSON(structured.JSON):
    """A JSON document; on MariaDB an alias of LONGTEXT with a check."""


class _Address(TypeEngine[str]):
    """An address, read as text."""

    affinity = "string"
    own_values = frozenset({str})

    @property
    def python_type(self) -> type[str]:
        return str

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return str

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return quote_text


class INET4(_Address):
    """An IPv4 address, of MariaDB 10.10 and later; read as text."""

    __visit_name__ = "INET4"


class INET6(_Address):
    """An IPv6 address, of MariaDB 10.5 and later; read as text."""

    __visit_name__ = "INET6"


class MariadbUuid(Uuid[Any]):
    """A UUID: MariaDB has a type for it from 10.7 on, which the drivers read as text."""

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        return str if self.is_native(dialect) else super().bind_function(dialect)

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if not self.is_native(dialect):
            return super().result_function(dialect, coltype)
        return UUID if self.as_uuid else None


COLSPECS: dict[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    Time: MysqlTime,
    Uuid: MariadbUuid,
}
