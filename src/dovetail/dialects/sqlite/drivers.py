"""The drivers of SQLite: ``sqlite3``, which blocks, and ``aiosqlite``, which awaits.

Both run with the package's own transaction control off: BEGIN, SAVEPOINT and COMMIT are sent by
dovetail, so that savepoints nest as they should.  When a transaction takes the lock of its
database stands in :mod:`.connections`.
"""

from __future__ import annotations

import re
from functools import partial
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ...exc import ArgumentError
from ...steps import Steps, nothing
from ..driver import Driver, ServerFacts
from .awaiting import AioSqliteConnection, ListenedConnection
from .connections import (
    SNAPSHOT,
    SharedCacheConnection,
    SharedConnection,
    SqliteConnection,
)
from .errors import classify
from .reflection import SqliteReflection

SQLITE_LIMIT_VARIABLE_NUMBER = 9
"""The number that SQLite has for the limit: ``sqlite3`` names it from Python 3.11 on."""

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..driver import Address, Cause, DriverConnection, PoolKind

_QUERY_TYPES: dict[str, type[Any]] = {
    "timeout": float,
    "detect_types": int,
    "check_same_thread": bool,
    "cached_statements": int,
    "isolation_level": str,
    "uri": bool,
}
_BEGIN_MODES = ("DEFERRED", "IMMEDIATE", "EXCLUSIVE")
_JOURNAL_MODES = ("wal", "delete", "truncate", "persist")


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


def _begin_mode(options: dict[str, Any]) -> str | None:
    """Return the BEGIN that the package's own option ``isolation_level`` asks for, if any."""
    mode = options.pop("isolation_level", None)
    return mode.upper() if isinstance(mode, str) and mode.upper() in _BEGIN_MODES else None


def _set_journal_mode(raw: Connection, mode: str) -> None:
    """Keep the journal of the database as *mode* says, from now on."""
    kept = raw.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0]
    if kept != mode:
        raise ArgumentError(
            f"sqlite_journal_mode={mode!r} has no effect: the journal stays {kept!r}",
            hint="a database in memory has no such journal, a read-only one keeps its own",
        )


def _set_up(raw: Connection, options: dict[str, Any], journal: str | None) -> None:
    """Make *raw*, which was opened with *options*, ready for use."""
    if "autocommit" in options:
        _put_off_transaction_control(raw)
    raw.create_function("regexp", 2, _regexp, deterministic=True)
    if journal is not None:
        _set_journal_mode(raw, journal)


def _wrap(
    raw: Connection, arguments: tuple[Any, ...], options: dict[str, Any], mode: str | None
) -> Any:
    """Return the connection around *raw*, a ``sqlite3.Connection`` opened with *arguments*."""
    filename = str(arguments[0]) if arguments else ""
    if "mode=memory" in filename or filename.startswith("file::memory:"):
        if "cache=shared" in filename:
            return SharedCacheConnection(raw, mode, float(options.get("timeout", 5.0)))
        return SqliteConnection(raw, mode)
    return SqliteConnection(raw, mode) if filename == ":memory:" else SharedConnection(raw, mode)


