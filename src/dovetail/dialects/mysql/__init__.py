"""MySQL and MariaDB: ``mysql://user@host/database``, ``mariadb+pymysql://user@host/database``."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ...types.standard import (
    BINARY as BINARY, BLOB as BLOB, BOOLEAN as BOOLEAN, DATE as DATE, UUID as UUID,
    VARBINARY as VARBINARY,
)
from .dialect import (
    MariadbDialect as MariadbDialect, MysqlDialect as MysqlDialect, dialect as dialect,
)
from .dml import Insert as Insert, insert as insert, limit as limit
from .enumerated import ENUM as ENUM, SET as SET
from .matching import match as match
from .types import (
    BIGINT as BIGINT, BIT as BIT, CHAR as CHAR, DATETIME as DATETIME, DECIMAL as DECIMAL,
    DOUBLE as DOUBLE, FLOAT as FLOAT, INET4 as INET4, INET6 as INET6, INTEGER as INTEGER,
    JSON as JSON, LONGBLOB as LONGBLOB, LONGTEXT as LONGTEXT, MEDIUMBLOB as MEDIUMBLOB,
    MEDIUMINT as MEDIUMINT, MEDIUMTEXT as MEDIUMTEXT, NCHAR as NCHAR, NUMERIC as NUMERIC,
    NVARCHAR as NVARCHAR, REAL as REAL, SMALLINT as SMALLINT, TEXT as TEXT, TIME as TIME,
    TIMESTAMP as TIMESTAMP, TINYBLOB as TINYBLOB, TINYINT as TINYINT, TINYTEXT as TINYTEXT,
    VARCHAR as VARCHAR, YEAR as YEAR,
)
