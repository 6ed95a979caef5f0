"""What the errors of PostgreSQL mean: a table from SQLSTATE codes to causes.

The codes are those of the PostgreSQL manual, appendix "PostgreSQL Error Codes".  Servers that
speak its protocol use the same: CockroachDB, YugabyteDB and Spanner answer 40001 where a
transaction has to be run again, CockroachDB 40003 where it does not know how a COMMIT has ended.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...exc import (
    CheckViolation,
    DatabaseError,
    DataError,
    Deadlock,
    Disconnected,
    ExclusionViolation,
    ForeignKeyViolation,
    IntegrityError,
    InternalError,
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
    from ...exc import DBAPIError, RetryScope

_BY_STATE: dict[str, type[DBAPIError]] = {
    "23001": ForeignKeyViolation,
    "23502": NotNullViolation,
    "23503": ForeignKeyViolation,
    "23505": UniqueViolation,
    "23514": CheckViolation,
    "23P01": ExclusionViolation,
    "40001": SerializationFailure,
    "40003": OperationalError,
    "40P01": Deadlock,
    "55P03": LockTimeout,
    "57014": StatementTimeout,
    "25P03": Disconnected,
    "25P04": Disconnected,
    "57P01": Disconnected,
    "57P02": Disconnected,
    "57P03": Disconnected,
    "57P04": Disconnected,
    "57P05": Disconnected,
    "08000": Disconnected,
    "08001": Disconnected,
    "08003": Disconnected,
    "08006": Disconnected,
    "08P01": Disconnected,
}
_OUTCOME_UNKNOWN = frozenset(("40003", "08007"))

_BY_CLASS: dict[str, type[DBAPIError]] = {
    **dict.fromkeys(("08", "27", "28", "2F", "38", "39", "3B", "40"), OperationalError),
    **dict.fromkeys(("53", "54", "55", "57", "58", "F0", "HV"), OperationalError),
    **dict.fromkeys(("20", "21", "26", "34", "3D", "3F", "42", "44", "P0"), ProgrammingError),
    **dict.fromkeys(("24", "25", "2B", "2D", "XX"), InternalError),
    "0A": NotSupportedError,
    "22": DataError,
    "23": IntegrityError,
}

_HINTS: dict[str, str] = {
    "0A000": "the server has no such feature, or not in this place",
    "08P01": "is there a pooler between? create_engine(..., pooler='transaction') sends it nothing "
    "that outlives a transaction",
    "22003": "the number is too large for the type of the column: BigInteger, Numeric",
    "22P02": "the text is no value of the type it is cast to",
    "22021": "PostgreSQL's text has no NUL characters; keep such data in LargeBinary",
    "25001": "this cannot run within a transaction: use "
    'connection.execution_options(isolation_level="AUTOCOMMIT")',
    "25006": "the transaction or the server is read-only: is this a standby? "
    "?target_session_attrs=read-write in the URL finds the primary",
    "25P02": "an earlier statement has failed: roll back, or set a savepoint before it",
    "26000": "the prepared statement is gone: behind a transaction pooler use "
    "create_engine(..., pooler='transaction')",
    "28000": "does the user exist, and does pg_hba.conf let it in from here?",
    "28P01": "the password is wrong; in a URL special characters are quoted: "
    "urllib.parse.quote_plus(password)",
    "3D000": "create the database first: CREATE DATABASE, or createdb; or is the name in the URL "
    "wrong?",
    "3F000": "create the schema first: connection.execute(CreateSchema(name))",
    "42501": "the user lacks a privilege: GRANT it, or is the table another user's?",
    "42601": "PostgreSQL cannot read the statement near the word it names; see [SQL: ...] above",
    "42703": "is the name right, and does the table in the database have it? create_all() makes "
    "missing tables and changes none that exist",
    "42704": "the type or object is not there: an extension needs CREATE EXTENSION first",
    "42725": "the types of the parameters leave several functions to choose from: cast() one",
    "42804": "the types do not go together: cast() one of them",
    "42883": "no function or operator takes these types: cast() the arguments, or is an extension "
    "missing?",
    "42P01": "create the tables first: metadata.create_all(engine); or is another schema meant, "
    "which the search_path has not?",
    "42P07": "it is there already: create_all() with checkfirst, or IF NOT EXISTS",
    "42P18": "the type of a parameter cannot be told: give it one, bindparam(name, type_=Integer)",
    "53300": "the server has all the connections it allows: make pool_size and max_overflow "
    "smaller, raise max_connections, or put a pooler in front",
    "55000": "prepared transactions need max_prepared_transactions > 0 in the "
    "server's configuration",
    "57014": "make the statement quicker, or raise statement_timeout",
    "57P03": "the server is starting or stopping: run the transaction again in a moment",
    "XX000": "an internal error of the server",
}

_BY_MESSAGE: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"password authentication failed"), "28P01", ""),
    (re.compile(r"database .* does not exist"), "3D000", ""),
    (re.compile(r"role .* does not exist|no pg_hba.conf entry"), "28000", ""),
    (re.compile(r"too many clients|too many connections|remaining connection slots"), "53300", ""),
    (re.compile(r"the database system is "), "57P03", ""),
    (
        re.compile(r"[Cc]onnection refused|Connect call failed|No such file or directory"),
        "08001",
        "nothing listens there: is the server running, and are host and port right?",
    ),
    (
        re.compile(r"failed to resolve host|could not translate host name|[Nn]ame or service"),
        "08001",
        "the host's name is not known: is it spelled right?",
    ),
    (
        re.compile(r"timeout expired|connection timeout|[Cc]onnection timed out"),
        "08001",
        "no answer in time: does a firewall stand between? ?connect_timeout=10 waits longer",
    ),
    (
        re.compile(r"No route to host|Network is unreachable|Host is down"),
        "08001",
        "the network does not lead there: is the host's address right?",
    ),
    (
        re.compile(r"no password supplied"),
        "",
        "the server wants a password: postgresql://user:password@host/database",
    ),
    (
        re.compile(r"invalid connection option"),
        "",
        "what stands in the URL after ? goes to libpq: is the name one of its key words?",
    ),
)
"""For errors while connecting, of which the driver knows no code: pattern, code, hint."""
_REFUSALS = frozenset(("22", "28", "3D", "42"))
"""Classes of SQLSTATE that end a connection only before it is one."""

_SETTING_HINT = (
    "what stands in the URL after ? goes to the server, where the driver has no such option: is "
    "it one of its settings?"
)
_PASSES = frozenset(("08001", "53300", "57P03"))
"""What keeps from connecting for a while only: a restart, a network, other clients."""

_LOST = re.compile(
    r"(?:the )?connection is (?:closed|lost)|server closed the connection|[Cc]onnection reset"
    r"|connection (?:not open|already closed)|no message from the libpq"
    r"|terminating connection|SSL connection has been closed|no connection to the server"
    r"|could not (?:receive data from|send data to) server|consuming input failed"
    r"|sending query (?:and params )?failed|flushing failed|Broken pipe|server conn crashed"
    r"|SSL SYSCALL error|connection to server was lost|connection pointer is NULL"
)
_STALE = re.compile(r"cached plan must not change result type|cached statement plan is invalid")
_KEY = re.compile(r"\((?P<columns>.+?)\)=\(")


def classify(error: BaseException, plain: Cause) -> Cause:
    """Return what *error* of PostgreSQL means; *plain* is what its class alone tells."""
    state: str | None = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if state is None:
        return _without_state(str(error), plain)
    # Of psycopg there is an object for what else the server tells; of asyncpg it is the error.
    diagnostics: Any = getattr(error, "diag", error)
    kind = _BY_STATE.get(state, plain.error)
    fatal = _told(diagnostics, "severity_nonlocalized", "severity_en") in ("FATAL", "PANIC")
    if fatal and (state[:2] in _REFUSALS or state == "53300"):
        return _refused(state, plain)
    lost = fatal or state.startswith("08") or kind is Disconnected
    if lost and kind is plain.error:
        kind = Disconnected
    cause = Cause(
        error=kind,
        constraint=getattr(diagnostics, "constraint_name", None),
        table=getattr(diagnostics, "table_name", None),
        columns=_columns(diagnostics, state),
        hint=_HINTS.get(state),
        disconnected=lost,
        outcome_unknown=state in _OUTCOME_UNKNOWN,
        retry_scope="new_connection" if lost else None,
    )
    if state == "0A000" and _STALE.search(str(error)):
        # The table has changed under a prepared statement: the next try prepares anew.
        return cause.changed(retry_scope="transaction", hint="run the transaction again")
    return cause


def _refused(state: str, plain: Cause) -> Cause:
    """Return why the server has let nobody in."""
    passes: RetryScope | None = "new_connection" if state in _PASSES else None
    if state[:2] in ("22", "42"):
        return plain.changed(hint=_SETTING_HINT)
    return Cause(error=OperationalError, hint=_HINTS.get(state), retry_scope=passes)


def _told(diagnostics: object, *names: str) -> str | None:
    """Return what the server tells under the first of *names* that the driver has."""
    return next((getattr(diagnostics, name) for name in names if hasattr(diagnostics, name)), None)


def class_of_state(state: str) -> type[DBAPIError]:
    """Return the class of PEP 249 for an SQLSTATE, for drivers that have none."""
    return _BY_CLASS.get(state[:2], DatabaseError)


def _without_state(text: str, plain: Cause) -> Cause:
    if _LOST.search(text):
        return Cause(error=Disconnected, disconnected=True)
    for pattern, state, hint in _BY_MESSAGE:
        if pattern.search(text):
            scope: RetryScope | None = "new_connection" if state in _PASSES else None
            return plain.changed(hint=hint or _HINTS[state], retry_scope=scope)
    return plain


def _columns(diagnostics: object, state: str) -> tuple[str, ...]:
    """Return the columns that a violation speaks of, as far as the server tells."""
    column = getattr(diagnostics, "column_name", None)
    if column:
        return (column,)
    if state not in ("23505", "23503", "23001", "23P01"):
        return ()
    found = _KEY.search(_told(diagnostics, "message_detail", "detail") or "")
    return tuple(part.strip().strip('"') for part in found["columns"].split(",")) if found else ()
