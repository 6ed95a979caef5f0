"""The drivers of SQLite: ``sqlite3``, which blocks, and ``aiosqlite``, which awaits.

Both run with the package's own transaction control off: BEGIN, SAVEPOINT and COMMIT are sent by
dovetail, so that savepoints nest as they should and a read and a write of one transaction see
the same state.
"""

from __future__ import annotations

import re
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from ...exc import ArgumentError
from ..driver import Driver
from .errors import classify
from .reflection import SqliteReflection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..driver import Address, Cause, PoolKind

_QUERY_TYPES: dict[str, type[Any]] = {
    "timeout": float,
    "detect_types": int,
    "check_same_thread": bool,
    "cached_statements": int,
    "isolation_level": str,
    "uri": bool,
}
_ISOLATION_PRAGMA = {"SERIALIZABLE": 0, "READ UNCOMMITTED": 1}
_BEGIN_MODES = ("DEFERRED", "IMMEDIATE", "EXCLUSIVE")


def _read_option(name: str, text: str) -> Any:
    kind = _QUERY_TYPES[name]
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        return kind(text)
    except (KeyError, ValueError) as error:
        raise ArgumentError(
            f"the URL option {name}={text!r} is not a {kind.__name__}", hint=f"?{name}=true"
        ) from error


def is_memory(address: Address) -> bool:
    """Tell whether *address* names a database that lives in memory."""
    database = address.database
    return (
        not database
        or database in (":memory:", "file::memory:")
        or address.query.get("mode") == "memory"
    )


def _regexp(pattern: str, value: str | None) -> bool | None:
    return None if value is None else re.search(pattern, str(value)) is not None


def _put_off_transaction_control(raw: Any) -> None:
    """Let *raw*, a ``sqlite3.Connection``, begin and end no transaction of its own accord."""
    raw.isolation_level = None
    # Since 3.12 a connection may have an autocommit mode, in which commit() does nothing (true)
    # or begins anew (false); -1, the package's LEGACY_TRANSACTION_CONTROL, is neither.
    if getattr(raw, "autocommit", -1) != -1:
        raw.autocommit = True  # commits what the mode itself has begun
        raw.autocommit = -1


def _begin_statement(options: dict[str, Any]) -> str:
    """Return the BEGIN that the package's own option ``isolation_level`` asks for, if any."""
    mode = options.pop("isolation_level", None)
    if isinstance(mode, str) and mode.upper() in _BEGIN_MODES:
        return f"BEGIN {mode.upper()}"
    return "BEGIN"


class _SqliteDriver(Driver):
    """What both drivers have in common: addresses, errors, levels."""

    dialect_name = "sqlite"
    survives_cancel: ClassVar[bool] = True
    outside_transaction = frozenset(("PRAGMA", "VACUUM", "ATTACH", "DETACH", "BEGIN"))
    isolation_levels = ("AUTOCOMMIT", *_ISOLATION_PRAGMA)
    default_isolation = "SERIALIZABLE"
    reflection = SqliteReflection()

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the file name and the options that the URL's query holds."""
        if address.username or address.host or address.password or address.port:
            raise ArgumentError(
                "a sqlite URL has a file and no host",
                hint="sqlite:///relative.db, sqlite:////absolute/path.db, or sqlite:// for memory",
            )
        options: dict[str, Any] = {"check_same_thread": False}
        rest: list[tuple[str, str]] = []
        for name, value in address.query.items():
            values = (value,) if isinstance(value, str) else value
            if name in _QUERY_TYPES:
                options[name] = _read_option(name, values[-1])
            else:
                rest.extend((name, each) for each in values)
        filename = address.database or ":memory:"
        if options.get("uri"):
            if not filename.startswith("file:"):
                filename = "file:" + quote(filename)
            if rest:
                filename = f"{filename}?{urlencode(rest)}"
        elif rest:
            names = ", ".join(name for name, _ in rest)
            raise ArgumentError(
                f"sqlite3 knows no URL option {names}",
                hint="options of SQLite itself (mode, cache, immutable) need uri=true beside them",
            )
        return (filename,), options

    def pool_kind(self, address: Address) -> PoolKind:
        """Return a pool that keeps a database in memory alive, or a queue for a file."""
        if is_memory(address):
            return "static" if self.is_async else "thread"
        return "queue"

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means: see the table of SQLite's errors."""
        return classify(error, super().classify(error))


