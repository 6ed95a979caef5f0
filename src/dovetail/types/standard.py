"""The standard's own names of types, which stand in DDL exactly as they are called."""

from __future__ import annotations

from typing import Any

from .basic import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Unicode,
)
from .structured import Uuid


class INTEGER(Integer):
    """INTEGER."""

    __visit_name__ = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """SMALLINT."""

    __visit_name__ = "SMALLINT"


class BIGINT(BigInteger):
    """BIGINT."""

    __visit_name__ = "BIGINT"


class NUMERIC(Numeric[Any]):
    """NUMERIC(precision, scale)."""

    __visit_name__ = "NUMERIC"


class DECIMAL(Numeric[Any]):
    """DECIMAL(precision, scale)."""

    __visit_name__ = "DECIMAL"


class FLOAT(Float[Any]):
    """FLOAT(precision)."""

    __visit_name__ = "FLOAT"


class REAL(Float[Any]):
    """REAL."""

    __visit_name__ = "REAL"


class DOUBLE(Double[Any]):
    """DOUBLE."""

    __visit_name__ = "DOUBLE"


class DOUBLE_PRECISION(Double[Any]):
    """DOUBLE PRECISION."""

    __visit_name__ = "DOUBLE_PRECISION"


class VARCHAR(String):
    """VARCHAR(length)."""

    __visit_name__ = "VARCHAR"


class CHAR(String):
    """CHAR(length)."""

    __visit_name__ = "CHAR"


class NVARCHAR(Unicode):
    """NVARCHAR(length)."""

    __visit_name__ = "NVARCHAR"


class NCHAR(Unicode):
    """NCHAR(length)."""

    __visit_name__ = "NCHAR"


class TEXT(Text):
    """TEXT."""

    __visit_name__ = "TEXT"


class CLOB(Text):
    """CLOB."""

    __visit_name__ = "CLOB"


class BLOB(LargeBinary):
    """BLOB."""

    __visit_name__ = "BLOB"


class BINARY(LargeBinary):
    """BINARY(length)."""

    __visit_name__ = "BINARY"


class VARBINARY(LargeBinary):
    """VARBINARY(length)."""

    __visit_name__ = "VARBINARY"


class BOOLEAN(Boolean):
    """BOOLEAN."""

    __visit_name__ = "BOOLEAN"


class DATE(Date):
    """DATE."""

    __visit_name__ = "DATE"


class TIME(Time):
    """TIME."""

    __visit_name__ = "TIME"


class DATETIME(DateTime):
    """DATETIME."""

    __visit_name__ = "DATETIME"


class TIMESTAMP(DateTime):
    """TIMESTAMP, with a time zone where asked for."""

    __visit_name__ = "TIMESTAMP"


class UUID(Uuid[Any]):
    """UUID."""

    __visit_name__ = "UUID"
