"""The engine: a pool of connections to one database, and what they have in common."""

from __future__ import annotations

from contextlib import contextmanager
from logging import DEBUG, INFO
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from ..compiler.cache import PlanCache
from ..dialects.dialect import Dialect
from ..event import Events, own_dispatch, root
from ..exc import InvalidRequestError
from ..inspection import inspects
from ..later import function_later
from ..steps import bridging, run_sync
from . import rerun
from .connection import Connection, checked_isolation
from .context import ExecutionContext
from .events import ConnectionEvents, DialectEvents, PoolEvents
from .log import show_log, statement_log
from .pool import Pool
from .pool.fork import watch_forks
from .translation import Translations
from .url import location_of
from .watched import attach_to, begin_watch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from logging import Logger
    from typing import Self, Unpack

    from ..dialects.driver import Driver
    from ..event import Dispatch
    from ..sql.difference import Difference
    from ..sql.metadata import MetaData
    from ..steps import Steps
    from .pool.record import PooledConnection
    from .pool.waits import PoolMetrics
    from .url import URL
    from .watched import WatchOptions
    from .watching.watch import Watch

Echo = bool | Literal["debug"] | None
R = TypeVar("R")


class ReplicaSet(Protocol):
    """The replicas that sessions may read from in an engine's place: ``engine/replicas.py``."""

    members: list[Any]

    def connect_steps(
        self, options: Mapping[str, Any], token: str | None
    ) -> Steps[tuple[Engine, Connection] | None]:
        """Return one that is up and has come as far as *token*, and a connection to it."""
        ...


