"""The contract between dovetail and a database driver.

A :class:`Driver` knows one driver package: how to load it, how to connect, and what its errors
mean.  Its connections have one small interface, blocking or awaiting; the awaiting flavour has
the same names as coroutine functions, so that steps need not know which one they talk to.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from ..conventions import conventions
from ..exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    InvalidRequestError,
    NoDBAPILoaded,
    NoSuchModuleError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    did_you_mean,
)
from ..record import Record
from ..steps import nothing
from .entry_points import brought, class_at
from .reflection import Reflection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from ..exc import RetryScope
    from ..steps import Steps
    from .dbapi import DBAPIConnection, DriverParameters

PoolKind = Literal["queue", "thread", "static", "null"]


class Cursor(Protocol):
    """The rows of one statement; of the awaiting flavour, fetching and closing are awaited."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None: ...
    @property
    def rowcount(self) -> int: ...
    @property
    def lastrowid(self) -> int | None: ...
    @property
    def fetchall(self) -> Callable[[], Any]: ...
    @property
    def fetchmany(self) -> Callable[[int], Any]: ...
    @property
    def fetchone(self) -> Callable[[], Any]: ...
    @property
    def close(self) -> Callable[[], Any]: ...


class DriverConnection(Protocol):
    """One connection of a driver.

    Every attribute that is a function is a request: called by the blocking runner, awaited by
    the other.  ``raw`` is the object of the driver package itself.
    """

    @property
    def raw(self) -> Any: ...

    @property
    def execute(self) -> Callable[..., Any]:
        """``execute(sql, parameters) -> Cursor``; without *parameters*, *sql* goes as it is."""
        ...

    @property
    def execute_many(self) -> Callable[..., Any]:
        """``execute_many(sql, list of parameters) -> Cursor``."""
        ...

    @property
    def fetch(self) -> Callable[..., Any]:
        """``fetch(sql, parameters) -> list of tuples``: all rows, in one request."""
        ...

    @property
    def stream(self) -> Callable[..., Any]:
        """``stream(sql, parameters) -> Cursor``; rows stay on the server where that can be."""
        ...

    @property
    def begin(self) -> Callable[[], Any]: ...
    @property
    def commit(self) -> Callable[[], Any]: ...
    @property
    def rollback(self) -> Callable[[], Any]: ...
    @property
    def close(self) -> Callable[[], Any]: ...

    @property
    def ping(self) -> Callable[[], Any]:
        """Prove that the connection is alive; raises the driver's error if it is not."""
        ...

    @property
    def set_isolation(self) -> Callable[[str], Any]:
        """Use this isolation level for the transactions that follow."""
        ...

    @property
    def get_isolation(self) -> Callable[[], Any]: ...

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open on the server, as far as the driver knows."""
        ...

    def has_failed(self) -> bool:
        """Tell whether the server refuses all but a rollback after an error."""
        ...

    def terminate(self) -> None:
        """Drop the connection at once, without talking to the server."""
        ...

    def listener_view(self) -> Any:
        """Return what listeners get as the connection: an object with blocking methods."""
        ...


class Address(Protocol):
    """What a driver reads of a URL."""

    @property
    def username(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def database(self) -> str | None: ...
    @property
    def query(self) -> Mapping[str, str | tuple[str, ...]]: ...


class ServedDialect(Protocol):
    """The dialect of an engine, as far as a driver is told of it."""

    def get_isolation_level_values(
        self, dbapi_connection: DBAPIConnection | None = None
    ) -> Sequence[str]: ...
    def get_isolation_level(self, dbapi_connection: DBAPIConnection) -> str: ...
    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> str: ...


class Cause(Record):
    """What a driver's error means, in terms that are the same for all servers."""

    error: type[DBAPIError]
    constraint: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    hint: str | None = None
    disconnected: bool = False
    """The connection is lost and must be discarded."""

    ends_transaction: bool = False
    """The server has rolled the transaction back, whatever the driver says."""

    outcome_unknown: bool = False
    """A commit may or may not have happened."""

    retry_scope: RetryScope | None = None
    """How much to run again; None for what is usual with the class of the error."""

    without_values: str | None = None
    """What the error says, without the values of parameters that its own text shows; None where
    that shows none."""


class ServerFacts(Record):
    """What a server tells of itself to the first connection that an engine opens."""

    version: tuple[int, ...] | None = None
    default_schema: str | None = None
    features: Mapping[str, Any] = MappingProxyType({})
    """Fields of the features record that are otherwise than the dialect supposes."""


