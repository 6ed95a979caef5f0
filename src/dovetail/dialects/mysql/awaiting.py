"""Connections of asyncmy and aiomysql: the names of the blocking ones as coroutine functions.

Both packages descend from PyMySQL.  Three things are not left to them.  Their cursors ask for
the warnings of a statement with a request of its own, and aiomysql raises them where warnings
are errors: statements go past the cursors, to ``query()``.  Both write bytes wrongly under
NO_BACKSLASH_ESCAPES, and aiomysql not at all with PyMySQL 1.2: the literals of bytes are written
here.  And both forget a statement that was cancelled, with the server still at work on it: the
server is told to stop.
"""

from __future__ import annotations

import re
from asyncio import CancelledError, get_running_loop, timeout
from typing import TYPE_CHECKING, Any

from ...steps import run_async
from ..blocking_view import BlockingView
from ..cancelling import ended
from .transactions import TransactionSteps

if TYPE_CHECKING:
    from asyncio import Transport
    from collections.abc import Awaitable, Callable, Sequence

    from ..dbapi import DriverParameters

_GRACE = 2.0
"""Seconds to tell the server that a statement was cancelled, or that the connection ends."""

_NO_BACKSLASH_ESCAPES = 0x200
"""A bit of the server's status: a backslash in a literal is a backslash."""

_LARGEST_INSERT = 1_024_000
"""Bytes that go into one INSERT of many rows; servers take at least 1 MiB in a packet."""

