"""A connection of asyncpg as dovetail drives it; imported when asyncpg is known to be there.

asyncpg sends values in the server's binary format, and it is the server that says of what types
they are: a statement is prepared first, and kept.  Where the statement does not tell, dovetail
writes a cast; a value that is not of the type all the same (the text ``"5"`` for a number) is
converted when asyncpg refuses it, so that what fits costs nothing: see :mod:`.asyncpg_values`.
"""

from __future__ import annotations

import re
from asyncio import CancelledError, timeout
from collections import OrderedDict
from json import loads
from typing import TYPE_CHECKING, Any

from asyncpg import exceptions as errors

from ..blocking_view import BlockingView
from ..cancelling import ended
from .asyncpg_values import converted, zoned
from .text import is_streamable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_GRACE = 5.0
"""Seconds that the server has to stop a statement whose task was cancelled."""

_QUERY = re.compile(
    r"(?:\s|\(|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
    r"(?:SELECT|VALUES|TABLE|WITH|SHOW|EXPLAIN|FETCH|INSERT|UPDATE|DELETE|MERGE|EXECUTE|CALL)\b",
    re.IGNORECASE,
)
"""How statements begin that are prepared, since they may have rows."""
_SEVERAL = re.compile(r"(?is)\s*(?:INSERT|UPDATE|DELETE|MERGE|CALL)\b(?!.*\bRETURNING\b).*;\s*\S")
"""Finds changes that more statements follow: a statement that is prepared is one."""

_CHANGES_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_RETURNS = re.compile(r"\bRETURNING\b", re.IGNORECASE)
_AS_TEXT = (("char", str), ("bit", str), ("varbit", str))
_PORTION = 1000
"""How many rows of a stream are fetched at once where nobody says how many."""


class Prepared:
    """A statement that the server has prepared."""

    __slots__ = ("attributes", "fetch", "is_zoned", "statement", "types")

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self.attributes: tuple[Any, ...] = statement.get_attributes()
        self.fetch: Callable[..., Any] = statement.fetch
        self.types: tuple[Any, ...] = statement.get_parameters()
        self.is_zoned = any(each.name.startswith("timestamptz") for each in self.types)


