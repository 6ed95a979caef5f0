"""Types: how values travel between Python and the database."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .basic import (
    BigInteger as BigInteger, Boolean as Boolean, Date as Date, DateTime as DateTime,
    Double as Double, Float as Float, Integer as Integer, Interval as Interval,
    LargeBinary as LargeBinary, MatchType as MatchType, Numeric as Numeric,
    SmallInteger as SmallInteger, String as String, Text as Text, Time as Time, Unicode as Unicode,
    UnicodeText as UnicodeText,
)
from .contract import (
    Conversion as Conversion, ExternalType as ExternalType, NULLTYPE as NULLTYPE,
    NullType as NullType, TypeEngine as TypeEngine, TypeEngineMixin as TypeEngineMixin,
    UserDefinedType as UserDefinedType, to_instance as to_instance,
)
from .decorator import TypeDecorator as TypeDecorator
from .inference import type_for_annotation as type_for_annotation, type_for_value as type_for_value
from .schema_type import SchemaType as SchemaType
from .standard import (
    BIGINT as BIGINT, BINARY as BINARY, BLOB as BLOB, BOOLEAN as BOOLEAN, CHAR as CHAR,
    CLOB as CLOB, DATE as DATE, DATETIME as DATETIME, DECIMAL as DECIMAL, DOUBLE as DOUBLE,
    DOUBLE_PRECISION as DOUBLE_PRECISION, FLOAT as FLOAT, INT as INT, INTEGER as INTEGER,
    NCHAR as NCHAR, NUMERIC as NUMERIC, NVARCHAR as NVARCHAR, REAL as REAL, SMALLINT as SMALLINT,
    TEXT as TEXT, TIME as TIME, TIMESTAMP as TIMESTAMP, UUID as UUID, VARBINARY as VARBINARY,
    VARCHAR as VARCHAR,
)
from .structured import (
    ARRAY as ARRAY, Enum as Enum, JSON as JSON, PickleType as PickleType, TupleType as TupleType,
    Uuid as Uuid,
)