_BYTES = (bytes, bytearray, memoryview)
_INSERT = re.compile(
    r"\s*(?P<head>(?:INSERT|REPLACE)\b.+\bVALUES?\s*)"
    r"(?P<row>\(\s*(?:%s|%\(.+\)s)\s*(?:,\s*(?:%s|%\(.+\)s)\s*)*\))"
    r"(?P<tail>\s*(?:ON DUPLICATE.*)?);?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)


class AnsweredCursor:
    """The answer to one statement, all of whose rows are here: nothing needs to be awaited."""

    __slots__ = ("_next", "description", "lastrowid", "rowcount", "rows")

    def __init__(self, result: Any) -> None:
        self.rows: tuple[Any, ...] = result.rows or ()
        self.description: Sequence[Sequence[Any]] | None = result.description
        self.rowcount: int = result.affected_rows
        self.lastrowid: int | None = result.insert_id
        self._next = 0

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return self.fetchmany(len(self.rows))

    def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        start = self._next
        self._next = start + size
        return list(self.rows[start : self._next])

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def close(self) -> None:
        """Let go of the rows."""
        self.rows = ()


class StreamCursor:
    """The answer to one statement whose rows are read as they are asked for."""

    __slots__ = ("_connection", "_cursor")

    rowcount = -1
    lastrowid = None

    def __init__(self, connection: AwaitingConnection, cursor: Any) -> None:
        self._connection = connection
        self._cursor = cursor

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        described: Sequence[Sequence[Any]] | None = self._cursor.description
        return described

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows: list[Any] = await self._read(self._cursor.fetchall)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        rows: list[Any] = await self._read(self._cursor.fetchmany, size)
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return await self._read(self._cursor.fetchone)

    async def close(self) -> None:
        """Read what the server sends still."""
        await self._read(self._cursor.close)

    async def _read(self, function: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        try:
            return await function(*arguments)
        except BaseException as error:
            # No row follows: else the next statement would wait for the rest.
            self._cursor._result = None
            await self._connection.failed(error)
            raise


class PausedStreamCursor(StreamCursor):
    """The same for asyncmy, which would read from the socket all that the server sends."""

    __slots__ = ()

    def pause(self) -> None:
        """Leave what follows to the server, until it is asked for."""
        transport = self._connection._transport()
        if transport is not None and not transport.is_closing():
            transport.pause_reading()

    async def _read(self, function: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        connection = self._connection
        transport = connection._transport()
        if transport is not None and not transport.is_closing():
            transport.resume_reading()
        answer = await super()._read(function, *arguments)
        if connection._streaming is self:
            self.pause()
        return answer


class AwaitingConnection(TransactionSteps):
    """What the connections of both drivers have in common."""

    __slots__ = ("_open_another", "_streams")

    def __init__(
        self, raw: Any, streams: Any, open_another: Callable[[], Awaitable[Any]] | None
    ) -> None:
        """Take over *raw*; *streams* is the driver's class of cursors that read row by row.

        *open_another* opens a second connection, to stop what runs on this one; without it a
        statement that was cancelled runs to its end on the server.
        """
        super().__init__(raw)
        self._streams = streams
        self._open_another = open_another

    # -- statements ---------------------------------------------------------------------------

    async def execute(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql*, as it stands for no *parameters*; return the cursor."""
        return AnsweredCursor(await self._answer(sql, parameters))

    async def fetch(self, sql: str, parameters: DriverParameters = ()) -> list[tuple[Any, ...]]:
        """Run *sql* and return all its rows."""
        result = await self._answer(sql, parameters)
        return list(result.rows) if result.rows else []

    async def _answer(self, sql: str, parameters: DriverParameters | None) -> Any:
        """Run *sql* and return the driver's result, the first if there are several."""
        if self._streaming is not None:
            await self._end_stream()
        self._used = not self._autocommit
        return await self._ask(self._written(sql, parameters))

    async def _ask(self, text: str | bytes) -> Any:
        raw = self.raw
        try:
            await raw.query(text)
            result = raw._result
            while raw._result.has_next:
                await raw.next_result()
        except BaseException as error:
            await self.failed(error, is_work=text[:3] != "XA ")
            raise
        return result

    async def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor.

        The rows of an INSERT go together, as many as fit into a packet.
        """
        if self._streaming is not None:
            await self._end_stream()
        self._used = not self._autocommit
        insert = _INSERT.match(sql)
        texts = self._inserts(insert, parameters) if insert else self._each(sql, parameters)
        count, cursor = 0, None
        for text in texts:
            cursor = AnsweredCursor(await self._ask(text))
            count += cursor.rowcount
        if cursor is not None:
            cursor.rowcount = count
        return cursor

    def _each(self, sql: str, parameters: Sequence[Any]) -> Any:
        return (self._written(sql, each) for each in parameters)

    def _inserts(self, insert: re.Match[str], parameters: Sequence[Any]) -> Any:
        """Yield the text of one INSERT for as many of *parameters* as fit into it."""
        encoding = self._encoding()
        head = (insert["head"] % ()).encode(encoding)
        tail = (insert["tail"] % ()).encode(encoding)
        row, size = insert["row"], len(head) + len(tail)
        rows: list[bytes] = []
        for each in parameters:
            written = self._written(row, each).encode(encoding, "surrogateescape")
            if rows and size + len(written) + 1 > _LARGEST_INSERT:
                yield head + b",".join(rows) + tail
                rows, size = [], len(head) + len(tail)
            rows.append(written)
            size += len(written) + 1
        yield head + b",".join(rows) + tail

    def _written(self, sql: str, parameters: DriverParameters | None) -> str:
        """Return *sql* with *parameters* as literals."""
        if type(parameters) is tuple or type(parameters) is list:
            return sql % tuple([self._literal(value) for value in parameters])
        if parameters is None:
            return sql
        if isinstance(parameters, dict):
            return sql % {name: self._literal(value) for name, value in parameters.items()}
        return sql % tuple(map(self._literal, parameters))

    def _literal(self, value: object) -> str:
        if not isinstance(value, _BYTES):
            text: str = self.raw.literal(value)
            return text
        content = bytes(value).decode("ascii", "surrogateescape")
        if not self.raw.server_status & _NO_BACKSLASH_ESCAPES:
            content = content.replace("\\", "\\\\")
        return "_binary'" + content.replace("'", "''") + "'"

    async def stream(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql*; return a cursor that fetches its rows as they are asked for.

        The next statement, or the end of the transaction, reads what is left of them first:
        the server sends one answer after the other.
        """
        if self._streaming is not None:
            await self._end_stream()
        self._used = not self._autocommit
        text = self._written(sql, parameters)
        cursor = self._streams(self.raw)
        try:
            await cursor.execute(text)
        except BaseException as error:
            await self.failed(error)
            raise
        self._streaming = streaming = self._stream_of(cursor)
        return streaming

    def _stream_of(self, cursor: Any) -> StreamCursor:
        return StreamCursor(self, cursor)

    async def _end_stream(self) -> None:
        """Read what the server sends still, and forget it."""
        cursor, self._streaming = self._streaming, None
        await cursor.close()

    # -- transactions -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open a transaction: the next statement does, if none is left over."""
        if self._used or self._streaming is not None:
            # The server has ended the last one, or so it was said: better safe than mixed.
            await self.rollback()

    async def commit(self) -> None:
        """Commit."""
        if self._streaming is not None:
            await self._end_stream()
        await self._end("commit")

    async def rollback(self) -> None:
        """Roll back, a two-phase transaction too."""
        if self._streaming is not None:
            await self._end_stream()
        if self._xid is not None:
            await self.rollback_twophase(self._xid, False)
        await self._end("rollback")

    async def _end(self, verb: str) -> None:
        try:
            await getattr(self.raw, verb)()
        except BaseException as error:
            await self.failed(error, is_work=False)
            raise
        self._used = False

    async def _set_autocommit(self, value: bool) -> None:
        try:
            await self.raw.autocommit(value)
        except BaseException as error:
            await self.failed(error, is_work=False)
            raise

    async def set_isolation(self, level: str) -> None:
        """Use this isolation level for the transactions that follow."""
        await run_async(self.set_isolation_steps(level))

    async def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return await run_async(self.get_isolation_steps())

    # -- two phases ---------------------------------------------------------------------------

    async def begin_twophase(self, xid: str) -> None:
        """Begin the two-phase transaction *xid*."""
        await run_async(self.begin_twophase_steps(xid))

    async def prepare_twophase(self, xid: str) -> None:
        """Make sure that the transaction *xid* can be committed, come what may."""
        await run_async(self.prepare_twophase_steps(xid))

    async def commit_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Commit the transaction *xid*, which another connection may have prepared."""
        await run_async(self.commit_twophase_steps(xid, is_prepared))

    async def rollback_twophase(self, xid: str, is_prepared: bool = True) -> None:
        """Roll the transaction *xid* back, which another connection may have prepared."""
        await run_async(self.rollback_twophase_steps(xid, is_prepared))

    async def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that are prepared and not ended."""
        return await run_async(self.recover_twophase_steps())

    # -- the connection itself ----------------------------------------------------------------

    async def ping(self) -> None:
        """Raise the driver's error if the connection is dead; never connect again."""
        if self._streaming is not None:
            await self._end_stream()
        try:
            await self.raw.ping(reconnect=False)
        except BaseException as error:
            await self.failed(error, is_work=False)
            raise

    async def close(self) -> None:
        """Tell the server that the connection ends, and end it, told or not."""
        transport = self._transport()
        try:
            async with timeout(_GRACE):
                await self.raw.ensure_closed()
        finally:
            self.terminate()
            if transport is not None:
                # With TLS it would wait for the server to take its leave too.
                drop(transport)

    def terminate(self) -> None:
        """Close the socket, without a word to the server."""
        self._streaming = None
        transport = self._transport()
        if transport is not None:
            drop(transport)
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the connection with blocking methods, which need a bridge to the event loop."""
        return BlockingView(self)

    def _transport(self) -> Any:
        """Return the transport, or None where it is closed."""
        raise NotImplementedError

    def _encoding(self) -> str:
        """Return the encoding of statements."""
        raise NotImplementedError

    # -- failures -----------------------------------------------------------------------------

    async def failed(self, error: BaseException, is_work: bool = True) -> None:
        """Deal with *error*, which a request has met, before it is raised.

        An error that the server has sent leaves the connection as it was.  All others may
        have left an answer half read: the connection is closed.  Where *is_work*, the server
        is told to stop what a cancelled task has asked for; the end of a transaction it is
        let finish.
        """
        known = isinstance(error, self.raw.Error)
        number = error.args[0] if known and error.args else None
        if isinstance(number, int) and (1000 <= number < 2000 or number >= 3000):
            return
        transport = self._transport()
        was_open = transport is not None and not transport.is_closing()
        self.terminate()
        if isinstance(error, CancelledError):
            if is_work:
                await self._stop()
        elif known:
            if not isinstance(number, int) or not number:
                raise self._lost(was_open, error) from error
        elif isinstance(error, OSError | EOFError):
            raise self._lost(True, error) from error
        elif isinstance(error, Exception) and not (was_open and self._is_at_home()):
            # What asyncio and the drivers raise for a transport that is closed, or that belongs
            # to an event loop that has ended.
            raise self._lost(was_open, error) from error

    def _is_at_home(self) -> bool:
        """Tell whether the connection belongs to the event loop that runs."""
        return self.raw._loop is get_running_loop()

    def _lost(self, while_asking: bool, error: BaseException) -> BaseException:
        """Return what the drivers raise for a lost connection themselves."""
        number, text = 2013, "Lost connection to MySQL server during query"
        if not while_asking:
            number, text = 2006, "MySQL server has gone away"
        lost: BaseException = self.raw.OperationalError(number, f"{text} ({error})")
        return lost

    async def _stop(self) -> None:
        """Have the server end what it does for this connection; not for longer than is said."""
        if self._open_another is not None:
            await ended(self._kill(self._open_another))

    async def _kill(self, open_another: Callable[[], Awaitable[Any]]) -> None:
        try:
            async with timeout(_GRACE):
                other = await open_another()
                try:
                    await other.query(f"KILL {self.raw.thread_id()}")
                finally:
                    other.close()
        except Exception:
            # It was gone already, or cannot be reached: then nothing else can be done.
            pass


class AsyncmyConnection(AwaitingConnection):
    """A connection of asyncmy."""

    __slots__ = ()

    def _stream_of(self, cursor: Any) -> StreamCursor:
        streaming = PausedStreamCursor(self, cursor)
        streaming.pause()
        return streaming

    def _transport(self) -> Any:
        return self.raw._transport

    def _encoding(self) -> str:
        encoding: str = self.raw._encoding
        return encoding


class AiomysqlConnection(AwaitingConnection):
    """A connection of aiomysql."""

    __slots__ = ()

    def _transport(self) -> Any:
        writer = self.raw._writer
        return None if writer is None else writer.transport

    def _encoding(self) -> str:
        encoding: str = self.raw.encoding
        return encoding


def drop(transport: Transport) -> None:
    """Close the socket of *transport* at once, also where its event loop has ended."""
    try:
        transport.abort()
    except RuntimeError:
        # The loop would have called this.
        closed = getattr(transport, "_call_connection_lost", None)
        if closed is not None:
            closed(None)
