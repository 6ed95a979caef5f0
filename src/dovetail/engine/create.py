"""``create_engine``: from a URL and options to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.registry import dialect_class
from ..event import Dispatch
from ..exc import ArgumentError, DBAPIError, InvalidOption, did_you_mean
from .engine import Engine
from .events import ConnectionEvents
from .pools import (
    AsyncAdaptedQueuePool,
    NullPool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)
from .url import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..dialects.dialect import Dialect
    from ..dialects.driver import Driver, DriverConnection
    from ..steps import Steps
    from .pool import Pool
    from .record import ConnectionRecord
    from .url import URL

_POOL_OPTIONS = {
    "pool_size": "pool_size",
    "max_overflow": "max_overflow",
    "pool_timeout": "timeout",
    "pool_use_lifo": "use_lifo",
    "pool_recycle": "recycle",
    "pool_pre_ping": "pre_ping",
    "pool_reset_on_return": "reset_on_return",
    "pool_logging_name": "logging_name",
    "pool_events": "events",
    "echo_pool": "echo",
}
_QUEUE_ONLY = frozenset(("max_overflow", "timeout", "use_lifo"))
_ENGINE_OPTIONS = frozenset(
    (
        "echo",
        "execution_options",
        "hide_parameters",
        "isolation_level",
        "logging_name",
        "query_cache_size",
    )
)
_OTHER_OPTIONS = frozenset(
    ("connect_args", "creator", "async_creator", "module", "pool", "poolclass", "plugins")
)
_DIALECT_OPTIONS = frozenset(("paramstyle", "json_serializer", "json_deserializer"))
_WITHOUT_EFFECT = frozenset(
    (
        "future",
        "use_insertmanyvalues",
        "insertmanyvalues_page_size",
        "max_identifier_length",
        "label_length",
        "enable_from_linting",
        "skip_autocommit_rollback",
    )
)
"""Accepted, so that programs that set them run; what they ask for is so anyway, or moot."""


class EngineOpener:
    """Opens connections with the driver and the address of an engine."""

    def __init__(
        self,
        backend: Driver,
        url: URL,
        connect_args: Mapping[str, Any],
        creator: Callable[..., Any] | None,
    ) -> None:
        self.backend = backend
        self.is_async = backend.is_async
        self.dispatch: Dispatch = Dispatch(ConnectionEvents)
        self.dialect: Any = None
        self._creator = creator
        self._arguments: tuple[Any, ...] = ()
        self._options: dict[str, Any] = {}
        if creator is None:
            self._arguments, self._options = backend.connect_arguments(url)
            self._options.update(connect_args)

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        """Open a connection; errors of the driver are raised as DBAPIError."""
        backend = self.backend
        try:
            if self._creator is not None:
                raw = yield (self._creator,)
                adopted: DriverConnection = backend.adopt(raw)
                return adopted
            arguments, options = list(self._arguments), dict(self._options)
            for function in self.dispatch.do_connect:
                raw = function(self.dialect, record, arguments, options)
                if raw is not None:
                    given: DriverConnection = backend.adopt(raw)
                    return given
            connection: DriverConnection = yield backend.connect, tuple(arguments), options
        except backend.errors as error:
            cause = backend.classify(error)
            raise self._wrapped(error, cause.error, cause.hint) from error
        return connection

    def _wrapped(
        self, error: BaseException, kind: type[DBAPIError], hint: str | None
    ) -> DBAPIError:
        return kind(None, None, error, hint=hint)


def create_engine(url: str | URL, **options: Any) -> Engine:
    """Return an engine for the database at *url*; no connection is opened yet.

    ::

        create_engine("sqlite:///shop.db", echo=True)
        create_engine("postgresql+psycopg://ada:secret@db/shop", pool_size=20, pool_pre_ping=True)

    ``echo``             log statements, ``"debug"`` for rows too
    ``pool_size``, ``max_overflow``, ``pool_timeout``, ``pool_recycle``, ``pool_pre_ping``
    ``poolclass``        another kind of pool; ``pool`` one that is there already
    ``connect_args``     more arguments for the driver
    ``creator``          a function that opens connections of the driver
    ``isolation_level``  the level of all transactions
    ``execution_options``, ``hide_parameters``, ``query_cache_size``, ``logging_name``

    ArgumentError is raised for a bad URL or option, NoSuchModuleError for an unknown database
    and NoDBAPILoaded for a driver that is not installed; each says what to do.
    """
    place = make_url(url)
    _check_options(options)
    kind = dialect_class(place.get_backend_name())
    backend = place.get_driver_class()(options.get("module"))
    opener = EngineOpener(
        backend,
        place,
        options.get("connect_args") or {},
        options.get("async_creator") or options.get("creator"),
    )
    pool = options.get("pool") or _make_pool(opener, place, options)
    dialect = _make_dialect(kind, backend, options)
    settings = {name: options[name] for name in _ENGINE_OPTIONS if name in options}
    engine = Engine(pool, dialect, place, backend=backend, **settings)
    opener.dispatch, opener.dialect = engine.dispatch, dialect
    return engine


def _make_dialect(kind: type[Dialect], backend: Driver, options: Mapping[str, Any]) -> Dialect:
    """Return the dialect as *backend* speaks it."""
    settings = {name: options[name] for name in _DIALECT_OPTIONS if name in options}
    settings.setdefault("paramstyle", backend.paramstyle)
    dialect = kind(**settings)
    dialect.driver = backend.name
    return dialect


def _check_options(options: Mapping[str, Any]) -> None:
    known = {*_POOL_OPTIONS, *_ENGINE_OPTIONS, *_OTHER_OPTIONS, *_DIALECT_OPTIONS, *_WITHOUT_EFFECT}
    for name in options:
        if name not in known:
            raise InvalidOption(
                f"create_engine() takes no option {name!r}", hint=did_you_mean(name, known)
            )


def _make_pool(opener: EngineOpener, url: URL, options: Mapping[str, Any]) -> Pool:
    kind = options.get("poolclass") or _pool_class(opener.backend, url)
    settings: dict[str, Any] = {}
    for name, pool_name in _POOL_OPTIONS.items():
        if name not in options:
            continue
        bounded = issubclass(kind, QueuePool)
        if not bounded and (
            pool_name in _QUEUE_ONLY
            or (pool_name == "pool_size" and not issubclass(kind, SingletonThreadPool))
        ):
            raise InvalidOption(
                f"the pool {kind.__name__} takes no option {name!r}",
                hint="poolclass=QueuePool has it",
            )
        settings[pool_name] = options[name]
    pool: Pool = kind(opener, **settings)
    return pool


def _pool_class(backend: Driver, url: URL) -> type[Pool]:
    if backend.pool_kind(url) == "queue":
        return AsyncAdaptedQueuePool if backend.is_async else QueuePool
    kinds: dict[str, type[Pool]] = {
        "thread": SingletonThreadPool,
        "static": StaticPool,
        "null": NullPool,
    }
    return kinds[backend.pool_kind(url)]


def engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **options: Any
) -> Engine:
    """Return an engine for options that are text, as from a configuration file.

    Keys without *prefix* are passed over; ``<prefix>url`` is the URL::

        engine_from_config({"db.url": "sqlite://", "db.echo": "true"}, prefix="db.")
    """
    found = {
        key.removeprefix(prefix): _read_text(key.removeprefix(prefix), value)
        for key, value in configuration.items()
        if key.startswith(prefix)
    }
    found.update(options)
    url = found.pop("url", None)
    if url is None:
        raise ArgumentError(f"the configuration has no {prefix}url")
    found.pop("_coerce_config", None)
    return create_engine(url, **found)


_NUMBERS = frozenset(
    ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "query_cache_size")
)
_SWITCHES = frozenset(
    ("echo", "echo_pool", "pool_pre_ping", "pool_use_lifo", "hide_parameters", "future")
)


def _read_text(name: str, value: Any) -> Any:
    """Return the *value* of the option *name*, read from text where it is text."""
    if not isinstance(value, str):
        return value
    if name in _NUMBERS:
        number = float(value)
        return int(number) if number.is_integer() else number
    if name in _SWITCHES and value.lower() != "debug":
        return value.strip().lower() in ("true", "yes", "on", "1", "y", "t")
    return value
