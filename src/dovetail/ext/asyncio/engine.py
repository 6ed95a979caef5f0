"""AsyncEngine and AsyncConnection: ``await`` in front of the steps of Engine and Connection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from logging import Logger
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    TypeVarTuple,
    overload,
)
from weakref import WeakValueDictionary

from ...delegation import DelegatedAttribute, Face
from ...dialects.dialect import Dialect
from ...dialects.driver import Driver, awaiting_names
from ...engine import rerun
from ...engine.connection import Connection
from ...engine.engine import Echo, Engine
from ...engine.pool import Pool
from ...engine.pool.record import PooledConnection
from ...engine.pool.waits import PoolMetrics
from ...engine.url import URL
from ...event import Events
from ...exc import AsyncContextAlreadyStarted, AsyncContextNotStarted, InvalidRequestError
from ...steps import bridging, run_sync
from .bridge import run_blocking
from .one_task import OneTask, perform
from .result import AsyncResult
from .transaction import AsyncTransaction, around_transactions

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Collection,
        Generator,
        Mapping,
    )
    from typing import Never, Self, SupportsIndex

    from ...engine.cursor import CursorResult
    from ...engine.result import ScalarResult
    from ...engine.transaction import Transaction
    from ...sql.arguments import ManyParameters, StatementArgument
    from ...sql.difference import Difference
    from ...sql.metadata import MetaData
    from ...sql.node import ReturnsRows
    from ...steps import Steps
    from .result import AsyncScalarResult

T = TypeVar("T")
V = TypeVar("V")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")


engine_face = Face(inside="self.sync_engine")
connection_face = Face(inside="self.sync_connection")
"""Members of AsyncEngines and AsyncConnections: they are those of what is inside."""


class AwaitingPooledConnection(PooledConnection):
    """A borrowed connection of an awaiting driver: what ends the loan is awaited.

    In code that ``run_sync()`` runs the same methods block.
    """

    def _end(self, steps: Steps[None]) -> Any:
        return run_sync(steps) if bridging.find() is not None else perform(steps)

    def close(self) -> Any:
        """Return the connection to its pool, or close it if it has left."""
        return self._end(self.close_steps())

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> Any:
        """Declare the connection dead and return its place to the pool."""
        return self._end(self.invalidate_steps(e, soft))

    def detach(self) -> Any:
        """Take the connection out of its pool, which may open another in its place."""
        return self._end(self.detach_steps())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await perform(self.close_steps())


class Started(Generic[T]):
    """Something to be awaited, or entered as an async context manager that closes it."""

    def __init__(self, making: Awaitable[T]) -> None:
        self._making = making
        self._made: Any = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._making.__await__()

    async def __aenter__(self) -> T:
        self._made = await self._making
        made: T = self._made
        return made

    async def __aexit__(self, *_: object) -> None:
        await self._made.close()


class OfEngine(DelegatedAttribute[V]):
    """An attribute of the engine inside."""

    def inside(self, face: Any) -> Any:
        """Return the engine inside."""
        return face.sync_engine


class OfConnection(DelegatedAttribute[V]):
    """An attribute of the connection inside."""

    def inside(self, face: Any) -> Any:
        """Return the connection inside."""
        return face.sync_connection


class AsyncEngine:
    """An engine whose driver awaits.  Made by :func:`create_async_engine`.

    ::

        engine = create_async_engine("sqlite+aiosqlite:///shop.db")
        async with engine.begin() as connection:
            await connection.execute(...)
    """

    @staticmethod
    def _listened_as(target: Any, family: type[Events]) -> object:
        """Events happen at the engine within."""
        return Engine if isinstance(target, type) else target.sync_engine

    def __init__(self, sync_engine: Engine) -> None:
        if not sync_engine.is_async:
            raise does_not_await(sync_engine.url, sync_engine.driver)
        self.sync_engine = sync_engine

    @property
    def engine(self) -> Engine:
        """The engine inside, which blocks: the same as ``sync_engine``."""
        return self.sync_engine

    url = OfEngine[URL]("The URL of the database.")
    pool = OfEngine[Pool]("The pool of connections.")
    metrics = OfEngine[PoolMetrics](Engine.metrics)
    dialect = OfEngine[Dialect]("The dialect of the database.")
    backend = OfEngine[Driver]("What knows the driver.")
    name = OfEngine[str](Engine.name)
    driver = OfEngine[str](Engine.driver)
    echo = OfEngine[Echo](Engine.echo)
    logger = OfEngine[Logger](Engine.logger)

    def connect(self) -> AsyncConnection:
        """Return a connection, to be awaited or used as an async context manager."""
        return AsyncConnection(self)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Borrow a connection for one transaction, committed at the end of the block."""
        async with self.connect() as connection, connection.begin():
            yield connection

    async def run(
        self,
        work: Callable[[AsyncConnection], Awaitable[R]],
        *,
        retries: int = 3,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[AsyncConnection], Awaitable[object]] | None = None,
    ) -> R:
        """Return what *work*, awaited, returns in the first transaction that commits.

        See :meth:`dovetail.orm.sessionmaker.run`; *work* and *verify* are coroutine functions::

            async def book(connection: AsyncConnection) -> int:
                result = await connection.execute(insert(Order).values(user_id=1, total=9))
                return result.rowcount


            await engine.run(book, retries=5)
        """
        opened = self
        if isolation_level is not None:
            opened = self.execution_options(isolation_level=isolation_level)
        often = rerun.retrying(retries, deadline)
        return await rerun.run_awaiting(opened.begin, work, often, verify)

    async def raw_connection(self) -> PooledConnection:
        """Return a borrowed connection of the driver; ``await raw.close()`` returns it.

        ``raw.driver_connection`` is the driver's own object, to be awaited as the driver says.
        """
        pool = self.pool
        record = pool.take()
        if record is None:
            record = await perform(pool.checkout_steps())
        return AwaitingPooledConnection(record)

    async def schema_differences(
        self, metadata: MetaData, ignore: Collection[str] = ()
    ) -> list[Difference]:
        """Return in what the database differs from *metadata*: see :meth:`MetaData.diff`."""
        async with self.connect() as connection:
            return await connection.schema_differences(metadata, ignore)

    async def dispose(self, close: bool = True) -> None:
        """Close the idle connections of the pool."""
        await perform(self.sync_engine.dispose_steps(close))

    def execution_options(self, **opt: object) -> AsyncEngine:
        """Return an engine with these options too, which shares the pool of this one."""
        return AsyncEngine(self.sync_engine.execution_options(**opt))

    get_execution_options = engine_face.passed(Engine.get_execution_options)

    def update_execution_options(self, **opt: object) -> None:
        """Set options for all connections of this engine."""
        self.sync_engine.update_execution_options(**opt)

    clear_compiled_cache = engine_face.passed(Engine.clear_compiled_cache)
    watch = engine_face.passed(Engine.watch)

    def __repr__(self) -> str:
        return f"AsyncEngine({self.url!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncEngine) and other.sync_engine is self.sync_engine

    def __hash__(self) -> int:
        return hash(self.sync_engine)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("an AsyncEngine can't be pickled or copied: make another one")


