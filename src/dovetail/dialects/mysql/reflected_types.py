"""The types by the names under which servers list them, and a type for a text such as these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from warnings import warn

from ...exc import DovetailWarning
from ...types.contract import NullType, TypeEngine
from ...types.standard import BINARY, BLOB, BOOLEAN, DATE, UUID, VARBINARY
from .enumerated import ENUM, SET
from .types import (
    BIGINT,
    BIT,
    CHAR,
    DATETIME,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INET4,
    INET6,
    INTEGER,
    JSON,
    LONGBLOB,
    LONGTEXT,
    MEDIUMBLOB,
    MEDIUMINT,
    MEDIUMTEXT,
    NCHAR,
    NUMERIC,
    NVARCHAR,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TINYBLOB,
    TINYINT,
    TINYTEXT,
    VARCHAR,
    YEAR,
)

TYPES: Mapping[str, type[TypeEngine[Any]]] = {
    "bigint": BIGINT,
    "binary": BINARY,
    "bit": BIT,
    "blob": BLOB,
    "bool": BOOLEAN,
    "boolean": BOOLEAN,
    "char": CHAR,
    "date": DATE,
    "datetime": DATETIME,
    "decimal": DECIMAL,
    "double": DOUBLE,
    "enum": ENUM,
    "fixed": DECIMAL,
    "float": FLOAT,
    "inet4": INET4,
    "inet6": INET6,
    "int": INTEGER,
    "integer": INTEGER,
    "json": JSON,
    "longblob": LONGBLOB,
    "longtext": LONGTEXT,
    "mediumblob": MEDIUMBLOB,
    "mediumint": MEDIUMINT,
    "mediumtext": MEDIUMTEXT,
    "nchar": NCHAR,
    "numeric": NUMERIC,
    "nvarchar": NVARCHAR,
    "real": REAL,
    "set": SET,
    "smallint": SMALLINT,
    "text": TEXT,
    "time": TIME,
    "timestamp": TIMESTAMP,
    "tinyblob": TINYBLOB,
    "tinyint": TINYINT,
    "tinytext": TINYTEXT,
    "uuid": UUID,
    "varbinary": VARBINARY,
    "varchar": VARCHAR,
    "year": YEAR,
}
_FINE = frozenset({"datetime", "time", "timestamp"})
_LISTS = frozenset({"enum", "set"})
_NUMBERS = frozenset(
    {"bigint", "int", "integer", "mediumint", "smallint", "tinyint"}
    | {"decimal", "numeric", "fixed", "double", "float", "real"}
)
_TEXTS = frozenset({"char", "varchar", "text", "tinytext", "mediumtext", "longtext", "enum", "set"})
_NATIONAL = frozenset({"nchar", "nvarchar"})


def make_type(
    name: str,
    arguments: Sequence[str],
    words: frozenset[str],
    charset: str | None,
    collation: str | None,
) -> TypeEngine[Any]:
    """Return the type for what stands in a definition; one that is not known becomes NullType.

    *words* are those that follow the name, such as UNSIGNED.
    """
    kind: Any = TYPES.get(name)
    if kind is None:
        warn(
            f"the type {name!r} is not known: it is read as NullType", DovetailWarning, stacklevel=2
        )
        return NullType()
    options: dict[str, Any] = {}
    if name in _NUMBERS:
        options = {word: True for word in ("unsigned", "zerofill") if word.upper() in words}
    if name in _TEXTS:
        options = {"charset": charset, "collation": collation}
    if name in _NATIONAL:
        options = {"collation": collation}
    if name in _LISTS:
        if name == "set" and "" in arguments:
            options["retrieve_as_bitwise"] = True
        listed: TypeEngine[Any] = kind(*arguments, **options)
        return listed
    numbers: list[Any] = [int(number) for number in arguments]
    if name in _FINE:
        numbers, options = [], {"fsp": numbers[0] if numbers else None}
    made: TypeEngine[Any] = kind(*numbers, **options)
    return made
