"""A connection of psycopg as dovetail drives it; imported when psycopg is known to be there.

The awaiting flavour stands in :mod:`.awaiting`.

Measured on a loopback connection (PostgreSQL 15, psycopg 3.3): a statement by ``RawCursor``,
which takes the server's own ``$1`` and has nothing to parse, costs a fifth less than one by the
ordinary cursor, and a multi-row INSERT of 800 parameters a third of it.  Text results are read
as quickly as binary ones, and decimals twice as quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from psycopg import Cursor, IsolationLevel, RawCursor, RawServerCursor, errors
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int8Dumper, IntNumericDumper

from .text import is_streamable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dbapi import DriverParameters

_LEVELS = {
    "SERIALIZABLE": IsolationLevel.SERIALIZABLE,
    "REPEATABLE READ": IsolationLevel.REPEATABLE_READ,
    "READ COMMITTED": IsolationLevel.READ_COMMITTED,
    "READ UNCOMMITTED": IsolationLevel.READ_UNCOMMITTED,
}
KEPT_ROWS = 1000
"""Most rows of an answer whose memory a connection keeps until its next statement."""

STALE = (errors.FeatureNotSupported, errors.InternalError_)
"""What a prepared statement ends in whose tables have changed."""

INSIDE = frozenset((TransactionStatus.INTRANS, TransactionStatus.INERROR))


def is_stale(error: errors.Error) -> bool:
    """Tell whether *error* speaks of what a statement was prepared for, and has changed."""
    return "cached plan" in str(error) or "cache lookup failed" in str(error)


def modes_of(level: str) -> tuple[bool, IsolationLevel | None, bool | None, bool | None]:
    """Return autocommit, isolation, read-only and deferrable for *level*.

    It is written by ``PsycopgDriver.transaction_mode``.
    """
    name, *modes = level.split(", ")
    read_only = True if "READ ONLY" in modes else None
    deferrable = True if "DEFERRABLE" in modes else None
    if "READ WRITE" in modes:
        read_only = False
    if "NOT DEFERRABLE" in modes:
        deferrable = False
    return name == "AUTOCOMMIT", _LEVELS.get(name), read_only, deferrable


class IntDumper(Dumper):
    """Sends whole numbers as INTEGER, where they fit, whatever their size.

    psycopg chooses SMALLINT for small ones; then one statement would be prepared again for
    each combination of sizes.  Large ones go as text too: in a list, all items have one format.
    """

    oid = 23

    def get_key(self, obj: int, format: PyFormat) -> Any:
        if -0x80000001 < obj < 0x80000000:
            return int
        return (int, 8) if -(1 << 63) <= obj < 1 << 63 else (int, 0)

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:
        if -0x80000001 < obj < 0x80000000:
            return self
        if -(1 << 63) <= obj < 1 << 63:
            return Int8Dumper(int)
        return IntNumericDumper(int)

    def dump(self, obj: int) -> Buffer:
        return b"%d" % obj

    def quote(self, obj: int) -> Buffer:
        # After a minus sign another one would begin a comment.
        return b" %d" % obj


class _Rows(RawCursor[Any]):
    """A cursor for ``$1``; it has what the contract asks of one."""

    lastrowid: int | None = None


class _ClientRows(Cursor[Any]):
    """A cursor for ``%s`` and ``%(name)s``."""

    lastrowid: int | None = None


class _ServerRows(RawServerCursor[Any]):
    """A cursor whose rows stay on the server; it is closed there after the last of them."""

    lastrowid: int | None = None
    _is_done = False

    def fetchmany(self, size: int = 0) -> list[Any]:
        if self._is_done:
            return []
        rows = super().fetchmany(size)
        if len(rows) < size:
            self._end()
        return rows

    def fetchall(self) -> list[Any]:
        if self._is_done:
            return []
        rows = super().fetchall()
        self._end()
        return rows

    def _end(self) -> None:
        self._is_done = True
        self.close()

    def __del__(self, *_: object) -> None:
        """Leave it to the end of the transaction to close what was not read to its end."""


class PsycopgBase:
    """What a connection of ``psycopg`` knows without talking to the server.

    psycopg opens transactions itself, with the first statement, and says in BEGIN what
    isolation, ``read_only`` and ``deferrable`` ask for.
    """

    __slots__ = (
        "_began",
        "_cursor",
        "_defines",
        "_pq",
        "_run",
        "_streams",
        "_xid",
        "close",
        "raw",
    )

    def __init__(self, raw: Any, json_deserializer: Callable[[Any], Any] | None = None) -> None:
        self.raw = raw
        self._pq = raw.pgconn
        self._began = False
        self._defines = False
        self._streams = 0
        self._xid: str | None = None
        self.close: Callable[[], Any] = raw.close
        raw.adapters.register_dumper(int, IntDumper)
        if json_deserializer is not None:
            set_json_loads(json_deserializer, raw)
        self._renew()

    def _renew(self) -> None:
        self._cursor: Any = self._rows(self.raw)
        self._run: Callable[..., Any] = self._cursor.execute

    _rows: ClassVar[type[Any]]
    """The class of cursors that take ``$1``."""

    _client_rows: ClassVar[type[Any]]
    """The class of cursors that take ``%s`` and ``%(name)s``."""

    def _cursor_for(self, sql: str, parameters: DriverParameters | None) -> Any:
        """Return a cursor that takes *parameters* as they stand in *sql*."""
        if parameters and ("$1" not in sql or isinstance(parameters, dict)):
            return self._client_rows(self.raw)
        return self._rows(self.raw)

    def _next_stream(self) -> str:
        """Return the name of another cursor on the server."""
        self._streams += 1
        return f"dovetail_{self._streams}"

    def _note(self, cursor: Any) -> None:
        """Note what *cursor* has done to the objects that statements were prepared for."""
        if cursor.description is None and (cursor.statusmessage or "").startswith("CREATE"):
            self._defines = True

    def begin(self) -> None:
        """Note that a transaction begins: psycopg sends BEGIN before the first statement."""
        self._began = True

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self._began or self._pq.transaction_status != TransactionStatus.IDLE

    def has_failed(self) -> bool:
        """Tell whether the server refuses all but a rollback after an error."""
        return bool(self._pq.transaction_status == TransactionStatus.INERROR)


class PsycopgConnection(PsycopgBase):
    """A connection of ``psycopg`` that blocks."""

    __slots__ = ()
    _rows = _Rows
    _client_rows = _ClientRows

    # -- statements ---------------------------------------------------------------------------

    def fetch(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql* and return all its rows."""
        try:
            self._run(sql, parameters or None)
        except STALE as error:
            self._forget(error)
            raise
        rows = self._cursor.fetchall()
        if len(rows) > KEPT_ROWS:
            self._renew()
        return rows

    def execute(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql*; return the cursor.

        Parameters stand as ``$1``; where there are none of these, as ``%s`` or ``%(name)s``.
        """
        cursor = self._cursor_for(sql, parameters)
        try:
            cursor.execute(sql, parameters or None)
        except STALE as error:
            self._forget(error)
            raise
        self._note(cursor)
        return cursor

    def _forget(self, error: errors.Error) -> None:
        """Give the prepared statements up, if what they were prepared for has changed."""
        if is_stale(error):
            self._defines = True
            if self.raw.autocommit:
                self.raw.execute("DEALLOCATE ALL")

    def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor."""
        cursor = self._cursor_for(sql, parameters[0] or parameters)
        cursor.executemany(sql, parameters)
        return cursor

    def stream(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql*; return a cursor whose rows stay on the server.

        What no cursor can be declared for, such as INSERT … RETURNING, is fetched at once.
        """
        if not is_streamable(sql):
            return self.execute(sql, parameters)
        cursor: Any = _ServerRows(self.raw, self._next_stream(), withhold=bool(self.raw.autocommit))
        cursor.execute(sql, parameters or None)
        return cursor

    # -- transactions -------------------------------------------------------------------------

    def commit(self) -> None:
        """Send COMMIT."""
        self._began = self._defines = False
        self.raw.commit()

    def rollback(self) -> None:
        """Send ROLLBACK, and keep the prepared statements.

        psycopg's own way drops them all, since what they speak of may have been created in
        the transaction; that is needed only where something was.
        """
        defines, self._began, self._defines = self._defines, False, False
        if not defines and self._pq.transaction_status in INSIDE:
            if self._pq.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK:
                return
        self.raw.rollback()

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead."""
        if self.raw.closed:
            raise errors.OperationalError("the connection is closed")
        if self._pq.exec_(b"").status != ExecStatus.EMPTY_QUERY:
            raise errors.OperationalError(f"the connection is lost: {self._pq.get_error_message()}")

    def set_isolation(self, level: str) -> None:
        """Use *level* for the transactions that follow: see ``PsycopgDriver.transaction_mode``."""
        raw = self.raw
        raw.autocommit, raw.isolation_level, raw.read_only, raw.deferrable = modes_of(level)

    def get_isolation(self) -> str:
        """Return the isolation level of the transaction, or of the next one."""
        if self.raw.autocommit:
            return "AUTOCOMMIT"
        if self.raw.isolation_level is not None:
            return str(self.raw.isolation_level.name).replace("_", " ")
        result = self._pq.exec_(b"SHOW transaction_isolation")
        return bytes(result.get_value(0, 0)).decode().upper()

    # -- two phases ---------------------------------------------------------------------------

    def begin_twophase(self, xid: str) -> None:
        """Begin the transaction *xid*, which can be prepared."""
        self.raw.tpc_begin(xid)
        self._xid = xid
        self._began = True

    def prepare_twophase(self, xid: str) -> None:
        """Make the server promise that the commit of *xid* will succeed."""
        self.raw.tpc_prepare()
        self._began = False

    def commit_twophase(self, xid: str, is_prepared: bool) -> None:
        """Commit the transaction *xid*, this connection's own or one that was recovered."""
        self._end_twophase(self.raw.tpc_commit, xid)

    def rollback_twophase(self, xid: str, is_prepared: bool) -> None:
        """Roll the transaction *xid* back, this connection's own or one that was recovered."""
        self._end_twophase(self.raw.tpc_rollback, xid)

    def _end_twophase(self, verb: Callable[..., Any], xid: str) -> None:
        self._began = self._defines = False
        if self._xid == xid:
            self._xid = None
            verb()
        else:
            verb(xid)

    def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that were prepared in this database."""
        # The server lists those of all its databases; each is to be ended in its own.
        here = self.raw.info.dbname
        return [str(xid) for xid in self.raw.tpc_recover() if xid.database == here]

    # -- the connection itself ----------------------------------------------------------------

    def terminate(self) -> None:
        """Drop the connection at once, without talking to the server."""
        self._pq.finish()
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the ``psycopg.Connection``."""
        return self.raw
