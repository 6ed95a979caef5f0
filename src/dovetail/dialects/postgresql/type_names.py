"""From the names under which the server lists types to types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...types.contract import NULLTYPE, TypeEngine
from ...types.standard import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DATE,
    DOUBLE_PRECISION,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    UUID,
    VARCHAR,
)
from . import ranges
from .arrays import ARRAY
from .hstore import HSTORE
from .json import JSON, JSONB
from .types import (
    BIT,
    BYTEA,
    CIDR,
    CITEXT,
    INET,
    INTERVAL,
    JSONPATH,
    MACADDR,
    MACADDR8,
    MONEY,
    OID,
    REGCLASS,
    REGCONFIG,
    TIME,
    TIMESTAMP,
    TSQUERY,
    TSVECTOR,
)

_SHAPE = re.compile(
    r'^(?:(?P<schema>"(?:[^"]|"")+"|\w+)\.)?(?P<name>"(?:[^"]|"")+"|[a-z0-9_" ]+?)'
    r"(?: ?\((?P<sizes>[\d, -]+)\))?(?P<zone> with(?:out)? time zone)?(?P<brackets>(?:\[\])*)$"
)
_INTERVAL = re.compile(
    r"^interval(?: (?P<fields>[a-z ]+?))?(?:\((?P<precision>\d+)\))?(?P<rest>(?:\[\])*)$"
)


def _timed(kind: type, zone: str, sizes: list[int]) -> TypeEngine[Any]:
    made: TypeEngine[Any] = kind(zone.strip() == "with time zone", *sizes)
    return made


_SIZED: dict[str, Callable[..., TypeEngine[Any]]] = {
    "character varying": VARCHAR,
    "character": CHAR,
    "numeric": NUMERIC,
    "bit": BIT,
    "bit varying": lambda length=None: BIT(length, varying=True),
}
_TIMED: dict[str, Any] = {"timestamp": TIMESTAMP, "time": TIME}

ISCHEMA_NAMES: dict[str, type[TypeEngine[Any]]] = {
    "smallint": SMALLINT,
    "integer": INTEGER,
    "bigint": BIGINT,
    "text": TEXT,
    "character varying": VARCHAR,
    "character": CHAR,
    '"char"': CHAR,
    "name": VARCHAR,
    "boolean": BOOLEAN,
    "numeric": NUMERIC,
    "real": REAL,
    "double precision": DOUBLE_PRECISION,
    "date": DATE,
    "bytea": BYTEA,
    "uuid": UUID,
    "json": JSON,
    "jsonb": JSONB,
    "jsonpath": JSONPATH,
    "inet": INET,
    "cidr": CIDR,
    "macaddr": MACADDR,
    "macaddr8": MACADDR8,
    "money": MONEY,
    "oid": OID,
    "regclass": REGCLASS,
    "regconfig": REGCONFIG,
    "tsvector": TSVECTOR,
    "tsquery": TSQUERY,
    "citext": CITEXT,
    "hstore": HSTORE,
    "int4range": ranges.INT4RANGE,
    "int8range": ranges.INT8RANGE,
    "numrange": ranges.NUMRANGE,
    "daterange": ranges.DATERANGE,
    "tsrange": ranges.TSRANGE,
    "tstzrange": ranges.TSTZRANGE,
    "int4multirange": ranges.INT4MULTIRANGE,
    "int8multirange": ranges.INT8MULTIRANGE,
    "nummultirange": ranges.NUMMULTIRANGE,
    "datemultirange": ranges.DATEMULTIRANGE,
    "tsmultirange": ranges.TSMULTIRANGE,
    "tstzmultirange": ranges.TSTZMULTIRANGE,
}
"""Types by the names that ``format_type()`` gives."""


def type_of_text(
    declared: str, named: TypeEngine[Any] | None, dimensions: int, collation: str | None
) -> TypeEngine[Any]:
    """Return the type for the text that ``format_type()`` gave.

    *named* is the enumeration or domain that it names, *dimensions* those that an array was
    declared with.  What is not known is NullType.
    """
    is_array = declared.endswith("[]")
    found: Any = named if named is not None else _plain(declared.removesuffix("[]"))
    if found is None:
        return NULLTYPE
    if collation is not None and hasattr(found, "collation"):
        found = found.copy()
        found.collation = collation
    made: TypeEngine[Any] = found
    if not is_array:
        return made
    return ARRAY(made, dimensions=dimensions if dimensions > 1 else None)


def _plain(declared: str) -> TypeEngine[Any] | None:
    interval = _INTERVAL.match(declared)
    if interval is not None:
        precision = interval["precision"]
        fields = interval["fields"]
        return INTERVAL(int(precision) if precision else None, fields.upper() if fields else None)
    shape = _SHAPE.match(declared)
    if shape is None:
        return None
    name = shape["name"].strip()
    sizes = [int(size) for size in re.findall(r"-?\d+", shape["sizes"] or "")]
    if name in _TIMED:
        return _timed(_TIMED[name], shape["zone"] or "", sizes)
    if name in _SIZED:
        return _SIZED[name](*sizes)
    kind = ISCHEMA_NAMES.get(name)
    return kind() if kind is not None else None
