"""What the errors of SQLite mean: a table from its extended codes to causes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...exc import (
    CheckViolation,
    ForeignKeyViolation,
    LockTimeout,
    NotNullViolation,
    SerializationFailure,
    StatementTimeout,
    UniqueViolation,
)
from ..driver import Cause

if TYPE_CHECKING:
    from ...exc import DBAPIError

_BY_CODE: dict[str, type[DBAPIError]] = {
    "SQLITE_CONSTRAINT_UNIQUE": UniqueViolation,
    "SQLITE_CONSTRAINT_PRIMARYKEY": UniqueViolation,
    "SQLITE_CONSTRAINT_ROWID": UniqueViolation,
    "SQLITE_CONSTRAINT_FOREIGNKEY": ForeignKeyViolation,
    "SQLITE_CONSTRAINT_NOTNULL": NotNullViolation,
    "SQLITE_CONSTRAINT_CHECK": CheckViolation,
    "SQLITE_BUSY": LockTimeout,
    "SQLITE_BUSY_RECOVERY": LockTimeout,
    "SQLITE_BUSY_TIMEOUT": LockTimeout,
    "SQLITE_BUSY_SNAPSHOT": SerializationFailure,
    "SQLITE_LOCKED": LockTimeout,
    "SQLITE_LOCKED_SHAREDCACHE": LockTimeout,
    "SQLITE_INTERRUPT": StatementTimeout,
}

_HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"no such table: (?P<name>\S+)"),
        (
            "create the tables first: metadata.create_all(engine); a database in memory belongs to "
            "one connection"
        ),
    ),
    (
        re.compile(r"no such column: |has no column named "),
        (
            "is the name right, and does the table in the database have it? create_all() makes "
            "missing tables and changes none that exist"
        ),
    ),
    (
        re.compile(r"no such function: (?P<name>\S+)"),
        (
            "this SQLite has no such function: is the name right? One in Python is made known "
            "with create_function() of the driver's connection"
        ),
    ),
    (
        re.compile(r"datatype mismatch"),
        "an INTEGER PRIMARY KEY takes whole numbers alone",
    ),
    (
        re.compile(r"incomplete input"),
        "the statement stops too early: has select() been given any columns?",
    ),
    (
        re.compile(r"syntax error"),
        "SQLite cannot read the statement near the word it names; see [SQL: ...] above",
    ),
    (
        re.compile(r"attempt to write a readonly database"),
        "the file, or its folder, cannot be written; or the URL says mode=ro",
    ),
    (
        re.compile(r"unable to open database file"),
        (
            "does the folder exist? sqlite:///name is relative to the working directory, "
            "sqlite:////name is absolute"
        ),
    ),
    (
        re.compile(r"database (table )?is locked"),
        (
            "another connection holds a lock: keep transactions short, run this one again, or wait "
            "longer with connect_args={'timeout': 30}"
        ),
    ),
    (
        re.compile(r"type '(?P<name>[\w.]+)' is not supported"),
        "SQLite stores numbers, text, bytes and None; give the column a type that converts",
    ),
)

_CHANGED_HINT = (
    "another connection has committed in between: run the whole transaction again, read with "
    'with_for_update() what it is going to change, or use isolation_level="IMMEDIATE"'
)
"""For a change that rests on a read which is out of date."""

_VIOLATED = re.compile(r"^(?:UNIQUE|NOT NULL) constraint failed: (?P<what>.+)$")
_CHECKED = re.compile(r"^CHECK constraint failed: (?P<what>.+)$")
_CLOSED = re.compile(r"Cannot operate on a closed database|Connection closed|no active connection")


def classify(error: BaseException, plain: Cause) -> Cause:
    """Return what *error* of SQLite means; *plain* is what its class alone tells."""
    text = str(error)
    hint = next((hint for pattern, hint in _HINTS if pattern.search(text)), None)
    known = _BY_CODE.get(getattr(error, "sqlite_errorname", ""))
    if known is SerializationFailure:
        hint = _CHANGED_HINT
    if known is None:
        return plain.changed(hint=hint, disconnected=_CLOSED.search(text) is not None)
    table, columns, constraint = _violated(text)
    return Cause(error=known, table=table, columns=columns, constraint=constraint, hint=hint)


def _violated(text: str) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return table, columns and constraint that the message *text* names."""
    checked = _CHECKED.match(text)
    if checked:
        return None, (), checked["what"]
    violated = _VIOLATED.match(text)
    if not violated:
        return None, (), None
    what = violated["what"]
    if what.startswith("index "):
        return None, (), what.removeprefix("index ").strip("'\"")
    pairs = [part.strip().rpartition(".") for part in what.split(",")]
    return pairs[0][0] or None, tuple(column for _, _, column in pairs), None
