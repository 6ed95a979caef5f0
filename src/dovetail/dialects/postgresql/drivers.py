"""The drivers of PostgreSQL that speak through libpq: psycopg, of both flavours, and psycopg2."""

from __future__ import annotations

from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from ...exc import ArgumentError
from ..cancelling import kept_or_closed
from ..driver import Driver, ServerFacts
from .errors import classify
from .reflection import PostgresqlReflection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from ...steps import Steps
    from ..driver import Address, Cause, DriverConnection

_LEVELS = ("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED")
_NUMBERS = frozenset(("prepare_threshold",))
_LIBPQ_OPTIONS = frozenset(("client_encoding",))

_FACTS = """\
SELECT current_setting('server_version_num')::int, current_schema()::text,
 current_setting('max_prepared_transactions')::int,
 pg_is_in_recovery(), current_setting('default_transaction_isolation')"""


class PostgresqlDriver(Driver):
    """What all drivers of PostgreSQL have in common: what the server is, levels, errors."""

    dialect_name = "postgresql"
    has_poolers = True
    paramstyle = "numeric_dollar"
    isolation_levels = (*_LEVELS, "AUTOCOMMIT")
    default_isolation = "READ COMMITTED"
    reflection = PostgresqlReflection()

    def server_steps(self, connection: DriverConnection) -> Steps[ServerFacts | None]:
        """Ask the server for its version, its default schema and what it can do."""
        # A rollback would undo what a listener has set in a transaction that it left open.
        was_open = connection.in_transaction()
        rows = yield connection.fetch, _FACTS, ()
        if not was_open:
            yield (connection.rollback,)
        number, schema, prepared, recovering, _ = rows[0]
        version = (number // 10000, number % 10000)
        return ServerFacts(
            version=version,
            default_schema=schema,
            features={
                "supports_two_phase": prepared > 0 and not recovering,
                "is_read_only": recovering,
            },
        )

    def transaction_mode(self, level: str | None, options: Mapping[str, Any]) -> str | None:
        """Return *level* with what ``postgresql_readonly`` and ``postgresql_deferrable`` ask."""
        modes = []
        for name, text in (("postgresql_readonly", ""), ("postgresql_deferrable", "DEFERRABLE")):
            asked = options.get(name)
            if asked is None:
                continue
            if not text:
                modes.append("READ ONLY" if asked else "READ WRITE")
            else:
                modes.append(text if asked else f"NOT {text}")
        return ", ".join([level or self.default_isolation, *modes]) if modes else level

    def own_option(self, name: str, value: object) -> dict[str, Any]:
        """Return *value* under the name that libpq has for it, which is the same."""
        if not isinstance(value, str):
            raise ArgumentError(f"{name} is a string, not {value!r}")
        return {name: value}

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means: see the table of PostgreSQL's errors."""
        return classify(error, super().classify(error))


class PsycopgDriver(PostgresqlDriver):
    """``psycopg``: ``postgresql://ada:secret@db/shop``.

    Options in the URL's query go to libpq (PostgreSQL manual, "Parameter Key Words"):
    ``?sslmode=require``, ``?host=/run/postgresql`` for a socket, and several hosts by
    ``?host=a:5432&host=b:5433&target_session_attrs=read-write``.  ``?read_timeout=30`` is
    dovetail's own: seconds after which a server that does not answer counts as gone.
    """

    name = "psycopg"
    module_name = "psycopg"
    plain_options = _LIBPQ_OPTIONS
    moot_options = frozenset(("use_native_hstore",))
    package = "'psycopg[binary]'"
    features: ClassVar[Mapping[str, Any]] = {"keeps_doubled_percent": True}
    awaiting: ClassVar[str | None] = "psycopg_async"
    _home = ("driver_connection", "PsycopgConnection")
    _plain = ("psycopg", "Connection")
    """Where the class of the raw connections stands."""

    _patient = ("dovetail.dialects.postgresql.deadline", "PatientConnection")
    """Where the class of those stands that have a ``read_timeout``."""

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        place, name = self._home
        self._wrap: Any = getattr(import_module(f"{__package__}.{place}"), name)

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what psycopg is to be told: the parts of the URL, and what its query holds."""
        options = libpq_options(address)
        for name in _NUMBERS & options.keys():
            options[name] = read_number(name, options[name])
        return (), {name: value for name, value in options.items() if value is not None}

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        kind, options, seconds = self._prepared(options)
        raw = kind.connect(*arguments, **options)
        if seconds is not None:
            raw.read_timeout = seconds
        return self._wrap(raw, self.json_deserializer)

    def _prepared(self, options: dict[str, Any]) -> tuple[Any, dict[str, Any], float | None]:
        """Return the class that connects, what it is told, and its ``read_timeout``."""
        options = dict(options)
        if self.pooler is not None:
            # The next transaction may be on a server that never saw what was prepared.
            options["prepare_threshold"] = None
        asked = options.pop("read_timeout", None)
        place, name = self._plain if asked is None else self._patient
        kind = getattr(import_module(place), name)
        if asked is None:
            return kind, options, None
        seconds = read_seconds("read_timeout", asked)
        options.setdefault("connect_timeout", max(2, ceil(seconds)))
        return kind, options, seconds

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``."""
        if self.pooler is not None:
            raw.prepare_threshold = None
        return self._wrap(raw, self.json_deserializer)

    def stopper(
        self, connection: DriverConnection, another: Callable[[], object]
    ) -> Callable[[], object]:
        """Return what sends a cancel request: what is in progress ends with an error."""
        cancel: Callable[[], object] = connection.raw.cancel
        return cancel


class PsycopgAsyncDriver(PsycopgDriver):
    """``psycopg``, awaited: ``create_async_engine("postgresql+psycopg://ada:secret@db/shop")``.

    Its addresses and options are those of the driver that blocks.
    """

    is_async = True
    awaiting = None
    _home = ("awaiting", "AsyncPsycopgConnection")
    _plain = _patient = ("dovetail.dialects.postgresql.deadline", "AwaitingConnection")

    async def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        kind, options, seconds = self._prepared(options)
        connecting = kind.connect(*arguments, **options)
        raw = await kept_or_closed(connecting, lambda made: made.pgconn.finish())
        if seconds is not None:
            raw.read_timeout = seconds
        return self._wrap(raw, self.json_deserializer)

    def survives_cancel(self, connection: Any) -> bool:
        """Return true, unless the server was at work still when waiting for it ended."""
        return bool(connection.is_at_rest()) and connection.raw._pipeline is None


class Psycopg2Driver(PostgresqlDriver):
    """``psycopg2``: ``postgresql+psycopg2://ada:secret@db/shop``.

    Its addresses and options are those of libpq, as with psycopg 3; so is ``read_timeout``.
    """

    name = "psycopg2"
    module_name = "psycopg2"
    marks = ("extensions", "extras")
    plain_options = _LIBPQ_OPTIONS
    moot_options = frozenset(
        ("use_native_hstore", "executemany_mode", "executemany_batch_page_size")
    )
    package = "psycopg2-binary"
    paramstyle = "format"
    features: ClassVar[Mapping[str, Any]] = {
        "infers_parameter_types": True,
        "returns_bytes": False,
    }

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        connections = import_module(f"{__package__}.psycopg2_connection")
        self._wrap: Any = connections.Psycopg2Connection

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what psycopg2 is to be told: the parts of the URL, and what its query holds."""
        options = libpq_options(address)
        return (), {name: value for name, value in options.items() if value is not None}

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        options = dict(options)
        patience = options.pop("read_timeout", None)
        if patience is not None:
            patience = read_seconds("read_timeout", patience)
            options.setdefault("connect_timeout", max(2, ceil(patience)))
        raw = self.module.connect(*arguments, **options)
        return self._wrap(raw, self.json_deserializer, patience)

    def stopper(
        self, connection: DriverConnection, another: Callable[[], object]
    ) -> Callable[[], object]:
        """Return what sends a cancel request: what is in progress ends with an error."""
        cancel: Callable[[], object] = connection.raw.cancel
        return cancel

    def adopt(self, raw: Any) -> Any:
        """Take over a connection made by a ``creator``."""
        return self._wrap(raw, self.json_deserializer)

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means; its text shows the statement, with all values in it."""
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        return super().classify(error).changed(without_values=primary)


def libpq_options(address: Address) -> dict[str, Any]:
    """Return what libpq is to be told: the parts of the URL, and what its query holds."""
    options: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "user": address.username,
        "password": address.password,
        "dbname": address.database or None,
    }
    for name, value in address.query.items():
        values = (value,) if isinstance(value, str) else value
        if name == "host":
            read_hosts(values, options)
        elif name == "port":
            options["port"] = ",".join(values)
        else:
            options[name] = values[-1]
    return options


def read_hosts(values: tuple[str, ...], options: dict[str, Any]) -> None:
    """Take ``host=a:5432&host=b:5433``, or ``host=a,b``, into *options*."""
    hosts, ports = [], []
    for value in ",".join(values).split(","):
        host, colon, port = value.partition(":")
        if value.startswith(("/", "@")) or value.count(":") > 1:
            host, colon, port = value, "", ""
        if colon and not port.isdigit():
            raise ArgumentError(f"the port of the host {value!r} is not a number")
        hosts.append(host)
        ports.append(port)
    options["host"] = ",".join(hosts)
    if any(ports):
        options["port"] = ",".join(ports)


def read_seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds > 0:
        raise ArgumentError(
            f"the option {name}={value!r} is not a number of seconds", hint=f"?{name}=30"
        )
    return seconds


def read_number(name: str, text: str) -> int | None:
    if text.lower() in ("none", ""):
        return None
    if not text.isdigit():
        raise ArgumentError(f"the URL option {name}={text!r} is not a number", hint=f"?{name}=5")
    return int(text)
