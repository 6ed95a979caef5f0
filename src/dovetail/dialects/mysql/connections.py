"""Connections of PyMySQL and mysqlclient."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ...steps import run_sync
from .transactions import TransactionSteps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ..dbapi import DriverParameters


@cache
def giving_lists(base: Any) -> Any:
    """Return a class of cursors that is *base*, but gives rows in lists and not in tuples."""

    def fetchall(self: Any) -> list[Any]:
        return list(base.fetchall(self))

    def fetchmany(self: Any, size: int | None = None) -> list[Any]:
        return list(base.fetchmany(self, size))

    return type(base.__name__, (base,), {"fetchall": fetchall, "fetchmany": fetchmany})


class MysqlConnection(TransactionSteps):
    """What the connections of both drivers have in common."""

    __slots__ = (
        "_cursors",
        "_streams",
        "close",
    )

    def __init__(self, raw: Any, module: ModuleType) -> None:
        """Take over *raw*; *module* is that of the driver's cursors."""
        super().__init__(raw)
        self.close = raw.close
        self._cursors = giving_lists(module.Cursor)
        self._streams = giving_lists(module.SSCursor)
        """The class of cursors that leave the rows on the server."""

    # -- statements ---------------------------------------------------------------------------

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql*, as it stands for no *parameters*; return the cursor."""
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

    def fetch(self, sql: str, parameters: DriverParameters = ()) -> list[tuple[Any, ...]]:
        """Run *sql* and return all its rows."""
        if self._streaming is not None:
            self._end_stream()
        self._used = not self._autocommit
        cursor = self.raw.cursor(self._cursors)
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return rows

    def stream(self, sql: str, parameters: DriverParameters | None = None) -> Any:
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

    def set_isolation(self, level: str) -> None:
        """Use this isolation level for the transactions that follow."""
        run_sync(self.set_isolation_steps(level))

    def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return run_sync(self.get_isolation_steps())

    # -- two phases ---------------------------------------------------------------------------

    def begin_twophase(self, xid: str) -> None:
        """Begin the two-phase transaction *xid*."""
        run_sync(self.begin_twophase_steps(xid))

    def prepare_twophase(self, xid: str) -> None:
        """Make sure that the transaction *xid* can be committed, come what may."""
        run_sync(self.prepare_twophase_steps(xid))

    def commit_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Commit the transaction *xid*, which another connection may have prepared."""
        run_sync(self.commit_twophase_steps(xid, is_prepared))

    def rollback_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Roll the transaction *xid* back, which another connection may have prepared."""
        run_sync(self.rollback_twophase_steps(xid, is_prepared))

    def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that are prepared and not ended."""
        return run_sync(self.recover_twophase_steps())

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
