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

    visit_name = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """SMALLINT."""

    visit_name = "SMALLINT"


class BIGINT(BigInteger):
    """BIGINT."""

    visit_name = "BIGINT"


class NUMERIC(Numeric[Any]):
    """NUMERIC(precision, scale)."""

    visit_name = "NUMERIC"


class DECIMAL(Numeric[Any]):
    """DECIMAL(precision, scale)."""

    visit_name = "DECIMAL"


class FLOAT(Float[Any]):
    """FLOAT(precision)."""

    visit_name = "FLOAT"


class REAL(Float[Any]):
    """REAL."""

    visit_name = "REAL"


class DOUBLE(Double[Any]):
    """DOUBLE."""

    visit_name = "DOUBLE"


class DOUBLE_PRECISION(Double[Any]):
    """DOUBLE PRECISION."""

    visit_name = "DOUBLE_PRECISION"


class VARCHAR(String):
    """VARCHAR(length)."""

    visit_name = "VARCHAR"


class CHAR(String):
    """CHAR(length)."""

    visit_name = "CHAR"


class NVARCHAR(Unicode):
    """NVARCHAR(length)."""

    visit_name = "NVARCHAR"


class NCHAR(Unicode):
    """NCHAR(length)."""

    visit_name = "NCHAR"


class TEXT(Text):
    """TEXT."""

    visit_name = "TEXT"


class CLOB(Text):
    """CLOB."""

    visit_name = "CLOB"


class BLOB(LargeBinary):
    """BLOB."""

    visit_name = "BLOB"


class BINARY(LargeBinary):
    """BINARY(length)."""

    visit_name = "BINARY"


class VARBINARY(LargeBinary):
    """VARBINARY(length)."""

    visit_name = "VARBINARY"


class BOOLEAN(Boolean):
    """BOOLEAN."""

    visit_name = "BOOLEAN"


class DATE(Date):
    """DATE."""

    visit_name = "DATE"


class TIME(Time):
    """TIME."""

    visit_name = "TIME"


class DATETIME(DateTime):
    """DATETIME."""

    visit_name = "DATETIME"


class TIMESTAMP(DateTime):
    """TIMESTAMP, with a time zone where asked for."""

    visit_name = "TIMESTAMP"


class UUID(Uuid[Any]):
    """UUID."""

    visit_name = "UUID"
