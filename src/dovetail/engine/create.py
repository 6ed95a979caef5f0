"""``create_engine``: from a URL and options to an engine."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ..dialects.dialect import Dialect
from ..dialects.package_driver import is_brought
from ..dialects.registry import dialect_class
from ..event import own_dispatch
from ..exc import ArgumentError, InvalidOption, did_you_mean
from .engine import Engine
from .hooks import own_pool_class, use_hooks
from .opener import EngineOpener
from .own_verbs import has_own, refuse_unheard
from .plugin import take_plugins
from .pool import CreatorOpener, Pool
from .pool.options import age, number, optional_number, overflow, switch, whole
from .pool.pools import (
    AsyncAdaptedQueuePool,
    NullPool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)
from .url import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..dialects.driver import Driver
    from .plugin import CreateEnginePlugin
    from .url import URL

_POOL_OPTIONS = {
    "pool_size": "pool_size",
    "pool_min_size": "min_size",
    "max_overflow": "max_overflow",
    "pool_timeout": "timeout",
    "pool_use_lifo": "use_lifo",
    "pool_recycle": "recycle",
    "pool_max_age": "max_age",
    "pool_jitter": "jitter",
    "pool_pre_ping": "pre_ping",
    "pool_ping_after": "ping_after",
    "pool_hold_warn": "hold_warn",
    "pool_queue_target": "queue_target",
    "pool_reset_on_return": "reset_on_return",
    "pool_logging_name": "logging_name",
    "pool_events": "events",
    "echo_pool": "echo",
}
_QUEUE_ONLY = frozenset(("max_overflow", "timeout", "use_lifo", "min_size"))
_ENGINE_OPTIONS = frozenset(
    (
        "echo",
        "execution_options",
        "hide_parameters",
        "insertmanyvalues_page_size",
        "isolation_level",
        "logging_name",
        "query_cache_size",
    )
)
_WATCHING_OPTIONS = frozenset(("origin", "slow_log"))
_OTHER_OPTIONS = frozenset(
    ("connect_args", "creator", "async_creator", "module", "pool", "poolclass", "plugins", "pooler")
)
_REPLICA_OPTIONS = frozenset(("replicas", "replica_max_lag", "replica_wait", "replica_retry_after"))
_DIALECT_OPTIONS = frozenset(
    (
        "paramstyle",
        "json_serializer",
        "json_deserializer",
        "label_length",
        "max_identifier_length",
        "enable_from_linting",
    )
)
_WITHOUT_EFFECT = frozenset(
    (
        "future",
        "use_insertmanyvalues",
        "skip_autocommit_rollback",
    )
)
"""Accepted, so that programs that set them run; what they ask for is so anyway, or moot."""


def _echo(name: str, value: object) -> None:
    if value not in (None, True, False, "debug"):
        raise ArgumentError(f"{name} is True, False or 'debug', not {value!r}")


def _text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"{name} is a string, not {value!r}")


def _mapping(name: str, value: object) -> None:
    if value is not None and not hasattr(value, "keys"):
        raise ArgumentError(f"{name} is a dictionary, not {value!r}")


def _function(name: str, value: object) -> None:
    if value is not None and not callable(value):
        raise ArgumentError(f"{name} is a function, not {value!r}")


def _origin(name: str, value: object) -> None:
    if value not in (None, "comment"):
        raise ArgumentError(f"{name} is 'comment' or None, not {value!r}")


def _pool_kind(name: str, value: object) -> None:
    if value is not None and not (isinstance(value, type) and issubclass(value, Pool)):
        raise ArgumentError(f"{name} is a class of pools, such as NullPool, not {value!r}")


def _pool(name: str, value: object) -> None:
    if value is not None and not isinstance(value, Pool):
        raise ArgumentError(
            f"{name} is a pool, not {value!r}", hint="a class of pools is given as poolclass="
        )


def _places(name: str, value: object) -> None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ArgumentError(f"{name} is a list of URLs, not {value!r}")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "pool_size": whole,
    "pool_min_size": whole,
    "max_overflow": overflow,
    "pool_timeout": optional_number,
    "pool_use_lifo": switch,
    "pool_recycle": age,
    "pool_max_age": optional_number,
    "pool_jitter": optional_number,
    "pool_pre_ping": switch,
    "pool_ping_after": number,
    "pool_hold_warn": optional_number,
    "pool_queue_target": optional_number,
    "pool_logging_name": _text,
    "echo_pool": _echo,
    "echo": _echo,
    "hide_parameters": switch,
    "logging_name": _text,
    "origin": _origin,
    "slow_log": optional_number,
    "query_cache_size": whole,
    "insertmanyvalues_page_size": lambda name, value: whole(name, value, 1),
    "execution_options": _mapping,
    "connect_args": _mapping,
    "creator": _function,
    "async_creator": _function,
    "poolclass": _pool_kind,
    "pool": _pool,
    "replicas": _places,
    "replica_max_lag": optional_number,
    "replica_wait": number,
    "replica_retry_after": number,
    "json_serializer": _function,
    "json_deserializer": _function,
    "label_length": lambda name, value: None if value is None else whole(name, value),
    "max_identifier_length": lambda name, value: None if value is None else whole(name, value, 1),
}
"""What checks the value of an option; it raises ArgumentError."""


def create_engine(url: str | URL, **options: object) -> Engine:
    """Return an engine for the database at *url*; no connection is opened yet.

    ::

        create_engine("sqlite:///shop.db", echo=True)
        create_engine("postgresql+psycopg://ada:secret@db/shop", pool_size=20, pool_pre_ping=True)

    ``echo``             log statements, ``"debug"`` for rows too
    ``slow_log``         log statements that take so many seconds or more, as warnings
    ``origin``           ``"comment"``: the server is told the line that each statement is from
    ``pool_size``, ``pool_min_size``, ``max_overflow``, ``pool_timeout``  how many connections
    ``pool_recycle``, ``pool_max_age``, ``pool_pre_ping``  which of them are replaced
    ``pool_queue_target``  seconds; where waits have been longer for a while, others are cut short
    ``pool_hold_warn``   name who holds a connection for longer than so many seconds
    ``poolclass``        another kind of pool; ``pool`` one that is there already
    ``connect_args``     more arguments for the driver
    ``creator``          a function that opens connections of the driver
    ``isolation_level``  the level of all transactions
    ``pooler``           ``"transaction"`` where a pooler such as PgBouncer stands before the
    server and lends its connections for a transaction at a time; ``?pooler=…`` in the URL is the
    same
    ``sqlite_journal_mode``  ``"wal"``, or another mode of SQLite's journal; it stays in the file
    ``replicas``         URLs of replicas, which sessions with ``reads="replica"`` read from
    ``replica_max_lag``  the seconds that one may be behind, or else it is left out
    ``replica_wait``     the seconds that one may take to come as far as a token says (0.2)
    ``replica_retry_after``  the seconds after which one that was down is asked again (5)
    ``plugins``          names of plugins: see :class:`CreateEnginePlugin`
    ``execution_options``, ``hide_parameters``, ``query_cache_size``, ``logging_name``

    ArgumentError is raised for a bad URL or option, NoSuchModuleError for an unknown database
    and NoDBAPILoaded for a driver that is not installed; each says what to do.
    """
    return engine_for(url, options)


def engine_for(url: str | URL, options: dict[str, Any], awaits: bool = False) -> Engine:
    """Return an engine: see :func:`create_engine`; of a driver that *awaits*, if there is one."""
    given = dict(options)
    shown, plugins = take_plugins(make_url(url), options)
    kind = shown.get_dialect()
    driver = shown.get_driver_class(awaits)
    place = _take_pooler(shown, driver, options)
    own = _own_names(driver)
    keywords = _keywords_of(kind)
    _check_options(options, own, driver.moot_options | keywords)
    backend = driver(_module_of(kind, options), pooler=options.get("pooler"))
    dialect = _make_dialect(kind, backend, options, keywords | _DIALECT_OPTIONS, plugins)
    refuse_unheard(dialect, backend)
    opener = _make_opener(backend, place, options, own, dialect)
    pool = options.get("pool")
    if pool is None:
        pool = _make_pool(opener, place, options, plugins, dialect)
    else:
        _take_pool(pool, opener, options)
    settings = {name: options[name] for name in _ENGINE_OPTIONS if name in options}
    engine = Engine(pool, dialect, shown, backend=backend, **settings)
    backend.json_deserializer = dialect.json_deserializer
    if isinstance(pool.opener, EngineOpener) and pool.opener.engine is None:
        pool.opener.serve(engine)
    use_hooks(engine, dialect, place)
    _let_watch(engine, options)
    _join_replicas(engine, given, awaits)
    for plugin in plugins:
        plugin.engine_created(engine)
    return engine


def _join_replicas(engine: Engine, options: dict[str, Any], awaits: bool) -> None:
    """Give *engine* the replicas that *options* name: all else is for them as for itself."""
    places = list(options.get("replicas") or ())
    if not places:
        for name in _REPLICA_OPTIONS - {"replicas"}:
            if options.get(name) is not None:
                raise InvalidOption(f"the option {name!r} has no effect without replicas=")
        return
    for name in ("pool", "creator", "async_creator"):
        if options.get(name) is not None:
            raise InvalidOption(
                f"the option {name!r} and replicas= can't go together: where do they connect?"
            )
    own = {name: value for name, value in options.items() if name not in _REPLICA_OPTIONS}
    own.setdefault("pool_pre_ping", True)
    engines = [engine_for(place, dict(own), awaits) for place in places]
    for one in engines:
        if one.dialect.name != engine.dialect.name:
            raise ArgumentError(
                f"{one.url!r} is no replica of {engine.url!r}: they are of different databases"
            )
        # Who listens to the primary hears of what is read elsewhere.
        own_dispatch(one).adopt(own_dispatch(engine))
    engine.replicas = import_module(".replicas", __package__).Replicas(
        engines,
        max_lag=options.get("replica_max_lag"),
        wait=options.get("replica_wait", 0.2),
        retry_after=options.get("replica_retry_after", 5.0),
    )


def _let_watch(engine: Engine, options: Mapping[str, Any]) -> None:
    """Let *engine* do with each statement what *options* ask for."""
    seconds = options.get("slow_log")
    if seconds is None and options.get("origin") is None:
        return
    origins = import_module(".origins", __package__)
    if seconds is not None:
        origins.log_slow(engine, engine.log, seconds)
    if options.get("origin") is not None:
        origins.comment_origins(engine)


def _module_of(kind: type[Dialect], options: Mapping[str, Any]) -> Any:
    """Return the driver's module that is given, or what a dialect has of its own, or None."""
    given = options.get("module")
    return kind.import_dbapi() if given is None and has_own(kind, "import_dbapi") else given