class Engine:
    """A source of connections to one database.  Made by :func:`create_engine`.

    It opens no connection before the first is asked for, and may be used by all threads::

        engine = create_engine("sqlite:///shop.db")
        with engine.begin() as connection:
            connection.execute(...)
    """

    dispatch: Dispatch

    def __init__(
        self,
        pool: Pool,
        dialect: Dialect,
        url: URL,
        *,
        backend: Driver,
        logging_name: str | None = None,
        echo: Echo = None,
        query_cache_size: int = 500,
        execution_options: Mapping[str, Any] | None = None,
        hide_parameters: bool = False,
        isolation_level: str | None = None,
        insertmanyvalues_page_size: int = 1000,
    ) -> None:
        self.base: Engine = self
        """The engine itself, or the one of which this is a variant with other options."""

        self.pool = pool
        self.dialect = dialect
        self.url = url
        self.backend = backend
        self.plans: PlanCache[Any] = PlanCache(query_cache_size)
        self.translations = Translations(dialect, query_cache_size)
        self.logging_name = logging_name
        self.hide_parameters = hide_parameters
        self.replicas: ReplicaSet | None = None
        """The replicas that sessions may read from, or None."""

        self.rows_per_insert = insertmanyvalues_page_size
        """How many rows go into one INSERT that returns some of their values."""
        self.default_isolation = checked_isolation(isolation_level, backend.isolation_levels)
        self.calm: object = object()
        self.context_class = ExecutionContext
        """What listeners are told of the run of a statement is one of these."""
        self.own_savepoints: Mapping[str, Callable[..., Any]] = {}
        """What a dialect of another package does for a SAVEPOINT, by the words of it."""
        self.watched_since = 0.0
        """Since when somebody watches, in the seconds of ``time.perf_counter()``."""
        self._echo: Echo = None
        self._options: Mapping[str, Any] = MappingProxyType({})
        self.log = statement_log(logging_name, location_of(url), hides_parameters=hide_parameters)
        if echo:
            self.echo = echo
        own_dispatch(self).adopt(own_dispatch(dialect))
        watch_forks(self)
        if execution_options:
            self.update_execution_options(**execution_options)

    @property
    def logger(self) -> Logger:
        """The logger that is told of the statements; another one may be set."""
        return self.log.logger

    @logger.setter
    def logger(self, value: Logger) -> None:
        self.log.logger = value

    def _listened(self) -> None:
        self.base.calm = object()
        self.base.watched_since = perf_counter()

    def after_fork(self) -> None:
        """Let connections look whether they belong to the parent of this new process."""
        self.base.calm = object()

    @property
    def engine(self) -> Engine:
        """The engine itself."""
        return self

    @property
    def metrics(self) -> PoolMetrics:
        """How many connections of the pool are in use, who waits, and how long: now, each time.

        InvalidRequestError is raised where the pool has no queue, as that of SQLite in memory::

            if engine.metrics.waiting > 10:
                ...
        """
        return self.pool.metrics()

    @property
    def is_async(self) -> bool:
        """Whether the driver awaits."""
        return self.backend.is_async

    @property
    def name(self) -> str:
        """The name of the dialect, such as ``"sqlite"``."""
        return self.dialect.name

    @property
    def driver(self) -> str:
        """The name of the driver, such as ``"pysqlite"``."""
        return self.dialect.driver

    @property
    def echo(self) -> Echo:
        """Whether statements are logged; ``"debug"`` for rows too."""
        return self._echo

    @echo.setter
    def echo(self, value: Echo) -> None:
        self._echo = value
        self.log.set_echo(DEBUG if value == "debug" else INFO if value else 0)
        if value:
            show_log()
        self._listened()

    # Connections.

    def connect_steps(self) -> Steps[Connection]:
        """Borrow a connection: see :meth:`connect`."""
        record = self.pool.take()
        if record is None:
            record = yield from self.pool.checkout_steps()
        return Connection(self, record)

    def connect(self) -> Connection:
        """Return a borrowed connection; close it, or use it as a context manager."""
        record = self.pool.take()
        if record is None:
            record = run_sync(self.pool.checkout_steps())
        return Connection(self, record)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Borrow a connection for one transaction, committed at the end of the block."""
        with self.connect() as connection, connection.begin():
            yield connection

    def run(
        self,
        work: Callable[[Connection], R],
        *,
        retries: int = 3,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[Connection], object] | None = None,
    ) -> R:
        """Return what *work* returns in the first transaction that commits.

        *work* is called with a connection in a transaction, and again, in a new one, where that
        has failed in a way that passes: see :meth:`dovetail.orm.sessionmaker.run`::

            def book(connection: Connection) -> int:
                return connection.execute(insert(Order).values(user_id=1, total=9)).rowcount


            engine.run(book, retries=5, isolation_level="SERIALIZABLE")
            # INSERT INTO orders (user_id, total) VALUES (?, ?)
            # COMMIT
        """
        opened = self
        if isolation_level is not None:
            opened = self.execution_options(isolation_level=isolation_level)
        return rerun.run(opened.begin, work, rerun.retrying(retries, deadline), verify)

    def raw_connection(self) -> PooledConnection:
        """Return a borrowed connection of the driver; close it to return it."""
        return self.pool.connect()

    def dispose_steps(self, close: bool = True) -> Steps[None]:
        """Close the idle connections of the pool: see :meth:`dispose`."""
        yield from self.pool.dispose_steps(close)
        if self.replicas is not None:
            for replica in self.replicas.members:
                yield from replica.engine.dispose_steps(close)
        for function in self.dispatch.engine_disposed:
            function(self)

    def dispose(self, close: bool = True) -> None:
        """Close the idle connections of the pool; those in use are closed when they return.

        The engine remains usable.  With *close* false the connections are forgotten and not
        closed, which is right in a child process.
        """
        run_sync(self.dispose_steps(close))

    # Options.

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options of this engine."""
        return self._options

    def update_execution_options(self, **opt: Any) -> None:
        """Set options for all connections of this engine."""
        for function in self.dispatch.set_engine_execution_options:
            function(self, opt)
        if "isolation_level" in opt:
            opt["isolation_level"] = checked_isolation(
                opt["isolation_level"], self.backend.isolation_levels
            )
        self._options = MappingProxyType({**self._options, **opt})

    def execution_options(self, **opt: object) -> Self:
        """Return an engine with these options too, which shares the pool of this one.

        ::

            engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        """
        variant = type(self).__new__(type(self))
        variant.__dict__.update(self.__dict__)
        variant.update_execution_options(**opt)
        return variant

    def watch(self, **options: Unpack[WatchOptions]) -> Watch:
        """Return a watch: it sees what connections of this engine send while its block runs.

        What it finds, prints and raises, and its options: :class:`dovetail.watching.Watch`::

            with engine.watch() as watch, engine.connect() as connection:
                connection.execute(select(User.name))
            assert watch.count == 1
            # SELECT user_account.name FROM user_account
            # ROLLBACK
        """
        return begin_watch(lambda watch: attach_to(self, watch), options)

    def clear_compiled_cache(self) -> None:
        """Forget the plans of all statements."""
        self.plans.clear()
        self.translations.clear()

    def run_schema(
        self,
        verb: Literal["create", "drop"],
        target: Any,
        tables: Iterable[Any] | None = None,
        checkfirst: bool = True,
    ) -> None:
        """Create or drop *target*, or *tables* of it, in a transaction of its own."""
        if self.is_async and bridging.find() is None:
            raise InvalidRequestError(
                "an engine with an awaiting driver cannot do this without awaiting",
                hint="async with engine.begin() as c: await c.run_sync(metadata.create_all)",
            )
        with self.begin() as connection:
            connection.run_schema(verb, target, tables, checkfirst)

    def schema_differences(
        self, metadata: MetaData, ignore: Collection[str] = ()
    ) -> list[Difference]:
        """Return in what the database differs from *metadata*: see :meth:`MetaData.diff`."""
        if self.is_async and bridging.find() is None:
            raise InvalidRequestError(
                "an engine with an awaiting driver cannot do this without awaiting",
                hint="await metadata.diff(async_engine)",
            )
        with self.connect() as connection:
            return connection.schema_differences(metadata, ignore)

    def __repr__(self) -> str:
        return f"Engine({self.url!r})"

    @staticmethod
    def _listened_as(target: Any, family: type[Events]) -> object:
        """Events of the pool happen at the pool of the engine."""
        if family is not PoolEvents:
            return target
        return Pool if isinstance(target, type) else target.pool


root(ConnectionEvents, Engine).adopt(Connection.dispatch)
root(DialectEvents, Dialect)
inspects(Engine, Connection)(function_later("dovetail.engine.inspector", "Inspector"))
