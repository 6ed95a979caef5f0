"""Connections of PyMySQL and mysqlclient.

Both run with the server's autocommit off, so that the first statement opens a transaction by
itself and BEGIN costs no request.  Neither driver tells reliably whether one is open; what was
sent since the last end of one is noted here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEVELS = "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')"


@cache
def giving_lists(base: Any) -> Any:
    """Return a class of cursors that is *base*, but gives rows in lists and not in tuples."""

    def fetchall(self: Any) -> list[Any]:
        return list(base.fetchall(self))

    def fetchmany(self: Any, size: int | None = None) -> list[Any]:
        return list(base.fetchmany(self, size))

    return type(base.__name__, (base,), {"fetchall": fetchall, "fetchmany": fetchmany})


class MysqlConnection:
    """What the connections of both drivers have in common."""

    __slots__ = (
        "_autocommit",
        "_cursors",
        "_streaming",
        "_streams",
        "_used",
        "_xid",
        "close",
        "raw",
    )

    def __init__(self, raw: Any, module: Any) -> None:
        """Take over *raw*; *module* is that of the driver's cursors."""
        self.raw = raw
        self.close = raw.close
        self._cursors = giving_lists(module.Cursor)
        self._streams = giving_lists(module.SSCursor)
        """The class of cursors that leave the rows on the server."""
        self._streaming: Any = None
        """The cursor whose rows may be on their way still."""
        self._used = False
        """Whether a transaction may be open."""
        self._autocommit = False
        self._xid: str | None = None
        """The two-phase transaction in progress."""

    # -- statements ---------------------------------------------------------------------------

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run *sql*; return the cursor."""
        if self._streaming is not None:
            self._end_stream()
        self._used = not self._autocommit
        cursor = self.raw.cursor(self._cursors)
        cursor.execute(sql, parameters)
        return cursor

    def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor.

        The rows of an INSERT go together, as many as fit into a packet.
        """
        if self._streaming is not None:
            self._end_stream()
        self._used = not self._autocommit
        cursor = self.raw.cursor(self._cursors)
        cursor.executemany(sql, parameters)
        return cursor

    def fetch(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Run *sql* and return all its rows."""
        if self._streaming is not None:
            self._end_stream()
        self._used = not self._autocommit
        cursor = self.raw.cursor(self._cursors)
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return rows

    def stream(self, sql: str, parameters: Any = ()) -> Any:
        """Run *sql*; return a cursor that fetches its rows as they are asked for.

        The next statement, or the end of the transaction, reads what is left of them first:
        the server sends one answer after the other.
        """
        if self._streaming is not None:
            self._end_stream()
        self._used = not self._autocommit
        cursor = self.raw.cursor(self._streams)
        cursor.execute(sql, parameters)
        # Both drivers tell the largest number that there is.
        cursor.rowcount = -1
        self._streaming = cursor
        return cursor

    def _end_stream(self) -> None:
        """Read what the server sends still, and forget it."""
        cursor, self._streaming = self._streaming, None
        cursor.close()

    def _run(self, sql: str, parameters: Any = ()) -> None:
        self.execute(sql, parameters).close()

    # -- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Open a transaction: the next statement does, if none is left over."""
        if self._used or self._streaming is not None:
            # The server has ended the last one, or so it was said: better safe than mixed.
            self.rollback()

    def commit(self) -> None:
        """Commit."""
        if self._streaming is not None:
            self._end_stream()
        self.raw.commit()
        self._used = False

    def rollback(self) -> None:
        """Roll back, a two-phase transaction too."""
        if self._streaming is not None:
            self._end_stream()
        if self._xid is not None:
            self.rollback_twophase(self._xid, False)
        self.raw.rollback()
        self._used = False

    def in_transaction(self) -> bool:
        """Tell whether a transaction may be open, or rows be on their way."""
        return self._used or self._streaming is not None

    def has_failed(self) -> bool:
        """Return false: the server goes on after an error, or has no transaction any more."""
        return False

    def set_isolation(self, level: str) -> None:
        """Use this isolation level for the transactions that follow."""
        if self._streaming is not None:
            self._end_stream()
        if level == "AUTOCOMMIT":
            self.raw.autocommit(True)
            self._autocommit = True
            self._used = False
            return
        if self._autocommit:
            self.raw.autocommit(False)
            self._autocommit = False
        before = self._used
        self._run(f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")
        self._used = before

    def get_isolation(self) -> str:
        """Return the isolation level in force."""
        if self._autocommit:
            return "AUTOCOMMIT"
        before = self._used
        ((_, level),) = self.fetch(_LEVELS)[:1]
        self._used = before
        return str(level).replace("-", " ")

    # -- two phases: "XA Transactions" in the manuals -------------------------------------------

    def begin_twophase(self, xid: str) -> None:
        """Begin the two-phase transaction *xid*."""
        self.begin()
        self._run("XA START %s", (xid,))
        self._xid = xid

    def prepare_twophase(self, xid: str) -> None:
        """Make sure that the transaction *xid* can be committed, come what may."""
        self._run("XA END %s", (xid,))
        self._run("XA PREPARE %s", (xid,))

    def commit_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Commit the transaction *xid*, which another connection may have prepared."""
        if is_prepared:
            self._resolve("COMMIT", xid)
        else:
            self._run("XA END %s", (xid,))
            self._run("XA COMMIT %s ONE PHASE", (xid,))
        self._ended(xid)

    def rollback_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Roll the transaction *xid* back, which another connection may have prepared."""
        if not is_prepared:
            try:
                self._run("XA END %s", (xid,))
            except self.raw.Error:
                # A deadlock has brought it into the state ROLLBACK ONLY, where it has ended.
                pass
        self._resolve("ROLLBACK", xid)
        self._ended(xid)

    def _resolve(self, verb: str, xid: str) -> None:
        """End a prepared transaction; of another connection only with autocommit on."""
        is_own = self._xid == xid
        if is_own or self._autocommit or self._used:
            self._run(f"XA {verb} %s", (xid,))
            return
        self.raw.autocommit(True)
        try:
            self._run(f"XA {verb} %s", (xid,))
        finally:
            self.raw.autocommit(False)
            self._used = False

    def _ended(self, xid: str) -> None:
        if self._xid == xid:
            self._xid = None
        self._used = False

    def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that are prepared and not ended."""
        before = self._used
        rows = self.fetch("XA RECOVER")
        self._used = before
        return [_text(data)[: int(length)] for _, length, _, data in rows]

    # -- the connection itself ----------------------------------------------------------------

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead; never connect again."""
        raise NotImplementedError

    def terminate(self) -> None:
        """Drop the connection."""
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the driver's own connection."""
        return self.raw


def _text(data: Any) -> str:
    return data.decode() if isinstance(data, bytes) else str(data)


class PymysqlConnection(MysqlConnection):
    """A connection of PyMySQL."""

    __slots__ = ()

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead; never connect again."""
        if self._streaming is not None:
            self._end_stream()
        self.raw.ping(reconnect=False)

    def terminate(self) -> None:
        """Close the socket, without a word to the server."""
        self._streaming = None
        result = self.raw._result
        if result is not None:
            # Or it would read, when it is collected, what the server sends no more.
            result.unbuffered_active = False
        self.raw._force_close()


class MysqlclientConnection(MysqlConnection):
    """A connection of mysqlclient."""

    __slots__ = ()

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead; never connect again."""
        if self._streaming is not None:
            self._end_stream()
        self.raw.ping()