def create_pool_from_url(url: str | URL, **options: object) -> Pool:
    """Return a pool of connections to the database at *url*, without an engine.

    It takes the options of :func:`create_engine`, of which those that are no business of a pool
    have no effect::

        pool = create_pool_from_url("sqlite:///shop.db", pool_size=3)
        create_engine("sqlite:///shop.db", pool=pool)
    """
    return pool_for(url, options)


def pool_for(url: str | URL, options: dict[str, Any], awaits: bool = False) -> Pool:
    """Return a pool: see :func:`create_pool_from_url`; of a driver that *awaits*, if possible."""
    place, plugins = take_plugins(make_url(url), options)
    driver = place.get_driver_class(awaits)
    place = _take_pooler(place, driver, options)
    own = _own_names(driver)
    _check_options(options, own, driver.moot_options)
    backend = driver(options.get("module"), pooler=options.get("pooler"))
    opener = _make_opener(backend, place, options, own)
    return _make_pool(opener, place, options, plugins)


def _take_pooler(place: URL, driver: type[Driver], options: dict[str, Any]) -> URL:
    """Return *place* without ``?pooler=…``, which goes to *options*; check what is there."""
    if driver.has_poolers and "pooler" in place.query:
        named = place.query["pooler"]
        if options.setdefault("pooler", named) != named:
            raise InvalidOption(
                f"the URL has pooler={named!r}, and create_engine() pooler={options['pooler']!r}"
            )
        place = place.difference_update_query(["pooler"])
    pooler = options.get("pooler")
    if pooler not in (None, "transaction"):
        raise InvalidOption(f"pooler={pooler!r} is not known", hint='pooler="transaction", or None')
    if pooler is not None and not driver.has_poolers:
        raise InvalidOption(
            f"the option 'pooler' has no effect with {driver.dialect_name}",
            hint="it is for PgBouncer and others of its kind, before PostgreSQL",
        )
    return place


