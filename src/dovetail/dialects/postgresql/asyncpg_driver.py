"""The driver of PostgreSQL by asyncpg, which awaits."""

from __future__ import annotations

import re
from importlib import import_module
from socket import gaierror
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

from ...conventions import conventions
from ...exc import (
    ArgumentError,
    DatabaseError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    StatementTimeout,
)
from ..driver import Cause
from .drivers import PostgresqlDriver, read_hosts, read_number, read_seconds
from .errors import class_of_state, classify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from ..driver import Address, DriverConnection

_KEPT = 100
"""How many statements a connection keeps prepared, unless it is told."""

_SECONDS = frozenset(("timeout", "command_timeout", "read_timeout"))
_NUMBERS = frozenset(
    (
        "prepared_statement_cache_size",
        "statement_cache_size",
        "max_cached_statement_lifetime",
        "max_cacheable_statement_size",
    )
)
_OF_ADDRESS = frozenset(
    (
        "gsslib",
        "krbsrvname",
        "passfile",
        "service",
        "servicefile",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
    )
)
"""Options that asyncpg reads of an address alone, where they are called as libpq calls them."""
_OF_PACKAGE = frozenset(
    (
        "dsn",
        "host",
        "port",
        "user",
        "password",
        "database",
        "ssl",
        "direct_tls",
        "target_session_attrs",
        "loop",
        "connection_class",
        "record_class",
        "server_settings",
        "passfile",
        "service",
        "servicefile",
        "krbsrvname",
        "gsslib",
        "timeout",
        "command_timeout",
        *(_NUMBERS - {"prepared_statement_cache_size"}),
    )
)
"""What ``asyncpg.connect()`` takes; anything else is a setting of the server."""


