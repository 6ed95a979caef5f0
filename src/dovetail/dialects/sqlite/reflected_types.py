"""The types by the texts that columns are declared with, and by the affinity of others."""

from __future__ import annotations

import re
from typing import Any

from ...types.contract import NullType, TypeEngine
from ...types.standard import (
    BIGINT,
    BLOB,
    BOOLEAN,
    CHAR,
    CLOB,
    DATE,
    DATETIME,
    DECIMAL,
    DOUBLE,
    DOUBLE_PRECISION,
    FLOAT,
    INTEGER,
    NCHAR,
    NUMERIC,
    NVARCHAR,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    VARCHAR,
)
from . import formats
from .types import JSON

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "BIGINT": BIGINT,
    "BLOB": BLOB,
    "BOOL": BOOLEAN,
    "BOOLEAN": BOOLEAN,
    "CHAR": CHAR,
    "CLOB": CLOB,
    "DATE": DATE,
    "DATETIME": DATETIME,
    "DATETIME_CHAR": formats.DATETIME,
    "DATE_CHAR": formats.DATE,
    "DECIMAL": DECIMAL,
    "DOUBLE": DOUBLE,
    "DOUBLE PRECISION": DOUBLE_PRECISION,
    "FLOAT": FLOAT,
    "INT": INTEGER,
    "INTEGER": INTEGER,
    "JSON": JSON,
    "NCHAR": NCHAR,
    "NUMERIC": NUMERIC,
    "NVARCHAR": NVARCHAR,
    "REAL": REAL,
    "SMALLINT": SMALLINT,
    "TEXT": TEXT,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
    "TIME_CHAR": formats.TIME,
    "VARCHAR": VARCHAR,
}
_AFFINITIES: tuple[tuple[tuple[str, ...], type[TypeEngine[Any]]], ...] = (
    (("INT",), INTEGER),
    (("CHAR", "CLOB", "TEXT"), TEXT),
    (("BLOB",), NullType),
    (("REAL", "FLOA", "DOUB"), REAL),
)
_TYPE = re.compile(r"^(?P<name>[\w ]*?)\s*(?:\((?P<arguments>[^)]*)\))?$")


def column_type(declared: str) -> TypeEngine[Any]:
    """Return the type for the text that a column was *declared* with."""
    matched = _TYPE.match(declared.strip())
    name = matched["name"].upper() if matched else declared.upper()
    arguments = matched["arguments"] if matched else None
    kind: Any = _TYPES.get(name)
    if kind is None:
        if not name:
            return NullType()
        kind = next(
            (kind for marks, kind in _AFFINITIES if any(mark in name for mark in marks)), NUMERIC
        )
    numbers = [int(number) for number in re.findall(r"\d+", arguments or "")]
    try:
        type_: TypeEngine[Any] = kind(*numbers)
    except TypeError:
        type_ = kind()
    return type_