def _own_names(driver: type[Driver]) -> dict[str, str]:
    """Return the options that *driver* alone takes, with its own name for each."""
    named = {f"{driver.dialect_name}_{name}": name for name in driver.own_options}
    return named | {name: name for name in driver.plain_options}


def _keywords_of(kind: type[Dialect]) -> frozenset[str]:
    """Return the options that the dialect *kind*, of another package, takes by itself."""
    above = kind.__mro__[: kind.__mro__.index(Dialect)]
    made = (vars(each).get("__init__") for each in above)
    codes = (init.__code__ for init in made if isinstance(init, FunctionType) and is_brought(init))
    return frozenset(
        name
        for code in codes
        for name in code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    )


def _make_opener(
    backend: Driver,
    place: URL,
    options: Mapping[str, Any],
    own: Mapping[str, str],
    dialect: Dialect | None = None,
) -> EngineOpener:
    creator = options.get("async_creator") or options.get("creator")
    arguments = dict(options.get("connect_args") or {})
    for name, driver_name in own.items():
        if options.get(name) is None:
            continue
        if creator is not None:
            raise InvalidOption(f"the option {name!r} has no effect beside creator=")
        arguments.update(backend.own_option(driver_name, options[name]))
    return EngineOpener(backend, place, arguments, creator, dialect)


