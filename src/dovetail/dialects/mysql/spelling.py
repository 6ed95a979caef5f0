"""How MySQL and MariaDB tell of what they were given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from ..spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...compiler.target import CompilerDialect

_TYPE = re.compile(
    r"^(?P<name>[A-Z0-9_ ]+?)(?:\((?P<arguments>.*)\))?(?P<words>(?: (?:UNSIGNED|ZEROFILL))*)$",
    re.DOTALL,
)
_CHARACTERS = re.compile(
    r" (?:CHARACTER SET `?\w+`?|COLLATE `?\w+`?|ASCII|UNICODE|BINARY)(?= |$)", re.IGNORECASE
)
_SAME = {
    "BOOL": "TINYINT",
    "BOOLEAN": "TINYINT",
    "INT": "INTEGER",
    "DEC": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "FIXED": "DECIMAL",
    "DOUBLE PRECISION": "DOUBLE",
    "REAL": "DOUBLE",
    "NATIONAL VARCHAR": "VARCHAR",
    "NATIONAL CHAR": "CHAR",
}
_WHOLE = frozenset({"TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "BIGINT", "YEAR"})
_ONE_BY_ITSELF = frozenset({"CHAR", "BINARY", "BIT"})
_LISTS = frozenset({"ENUM", "SET"})
_SIZED_TEXTS = {
    "TEXT": ("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"),
    "BLOB": ("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"),
}
_MOST_BYTES = (255, 65_535, 16_777_215)
_BYTES_OF_A_CHARACTER = 4
_SINGLE_DIGITS = 24
"""FLOAT of so many binary digits at most has four bytes."""


class MysqlSpelling(Spelling):
    """The servers have one name for a type, and no display width that means anything.

    Character sets and collations are left out: what a column has without saying so is its table's,
    or the database's.
    """

    functions: ClassVar[Mapping[str, str]] = {
        "now": "current_timestamp",
        "localtime": "current_timestamp",
        "localtimestamp": "current_timestamp",
        "curdate": "current_date",
        "curtime": "current_time",
        "length": "octet_length",
        "lower": "lcase",
        "upper": "ucase",
        "character_length": "char_length",
        "substr": "substring",
    }
    indexes_foreign_keys = True
    restricts_by_itself = True

    def type_text(self, text: str, dialect: CompilerDialect) -> str | None:
        """Return the name of the type, with what it is without saying so."""
        plain = _CHARACTERS.sub("", text)
        head = plain.partition("(")[0].strip().upper()
        if head in _LISTS:
            return head + plain[len(head) :].replace("', '", "','")
        known = _TYPE.match(plain.upper())
        if known is None:
            return plain
        name = _SAME.get(known["name"], known["name"])
        sizes = [int(size) for size in (known["arguments"] or "").split(",") if size.strip()]
        name, sizes = _settled(name, sizes)
        words = " UNSIGNED" * ("UNSIGNED" in known["words"] or "ZEROFILL" in known["words"])
        words += " ZEROFILL" * ("ZEROFILL" in known["words"])
        shown = f"({', '.join(map(str, sizes))})" if sizes else ""
        return f"{name}{shown}{words}"


def _settled(name: str, sizes: list[int]) -> tuple[str, list[int]]:
    """Return the type and sizes that a column gets that was given these."""
    if name in _WHOLE or sizes == [0]:
        return name, []
    if name == "DECIMAL":
        return name, [*sizes, 0][:2] if sizes else [10, 0]
    if name == "FLOAT" and len(sizes) == 1:
        return ("FLOAT" if sizes[0] <= _SINGLE_DIGITS else "DOUBLE"), []
    if name in _ONE_BY_ITSELF and not sizes:
        return name, [1]
    if name in _SIZED_TEXTS and sizes:
        width = _BYTES_OF_A_CHARACTER if name == "TEXT" else 1
        place = sum(sizes[0] * width > most for most in _MOST_BYTES)
        return _SIZED_TEXTS[name][place], []
    return name, sizes