class AsyncpgConnection:
    """A connection of ``asyncpg``.

    Transactions are begun and ended by dovetail's own statements.  Prepared statements are kept
    by their text, up to ``prepared_statement_cache_size``; with 0 each is prepared without a
    name and forgotten, as a pooler needs it that changes servers between transactions.
    """

    __slots__ = (
        "_begin",
        "_defines",
        "_failed",
        "_isolation",
        "_kept",
        "_name",
        "_patience",
        "_statements",
        "_streams",
        "raw",
    )

    def __init__(
        self,
        raw: Any,
        kept: int = 100,
        name: Callable[[], str] | None = None,
        patience: float | None = None,
    ) -> None:
        self.raw = raw
        self._kept = kept
        self._name = name
        self._patience = patience
        """Seconds for an answer, after which the server counts as gone; None for no limit."""
        self._statements: OrderedDict[str, Prepared] = OrderedDict()
        self._begin = "BEGIN"
        self._isolation: str | None = None
        self._failed = False
        self._defines = False
        self._streams = 0

    async def set_codecs(self, json_deserializer: Callable[[str], Any] | None) -> None:
        """Have values read as dovetail's types expect them; the server is not asked for it."""
        read = json_deserializer or loads
        for name, decoder in (("json", read), ("jsonb", read), *_AS_TEXT):
            await self.raw.set_type_codec(
                name, schema="pg_catalog", encoder=str, decoder=decoder, format="text"
            )

    # -- statements ---------------------------------------------------------------------------

    async def fetch(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run *sql* and return all its rows."""
        prepared = self._statements.get(sql)
        if prepared is None or prepared.is_zoned:
            return list(map(tuple, (await self.run(sql, parameters))[1]))
        self._statements.move_to_end(sql)
        try:
            records = await prepared.fetch(*parameters)
        except BaseException as error:
            _, records = await self._after_failure(error, prepared, sql, parameters)
        return list(map(tuple, records))

    async def run(
        self, sql: str, parameters: Sequence[object] = (), keep: bool = True
    ) -> tuple[Prepared, list[Any]]:
        """Run *sql*; return it as prepared, and its records."""
        prepared = self._statements.get(sql)
        try:
            if prepared is None:
                prepared = await self._prepare(sql, keep)
            else:
                self._statements.move_to_end(sql)
            if prepared.is_zoned:
                parameters = zoned(prepared.types, parameters, self.raw)
            return prepared, await prepared.fetch(*parameters)
        except BaseException as error:
            return await self._after_failure(error, prepared, sql, parameters)

    async def _after_failure(
        self,
        error: BaseException,
        prepared: Prepared | None,
        sql: str,
        parameters: Sequence[object],
    ) -> tuple[Prepared, list[Any]]:
        """Run *sql*, which has failed with *error*, once more where that may help; or raise."""
        await self._met(error)
        again: Any = None
        if prepared is not None and _is_of_client(error):
            again = converted(sql, prepared.types, parameters, self.raw)
        elif is_stale(error) and not self.in_transaction():
            prepared, again = None, parameters
        if again is None:
            raise error
        try:
            if prepared is None:
                prepared = await self._prepare(sql)
            return prepared, await prepared.fetch(*again)
        except BaseException as error:
            await self._met(error)
            raise

    async def _prepare(self, sql: str, keep: bool = True) -> Prepared:
        name = self._name() if self._name is not None else None
        if not self._kept:
            return Prepared(await self.raw.prepare(sql, name=name or ""))
        prepared = Prepared(await self.raw.prepare(sql, name=name))
        if keep:
            self._statements[sql] = prepared
            if len(self._statements) > self._kept:
                # asyncpg closes it on the server when it prepares the next one.
                self._statements.popitem(last=False)
        return prepared

    async def _met(self, error: BaseException) -> None:
        """Do what *error*, which a request has ended in, asks of the connection."""
        if isinstance(error, CancelledError):
            await self._settle()
        elif isinstance(error, TimeoutError):
            self._failed = True
            if self._patience is not None:
                self.terminate()
                raise errors.ConnectionDoesNotExistError(
                    f"the server has not answered within read_timeout={self._patience:g} "
                    "seconds; the connection is closed"
                ) from error
        elif isinstance(error, errors.OutdatedSchemaCacheError):
            # asyncpg has forgotten what it knew of types.
            self._failed = self._failed or self.in_transaction()
            self._statements.clear()
        elif isinstance(error, errors.InternalClientError):
            # What the server says does not go with what it was asked: it was ended, say.
            self.terminate()
            raise errors.ConnectionDoesNotExistError(f"the connection is lost: {error}") from error
        elif isinstance(error, errors.PostgresError) and not _is_of_client(error):
            self._failed = True
            if is_stale(error):
                self._statements.clear()

    async def _settle(self) -> None:
        """Wait until the server has stopped what it did for a task that was cancelled.

        asyncpg has asked it to stop, and lets nothing else pass before it has answered.
        """
        if self.raw.is_closed():
            return
        try:
            (await ended(self._asked())).result()
            self._failed = False
        except errors.InFailedSQLTransactionError:
            self._failed = True
        except Exception:
            self.terminate()

    async def _asked(self) -> None:
        async with timeout(_GRACE):
            await self.raw.execute("SELECT 1")

    async def execute(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run *sql*, whose parameters stand as ``$1``; return the cursor."""
        if not parameters and (not _QUERY.match(sql) or _SEVERAL.match(sql)):
            return AsyncpgCursor((), [], await self._command(sql))
        if isinstance(parameters, dict):
            raise errors.InterfaceError(
                "asyncpg takes parameters by number, $1 and $2: a tuple and no dictionary"
            )
        prepared, records = await self.run(sql, parameters)
        return AsyncpgCursor(
            prepared.attributes, list(map(tuple, records)), prepared.statement.get_statusmsg()
        )

    async def _command(self, sql: str) -> str:
        """Run *sql*, one statement or several, for no rows; return what the server says."""
        try:
            status: str = await self.raw.execute(sql)
        except BaseException as error:
            await self._met(error)
            raise
        if status.startswith("ROLLBACK"):
            self._failed = False
        elif status.startswith("CREATE"):
            self._defines = True
        return status

    async def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return a cursor that knows how many rows.

        asyncpg tells no numbers then; what changes rows is made to return something for each.
        """
        counts = _CHANGES_ROWS.match(sql) is not None
        if counts and not _RETURNS.search(sql):
            sql = f"{sql.rstrip().rstrip(';')}\nRETURNING 1"
        prepared = self._statements.get(sql)
        try:
            if prepared is None:
                prepared = await self._prepare(sql)
            if prepared.is_zoned:
                parameters = [zoned(prepared.types, each, self.raw) for each in parameters]
            rows = await prepared.statement.fetchmany(parameters)
        except BaseException as error:
            await self._met(error)
            # Nothing was sent if it is the first set that does not fit.
            if prepared is None or not _is_of_client(error) or "element #0" not in str(error):
                raise
            again = [converted(sql, prepared.types, each, self.raw) or each for each in parameters]
            try:
                rows = await prepared.statement.fetchmany(again)
            except BaseException as another:
                await self._met(another)
                raise
        return AsyncpgCursor((), [], f"ROWS {len(rows)}" if counts else "")

    async def stream(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run *sql*; return a cursor whose rows stay on the server.

        What no cursor can be declared for, such as INSERT … RETURNING, is fetched at once.
        """
        if not is_streamable(sql):
            return await self.execute(sql, parameters)
        self._streams += 1
        name = f"dovetail_{self._streams}"
        hold = "" if self.in_transaction() else " WITH HOLD"
        await self.run(f"DECLARE {name} CURSOR{hold} FOR {sql}", parameters, keep=False)
        try:
            first = await self._prepare(f"FETCH FORWARD {_PORTION} FROM {name}", keep=False)
        except BaseException as error:
            await self._met(error)
            raise
        return AsyncpgStream(self, name, first)

    async def portion(self, portions: dict[int, Prepared], name: str, size: int) -> list[Any]:
        """Return the next *size* rows of the stream *name*, whose statements are *portions*."""
        try:
            prepared = portions.get(size)
            if prepared is None:
                prepared = await self._prepare(f"FETCH FORWARD {size} FROM {name}", keep=False)
                portions[size] = prepared
            return list(map(tuple, await prepared.fetch()))
        except BaseException as error:
            await self._met(error)
            raise

    async def close_stream(self, name: str) -> None:
        """Close the stream *name*, if the server may have it still."""
        if not self.raw.is_closed() and not self.has_failed():
            await self._command(f"CLOSE {name}")

    # -- transactions -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Send BEGIN, unless a listener has begun a transaction already."""
        self._failed = self._defines = False
        if not self.in_transaction():
            await self._command(self._begin)

    async def commit(self) -> None:
        """Send COMMIT."""
        self._failed = self._defines = False
        # Sent in any case: a connection that is lost says so then.
        if await self._command("COMMIT") == "ROLLBACK":
            raise errors.InFailedSQLTransactionError(
                "an earlier statement has failed: the server has rolled the transaction back"
            )

    async def rollback(self) -> None:
        """Send ROLLBACK; statements that speak of what was created since BEGIN are forgotten."""
        if self._defines:
            self._statements.clear()
        self._failed = self._defines = False
        if self.raw.is_closed():
            raise errors.InterfaceError("the connection is closed")
        if self.raw.is_in_transaction():
            await self._command("ROLLBACK")

    async def ping(self) -> None:
        """Raise the driver's error if the connection is dead."""
        await self._command("SELECT 1")

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return not self.raw.is_closed() and bool(self.raw.is_in_transaction())

    def has_failed(self) -> bool:
        """Tell whether the server refuses all but a rollback after an error."""
        return self._failed and self.in_transaction()

    def set_isolation(self, level: str) -> None:
        """Use *level* for the transactions that follow: BEGIN says it."""
        name, *modes = level.split(", ")
        self._isolation = name
        words = modes if name == "AUTOCOMMIT" else [f"ISOLATION LEVEL {name}", *modes]
        self._begin = f"BEGIN {', '.join(words)}".strip()

    async def get_isolation(self) -> str:
        """Return the isolation level of the transaction, or of the next one."""
        if self._isolation is not None:
            return self._isolation
        rows = await self.fetch("SHOW transaction_isolation")
        return str(rows[0][0]).upper()

    # -- two phases ---------------------------------------------------------------------------

    async def begin_twophase(self, xid: str) -> None:
        """Begin the transaction *xid*, which can be prepared."""
        await self.begin()

    async def prepare_twophase(self, xid: str) -> None:
        """Make the server promise that the commit of *xid* will succeed."""
        await self._command(f"PREPARE TRANSACTION {quoted(xid)}")

    async def commit_twophase(self, xid: str, is_prepared: bool) -> None:
        """Commit the transaction *xid*, this connection's own or one that was recovered."""
        if is_prepared:
            await self._command(f"COMMIT PREPARED {quoted(xid)}")
        else:
            await self.commit()

    async def rollback_twophase(self, xid: str, is_prepared: bool) -> None:
        """Roll the transaction *xid* back, this connection's own or one that was recovered."""
        if is_prepared:
            await self._command(f"ROLLBACK PREPARED {quoted(xid)}")
        else:
            await self.rollback()

    async def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that were prepared in this database."""
        # The server lists those of all its databases; each is to be ended in its own.
        rows = await self.fetch(
            "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid"
        )
        return [str(row[0]) for row in rows]

    # -- the connection itself ----------------------------------------------------------------

    async def close(self) -> None:
        """Close the connection; a server that does not answer is left alone."""
        try:
            await self.raw.close(timeout=_GRACE)
        except TimeoutError:
            self.terminate()

    def terminate(self) -> None:
        """Drop the connection at once, without talking to the server."""
        try:
            self.raw.terminate()
        except RuntimeError:
            # Its event loop is closed, and would have closed the socket in this way.
            closed = getattr(self.raw._transport, "_call_connection_lost", None)
            if closed is not None:
                closed(None)

    def listener_view(self) -> Any:
        """Return blocking methods around the ``asyncpg.Connection``."""
        return BlockingView(self)


class AsyncpgCursor:
    """The rows of one statement, all of them here."""

    __slots__ = ("_attributes", "_position", "_rows", "_status")

    lastrowid: int | None = None

    def __init__(self, attributes: Sequence[Any], rows: list[Any], status: str) -> None:
        self._attributes = attributes
        self._rows = rows
        self._position = 0
        self._status = status

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """The columns, None for a statement that has none."""
        return described(self._attributes)

    @property
    def rowcount(self) -> int:
        """How many rows the statement has found or changed; -1 where the server does not tell."""
        number = (self._status or "").rpartition(" ")[2]
        return int(number) if number.isdigit() else -1

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return await self.fetchmany(len(self._rows))

    async def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        begin, self._position = self._position, self._position + size
        return self._rows[begin : self._position]

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Let go of the rows."""
        self._rows = []


class AsyncpgStream:
    """A cursor on the server; it is closed there after its last row."""

    __slots__ = ("_connection", "_is_done", "_name", "_portions")

    lastrowid: int | None = None
    rowcount = -1

    def __init__(self, connection: AsyncpgConnection, name: str, first: Prepared) -> None:
        self._connection = connection
        self._name = name
        self._portions: dict[int, Prepared] = {_PORTION: first}
        self._is_done = False

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """The columns."""
        return described(self._portions[_PORTION].attributes)

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows: list[Any] = []
        while not self._is_done:
            rows += await self.fetchmany(_PORTION)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        if self._is_done:
            return []
        rows = await self._connection.portion(self._portions, self._name, size)
        if len(rows) < size:
            await self.close()
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Close the cursor on the server, unless that has gone with its transaction."""
        if not self._is_done:
            self._is_done = True
            await self._connection.close_stream(self._name)


def described(attributes: Sequence[Any]) -> Sequence[Sequence[Any]] | None:
    """Return *attributes* of a statement as PEP 249 describes columns."""
    if not attributes:
        return None
    return [(each.name, each.type.oid, None, None, None, None, None) for each in attributes]


def is_stale(error: BaseException) -> bool:
    """Tell whether *error* speaks of what a statement was prepared for, and has changed."""
    if isinstance(error, STALE):
        return "cached " in str(error) or "cache lookup failed" in str(error)
    return isinstance(error, errors.OutdatedSchemaCacheError)


def _is_of_client(error: BaseException) -> bool:
    """Tell whether asyncpg itself has refused a value, before anything was sent."""
    return type(error) is errors.DataError and getattr(error, "severity", None) is None


STALE = (errors.FeatureNotSupportedError, errors.InternalServerError)
"""What a prepared statement ends in whose tables have changed."""