def _take_pool(pool: Pool, opener: EngineOpener, options: Mapping[str, Any]) -> None:
    """Use *pool*, which is there already; its own creator speaks to the driver without us."""
    for name in options:
        if name in _POOL_OPTIONS or name == "poolclass":
            raise InvalidOption(
                f"the option {name!r} has no effect beside pool=",
                hint="give it to the pool, when that is made",
            )
    if isinstance(pool.opener, CreatorOpener):
        opener.open_with(pool.opener.creator)
        pool.open_with(opener)


def _make_dialect(
    kind: type[Dialect],
    backend: Driver,
    options: Mapping[str, Any],
    own: frozenset[str],
    plugins: list[CreateEnginePlugin],
) -> Dialect:
    """Return the dialect as *backend* speaks it; *own* are the options that it takes."""
    settings = {name: options[name] for name in own if name in options}
    settings.setdefault("paramstyle", backend.paramstyle)
    for plugin in plugins:
        plugin.handle_dialect_kwargs(kind, settings)
    dialect = kind(**settings)
    if kind.driver == dialect_class(backend.dialect_name).driver:
        dialect.driver = backend.name
    dialect.backend = backend
    dialect.dbapi = backend.module
    backend.serve(dialect)
    if backend.features:
        dialect.features = dialect.features.changed(**backend.features)
    dialect.is_async = backend.is_async
    return dialect


def _check_options(
    options: Mapping[str, Any], own: Mapping[str, str], moot: frozenset[str]
) -> None:
    known = {
        *own,
        *moot,
        *_POOL_OPTIONS,
        *_ENGINE_OPTIONS,
        *_WATCHING_OPTIONS,
        *_OTHER_OPTIONS,
        *_REPLICA_OPTIONS,
        *_DIALECT_OPTIONS,
        *_WITHOUT_EFFECT,
    }
    for name, value in options.items():
        if name not in known:
            raise InvalidOption(
                f"create_engine() takes no option {name!r}", hint=did_you_mean(name, known)
            )
        check = _CHECKS.get(name)
        if check is not None:
            check(name, value)


