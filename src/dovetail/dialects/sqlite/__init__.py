"""SQLite: ``sqlite:///file.db``, ``sqlite+aiosqlite:///file.db``."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ...types.standard import (
    BLOB as BLOB, BOOLEAN as BOOLEAN, CHAR as CHAR, DECIMAL as DECIMAL, FLOAT as FLOAT,
    INTEGER as INTEGER, NUMERIC as NUMERIC, REAL as REAL, SMALLINT as SMALLINT, TEXT as TEXT,
    TIMESTAMP as TIMESTAMP, VARCHAR as VARCHAR,
)
from .dialect import SqliteDialect as SqliteDialect, dialect as dialect
from .dml import Insert as Insert, insert as insert
from .formats import DATE as DATE, DATETIME as DATETIME, TIME as TIME
from .types import JSON as JSON
