"""The awaiting drivers of MySQL and MariaDB: asyncmy, in Cython, and aiomysql, in Python."""

from __future__ import annotations

from asyncio import timeout
from functools import cache, partial
from importlib import import_module
from ssl import SSLError
from typing import TYPE_CHECKING, Any, ClassVar

from ...steps import run_async
from .awaiting import AiomysqlConnection, AsyncmyConnection, drop
from .drivers import COMMON_OPTIONS, BaseMysqlDriver, date_readers
from .secure import tls_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import ModuleType

    from .awaiting import AwaitingConnection

_CONNECT_TIMEOUT = 10
"""Seconds until a connection is there, unless ``connect_timeout`` says otherwise."""

_MULTI_STATEMENTS = 1 << 16
"""CLIENT_MULTI_STATEMENTS: both drivers set it, and let text hold several statements."""

_NOT_OF_BOTH = ("binary_prefix", "collation", "write_timeout")
_URL_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    **{name: read for name, read in COMMON_OPTIONS.items() if name not in _NOT_OF_BOTH},
    "ssl_key_password": str,
    "program_name": str,
    "server_public_key": str,
}
_NOT_FOR_ANOTHER = ("init_command", "sql_mode", "database", "read_timeout")
"""What a connection that stops another one's statement does without."""


class _AwaitingMysqlDriver(BaseMysqlDriver):
    """What both drivers have in common."""

    is_async = True
    bound_to_loop = True
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = _URL_OPTIONS
    usual_options: ClassVar[Mapping[str, Any]] = {"charset": "utf8mb4"}
    without_effect: ClassVar[Mapping[str, str]] = {
        **BaseMysqlDriver.without_effect,
        "cursor_cls": BaseMysqlDriver.without_effect["cursorclass"],
        "echo": "create_engine(..., echo=True)",
        "query_callback": "listen to after_cursor_execute of the engine",
        "stmt_cache_size": "statements are sent as text, with their values",
        "loop": "the event loop that runs is the one",
    }
    ssl_options = (*BaseMysqlDriver.ssl_options, "ssl_key_password")

    async def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection; one statement at a time, unless asked for otherwise."""
        made = self._completed(options)
        made["ssl"] = tls_context(made.get("ssl"))
        return await run_async(self._first_steps(made, self._connected))

    async def _connected(self, options: dict[str, Any]) -> Any:
        another = {name: options[name] for name in options if name not in _NOT_FOR_ANOTHER}
        return self._around(await self._opened(options), partial(self._opened, another))

    async def adopt(self, raw: Any) -> Any:
        """Return a connection around *raw*; its autocommit is put off."""
        try:
            await raw.autocommit(False)
        except BaseException:
            raw.close()
            raise
        return self._around(raw, None)

    def _around(
        self, raw: Any, open_another: Callable[[], Awaitable[Any]] | None
    ) -> AwaitingConnection:
        raise NotImplementedError

    async def _opened(self, options: Mapping[str, Any]) -> Any:
        """Return a connection of the package; all of it, TLS and login too, has its deadline."""
        made = dict(options)
        limit = made.setdefault("connect_timeout", _CONNECT_TIMEOUT)
        mode = made.get("sql_mode")
        if mode is not None:
            # Both put it into SET as it is.
            made["sql_mode"] = "'" + mode.replace("'", "''") + "'"
        raw = self._made(made)
        try:
            async with timeout(limit):
                await self._established(raw)
            if made["ssl"] is not None and not self._is_secure(raw):
                raise raw.OperationalError(2026, "SSL connection error: the server has no TLS")
        except BaseException as error:
            self._discard(raw)
            cause = error.__cause__ if isinstance(error, raw.Error) else error
            if isinstance(cause, OSError):
                raise raw.OperationalError(*_unreachable(cause, limit)) from cause
            raise
        return raw

    def _made(self, options: dict[str, Any]) -> Any:
        """Return a connection of the package that is not established yet."""
        raise NotImplementedError

    async def _established(self, raw: Any) -> None:
        raise NotImplementedError

    def _transport(self, raw: Any) -> Any:
        raise NotImplementedError

    def _is_secure(self, raw: Any) -> bool:
        return self._transport(raw).get_extra_info("ssl_object") is not None

    def _discard(self, raw: Any) -> None:
        transport = self._transport(raw)
        if transport is not None:
            drop(transport)
        raw.close()

    def _part(self, name: str) -> Any:
        """Return a module of the package."""
        return import_module(f"{self.module_name}.{name}")


class AsyncmyDriver(_AwaitingMysqlDriver):
    """asyncmy."""

    name = "asyncmy"
    module_name = "asyncmy"
    package = "asyncmy"
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = {
        **_URL_OPTIONS,
        "max_allowed_packet": int,
    }

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        self._connections = self._part("connection").Connection
        self._streams = self._part("cursors").SSCursor

    def _around(
        self, raw: Any, open_another: Callable[[], Awaitable[Any]] | None
    ) -> AwaitingConnection:
        return AsyncmyConnection(raw, self._streams, open_another)

    def _made(self, options: dict[str, Any]) -> Any:
        kind = self._connections
        if options.get("read_timeout") is not None:
            kind = _giving_up(kind)
        raw = kind(**options)
        if not options["client_flag"] & _MULTI_STATEMENTS:
            raw._client_flag &= ~_MULTI_STATEMENTS
        return raw

    async def _established(self, raw: Any) -> None:
        await raw.connect()

    def _transport(self, raw: Any) -> Any:
        return raw._transport

    def _conversions(self) -> Any:
        # They are in C, and leave dates that are none as they are.
        return self._part("converters").conversions


class AiomysqlDriver(_AwaitingMysqlDriver):
    """aiomysql."""

    name = "aiomysql"
    module_name = "aiomysql"
    package = "aiomysql"
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = {
        **_URL_OPTIONS,
        "auth_plugin": str,
    }

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        self._connections = self._part("connection").Connection
        self._streams = _without_warnings(self._part("cursors").SSCursor)

    def _around(
        self, raw: Any, open_another: Callable[[], Awaitable[Any]] | None
    ) -> AwaitingConnection:
        return AiomysqlConnection(raw, self._streams, open_another)

    def _made(self, options: dict[str, Any]) -> Any:
        made = dict(options)
        if "database" in made:
            made["db"] = made.pop("database")
        limit = made.pop("read_timeout", None)
        kind = self._connections if limit is None else _patient(self._connections)
        raw = kind(**made)
        if limit is not None:
            raw.read_timeout = limit
        if not options["client_flag"] & _MULTI_STATEMENTS:
            raw.client_flag &= ~_MULTI_STATEMENTS
        return raw

    async def _established(self, raw: Any) -> None:
        await raw._connect()

    def _transport(self, raw: Any) -> Any:
        writer = raw._writer
        return None if writer is None else writer.transport

    def _conversions(self) -> Any:
        known = import_module("pymysql.converters").conversions
        kinds = import_module("pymysql.constants").FIELD_TYPE
        return {**known, **date_readers(kinds, known)}


def _unreachable(cause: OSError, limit: float) -> tuple[int, str]:
    """Return number and text of the drivers' error where *cause* has kept a connection away."""
    if isinstance(cause, SSLError):
        return 2026, f"SSL connection error: {cause}"
    why = f"{limit:g} seconds have passed" if isinstance(cause, TimeoutError) else str(cause)
    return 2003, f"Can't connect to MySQL server ({why})"