class DbapiConnection:
    """A blocking connection of any driver that follows PEP 249.

    Drivers with a shorter way override what they can do better.
    """

    def __init__(self, raw: DBAPIConnection) -> None:
        self.raw: Any = raw
        self.commit: Callable[[], Any] = raw.commit
        self.rollback: Callable[[], Any] = raw.rollback
        self.close: Callable[[], Any] = raw.close

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql*, as it stands for no *parameters*; return the cursor."""
        cursor = self.raw.cursor()
        if parameters is None:
            cursor.execute(sql)
        else:
            cursor.execute(sql, parameters)
        return cursor

    def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor."""
        cursor = self.raw.cursor()
        cursor.executemany(sql, parameters)
        return cursor

    def fetch(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql* and return all its rows."""
        cursor = self.raw.cursor()
        try:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
        finally:
            cursor.close()

    def stream(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql*; return the cursor."""
        return self.execute(sql, parameters)

    def begin(self) -> None:
        """Do nothing: such drivers open a transaction with the first statement."""

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead."""
        self.fetch("SELECT 1")

    def set_isolation(self, level: str) -> None:
        """Raise NotImplementedError: PEP 249 knows no isolation levels."""
        raise NotImplementedError

    def get_isolation(self) -> str:
        """Raise NotImplementedError: PEP 249 knows no isolation levels."""
        raise NotImplementedError

    def in_transaction(self) -> bool:
        """Return true: it cannot be known."""
        return True

    def has_failed(self) -> bool:
        """Return false: most servers go on after an error."""
        return False

    def terminate(self) -> None:
        """Close the connection."""
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the raw connection."""
        return self.raw


_STANDARD_ERRORS: dict[str, type[DBAPIError]] = {
    "DataError": DataError,
    "IntegrityError": IntegrityError,
    "InternalError": InternalError,
    "NotSupportedError": NotSupportedError,
    "OperationalError": OperationalError,
    "ProgrammingError": ProgrammingError,
    "DatabaseError": DatabaseError,
    "InterfaceError": InterfaceError,
    "Error": DBAPIError,
}


class Driver:
    """One driver package.  Subclasses state what it is called and override what differs."""

    dialect_name: ClassVar[str]
    name: ClassVar[str]
    module_name: ClassVar[str]
    package: ClassVar[str | None] = None
    """What to install; None for what comes with Python."""

    is_async: ClassVar[bool] = False
    bound_to_loop: ClassVar[bool] = False
    """Whether a connection can be used in the event loop alone that it was opened in."""

    awaiting: ClassVar[str | None] = None
    """Of a driver that blocks: the name of the one that awaits with the same package, which
    :func:`create_async_engine` takes in its place."""

    outside_transaction: ClassVar[frozenset[str]] = frozenset()
    """First words, in capitals, of statements that fail or do nothing inside of a transaction.
    While none has begun on the server, such a statement is sent without a BEGIN before it."""

    own_options: ClassVar[frozenset[str]] = frozenset()
    """Options of :func:`create_engine` that this driver alone takes, there spelled with the
    name of its dialect before them: ``sqlite_journal_mode``."""

    plain_options: ClassVar[frozenset[str]] = frozenset()
    """Those that programs know by a name without the dialect's: ``client_encoding``."""

    marks: ClassVar[tuple[str, ...]] = ()
    """Names by which packages are known that can be used as this one, its forks."""

    moot_options: ClassVar[frozenset[str]] = frozenset()
    """Options of :func:`create_engine` that programs give for this driver, and that ask for
    what is so anyway."""

    has_poolers: ClassVar[bool] = False
    """Whether a pooler may stand before the server that lends its connections for a transaction
    each: the option ``pooler``."""

    features: ClassVar[Mapping[str, Any]] = {}
    """Fields of the features record that are otherwise with this driver."""

    paramstyle: str = "qmark"
    isolation_levels: tuple[str, ...] = ("AUTOCOMMIT",)
    default_isolation: str = "SERIALIZABLE"
    """The level of connections that nobody has set one on; a server may tell another."""

    reflection: ClassVar[Reflection] = Reflection()

    json_deserializer: Any = None
    """What reads JSON, for drivers that read it themselves; None for Python's own."""

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        self.module: Any = module if module is not None else self.load()
        self.pooler = pooler
        """``"transaction"`` where the server's connections change between transactions."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The errors of the driver, which are raised as those of dovetail."""
        return (self.module.Error,)

    @classmethod
    def load(cls) -> ModuleType:
        """Import the driver package; NoDBAPILoaded says what to install where it is missing."""
        try:
            return import_module(cls.module_name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != cls.module_name:
                raise
            absent = NoDBAPILoaded(
                f"the driver {cls.name!r} for {cls.dialect_name} is not installed",
                hint=f"pip install {cls.package or cls.module_name}",
            )
            absent.name = error.name
            raise absent from error

    @classmethod
    def speaks(cls, module: object) -> bool:
        """Tell whether *module* is the package of this driver, or one that is used as it is."""
        if getattr(module, "__name__", "").partition(".")[0] == cls.module_name:
            return True
        return bool(cls.marks) and all(hasattr(module, name) for name in cls.marks)

    def serve(self, dialect: ServedDialect) -> None:
        """Take from *dialect*, that of an engine, what is to be known of it: nothing."""

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments that :meth:`connect` hands to the driver package."""
        raise NotImplementedError

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection; a request: the awaiting flavour is a coroutine function."""
        raise NotImplementedError

    def own_option(self, name: str, value: object) -> dict[str, Any]:
        """Return what :meth:`connect` is told for an option of its own; a bad *value* raises."""
        raise NotImplementedError

    def survives_cancel(self, connection: DriverConnection) -> bool:
        """Tell whether *connection* is usable after a request on it was cancelled."""
        return False

    def stopper(
        self, connection: DriverConnection, another: Callable[[], object]
    ) -> Callable[[], object]:
        """Return what stops, when another thread calls it, what the server does for *connection*.

        *another* opens one more connection of the package, for servers that are told so.  Drivers
        that await need none of it: a cancelled request is stopped by the connection.
        """
        raise InvalidRequestError(
            f"the driver {self.name!r} can't stop a statement: timeout and deadline have no effect",
            hint="leave them out, or let the driver's class have a stopper()",
        )

    def bound_waits(
        self, connection: DriverConnection, seconds: float
    ) -> Callable[[], object] | None:
        """Let what is sent next wait for locks no longer than *seconds*, where a stop does
        not reach it; return what undoes that, or None where there is nothing to do.
        """
        return None

    def hand_out(self, connection: DriverConnection) -> None:
        """Prepare *connection* for somebody who takes what it wraps, and goes around it."""

    def server_steps(self, connection: DriverConnection) -> Steps[ServerFacts | None]:
        """Ask the server, over the first *connection* of an engine, what it is; None for usual."""
        yield from nothing
        return None

    def adopt(self, raw: object) -> Any:
        """Return a connection around *raw*, which somebody else has opened; a request, too."""
        raise NotImplementedError

    def pool_kind(self, address: Address) -> PoolKind:
        """Return which kind of pool suits the database at *address*."""
        return "queue"

    def transaction_mode(self, level: str | None, options: Mapping[str, Any]) -> str | None:
        """Return what ``set_isolation`` is told for *level* and the execution *options*.

        It is asked where there is one of them.  A driver whose transactions can be more than
        isolated, read-only say, adds it here; None is what is usual.
        """
        return level

    def original(self, error: BaseException) -> BaseException:
        """Return what stands for *error* as ``orig`` of the error that is raised: itself."""
        return error

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means; the class it has in the driver package decides here."""
        for kind in type(error).__mro__:
            known = _STANDARD_ERRORS.get(kind.__name__)
            if known is not None:
                return Cause(error=known)
        return Cause(error=DBAPIError)


GROUP = "drivers"
"""The entry points, below ``dovetail.``, by which packages make drivers known.

``dialect+name = "module:Class"``.
"""

_drivers: dict[str, dict[str, str | type[Driver]]] = {
    "sqlite": {
        "pysqlite": "dovetail.dialects.sqlite.drivers:SqliteDriver",
        "aiosqlite": "dovetail.dialects.sqlite.drivers:AioSqliteDriver",
    },
    "postgresql": {
        "psycopg": "dovetail.dialects.postgresql.drivers:PsycopgDriver",
        "psycopg_async": "dovetail.dialects.postgresql.drivers:PsycopgAsyncDriver",
        "asyncpg": "dovetail.dialects.postgresql.asyncpg_driver:AsyncpgDriver",
        "psycopg2": "dovetail.dialects.postgresql.drivers:Psycopg2Driver",
    },
    "mysql": {
        "mysqldb": "dovetail.dialects.mysql.drivers:MysqlclientDriver",
        "pymysql": "dovetail.dialects.mysql.drivers:PymysqlDriver",
        "asyncmy": "dovetail.dialects.mysql.awaiting_drivers:AsyncmyDriver",
        "aiomysql": "dovetail.dialects.mysql.awaiting_drivers:AiomysqlDriver",
    },
    "mariadb": {
        "mysqldb": "dovetail.dialects.mysql.drivers:MysqlclientDriver",
        "pymysql": "dovetail.dialects.mysql.drivers:PymysqlDriver",
        "asyncmy": "dovetail.dialects.mysql.awaiting_drivers:AsyncmyDriver",
        "aiomysql": "dovetail.dialects.mysql.awaiting_drivers:AiomysqlDriver",
    },
}


def register_driver(dialect: str, name: str, home: str | type[Driver]) -> None:
    """Make a driver known: *home* is its class, or ``"module:Class"`` to import on first use.

    The first driver of a dialect that is installed is the one for URLs that name none.
    """
    _drivers.setdefault(dialect, {})[name] = home


def driver_class(dialect: str, name: str | None = None, awaits: bool = False) -> type[Driver]:
    """Return the class of the driver *name* of *dialect*, or of its first that is installed.

    Without a name it is one that awaits, or one that blocks, as *awaits* says; where *awaits*
    and the driver *name* blocks, it is the awaiting driver with the same package, if there is
    one.  NoSuchModuleError is raised for names that are not known.
    """
    known = _drivers.get(dialect, {})
    if not known or (name and name not in known):
        known = {**known, **_brought(dialect)}
        if known:
            _drivers[dialect] = known
    if not known:
        raise NoSuchModuleError(
            f"no driver is known for the dialect {dialect!r}", hint=did_you_mean(dialect, _drivers)
        )
    if not name:
        return _first_class(dialect, known, awaits)
    home = known.get(name)
    if home is None:
        raise NoSuchModuleError(
            f"{dialect} has no driver {name!r}",
            hint=f"known drivers: {', '.join(f'{dialect}+{each}' for each in known)}",
        )
    found: type[Driver] = class_at(home, f"the driver {name!r} of {dialect}", Driver)
    if awaits and not found.is_async and found.awaiting is not None:
        return driver_class(dialect, found.awaiting)
    return found


def forget_driver(dialect: str, name: str) -> None:
    """Let a driver be known no longer."""
    _drivers.get(dialect, {}).pop(name, None)


def has_driver(dialect: str, name: str) -> bool:
    """Tell whether *dialect* has a driver *name* that is known already."""
    return name in _drivers.get(dialect, {})


def has_drivers(dialect: str) -> bool:
    """Tell whether there are drivers of *dialect*, here or in other packages."""
    return bool(_drivers.get(dialect) or _brought(dialect))


class NamesDriver(Protocol):
    """A dialect's class, as far as it says which driver it has."""

    name: str
    driver: str


def driver_of(dialect: type[NamesDriver], awaits: bool = False) -> type[Driver]:
    """Return the class of the driver of *dialect*, a class, or of the nearest one above it.

    NoSuchModuleError is raised where none has a driver.
    """
    bodies = [vars(base) for base in dialect.__mro__]
    named = [body["driver"] for body in bodies if isinstance(body.get("driver"), str)]
    # The last is that of the dialect itself, the first of several.
    chosen = named[:-2]
    for body in bodies:
        known = _drivers.get(body.get("name", ""))
        if known:
            name = next((driver for driver in chosen if driver in known), None)
            return driver_class(body["name"], name, awaits)
    return driver_class(dialect.name, None, awaits)


def _brought(dialect: str) -> dict[str, str]:
    """Return where the drivers of *dialect* are that other packages bring, by name."""
    homes = {tuple(name.split("+", 1)): home for name, home in brought(GROUP).items()}
    return {name: home for (of, *names), home in homes.items() for name in names if of == dialect}


def _driver_at(home: str | type[Driver], name: str) -> type[Driver]:
    return class_at(home, f"the driver {name!r}", Driver)


def awaiting_names(dialect: str) -> list[str]:
    """Return the drivers of *dialect* that await, as they stand in URLs."""
    known = _drivers.get(dialect, {})
    return [f"{dialect}+{name}" for name, home in known.items() if _driver_at(home, name).is_async]


def _first_class(
    dialect: str, known: Mapping[str, str | type[Driver]], awaits: bool
) -> type[Driver]:
    """Return the first class of *known* to *dialect* that *awaits*, or blocks, and is installed.

    Where there is none, it is one that is not installed, and at last one of the other kind.
    """
    absent, others = [], []
    # No further class is imported than the first whose package is there.
    first = conventions.first_drivers.get(dialect)
    for name, home in sorted(known.items(), key=lambda each: each[0] != first):
        found = _driver_at(home, name)
        if found.is_async is not awaits:
            others.append(found)
        elif _is_installed(found):
            return found
        else:
            absent.append(found)
    return next(iter(absent), None) or next(filter(_is_installed, others), others[0])


def _is_installed(driver: type[Driver]) -> bool:
    return find_spec(driver.module_name) is not None
