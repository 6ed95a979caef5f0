"""How PostgreSQL tells of what it was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..spelling import Spelling

if TYPE_CHECKING:
    from ...compiler.target import CompilerDialect

_TYPE = re.compile(
    r"^(?P<name>[A-Z0-9_ ]+?) ?(?:\((?P<sizes>[\d, ]+)\))?(?P<zone> WITH(?:OUT)? TIME ZONE)?$"
)
_SAME = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "INT2": "SMALLINT",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "FLOAT4": "REAL",
    "FLOAT8": "DOUBLE PRECISION",
    "DECIMAL": "NUMERIC",
    "CHARACTER VARYING": "VARCHAR",
    "CHARACTER": "CHAR",
    "BPCHAR": "CHAR",
    "VARBIT": "BIT VARYING",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMETZ": "TIME WITH TIME ZONE",
    "SERIAL": "INTEGER",
    "BIGSERIAL": "BIGINT",
    "SMALLSERIAL": "SMALLINT",
}
_ONE_BY_ITSELF = frozenset({"CHAR", "BIT"})
_TIMES = frozenset({"TIMESTAMP", "TIME"})
_SINGLE_DIGITS = 24
"""FLOAT of so many binary digits at most is REAL."""


class PostgresqlSpelling(Spelling):
    """PostgreSQL has one name for a type, whatever it was called by."""

    def type_text(self, text: str, dialect: CompilerDialect) -> str | None:
        """Return the name of the type, arrays of any depth with one pair of brackets."""
        item = text.rstrip("[]")
        brackets = "[]" if item != text else ""
        plain, word, collation = item.partition(" COLLATE ")
        known = _TYPE.match(plain.upper())
        if known is None:
            return text
        name = _SAME.get(known["name"].strip(), known["name"].strip())
        sizes = [int(size) for size in (known["sizes"] or "").replace(" ", "").split(",") if size]
        zone = known["zone"] or (" WITHOUT TIME ZONE" if name in _TIMES else "")
        if name == "FLOAT":
            is_single = bool(sizes) and sizes[0] <= _SINGLE_DIGITS
            name, sizes = ("REAL" if is_single else "DOUBLE PRECISION"), []
        if name == "NUMERIC" and len(sizes) == 1:
            sizes.append(0)
        if name in _ONE_BY_ITSELF and not sizes:
            sizes = [1]
        shown = f"({', '.join(map(str, sizes))})" if sizes else ""
        return f"{name}{shown}{zone}{word}{collation}{brackets}"
