"""What the errors of MySQL and MariaDB mean: a table from their numbers to causes.

The numbers stand in "Server Error Message Reference" of MySQL's manual and in "MariaDB Error
Codes"; those from 2000 on are the client's.  TiDB has its own from 8001 on ("Error Codes and
Troubleshooting"): after 8002, 8005, 8022, 8028 and 9007 it has rolled back, and the transaction
may be run again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...exc import (
    CheckViolation,
    DataError,
    Deadlock,
    Disconnected,
    ForeignKeyViolation,
    IntegrityError,
    LockTimeout,
    NotNullViolation,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    SerializationFailure,
    StatementTimeout,
    UniqueViolation,
)
from ..driver import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...exc import DBAPIError, RetryScope


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What one number means."""

    error: type[DBAPIError]
    hint: str | None = None
    disconnected: bool = False
    ends_transaction: bool = False
    retry_scope: RetryScope | None = None


_IS_THERE = (
    "a row with this value is there already: look for it first, or insert with "
    "on_duplicate_key_update() of dovetail.dialects.mysql.insert"
)
_RUN_AGAIN = "roll back and run the transaction again"
_NO_TABLE = (
    "create the tables first: metadata.create_all(engine); is it the right database, and are "
    "capitals as the server has them?"
)
_NO_COLUMN = (
    "is the name right, and does the table in the database have it? create_all() makes missing "
    "tables and changes none that exist"
)
_DENIED = "are user and password right, and may the user come from this host and use this database?"
_NO_SERVER = "does the server run, and are host and port right? (localhost means the Unix socket)"
_NO_SAVEPOINT = "definitions (CREATE, ALTER, DROP) commit what is in progress, savepoints included"
_TOO_BIG = "send less at once, or raise max_allowed_packet on the server"
_TOO_MANY = "use fewer connections (pool_size, max_overflow), or raise max_connections"

_MEANINGS: tuple[tuple[Iterable[int], _Meaning], ...] = (
    ((1022, 1062, 1169, 1586, 1859), _Meaning(UniqueViolation, hint=_IS_THERE)),
    ((1216, 1217, 1451, 1452, 1761, 1762), _Meaning(ForeignKeyViolation)),
    ((1048, 1121, 1263, 1364), _Meaning(NotNullViolation)),
    ((3819, 4025), _Meaning(CheckViolation)),
    ((1213, 1614, 3101), _Meaning(Deadlock, ends_transaction=True)),
    ((1205,), _Meaning(LockTimeout)),
    ((3572, 1689), _Meaning(LockTimeout, "another transaction holds the lock: " + _RUN_AGAIN)),
    # Of TiDB: write conflicts, a COMMIT that was rolled back, a definition that changed meanwhile.
    ((8002, 8005, 8022, 8028, 9007), _Meaning(SerializationFailure, ends_transaction=True)),
    (
        # MariaDB, innodb_snapshot_isolation: the row was changed after this one's snapshot.
        (1020,),
        _Meaning(SerializationFailure, ends_transaction=True),
    ),
    ((1969, 3024, 1613), _Meaning(StatementTimeout)),
    ((1317,), _Meaning(StatementTimeout, "somebody has stopped the statement: KILL QUERY")),
    (
        # The server, or the connection to it, goes away.
        (
            *(1053, 1077, 1078, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 1047),
            *(2006, 2013, 2014, 2027, 2045, 2048, 2055, 3032, 4031, 12701, 1429),
        ),
        _Meaning(Disconnected, disconnected=True, ends_transaction=True),
    ),
    (
        (2002, 2003, 2004, 2005),
        _Meaning(OperationalError, _NO_SERVER, disconnected=True, retry_scope="new_connection"),
    ),
    ((1044, 1045, 1698, 1130, 1251, 1142, 1143, 1227), _Meaning(OperationalError, _DENIED)),
    ((1040, 1203, 1226), _Meaning(OperationalError, _TOO_MANY, retry_scope="new_connection")),
    ((1049,), _Meaning(OperationalError, "create it: CREATE DATABASE; or is the URL wrong?")),
    ((1153, 2020), _Meaning(OperationalError, _TOO_BIG, disconnected=True, retry_scope="never")),
    ((1146, 1051, 1109), _Meaning(ProgrammingError, _NO_TABLE)),
    ((1054, 1166), _Meaning(ProgrammingError, _NO_COLUMN)),
    ((1305,), _Meaning(ProgrammingError, "is the name right? This server has no such function")),
    (
        (1064, 1065, 1149),
        _Meaning(
            ProgrammingError,
            "the server cannot read the statement near the words it names; see [SQL: ...]",
        ),
    ),
    (
        (1264, 1265, 1292, 1366, 1367, 1406, 1411, 1416, 1441, 1690, 3140, 3141, 3156, 4038),
        _Meaning(DataError, DataError.usual_hint),
    ),
    (
        (1071, 1170),
        _Meaning(
            OperationalError,
            "index a part of it: Index(..., mysql_length=100), or String(191) for the column",
        ),
    ),
    (
        (1005, 1215, 1822, 1825, 3780),
        _Meaning(
            OperationalError,
            "a foreign key and what it refers to need the same type (length, UNSIGNED, "
            "collation), and the latter an index",
        ),
    ),
    ((1178, 1235, 1286, 1289), _Meaning(NotSupportedError)),
    (
        (1180,),
        _Meaning(OperationalError, "the transaction could not be committed", ends_transaction=True),
    ),
    ((1394, 1393, 1395), _Meaning(NotSupportedError)),
    ((1399, 1400, 1401, 1397, 1440), _Meaning(OperationalError)),
    ((1402,), _Meaning(OperationalError, _RUN_AGAIN, ends_transaction=True)),
    ((1792, 1290, 1836), _Meaning(OperationalError, "the server, or the transaction, only reads")),
)
_BY_NUMBER: dict[int, _Meaning] = {n: meaning for ns, meaning in _MEANINGS for n in ns}

