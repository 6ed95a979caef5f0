"""What kind of statement a text of SQL is, as far as SQLite's locks go."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


class Kind(IntEnum):
    """What a statement wants of the database."""

    READ = 0
    """Rows; nothing is changed.  Zero, so that the usual question is one of truth."""

    LOCK = 1
    """Rows that nobody else may change meanwhile: ``SELECT ... FOR UPDATE``."""

    WRITE = 2
    SAVEPOINT = 3
    END = 4
    """The user's own COMMIT or ROLLBACK."""

    ATTACH = 5
    """ATTACH and DETACH: the list of databases changes."""

    OTHER = 6
    """PRAGMA, EXPLAIN, the user's own BEGIN: it is sent as it is."""


FOR_UPDATE = "/* FOR UPDATE */"
"""What the compiler writes for FOR UPDATE, which SQLite itself does not know."""

_SPACE = r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/|\()*"
_FIRST_WORD = re.compile(_SPACE + r"(\w+)").match
_CHANGES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE\s+INTO)\b", re.IGNORECASE).search
_SAVEPOINT = re.compile(
    _SPACE + r"(SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?"
    r"|ROLLBACK(?:\s+TRANSACTION)?\s+TO(?:\s+SAVEPOINT)?)"
    r"\s+(.+?)\s*;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
).match

_KINDS = {
    "SELECT": Kind.READ,
    "VALUES": Kind.READ,
    "SAVEPOINT": Kind.SAVEPOINT,
    "RELEASE": Kind.SAVEPOINT,
    "COMMIT": Kind.END,
    "END": Kind.END,
    "ATTACH": Kind.ATTACH,
    "DETACH": Kind.ATTACH,
    "PRAGMA": Kind.OTHER,
    "EXPLAIN": Kind.OTHER,
    "BEGIN": Kind.OTHER,
}


@lru_cache(maxsize=2048)
def kind_of(sql: str) -> Kind:
    """Return what *sql* wants of the database; what is not known counts as a change."""
    found = _FIRST_WORD(sql)
    if found is None:
        return Kind.OTHER
    word = found[1].upper()
    if word == "ROLLBACK":
        return Kind.SAVEPOINT if _SAVEPOINT(sql) else Kind.END
    if word == "WITH":
        # A literal or a name that looks like a change makes the lock come early: no harm.
        kind = Kind.WRITE if _CHANGES(_without_mark(sql)) else Kind.READ
    else:
        kind = _KINDS.get(word, Kind.WRITE)
    return Kind.LOCK if kind is Kind.READ and FOR_UPDATE in sql else kind


def _without_mark(sql: str) -> str:
    return sql.replace(FOR_UPDATE, "")


def savepoint_of(sql: str) -> tuple[str, str]:
    """Return the verb (``SAVEPOINT``, ``RELEASE``, ``ROLLBACK``) and the name in *sql*.

    *sql* is of the kind ``SAVEPOINT``; the name is empty where SQLite will refuse the text.
    """
    found = _SAVEPOINT(sql)
    return (found[1].split()[0].upper(), found[2]) if found else ("", "")