def _make_pool(
    opener: EngineOpener,
    url: URL,
    options: Mapping[str, Any],
    plugins: list[CreateEnginePlugin],
    dialect: Dialect | None = None,
) -> Pool:
    kind = options.get("poolclass") or own_pool_class(dialect, url)
    if kind is None:
        kind = pool_class(opener.backend, url)
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
    for plugin in plugins:
        plugin.handle_pool_kwargs(kind, settings)
    pool: Pool = kind(opener, **settings)
    return pool


def pool_class(backend: Driver, url: URL) -> type[Pool]:
    """Return the class of the pool that suits *backend* and the database at *url*."""
    if backend.pool_kind(url) == "queue":
        return AsyncAdaptedQueuePool if backend.is_async else QueuePool
    kinds: dict[str, type[Pool]] = {
        "thread": SingletonThreadPool,
        "static": StaticPool,
        "null": NullPool,
    }
    return kinds[backend.pool_kind(url)]


def engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **options: object
) -> Engine:
    """Return an engine for options that are text, as from a configuration file.

    Keys without *prefix* are passed over; ``<prefix>url`` is the URL::

        engine_from_config({"db.url": "sqlite://", "db.echo": "true"}, prefix="db.")

    ArgumentError is raised for text that is no value of its option.
    """
    found = read_configuration(configuration, prefix, options)
    return create_engine(found.pop("url"), **found)


def read_configuration(
    configuration: Mapping[str, Any], prefix: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the URL and the options that :func:`engine_from_config` finds."""
    found = {
        key.removeprefix(prefix): _read_text(key.removeprefix(prefix), value)
        for key, value in configuration.items()
        if key.startswith(prefix)
    }
    found.update(options)
    if found.get("url") is None:
        raise ArgumentError(f"the configuration has no {prefix}url")
    found.pop("_coerce_config", None)
    for name, read in make_url(found["url"]).get_dialect().engine_config_types.items():
        if isinstance(found.get(name), str):
            found[name] = read(found[name])
    return found


_WHOLE_NUMBERS = frozenset(
    (
        "pool_size",
        "pool_min_size",
        "max_overflow",
        "query_cache_size",
        "insertmanyvalues_page_size",
        "label_length",
        "max_identifier_length",
    )
)
_NUMBERS = frozenset(
    (
        "pool_timeout",
        "pool_recycle",
        "pool_max_age",
        "pool_jitter",
        "pool_ping_after",
        "pool_hold_warn",
        "pool_queue_target",
        "slow_log",
    )
)
_SWITCHES = frozenset(
    (
        "echo",
        "echo_pool",
        "pool_pre_ping",
        "pool_use_lifo",
        "hide_parameters",
        "future",
        "use_insertmanyvalues",
        "enable_from_linting",
        "skip_autocommit_rollback",
    )
)
_SWITCH_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y", "t"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n", "f"), False),
}


def _read_text(name: str, value: object) -> Any:
    """Return the *value* of the option *name*, read from text where it is text."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name == "plugins":
        return [each.strip() for each in text.split(",") if each.strip()]
    if name in _WHOLE_NUMBERS or name in _NUMBERS:
        if text.lower() in ("", "none"):
            return None
        try:
            return int(text) if name in _WHOLE_NUMBERS else float(text)
        except ValueError as error:
            raise ArgumentError(f"the option {name} is a number, not {value!r}") from error
    if name in _SWITCHES:
        if text.lower() == "debug":
            return "debug"
        if text.lower() not in _SWITCH_WORDS:
            raise ArgumentError(f"the option {name} is true or false, not {value!r}")
        return _SWITCH_WORDS[text.lower()]
    return value