_around: WeakValueDictionary[Connection, AsyncConnection] = WeakValueDictionary()


# The steps of verbs, where the connection has none that fetch all rows.


def _all_rows_steps(
    connection: Connection,
    statement: StatementArgument,
    parameters: ManyParameters,
    execution_options: Mapping[str, Any] | None,
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run *statement* and fetch all rows, also where they would have come while they are read."""
    result = yield from connection.execute_steps(
        statement, parameters, execution_options=execution_options
    )
    if result._streams():
        yield from result.fill_steps(None)
    return result


def _scalar_steps(connection: Connection, *asked: Any, **options: Any) -> Steps[Any]:
    return (yield from _all_rows_steps(connection, *asked, **options)).scalar()


def _scalars_steps(connection: Connection, *asked: Any, **options: Any) -> Steps[ScalarResult[Any]]:
    return (yield from _all_rows_steps(connection, *asked, **options)).scalars()


class AsyncConnection:
    """A borrowed connection, awaited.

    ::

        async with engine.connect() as connection:
            result = await connection.execute(select(user))
            await connection.commit()
    """

    @staticmethod
    def _listened_as(target: Any, family: type[Events]) -> object:
        """Events happen at the connection within."""
        return Engine if isinstance(target, type) else target.sync_connection

    def __init__(
        self, async_engine: AsyncEngine, sync_connection: Connection | None = None
    ) -> None:
        self.engine = async_engine
        self.sync_engine = async_engine.sync_engine
        self._started = sync_connection
        self.one_task = OneTask("connection")

    @classmethod
    def around(
        cls, connection: Connection, engine: AsyncEngine, one_task: OneTask
    ) -> AsyncConnection:
        """Return the AsyncConnection of *connection*: the same one as long as somebody has it.

        A new one is used by one task at a time together with the session that *one_task* is of.
        """
        found = _around.get(connection)
        if found is None:
            found = _around[connection] = cls(engine, connection)
            found.one_task = one_task
        return found

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, AsyncConnection) or self._started is None:
            return False
        return self._started is other._started

    def __hash__(self) -> int:
        # The connection inside is not there from the beginning: its engine is.
        return hash(self.sync_engine)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("an AsyncConnection can't be pickled or copied: take another one")

    @property
    def sync_connection(self) -> Connection:
        """The connection inside; AsyncContextNotStarted is raised before it is awaited."""
        if self._started is None:
            raise AsyncContextNotStarted(
                "this connection was not started",
                hint="await engine.connect(), or async with engine.connect() as connection",
            )
        return self._started

    async def start(self) -> Self:
        """Borrow the connection; return self."""
        if self._started is not None:
            raise AsyncContextAlreadyStarted("this connection was started before")
        self._started = await self.one_task.run(self.sync_engine.connect_steps())
        _around[self._started] = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Statements.

    execute = connection_face.awaited(Connection.execute, _all_rows_steps)
    scalar = connection_face.awaited(Connection.scalar, _scalar_steps)
    scalars = connection_face.awaited(Connection.scalars, _scalars_steps)
    exec_driver_sql = connection_face.awaited(Connection.exec_driver_sql)
    schema_differences = connection_face.awaited(Connection.schema_differences)
    explain = connection_face.awaited(Connection.explain)

    @overload
    def stream(
        self,
        statement: ReturnsRows[*Ts],
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*Ts]]: ...
    @overload
    def stream(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*tuple[Any, ...]]]: ...
    def stream(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*tuple[Any, ...]]]:
        """Run *statement*; return a result whose rows come while they are read.

        It is awaited, or used as an async context manager.
        """
        return Started(self._stream(statement, parameters, execution_options))

    async def _stream(
        self,
        statement: StatementArgument,
        parameters: ManyParameters,
        execution_options: Mapping[str, Any] | None,
    ) -> AsyncResult[*tuple[Any, ...]]:
        options = {"stream_results": True, **(execution_options or {})}
        steps = self.sync_connection.execute_steps(statement, parameters, execution_options=options)
        return AsyncResult(await self.one_task.run(steps), self.one_task)

    @overload
    def stream_scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncScalarResult[R]]: ...
    @overload
    def stream_scalars(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncScalarResult[Any]]: ...
    def stream_scalars(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[Any]:
        """Run *statement*; return the first value of each row while they are read."""
        return Started(self._stream_scalars(statement, parameters, execution_options))

    async def _stream_scalars(
        self,
        statement: StatementArgument,
        parameters: ManyParameters,
        execution_options: Mapping[str, Any] | None,
    ) -> Any:
        return (await self._stream(statement, parameters, execution_options)).scalars()

    async def run_sync(
        self, fn: Callable[Concatenate[Connection, P], R], *arg: P.args, **kw: P.kwargs
    ) -> R:
        """Return ``fn(connection, …)``, blocking code with the Connection inside, run in this task.

        ::

            await connection.run_sync(metadata.create_all)
        """
        return await self.one_task.during(run_blocking(fn, self.sync_connection, *arg, **kw))

    # Transactions.

    def begin(self) -> AsyncTransaction[AsyncConnection]:
        """Begin a transaction, to be awaited or used as an async context manager."""
        return AsyncTransaction(self)

    def begin_nested(self) -> AsyncTransaction[AsyncConnection]:
        """Set a savepoint, to be awaited or used as an async context manager."""
        return AsyncTransaction(self, nested=True)

    def begin_twophase(self, xid: str | None = None) -> AsyncTransaction[AsyncConnection]:
        """Begin a transaction that can be prepared, so that several databases commit together.

        It is awaited, or used as an async context manager.  InvalidRequestError is raised where
        the database has no such transactions.
        """
        steps = self.sync_connection.begin_twophase_steps
        return AsyncTransaction(self, begin=lambda: steps(xid))

    async def recover_twophase(self) -> list[str]:
        """Return the names of transactions that were prepared and not ended."""
        return list(await self.one_task.run(self.sync_connection.prepared_steps("recover")))

    async def commit_prepared(self, xid: str) -> None:
        """Commit a transaction that was prepared, perhaps by another process."""
        await self.one_task.run(self.sync_connection.prepared_steps("commit", xid, True))

    async def rollback_prepared(self, xid: str) -> None:
        """Roll back a transaction that was prepared, perhaps by another process."""
        await self.one_task.run(self.sync_connection.prepared_steps("rollback", xid, True))

    commit = connection_face.awaited(Connection.commit)
    rollback = connection_face.awaited(Connection.rollback)
    in_transaction = connection_face.passed(Connection.in_transaction)
    in_nested_transaction = connection_face.passed(Connection.in_nested_transaction)

    def get_transaction(self) -> AsyncTransaction[AsyncConnection] | None:
        """Return the transaction in progress, or None."""
        return self._wrapped(self.sync_connection.get_transaction())

    def get_nested_transaction(self) -> AsyncTransaction[AsyncConnection] | None:
        """Return the innermost savepoint, or None."""
        return self._wrapped(self.sync_connection.get_nested_transaction())

    def _wrapped(self, transaction: Transaction | None) -> AsyncTransaction[AsyncConnection] | None:
        if transaction is None:
            return None
        found = around_transactions.get(transaction)
        if found is None:
            found = AsyncTransaction[AsyncConnection](self, transaction.nested)
            found._started = transaction
            around_transactions[transaction] = found
        return found

    # The connection itself.

    dialect = OfEngine[Dialect]("The dialect of the database.")
    info = OfConnection[dict[str, Any]](Connection.info)
    closed = OfConnection[bool](Connection.closed)
    invalidated = OfConnection[bool](Connection.invalidated)
    default_isolation_level = OfConnection[str](Connection.default_isolation_level)

    @property
    def connection(self) -> Never:
        """Refused, since a lost connection may have to be replaced: it must be awaited."""
        raise InvalidRequestError(
            "the driver's connection must be awaited", hint="await connection.get_raw_connection()"
        )

    async def get_isolation_level(self) -> str:
        """Return the isolation level of this connection."""
        return self.sync_connection.get_isolation_level()

    async def get_raw_connection(self) -> Any:
        """Return the driver's connection, behind a proxy that does not return it."""
        return await self.one_task.run(self.sync_connection.view_steps())

    async def execution_options(self, **opt: object) -> Self:
        """Set options for all that this connection executes; return self."""
        self.one_task.check()
        self.sync_connection.execution_options(**opt)
        return self

    get_execution_options = connection_face.passed(Connection.get_execution_options)
    invalidate = connection_face.awaited(Connection.invalidate)
    detach = connection_face.awaited(Connection.detach)

    async def close(self) -> None:
        """Roll back what is in progress and return the driver connection to the pool.

        One that belongs to another event loop is discarded.
        """
        connection = self.sync_connection
        record = connection._record
        if record is not None and self.sync_engine.pool.is_foreign(record):
            await self.one_task.run(connection.invalidate_steps())
        await self.one_task.run(self.sync_connection.close_steps())

    async def aclose(self) -> None:
        """Close the connection: see :meth:`close`."""
        await self.close()


def does_not_await(url: URL, driver: str | None = None) -> InvalidRequestError:
    """Return the error that says so of the *driver*, or that of *url*, and names others."""
    dialect = url.get_backend_name()
    names = awaiting_names(dialect)
    return InvalidRequestError(
        f"the driver {driver or url.get_driver_name()!r} does not await",
        hint=f"name one that does: {', '.join(names)}"
        if names
        else f"no driver of {dialect} does: make the engine with create_engine()",
    )
