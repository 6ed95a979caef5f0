"""AsyncEngine and AsyncConnection: ``await`` in front of the steps of Engine and Connection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    ParamSpec,
    TypeVar,
    TypeVarTuple,
    overload,
)
from weakref import WeakValueDictionary

from ...dialects.driver import awaiting_names
from ...engine.connection import Connection
from ...engine.create import engine_for, pool_for, read_configuration
from ...engine.engine import Engine
from ...engine.record import PooledConnection
from ...engine.transaction import Transaction
from ...engine.url import make_url
from ...event import Events
from ...exc import AsyncContextAlreadyStarted, AsyncContextNotStarted, InvalidRequestError
from .bridge import run_blocking
from .one_task import OneTask, perform
from .raw_connection import AwaitingPooledConnection
from .result import AsyncResult
from .started import Started

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Coroutine,
        Generator,
        Mapping,
    )
    from typing import Never, Self

    from ...dialects.driver import Driver
    from ...engine.cursor import CursorResult
    from ...engine.pool import Pool
    from ...engine.result import ScalarResult
    from ...engine.url import URL
    from ...sql.node import ReturnsRows
    from ...steps import Steps
    from .result import AsyncScalarResult

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")


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
            raise _does_not_await(sync_engine.url, sync_engine.driver)
        self.sync_engine = sync_engine

    @property
    def engine(self) -> AsyncEngine:
        """The engine itself."""
        return self

    @property
    def url(self) -> URL:
        """The URL of the database."""
        return self.sync_engine.url

    @property
    def pool(self) -> Pool:
        """The pool of connections."""
        return self.sync_engine.pool

    @property
    def dialect(self) -> Any:
        """The dialect of the database."""
        return self.sync_engine.dialect

    @property
    def backend(self) -> Driver:
        """What knows the driver."""
        return self.sync_engine.backend

    @property
    def name(self) -> str:
        """The name of the dialect."""
        return self.sync_engine.name

    @property
    def driver(self) -> str:
        """The name of the driver."""
        return self.sync_engine.driver

    @property
    def echo(self) -> Any:
        """Whether statements are logged."""
        return self.sync_engine.echo

    @echo.setter
    def echo(self, value: Any) -> None:
        self.sync_engine.echo = value

    def connect(self) -> AsyncConnection:
        """Return a connection, to be awaited or used as an async context manager."""
        return AsyncConnection(self)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Borrow a connection for one transaction, committed at the end of the block."""
        async with self.connect() as connection, connection.begin():
            yield connection

    async def raw_connection(self) -> PooledConnection:
        """Return a borrowed connection of the driver; ``await raw.close()`` returns it.

        ``raw.driver_connection`` is the driver's own object, to be awaited as the driver says.
        """
        pool = self.pool
        record = pool.take()
        if record is None:
            record = await perform(pool.checkout_steps())
        return AwaitingPooledConnection(record)

    async def dispose(self, close: bool = True) -> None:
        """Close the idle connections of the pool."""
        await perform(self.sync_engine.dispose_steps(close))

    def execution_options(self, **opt: Any) -> AsyncEngine:
        """Return an engine with these options too, which shares the pool of this one."""
        return AsyncEngine(self.sync_engine.execution_options(**opt))

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options of this engine."""
        return self.sync_engine.get_execution_options()

    def update_execution_options(self, **opt: Any) -> None:
        """Set options for all connections of this engine."""
        self.sync_engine.update_execution_options(**opt)

    def clear_compiled_cache(self) -> None:
        """Forget the plans of all statements."""
        self.sync_engine.clear_compiled_cache()

    def __repr__(self) -> str:
        return f"AsyncEngine({self.url!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncEngine) and other.sync_engine is self.sync_engine

    def __hash__(self) -> int:
        return hash(self.sync_engine)

    def __reduce_ex__(self, protocol: Any) -> Never:
        raise TypeError("an AsyncEngine can't be pickled or copied: make another one")


_around: WeakValueDictionary[Connection, AsyncConnection] = WeakValueDictionary()


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

    def __reduce_ex__(self, protocol: Any) -> Never:
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

    @overload
    async def execute(
        self,
        statement: ReturnsRows[*Ts],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]: ...
    async def execute(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run *statement* and return its result, all rows fetched: see Connection.execute."""
        result = await self._execute(statement, parameters, execution_options)
        if result._streams():
            await self.one_task.run(result.fill_steps(None))
        return result

    def _execute(
        self, statement: Any, parameters: Any, execution_options: Mapping[str, Any] | None
    ) -> Coroutine[Any, Any, CursorResult[*tuple[Any, ...]]]:
        return self.one_task.run(
            self.sync_connection.execute_steps(
                statement, parameters, execution_options=execution_options
            )
        )

    @overload
    async def scalar(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> R | None: ...
    @overload
    async def scalar(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any: ...
    async def scalar(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run *statement*; return the first value of its first row, None without a row."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        return result.scalar()

    @overload
    async def scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[R]: ...
    @overload
    async def scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """Run *statement*; return the first value of each row."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        return result.scalars()

    async def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run SQL text as the driver takes it: see Connection.exec_driver_sql."""
        return await self.one_task.run(
            self.sync_connection.exec_driver_sql_steps(statement, parameters, execution_options)
        )

    @overload
    def stream(
        self,
        statement: ReturnsRows[*Ts],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*Ts]]: ...
    @overload
    def stream(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*tuple[Any, ...]]]: ...
    def stream(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncResult[*tuple[Any, ...]]]:
        """Run *statement*; return a result whose rows come while they are read.

        It is awaited, or used as an async context manager.
        """
        return Started(self._stream(statement, parameters, execution_options))

    async def _stream(
        self, statement: Any, parameters: Any, execution_options: Mapping[str, Any] | None
    ) -> AsyncResult[*tuple[Any, ...]]:
        options = {"stream_results": True, **(execution_options or {})}
        return AsyncResult(await self._execute(statement, parameters, options), self.one_task)

    @overload
    def stream_scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncScalarResult[R]]: ...
    @overload
    def stream_scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[AsyncScalarResult[Any]]: ...
    def stream_scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Started[Any]:
        """Run *statement*; return the first value of each row while they are read."""
        return Started(self._stream_scalars(statement, parameters, execution_options))

    async def _stream_scalars(
        self, statement: Any, parameters: Any, execution_options: Mapping[str, Any] | None
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

    def begin(self) -> AsyncTransaction:
        """Begin a transaction, to be awaited or used as an async context manager."""
        return AsyncTransaction(self)

    def begin_nested(self) -> AsyncTransaction:
        """Set a savepoint, to be awaited or used as an async context manager."""
        return AsyncTransaction(self, nested=True)

    def begin_twophase(self, xid: str | None = None) -> AsyncTransaction:
        """Begin a transaction that can be prepared, so that several databases commit together.

        It is awaited, or used as an async context manager.  InvalidRequestError is raised where
        the database has no such transactions.
        """
        steps = self.sync_connection.begin_twophase_steps
        return AsyncTransaction(self, begin=lambda: steps(xid))

    async def recover_twophase(self) -> list[str]:
        """Return the names of transactions that were prepared and not ended."""
        return list(await self.one_task.run(self.sync_connection._prepared_steps("recover")))

    async def commit_prepared(self, xid: str) -> None:
        """Commit a transaction that was prepared, perhaps by another process."""
        await self.one_task.run(self.sync_connection._prepared_steps("commit", xid, True))

    async def rollback_prepared(self, xid: str) -> None:
        """Roll back a transaction that was prepared, perhaps by another process."""
        await self.one_task.run(self.sync_connection._prepared_steps("rollback", xid, True))

    async def commit(self) -> None:
        """Commit the transaction in progress, if there is one."""
        await self.one_task.run(self.sync_connection.commit_steps())

    async def rollback(self) -> None:
        """Roll the transaction in progress back, if there is one."""
        await self.one_task.run(self.sync_connection.rollback_steps())

    def in_transaction(self) -> bool:
        """Tell whether a transaction is in progress."""
        return self.sync_connection.in_transaction()

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint is in progress."""
        return self.sync_connection.in_nested_transaction()

    def get_transaction(self) -> AsyncTransaction | None:
        """Return the transaction in progress, or None."""
        return self._wrapped(self.sync_connection.get_transaction())

    def get_nested_transaction(self) -> AsyncTransaction | None:
        """Return the innermost savepoint, or None."""
        return self._wrapped(self.sync_connection.get_nested_transaction())

    def _wrapped(self, transaction: Transaction | None) -> AsyncTransaction | None:
        if transaction is None:
            return None
        found = _transactions.get(transaction)
        if found is None:
            found = AsyncTransaction(self, transaction.nested)
            found._started = transaction
            _transactions[transaction] = found
        return found

    # The connection itself.

    @property
    def dialect(self) -> Any:
        """The dialect of the database."""
        return self.sync_engine.dialect

    @property
    def connection(self) -> Never:
        """Refused, since a lost connection may have to be replaced: it must be awaited."""
        raise InvalidRequestError(
            "the driver's connection must be awaited", hint="await connection.get_raw_connection()"
        )

    @property
    def info(self) -> dict[str, Any]:
        """A dictionary for the user that lasts as long as the driver connection."""
        return self.sync_connection.info

    @property
    def closed(self) -> bool:
        """Whether the connection was closed."""
        return self.sync_connection.closed

    @property
    def invalidated(self) -> bool:
        """Whether the driver connection was lost."""
        return self.sync_connection.invalidated

    @property
    def default_isolation_level(self) -> str:
        """The isolation level of connections for which none was set."""
        return self.sync_connection.default_isolation_level

    async def get_isolation_level(self) -> str:
        """Return the isolation level of this connection."""
        return self.sync_connection.get_isolation_level()

    async def get_raw_connection(self) -> Any:
        """Return the driver's connection, behind a proxy that does not return it."""
        return await self.one_task.run(self.sync_connection.view_steps())

    async def execution_options(self, **opt: Any) -> Self:
        """Set options for all that this connection executes; return self."""
        self.one_task.check()
        self.sync_connection.execution_options(**opt)
        return self

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options of this connection."""
        return self.sync_connection.get_execution_options()

    async def invalidate(self, exception: BaseException | None = None) -> None:
        """Discard the driver connection; the next statement gets another one."""
        await self.one_task.run(self.sync_connection.invalidate_steps(exception))

    async def detach(self) -> None:
        """Take the driver connection out of its pool; it is closed with this object."""
        await self.one_task.run(self.sync_connection.detach_steps())

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


_transactions: WeakValueDictionary[Transaction, AsyncTransaction] = WeakValueDictionary()


class AsyncTransaction:
    """A transaction in progress; an async context manager that commits or rolls back."""

    def __init__(
        self,
        connection: AsyncConnection,
        nested: bool = False,
        *,
        begin: Callable[[], Steps[Transaction]] | None = None,
    ) -> None:
        self.connection = connection
        self.nested = nested
        self._begin = begin
        self._started: Transaction | None = None

    @property
    def sync_transaction(self) -> Transaction:
        """The transaction inside; AsyncContextNotStarted is raised before it is awaited."""
        if self._started is None:
            raise AsyncContextNotStarted(
                "this transaction was not started",
                hint="await connection.begin(), or async with connection.begin()",
            )
        return self._started

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, AsyncTransaction) or self._started is None:
            return False
        return self._started is other._started

    def __hash__(self) -> int:
        return hash(self.connection)

    async def start(self) -> Self:
        """Begin; return self."""
        if self._started is not None:
            raise AsyncContextAlreadyStarted("this transaction was started before")
        connection = self.connection.sync_connection
        begin: Callable[[], Steps[Transaction]] = connection.begin_steps
        if self.nested:
            begin = connection.begin_nested_steps
        self._started = await self.connection.one_task.run((self._begin or begin)())
        _transactions[self._started] = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    async def __aenter__(self) -> Self:
        if self._started is None:
            await self.start()
        self.sync_transaction.enter_block()
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        await self.connection.one_task.run(self.sync_transaction.exit_steps(error is not None))

    @property
    def is_active(self) -> bool:
        """Whether the transaction is in progress."""
        return self.sync_transaction.is_active

    @property
    def is_valid(self) -> bool:
        """Whether the transaction is in progress and its connection alive."""
        return self.sync_transaction.is_valid

    async def prepare(self) -> None:
        """Make the database promise that the commit will succeed: see ``begin_twophase()``."""
        await self.connection.one_task.run(self.sync_transaction.prepare_steps())

    async def commit(self) -> None:
        """Make the changes last."""
        await self.connection.one_task.run(self.sync_transaction.commit_steps())

    async def rollback(self) -> None:
        """Undo the changes."""
        await self.connection.one_task.run(self.sync_transaction.rollback_steps())

    async def close(self) -> None:
        """Roll back if the transaction is in progress."""
        await self.connection.one_task.run(self.sync_transaction.close_steps())


def create_async_engine(url: str | URL, **options: Any) -> AsyncEngine:
    """Return an engine whose driver awaits, for the database at *url*: see create_engine().

    A URL that names no driver finds the first one that awaits and is installed, and
    ``postgresql+psycopg://`` is the awaiting flavour of psycopg here::

        create_async_engine("postgresql+asyncpg://ada:secret@db/shop", pool_size=20)

    ``async_creator`` is a coroutine function that opens connections of the driver.
    InvalidRequestError is raised where the driver of *url* does not await.
    """
    return AsyncEngine(engine_for(url, options, awaits=True))


def create_async_pool_from_url(url: str | URL, **options: Any) -> Pool:
    """Return a pool of connections to the database at *url*: see create_pool_from_url().

    InvalidRequestError is raised where the driver of *url* does not await.
    """
    pool = pool_for(url, options, awaits=True)
    if not pool.opener.is_async:
        raise _does_not_await(make_url(url))
    return pool


def async_engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **options: Any
) -> AsyncEngine:
    """Return an engine whose driver awaits, for options that are text."""
    return create_async_engine(**read_configuration(configuration, prefix, options))


def _does_not_await(url: URL, driver: str | None = None) -> InvalidRequestError:
    dialect = url.get_backend_name()
    names = awaiting_names(dialect)
    return InvalidRequestError(
        f"the driver {driver or url.get_driver_name()!r} does not await",
        hint=f"name one that does: {', '.join(names)}"
        if names
        else f"no driver of {dialect} does: make the engine with create_engine()",
    )
