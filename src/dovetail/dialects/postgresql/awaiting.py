"""A connection of psycopg that awaits; imported when psycopg is known to be there.

psycopg asks the server to stop what it does when the task that waits for it is cancelled, and
waits for the answer; a connection whose server does not answer then is closed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from psycopg import AsyncCursor, AsyncRawCursor, AsyncRawServerCursor, errors
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus

from ..blocking_view import BlockingView
from .driver_connection import (
    INSIDE,
    KEPT_ROWS,
    STALE,
    PsycopgBase,
    is_stale,
    modes_of,
)
from .text import is_streamable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ..dbapi import DriverParameters


class _Rows(AsyncRawCursor[Any]):
    """A cursor for ``$1``; it has what the contract asks of one."""

    lastrowid: int | None = None


class _ClientRows(AsyncCursor[Any]):
    """A cursor for ``%s`` and ``%(name)s``."""

    lastrowid: int | None = None


class _ServerRows(AsyncRawServerCursor[Any]):
    """A cursor whose rows stay on the server; it is closed there after the last of them."""

    lastrowid: int | None = None
    _is_done = False

    async def fetchmany(self, size: int = 0) -> list[Any]:
        if self._is_done:
            return []
        rows = await super().fetchmany(size)
        if len(rows) < size:
            await self._end()
        return rows

    async def fetchall(self) -> list[Any]:
        if self._is_done:
            return []
        rows = await super().fetchall()
        await self._end()
        return rows

    async def _end(self) -> None:
        self._is_done = True
        await self.close()

    def __del__(self, *_: object) -> None:
        """Leave it to the end of the transaction to close what was not read to its end."""


class AsyncPsycopgConnection(PsycopgBase):
    """A connection of ``psycopg``: the names of the blocking one as coroutine functions."""

    __slots__ = ()
    _rows = _Rows
    _client_rows = _ClientRows

    # -- statements ---------------------------------------------------------------------------

    async def fetch(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql* and return all its rows."""
        try:
            await self._run(sql, parameters or None)
        except STALE as error:
            await self._forget(error)
            raise
        rows = await self._cursor.fetchall()
        if len(rows) > KEPT_ROWS:
            self._renew()
        return rows

    async def execute(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql*; return the cursor.

        Parameters stand as ``$1``; where there are none of these, as ``%s`` or ``%(name)s``.
        """
        cursor = self._cursor_for(sql, parameters)
        try:
            await cursor.execute(sql, parameters or None)
        except STALE as error:
            await self._forget(error)
            raise
        self._note(cursor)
        return cursor

    async def _forget(self, error: errors.Error) -> None:
        """Give the prepared statements up, if what they were prepared for has changed."""
        if is_stale(error):
            self._defines = True
            if self.raw.autocommit:
                await self.raw.execute("DEALLOCATE ALL")

    async def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor."""
        cursor = self._cursor_for(sql, parameters[0] or parameters)
        await cursor.executemany(sql, parameters)
        return cursor

    async def stream(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql*; return a cursor whose rows stay on the server.

        What no cursor can be declared for, such as INSERT … RETURNING, is fetched at once.
        """
        if not is_streamable(sql):
            return await self.execute(sql, parameters)
        cursor: Any = _ServerRows(self.raw, self._next_stream(), withhold=bool(self.raw.autocommit))
        await cursor.execute(sql, parameters or None)
        return cursor

    # -- transactions -------------------------------------------------------------------------

    async def commit(self) -> None:
        """Send COMMIT."""
        self._began = self._defines = False
        await self.raw.commit()

    async def rollback(self) -> None:
        """Send ROLLBACK, and keep the prepared statements unless what they speak of may be gone."""
        defines, self._began, self._defines = self._defines, False, False
        if not defines and self._pq.transaction_status in INSIDE:
            if (await self._command(b"ROLLBACK")).status == ExecStatus.COMMAND_OK:
                return
        await self.raw.rollback()

    async def _command(self, sql: bytes) -> Any:
        """Run *sql* past psycopg, which would make more of it; return libpq's result."""
        async with self.raw.lock:
            return await self.raw.wait(self._commanded(sql))

    def _commanded(self, sql: bytes) -> Generator[Any, Any, Any]:
        self._pq.send_query(sql)
        results = yield from execute(self._pq)
        return results[-1]

    async def ping(self) -> None:
        """Raise the driver's error if the connection is dead."""
        if self.raw.closed:
            raise errors.OperationalError("the connection is closed")
        if (await self._command(b"")).status != ExecStatus.EMPTY_QUERY:
            raise errors.OperationalError(f"the connection is lost: {self._pq.get_error_message()}")

    async def set_isolation(self, level: str) -> None:
        """Use *level* for the transactions that follow: see ``PsycopgDriver.transaction_mode``."""
        raw = self.raw
        autocommit, isolation, read_only, deferrable = modes_of(level)
        await raw.set_autocommit(autocommit)
        await raw.set_isolation_level(isolation)
        await raw.set_read_only(read_only)
        await raw.set_deferrable(deferrable)

    async def get_isolation(self) -> str:
        """Return the isolation level of the transaction, or of the next one."""
        if self.raw.autocommit:
            return "AUTOCOMMIT"
        if self.raw.isolation_level is not None:
            return str(self.raw.isolation_level.name).replace("_", " ")
        result = await self._command(b"SHOW transaction_isolation")
        return bytes(result.get_value(0, 0)).decode().upper()

    # -- two phases ---------------------------------------------------------------------------

    async def begin_twophase(self, xid: str) -> None:
        """Begin the transaction *xid*, which can be prepared."""
        await self.raw.tpc_begin(xid)
        self._xid = xid
        self._began = True

    async def prepare_twophase(self, xid: str) -> None:
        """Make the server promise that the commit of *xid* will succeed."""
        await self.raw.tpc_prepare()
        self._began = False

    async def commit_twophase(self, xid: str, is_prepared: bool) -> None:
        """Commit the transaction *xid*, this connection's own or one that was recovered."""
        await self._end_twophase(self.raw.tpc_commit, xid)

    async def rollback_twophase(self, xid: str, is_prepared: bool) -> None:
        """Roll the transaction *xid* back, this connection's own or one that was recovered."""
        await self._end_twophase(self.raw.tpc_rollback, xid)

    async def _end_twophase(self, verb: Callable[..., Awaitable[None]], xid: str) -> None:
        self._began = self._defines = False
        if self._xid == xid:
            self._xid = None
            await verb()
        else:
            await verb(xid)

    async def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that were prepared in this database."""
        # The server lists those of all its databases; each is to be ended in its own.
        here = self.raw.info.dbname
        return [str(xid) for xid in await self.raw.tpc_recover() if xid.database == here]

    # -- the connection itself ----------------------------------------------------------------

    def is_at_rest(self) -> bool:
        """Tell whether the server has answered all that it was asked, and is there."""
        return self._pq.transaction_status not in _BUSY

    def terminate(self) -> None:
        """Drop the connection at once, without talking to the server."""
        self._pq.finish()

    def listener_view(self) -> Any:
        """Return blocking methods around the ``psycopg.AsyncConnection``."""
        return BlockingView(self)


_BUSY = frozenset((TransactionStatus.ACTIVE, TransactionStatus.UNKNOWN))
