"""Types of Microsoft SQL Server."""

from __future__ import annotations

from typing import Any

from ...compiler.ddl import DDLCompiler
from ...compiler.raw import number
from ...compiler.statements import StatementCompiler
from ...sql.defaults import Identity
from ...types.basic import Boolean, DateTime, Integer, LargeBinary, Text, UnicodeText
from ...types.contract import TypeEngine
from ...types.standard import (
    DOUBLE_PRECISION as DOUBLE_PRECISION,
    REAL as REAL,
    TIME as STANDARD_TIME,
    VARBINARY as STANDARD_VARBINARY,
)
from ...types.structured import JSON as STANDARD_JSON, Uuid
from .absent import AbsentDialect, AbsentTypeCompiler


class JSON(STANDARD_JSON):
    """JSON, in NVARCHAR(max)."""


class TINYINT(Integer):
    """A whole number from 0 to 255."""

    __visit_name__ = "TINYINT"


class BIT(Boolean):
    """A truth value."""

    __visit_name__ = "BIT"


class NTEXT(UnicodeText):
    """Text of any length, in UTF-16."""

    __visit_name__ = "NTEXT"


class XML(Text):
    """A document of XML."""

    __visit_name__ = "XML"


class IMAGE(LargeBinary):
    """Bytes of any length, the old name."""

    __visit_name__ = "IMAGE"


class VARBINARY(STANDARD_VARBINARY):
    """Bytes; *length* may be ``"max"``, and *filestream* keeps them in a file then."""

    def __init__(self, length: Any = None, filestream: bool = False) -> None:
        self.filestream = filestream
        super().__init__(length=length)


class TIMESTAMP(LargeBinary):
    """The version of a row, 8 bytes; as whole numbers with *convert_int*."""

    __visit_name__ = "TIMESTAMP"

    def __init__(self, convert_int: bool = False) -> None:
        self.convert_int = convert_int
        super().__init__()


class ROWVERSION(TIMESTAMP):
    """The version of a row, 8 bytes."""

    __visit_name__ = "ROWVERSION"


class _Precise(DateTime):
    def __init__(self, precision: int | None = None, **keywords: Any) -> None:
        self.precision = precision
        super().__init__(**keywords)


class DATETIME2(_Precise):
    """A time with up to seven decimals of a second: *precision*."""

    __visit_name__ = "DATETIME2"


class DATETIMEOFFSET(_Precise):
    """A time with its distance from UTC; *precision* as for DATETIME2."""

    __visit_name__ = "DATETIMEOFFSET"


class SMALLDATETIME(DateTime):
    """A time to the minute."""

    __visit_name__ = "SMALLDATETIME"


class TIME(STANDARD_TIME):
    """A time of day with up to seven decimals of a second: *precision*."""

    def __init__(self, precision: int | None = None, **keywords: Any) -> None:
        self.precision = precision
        super().__init__(**keywords)


class MONEY(TypeEngine[Any]):
    """An amount, 8 bytes."""

    __visit_name__ = "MONEY"


class SMALLMONEY(TypeEngine[Any]):
    """An amount, 4 bytes."""

    __visit_name__ = "SMALLMONEY"


class SQL_VARIANT(TypeEngine[Any]):
    """A value of any type."""

    __visit_name__ = "SQL_VARIANT"


class UNIQUEIDENTIFIER(Uuid[Any]):
    """A UUID."""

    __visit_name__ = "UNIQUEIDENTIFIER"

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid=as_uuid, native_uuid=True)


class MSTypeCompiler(AbsentTypeCompiler):
    """Writes the types of Microsoft SQL Server."""


class MSDDLCompiler(DDLCompiler):
    """Writes the definitions of Microsoft SQL Server."""

    def visit_identity_column(self, identity: Identity, **kw: object) -> str:
        """Return IDENTITY, with where the numbers start and how far they are apart."""
        start = 1 if identity.start is None else identity.start
        increment = 1 if identity.increment is None else identity.increment
        return f"IDENTITY({number(start, 'start')},{number(increment, 'increment')})"


class MSSQLCompiler(StatementCompiler):
    """Writes statements as the standard does: Microsoft SQL Server is not connected to."""


class MSDialect(AbsentDialect):
    """The name ``mssql``; connecting is refused."""

    name = "mssql"
    driver = "pyodbc"
    statement_compiler = MSSQLCompiler
    ddl_compiler = MSDDLCompiler
    type_compiler_class = MSTypeCompiler
    server = "Microsoft SQL Server"
    default_schema_name = "dbo"


ischema_names: dict[str, type[TypeEngine[Any]]] = {
    kind.__name__.lower(): kind
    for kind in (
        TINYINT,
        BIT,
        NTEXT,
        XML,
        IMAGE,
        VARBINARY,
        TIMESTAMP,
        ROWVERSION,
        DATETIME2,
        DATETIMEOFFSET,
        SMALLDATETIME,
        TIME,
        MONEY,
        SMALLMONEY,
        SQL_VARIANT,
        UNIQUEIDENTIFIER,
    )
}
"""The types by the names under which the server lists them."""