class AsyncpgDriver(PostgresqlDriver):
    """``asyncpg``: ``postgresql+asyncpg://ada:secret@db/shop``.

    Options in the URL's query: ``ssl`` or libpq's ``sslmode`` and its like, ``timeout`` for
    connecting and ``command_timeout`` for each request, in seconds, ``read_timeout`` after which
    a server that does not answer counts as gone, ``prepared_statement_cache_size`` (100) for how
    many statements a connection keeps prepared, several hosts as with psycopg, and any other
    name for a setting of the server, such as ``application_name``.
    """

    name = "asyncpg"
    module_name = "asyncpg"
    package = "asyncpg"
    is_async = True
    bound_to_loop = True
    features: ClassVar[Mapping[str, Any]] = {
        "infers_parameter_types": True,
        "max_parameters": 32767,
    }

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        self.module = module if module is not None else self.load()
        self.pooler = pooler
        self._wrap: Any = import_module(f"{__package__}.asyncpg_connection").AsyncpgConnection

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The errors of the package, which has no one class for all, and those of sockets."""
        return (
            self.module.PostgresError,
            self.module.InterfaceError,
            self.module.InternalClientError,
            ConnectionError,
            TimeoutError,
            gaierror,
        )

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what asyncpg is to be told: the parts of the URL, and what its query holds."""
        options: dict[str, Any] = {
            "host": address.host,
            "port": address.port,
            "user": address.username,
            "password": address.password,
            "database": address.database or None,
        }
        for name, value in address.query.items():
            values = (value,) if isinstance(value, str) else value
            if name == "host":
                read_hosts(values, options)
            elif name == "port":
                options["port"] = ",".join(values)
            elif name in _SECONDS:
                options[name] = read_seconds(name, values[-1])
            elif name in _NUMBERS:
                options[name] = read_number(name, values[-1])
            elif name == "connect_timeout":
                options["timeout"] = read_seconds(name, values[-1])
            else:
                options[name] = values[-1]
        _split_hosts(options)
        return (), {name: value for name, value in options.items() if value is not None}

    async def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        options, settings = _settled(options)
        kept = options.pop("prepared_statement_cache_size", _KEPT)
        name = options.pop("prepared_statement_name_func", None)
        patience = options.pop("read_timeout", None)
        if patience is not None:
            patience = read_seconds("read_timeout", patience)
            options["command_timeout"] = patience
            options.setdefault("timeout", max(2.0, patience))
        if self.pooler is not None:
            # The next transaction may be on a server that never saw what was prepared.
            kept, options["statement_cache_size"] = 0, 0
        try:
            raw = await self.module.connect(*arguments, server_settings=settings, **options)
        except TimeoutError as error:
            raise ConnectionError("connection timeout expired") from error
        except OSError as error:
            if isinstance(error, self.errors):
                raise
            raise ConnectionError(str(error)) from error
        made = self._wrap(raw, kept, name, patience)
        try:
            await made.set_codecs(self.json_deserializer)
        except BaseException:
            made.terminate()
            raise
        return made

    async def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``; JSON and bits are read as dovetail does."""
        made = self._wrap(raw, 0 if self.pooler is not None else _KEPT)
        await made.set_codecs(self.json_deserializer)
        return made

    def survives_cancel(self, connection: DriverConnection) -> bool:
        """Return true, unless the server did not stop in time."""
        return not connection.raw.is_closed()

    def original(self, error: BaseException) -> BaseException:
        """Return *error*, or a copy whose cause it is, with what other drivers call the state.

        Programs written for SQLAlchemy look for both.
        """
        state = getattr(error, "sqlstate", None)
        if state is None or not conventions.errors_are_copies:
            return error
        twin: Any = type(error)(*error.args)
        twin.__dict__.update(vars(error), pgcode=state)
        twin.__cause__ = error
        return cast("BaseException", twin.with_traceback(error.__traceback__))

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means: see the table of PostgreSQL's errors."""
        state = getattr(error, "sqlstate", None)
        if state is not None:
            cause = classify(error, Cause(error=class_of_state(state)))
            shown = _ARGUMENT.match(str(error))
            return cause.changed(without_values=shown[0]) if shown else cause
        if isinstance(error, self.module.exceptions.OutdatedSchemaCacheError):
            return Cause(error=NotSupportedError, retry_scope="transaction", hint=_AGAIN_HINT)
        if isinstance(error, TimeoutError):
            return Cause(error=StatementTimeout, hint=_TIMEOUT_HINT)
        if isinstance(error, self.module.InterfaceError):
            return classify(error, Cause(error=InterfaceError))
        is_network = isinstance(error, OSError)
        return classify(error, Cause(error=OperationalError if is_network else DatabaseError))


_ARGUMENT = re.compile(r"invalid input for query argument \$\d+")
"""What asyncpg says of a value that it refuses; the value follows."""

_AGAIN_HINT = "run the transaction again"
_TIMEOUT_HINT = "make the statement quicker, or raise command_timeout (timeout, for connecting)"


def _split_hosts(options: dict[str, Any]) -> None:
    """Have several hosts, and their ports, as lists."""
    host, port = options.get("host"), options.get("port")
    if not isinstance(host, str) or "," not in host:
        if isinstance(port, str):
            options["port"] = _port(port)
        return
    hosts = host.split(",")
    ports = str(port or 5432).split(",")
    options["host"] = hosts
    options["port"] = [_port(each or "5432") for each in (ports * len(hosts))[: len(hosts)]]


def _port(text: str) -> int:
    if not text.isdigit():
        raise ArgumentError(f"the port {text!r} is not a number")
    return int(text)


def _settled(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what asyncpg is told, and the settings that the server is told."""
    told: dict[str, Any] = {}
    of_address: dict[str, str] = {}
    settings: dict[str, str] = {}
    for name, value in options.items():
        if name in _OF_PACKAGE or name in _OWN:
            told[name] = value
        elif name in _OF_ADDRESS:
            of_address[name] = str(value)
        else:
            settings[name] = str(value)
    settings.update(told.pop("server_settings", None) or {})
    if of_address:
        told["dsn"] = f"postgresql://?{urlencode(of_address)}"
    return told, settings


_OWN = frozenset(("prepared_statement_cache_size", "prepared_statement_name_func", "read_timeout"))