@cache
def _giving_up(base: type) -> Any:
    """Return a class of connections of asyncmy that is *base*, but ends at once when it is late.

    After ``read_timeout`` the package says goodbye, and with TLS waits for an answer to that.
    """

    async def ensure_closed(self: Any) -> None:
        transport = self._transport
        self.close()
        if transport is not None:
            drop(transport)

    return type(base.__name__, (base,), {"ensure_closed": ensure_closed})


@cache
def _patient(base: Any) -> Any:
    """Return a class of connections of aiomysql that is *base*, but has a ``read_timeout``."""

    async def _read_bytes(self: Any, number: int) -> Any:
        if len(self._reader._buffer) >= number:
            return await base._read_bytes(self, number)
        try:
            async with timeout(self.read_timeout):
                return await base._read_bytes(self, number)
        except TimeoutError as error:
            self.close()
            raise self.OperationalError(
                2013, "Lost connection to MySQL server during query (read timeout)"
            ) from error

    return type(base.__name__, (base,), {"_read_bytes": _read_bytes})


@cache
def _without_warnings(base: type) -> Any:
    """Return a class of cursors of aiomysql that is *base*, but does not ask for warnings."""

    async def _show_warnings(self: Any, connection: Any) -> None:
        pass

    return type(base.__name__, (base,), {"_show_warnings": _show_warnings})