class SqliteConnection:
    """A connection of ``sqlite3``."""

    __slots__ = (
        "_begin",
        "_level",
        "_run",
        "close",
        "commit",
        "execute",
        "execute_many",
        "raw",
        "rollback",
        "stream",
    )

    def __init__(self, raw: Any, begin: str = "BEGIN") -> None:
        self.raw = raw
        self._begin = begin
        self._level = "SERIALIZABLE"
        # The package's own methods are the requests: nothing stands in between.
        self._run: Callable[..., Any] = raw.execute
        self.execute: Callable[..., Any] = raw.execute
        self.execute_many: Callable[..., Any] = raw.executemany
        self.stream: Callable[..., Any] = raw.execute
        self.commit: Callable[[], Any] = raw.commit
        self.rollback: Callable[[], Any] = raw.rollback
        self.close: Callable[[], Any] = raw.close

    def fetch(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """Run *sql* and return all its rows."""
        return self._run(sql, parameters).fetchall()

    def begin(self) -> None:
        """Open a transaction, unless a listener has opened one already."""
        raw = self.raw
        if not raw.in_transaction:
            try:
                self._run(self._begin)
            except OperationalError:
                # One who shares the connection, as pools in memory do, came in between.
                if not raw.in_transaction:
                    raise

    def ping(self) -> None:
        """Raise the driver's error if the connection is closed."""
        self._run("SELECT 1").fetchone()

    def set_isolation(self, level: str) -> None:
        """Set the isolation level of what follows; AUTOCOMMIT needs nothing here."""
        if level in _ISOLATION_PRAGMA:
            self._run(f"PRAGMA read_uncommitted = {_ISOLATION_PRAGMA[level]}")
        self._level = level

    def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return self._level

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return bool(self.raw.in_transaction)

    def has_failed(self) -> bool:
        """Return false: SQLite goes on after an error, or has no transaction any more."""
        return False

    def terminate(self) -> None:
        """Close the connection."""
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the ``sqlite3.Connection``."""
        return self.raw


class SqliteDriver(_SqliteDriver):
    """The standard library's ``sqlite3``."""

    name = "pysqlite"
    module_name = "sqlite3"

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection, with the package's transaction control off."""
        begin = _begin_statement(options)
        raw = self.module.connect(*arguments, isolation_level=None, **options)
        if "autocommit" in options:
            _put_off_transaction_control(raw)
        raw.create_function("regexp", 2, _regexp, deterministic=True)
        return SqliteConnection(raw, begin)

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``; its transaction control is put off."""
        _put_off_transaction_control(raw)
        return SqliteConnection(raw)


class AioSqliteConnection:
    """A connection of ``aiosqlite``: the same names as coroutine functions."""

    __slots__ = ("_begin", "_level", "close", "commit", "raw", "rollback")

    def __init__(self, raw: Any, begin: str = "BEGIN") -> None:
        self.raw = raw
        self._begin = begin
        self._level = "SERIALIZABLE"
        self.commit: Callable[[], Any] = raw.commit
        self.rollback: Callable[[], Any] = raw.rollback
        self.close: Callable[[], Any] = raw.close

    async def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run *sql*; return the cursor."""
        return await self.raw.execute(sql, parameters)

    async def execute_many(self, sql: str, parameters: Any) -> Any:
        """Run *sql* once for each of *parameters*; return the cursor."""
        return await self.raw.executemany(sql, parameters)

    async def fetch(self, sql: str, parameters: Any = ()) -> Any:
        """Run *sql* and return all its rows, in one visit to the connection's thread."""
        return await self.raw.execute_fetchall(sql, parameters)

    async def stream(self, sql: str, parameters: Any = ()) -> Any:
        """Run *sql*; return the cursor."""
        return await self.raw.execute(sql, parameters)

    async def begin(self) -> None:
        """Open a transaction, unless a listener has opened one already."""
        raw = self.raw
        if not raw.in_transaction:
            try:
                await raw.execute(self._begin)
            except OperationalError:
                # One who shares the connection, as pools in memory do, came in between.
                if not raw.in_transaction:
                    raise

    async def ping(self) -> None:
        """Raise the driver's error if the connection is closed."""
        await self.raw.execute_fetchall("SELECT 1")

    async def set_isolation(self, level: str) -> None:
        """Set the isolation level of what follows; AUTOCOMMIT needs nothing here."""
        if level in _ISOLATION_PRAGMA:
            await self.raw.execute(f"PRAGMA read_uncommitted = {_ISOLATION_PRAGMA[level]}")
        self._level = level

    async def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return self._level

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return bool(self.raw.in_transaction)

    def has_failed(self) -> bool:
        """Return false: SQLite goes on after an error, or has no transaction any more."""
        return False

    def terminate(self) -> None:
        """Let the connection's own thread close it and end."""
        self.raw.stop()

    def listener_view(self) -> Any:
        """Return the ``sqlite3.Connection`` inside.

        Listeners cannot await.  They run while nothing else uses the connection, and it is
        not bound to a thread, so that they may call it directly.
        """
        return self.raw._conn


class AioSqliteDriver(_SqliteDriver):
    """``aiosqlite``: each connection lives in a thread of its own and is awaited."""

    name = "aiosqlite"
    module_name = "aiosqlite"
    package = "aiosqlite"
    is_async = True

    async def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection, with the package's transaction control off."""
        begin = _begin_statement(options)
        # The database does not outlive the process: a forgotten connection must not hold it up.
        connector = self.module.connect(*arguments, isolation_level=None, **options)
        _as_daemon(connector)
        raw = await connector
        if "autocommit" in options:
            _put_off_transaction_control(raw._conn)
        await raw.create_function("regexp", 2, _regexp, deterministic=True)
        return AioSqliteConnection(raw, begin)

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``; its transaction control is put off."""
        _put_off_transaction_control(raw._conn)
        return AioSqliteConnection(raw)


def _as_daemon(connector: Any) -> None:
    """Let the thread of *connector* end with the process, in all versions of the package."""
    thread = getattr(connector, "_thread", connector)
    thread.daemon = True
