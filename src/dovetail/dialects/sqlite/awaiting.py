"""Connections of ``aiosqlite``: the same connection, in the thread that the package keeps for it.

Each request is one visit to that thread, so that what takes several statements, such as taking
the lock of the database, is not torn apart by a cancellation.
"""

from __future__ import annotations

from asyncio import CancelledError, ensure_future, get_running_loop, wait
from sqlite3 import Connection, Cursor
from typing import TYPE_CHECKING, Any
from weakref import ref

from ...steps import bridged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dbapi import DriverParameters
    from .connections import SqliteConnection

_GRACE = 1.0
"""Seconds that a request which was cancelled has to come to its end."""


class ListenedConnection(Connection):
    """The ``sqlite3.Connection`` inside, which listeners get: it knows the one that is awaited."""

    around: ref[Any] | None = None

    @property
    def driver_connection(self) -> Any:
        """The connection of ``aiosqlite``."""
        return None if self.around is None else self.around()

    def run_async(self, function: Callable[[Any], Any]) -> Any:
        """Return what ``await function(connection)`` gives, with the driver's own connection.

        MissingGreenlet is raised where no bridge leads to an event loop: see ``run_sync()``.
        """
        return bridged(function(self.driver_connection))


class AioSqliteConnection:
    """A connection of ``aiosqlite``: the names of the blocking one as coroutine functions."""

    __slots__ = ("close", "inner", "is_stuck", "raw")

    def __init__(self, raw: Any, inner: SqliteConnection) -> None:
        self.raw = raw
        self.inner = inner
        self.is_stuck = False
        """Whether a request that was cancelled is under way still: SQLite waits for a lock."""

        self.close: Callable[[], Any] = raw.close
        if isinstance(raw._conn, ListenedConnection):
            raw._conn.around = ref(raw)

    async def _visit(
        self, function: Callable[..., Any], *arguments: object, is_work: bool = True
    ) -> Any:
        """Return what *function* returns in the connection's thread.

        Where *is_work*, a cancellation interrupts it; the end of a transaction is let finish.
        """
        try:
            return await self.raw._execute(function, *arguments)
        except CancelledError:
            await self._settle(is_work)
            raise

    async def _settle(self, is_work: bool) -> None:
        """Let the request that was cancelled end, before another one finds it half done."""
        try:
            if is_work:
                self.raw._conn.interrupt()
        except ValueError:  # closed meanwhile
            return
        behind = ensure_future(self.raw._execute(int))
        end = get_running_loop().time() + _GRACE
        while not behind.done():
            left = end - get_running_loop().time()
            if left <= 0:
                self.is_stuck = True
                behind.cancel()
                return
            try:
                await wait([behind], timeout=left)
            except CancelledError:
                # Once is enough: it is raised when the connection is at rest.
                continue
        behind.exception()

    async def execute(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql*; return the cursor."""
        return AioCursor(self, await self._visit(self.inner.execute, sql, parameters))

    async def execute_many(self, sql: str, parameters: Sequence[DriverParameters]) -> Any:
        """Run *sql* once for each of *parameters*; return the cursor."""
        return AioCursor(self, await self._visit(self.inner.execute_many, sql, parameters))

    async def fetch(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql* and return all its rows."""
        return await self._visit(self.inner.fetch, sql, parameters)

    async def stream(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql*; return the cursor."""
        return AioCursor(self, await self._visit(self.inner.stream, sql, parameters))

    async def begin(self) -> None:
        """Open a transaction, unless a listener has opened one already."""
        if self.inner.is_quiet("begin"):
            self.inner.begin()
        else:
            await self._visit(self.inner.begin)

    async def commit(self) -> None:
        """Commit the transaction."""
        if self.inner.is_quiet("end"):
            self.inner.commit()
        else:
            await self._visit(self.inner.commit, is_work=False)

    async def rollback(self) -> None:
        """Roll the transaction back."""
        if self.inner.is_quiet("end"):
            self.inner.rollback()
        else:
            await self._visit(self.inner.rollback, is_work=False)

    async def ping(self) -> None:
        """Raise the driver's error if the connection is closed."""
        await self._visit(self.inner.ping)

    async def set_isolation(self, level: str) -> None:
        """Set the isolation level of what follows; AUTOCOMMIT needs nothing here."""
        await self._visit(self.inner.set_isolation, level)

    async def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return self.inner.get_isolation()

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self.inner.in_transaction()

    def has_failed(self) -> bool:
        """Return false: SQLite goes on after an error, or has no transaction any more."""
        return False

    def terminate(self) -> None:
        """Let the connection's own thread close it and end.

        Whoever closes the package's connection afterwards finds it closed: the package would
        await that thread, which has ended.
        """
        raw = self.raw
        inner, raw._connection = raw._connection, None
        if inner is not None:
            raw._tx.put_nowait((None, inner.close))
        raw.stop()

    def listener_view(self) -> Any:
        """Return the ``sqlite3.Connection`` inside.

        Listeners cannot await.  They run while nothing else uses the connection, and it is
        not bound to a thread, so that they may call it directly.
        """
        return self.raw._conn


class AioCursor:
    """A cursor whose rows are awaited."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: AioSqliteConnection, cursor: Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        described: Sequence[Sequence[Any]] | None = self._cursor.description
        return described

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    @property
    def lastrowid(self) -> int | None:
        number: int | None = self._cursor.lastrowid
        return number

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows: list[Any] = await self._connection._visit(self._cursor.fetchall)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        rows: list[Any] = await self._connection._visit(self._cursor.fetchmany, size)
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return await self._connection._visit(self._cursor.fetchone)

    async def close(self) -> None:
        """Let go of the rows."""
        await self._connection._visit(self._cursor.close)