class _SqliteDriver(Driver):
    """What both drivers have in common: addresses, errors, levels."""

    dialect_name = "sqlite"
    outside_transaction = frozenset(("PRAGMA", "VACUUM", "ATTACH", "DETACH", "BEGIN"))
    isolation_levels = (
        "SERIALIZABLE",
        "READ COMMITTED",
        "READ UNCOMMITTED",
        "IMMEDIATE",
        "AUTOCOMMIT",
    )
    own_options = frozenset(("journal_mode",))
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

    def own_option(self, name: str, value: object) -> dict[str, Any]:
        """Return the argument that :meth:`connect` takes for ``sqlite_journal_mode``."""
        mode = value.lower() if isinstance(value, str) else value
        if mode not in _JOURNAL_MODES:
            raise ArgumentError(
                f"sqlite_journal_mode cannot be {value!r}",
                hint=f"it is one of {', '.join(_JOURNAL_MODES)}",
            )
        return {name: mode}

    def transaction_mode(self, level: str | None, options: Mapping[str, Any]) -> str | None:
        """Return the mode for *level*: SERIALIZABLE, where asked for, is one snapshot."""
        return SNAPSHOT if level == "SERIALIZABLE" else level

    def hand_out(self, connection: DriverConnection) -> None:
        """Open the transaction of *connection*, if it has only read until now."""
        inner = getattr(connection, "inner", connection)
        if isinstance(inner, SharedConnection):
            inner.hand_out()

    def server_steps(self, connection: DriverConnection) -> Steps[ServerFacts | None]:
        """Ask the library how many parameters a statement may have, where it tells."""
        yield from nothing
        raw = getattr(connection, "inner", connection).raw
        limit = getattr(raw, "getlimit", None)
        if limit is None:
            return None
        return ServerFacts(features={"max_parameters": limit(SQLITE_LIMIT_VARIABLE_NUMBER)})

    def survives_cancel(self, connection: DriverConnection) -> bool:
        """Return true, unless a request that was cancelled is under way still."""
        return not getattr(connection, "is_stuck", False)

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means: see the table of SQLite's errors."""
        return classify(error, super().classify(error))


class SqliteDriver(_SqliteDriver):
    """The standard library's ``sqlite3``."""

    name = "pysqlite"
    module_name = "sqlite3"
    marks = ("sqlite_version", "Connection")

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection, with the package's transaction control off."""
        mode, journal = _begin_mode(options), options.pop("journal_mode", None)
        raw = self.module.connect(*arguments, isolation_level=None, **options)
        try:
            _set_up(raw, options, journal)
        except BaseException:
            raw.close()
            raise
        return _wrap(raw, arguments, options, mode)

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``; its transaction control is put off."""
        _put_off_transaction_control(raw)
        return SharedConnection(raw)

    def stopper(
        self, connection: DriverConnection, another: Callable[[], object]
    ) -> Callable[[], object]:
        """Return what interrupts *connection*: ``sqlite3_interrupt()``."""
        interrupt: Callable[[], object] = connection.raw.interrupt
        return interrupt

    def bound_waits(
        self, connection: DriverConnection, seconds: float
    ) -> Callable[[], object] | None:
        """Bound the wait for a lock, which no interrupt ends."""
        raw = connection.raw
        (usual,) = raw.execute("PRAGMA busy_timeout").fetchone()
        bound = int(seconds * 1000) + 1
        if usual <= bound:
            return None
        raw.execute(f"PRAGMA busy_timeout = {bound}")
        return partial(raw.execute, f"PRAGMA busy_timeout = {usual}")


class AioSqliteDriver(_SqliteDriver):
    """``aiosqlite``: each connection lives in a thread of its own and is awaited."""

    name = "aiosqlite"
    module_name = "aiosqlite"
    package = "aiosqlite"
    is_async = True

    async def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection, with the package's transaction control off."""
        mode, journal = _begin_mode(options), options.pop("journal_mode", None)
        # The database does not outlive the process: a forgotten connection must not hold it up.
        options.setdefault("factory", ListenedConnection)
        connector = self.module.connect(*arguments, isolation_level=None, **options)
        _as_daemon(connector)
        raw = await connector
        try:
            await raw._execute(_set_up, raw._conn, options, journal)
        except BaseException:
            raw.stop()
            raise
        return AioSqliteConnection(raw, _wrap(raw._conn, arguments, options, mode))

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``; its transaction control is put off."""
        _put_off_transaction_control(raw._conn)
        return AioSqliteConnection(raw, SharedConnection(raw._conn))


def _as_daemon(connector: Any) -> None:
    """Let the thread of *connector* end with the process, in all versions of the package."""
    thread = getattr(connector, "_thread", connector)
    thread.daemon = True