_QUOTED = re.compile(r"[`'\"]((?:[^`'\"]|``)*)[`'\"]")
_DUPLICATE = re.compile(r"for key '(?:(?P<table>[^'.]*)\.)?(?P<key>[^']*)'\s*$")
_FOREIGN = re.compile(
    r"\((?:`(?P<schema>(?:[^`]|``)+)`\.)?`(?P<table>(?:[^`]|``)+)`, CONSTRAINT "
    r"`(?P<name>(?:[^`]|``)+)` FOREIGN KEY \((?P<columns>[^)]*)\)"
)
_CHECK = re.compile(
    r"^(?:CONSTRAINT|Check constraint) [`'](?P<name>(?:[^`']|``)+)[`'] (?:failed|is violated)"
    r"(?: for `[^`]+`\.`(?P<table>(?:[^`]|``)+)`)?"
)


def classify(
    error: BaseException, plain: Cause, *, timeout_ends_transaction: bool = False
) -> Cause:
    """Return what *error* means; *plain* is what its class alone tells.

    *timeout_ends_transaction* says that the server rolls the whole transaction back when a
    lock is not given in time (``innodb_rollback_on_timeout``), and not the statement alone.
    """
    number, text = _parts(error)
    meaning = _BY_NUMBER.get(number)
    if meaning is None:
        closed = number == 0 and (not text or "closed" in text.lower())
        if closed:
            # What both drivers raise for a connection that was closed under them.
            return Cause(error=Disconnected, disconnected=True, ends_transaction=True)
        return plain
    constraint, table, columns = _violated(meaning.error, text)
    cause = Cause(
        error=meaning.error,
        constraint=constraint,
        table=table,
        columns=columns,
        hint=meaning.hint,
        disconnected=meaning.disconnected,
        ends_transaction=meaning.ends_transaction,
        retry_scope=meaning.retry_scope,
    )
    if number == 1205 and timeout_ends_transaction:
        return cause.changed(ends_transaction=True)
    if number == 1180:
        return _not_committed(cause, text)
    if number == 1305 and text.startswith("SAVEPOINT"):
        return Cause(error=OperationalError, hint=_NO_SAVEPOINT)
    return cause


def _parts(error: BaseException) -> tuple[int, str]:
    arguments: tuple[Any, ...] = error.args
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    if not number and arguments and isinstance(arguments[0], str):
        return 0, arguments[0]
    return number, str(arguments[1]) if len(arguments) > 1 else ""


def _not_committed(cause: Cause, text: str) -> Cause:
    """Return *cause* for a COMMIT that a cluster has refused; its text tells why."""
    if "primary component" in text.lower() or "not yet prepared" in text.lower():
        return cause.changed(retry_scope="new_connection")
    if "write" in text.lower() and "limit" in text.lower():
        return cause.changed(hint="make transactions smaller: the cluster bounds their writes")
    return cause


def _violated(kind: type[DBAPIError], text: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Return constraint, table and columns that the message *text* names."""
    if not issubclass(kind, IntegrityError):
        return None, None, ()
    if kind is UniqueViolation:
        found = _DUPLICATE.search(text)
        return (found["key"], found["table"], ()) if found else (None, None, ())
    if kind is ForeignKeyViolation:
        found = _FOREIGN.search(text)
        if found is None:
            return None, None, ()
        columns = tuple(_bare(part) for part in _QUOTED.findall(found["columns"]))
        return _bare(found["name"]), _bare(found["table"]), columns
    if kind is CheckViolation:
        found = _CHECK.search(text)
        if found is None:
            return None, None, ()
        table = _bare(found["table"]) if found["table"] else None
        # A CHECK of a column has the name "table.column" on MariaDB.
        return _bare(found["name"]), table, ()
    names = _QUOTED.findall(text)
    return None, None, (names[0],) if names else ()


def _bare(name: str) -> str:
    return name.replace("``", "`")
