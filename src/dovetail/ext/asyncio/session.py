"""AsyncSession: ``await`` in front of the steps of the Session."""

from asyncio import Task, current_task
from collections.abc import (
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager, asynccontextmanager
from types import GeneratorType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Self,
    TypeVarTuple,
    Unpack,
    overload,
)
from warnings import warn
from weakref import WeakValueDictionary, ref

from typing_extensions import TypeVar

from dovetail.engine.cursor import CursorResult
from dovetail.engine.result import Result, ScalarResult
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    InvalidRequestError,
    LazyLoadError,
)
from dovetail.ext.asyncio.bridge import run_blocking
from dovetail.ext.asyncio.engine import AsyncConnection, AsyncEngine
from dovetail.ext.asyncio.result import AsyncResult, AsyncScalarResult
from dovetail.orm.bulk.lanes import (
    insert_mappings_steps,
    save_objects_steps,
    update_mappings_steps,
)
from dovetail.orm.execution import NO_OPTIONS
from dovetail.orm.keywords import GetOptions, SessionOptions, StatementOptions
from dovetail.orm.merge import merge_all_steps
from dovetail.orm.persistence import require_found, warn_of_objects
from dovetail.orm.session import Session, object_session, used_at_once
from dovetail.orm.session_events import SessionEvents
from dovetail.orm.tracking.state import sessions
from dovetail.orm.transaction import SessionTransaction
from dovetail.sql.dml import UpdateBase
from dovetail.sql.node import ReturnsRows
from dovetail.sql.text import TextClause
from dovetail.steps import Steps, bridging, run_async, run_sync

if TYPE_CHECKING:
    from dovetail.sql.dml import ReturningChange

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
S = TypeVar("S", bound="AsyncSession", default="AsyncSession")


class NeedsDatabaseError(Exception):
    """An attribute that is read needs *steps* to be run first; ``error`` says so to users."""

    def __init__(self, steps: Steps[None], error: LazyLoadError) -> None:
        super().__init__(str(error))
        self.steps = steps
        self.error = error


class AwaitedSession(Session):
    """The Session within an AsyncSession: it refuses to block.

    Reading an attribute that is not loaded is an error that names the attribute, unless the
    identity map has the answer or ``AsyncSession.run_sync()`` is running.
    """

    awaited_by: ref["AsyncSession"] | None = None
    """The AsyncSession around this one."""

    _is_starting = False

    def _run(self, steps: Steps[R]) -> R:
        if self._is_starting:
            # The answer of started(), which its caller awaits.
            return steps  # type: ignore[return-value]
        return super()._run(steps)

    def started(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Call *function*, blocking code, up to where it needs the database.

        Return its answer, if it has one by then, or else the steps of a verb of this session
        that give it; NeedsDatabaseError is raised where it reads what is not loaded.
        """
        outer, self._is_starting = self._is_starting, True
        try:
            return function(*arguments, **keywords)
        finally:
            self._is_starting = outer

    def _run_lazy(self, steps: Steps[None], instance: Any, attribute: Any) -> None:
        if self._is_starting:
            error = LazyLoadError.awaiting(type(instance).__name__, attribute.key)
            raise NeedsDatabaseError(steps, error)
        if bridging.find() is not None:
            run_sync(steps)
            return
        try:
            next(steps)
        except StopIteration:
            return
        # Those who wait for the answer let go as they do after any failure.
        steps.throw(LazyLoadError.awaiting(type(instance).__name__, attribute.key))


def awaited_class(class_: type[Session]) -> type[AwaitedSession]:
    """Return a subclass of *class_*, a class of sessions, whose sessions are awaited."""
    if class_ is Session:
        return AwaitedSession
    if issubclass(class_, AwaitedSession):
        return class_
    made: type[AwaitedSession] | None = vars(class_).get("__awaited__")
    if made is None:
        made = type(class_.__name__, (AwaitedSession, class_), {})
        type.__setattr__(class_, "__awaited__", made)
    return made


class AsyncSession:
    """A Session whose database work is awaited; the same flush, loaders and merge.

    What is not loaded can't be read by touching an attribute: load it with the query, or
    with ``load()``::

        async with AsyncSession(engine) as session:
            users = (await session.scalars(select(User))).all()
            await session.load(users, User.addresses)
            users[0].addresses

    An AsyncSession is for one task at a time.
    """

    sync_session_class: type[Session] = Session
    """The class of the session inside, unless one is given: it is made one that can be awaited."""

    def __init__(
        self,
        bind: Any = None,
        *,
        binds: Mapping[Any, Any] | None = None,
        sync_session_class: type[Session] | None = None,
        **keywords: Any,
    ) -> None:
        if keywords.get("autocommit"):
            raise ArgumentError(
                "autocommit=True is for blocking sessions alone",
                hint="async with session.begin(): … around what belongs together",
            )
        own = {key: _blocking(value) for key, value in (binds or {}).items()}
        if sync_session_class is not None:
            self.sync_session_class = sync_session_class
        class_ = awaited_class(self.sync_session_class)
        self.bind = bind
        self.binds = binds
        self.sync_session: AwaitedSession = class_(_blocking(bind), binds=own, **keywords)
        self.sync_session.awaited_by = ref(self)
        self._task: Task[Any] | None = None

    async def run_steps(self, steps: Steps[R]) -> R:
        """Run *steps* of the session inside in this task, and refuse those of another meanwhile."""
        task = current_task()
        if self._task is not None and self._task is not task:
            steps.close()
            raise used_at_once("another task")
        outer, self._task = self._task, task
        try:
            return await run_async(steps)
        finally:
            self._task = outer

    # Blocks -------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def begin(self) -> "AsyncSessionTransaction":
        """A transaction: ``async with session.begin(): …``, or awaited."""
        return AsyncSessionTransaction(self)

    def begin_nested(self) -> "AsyncSessionTransaction":
        """A savepoint: ``async with session.begin_nested(): …``, or awaited."""
        return AsyncSessionTransaction(self, nested=True)

    async def commit(self) -> None:
        """Flush and commit: see ``Session.commit``."""
        await self.run_steps(self.sync_session.commit_steps())

    async def rollback(self) -> None:
        """Roll back: see ``Session.rollback``."""
        await self.run_steps(self.sync_session.rollback_steps())

    async def close(self) -> None:
        """Detach all instances and give connections back: see ``Session.close``."""
        await self.run_steps(self.sync_session.close_steps())

    aclose = close

    async def reset(self) -> None:
        """As ``close()``; the session can be used again: see ``Session.reset``."""
        await self.run_steps(self.sync_session.reset_steps())

    async def invalidate(self) -> None:
        """Close, and discard the connections in use."""
        await self.run_steps(self.sync_session.close_steps(invalidate=True))

    async def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> AsyncConnection:
        """The connection of the transaction in progress: see ``Session.connection``."""
        session = self.sync_session
        transaction = session._transaction or session._autobegin()
        if session.row_source is not None:
            session.row_source.handed_out(transaction)
        bind = session.get_bind(**dict(bind_arguments or {}))
        connection = await self.run_steps(transaction.connection_steps(bind, execution_options))
        engine = self.bind if isinstance(self.bind, AsyncEngine) else AsyncEngine(connection.engine)
        return AsyncConnection.around(connection, engine)

    # Statements -----------------------------------------------------------------------------------

    @overload
    async def execute(
        self,
        statement: "ReturningChange[*Ts]",
        params: Any = None,
        **options: Unpack[StatementOptions],
    ) -> CursorResult[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: UpdateBase | TextClause,
        params: Any = None,
        **options: Unpack[StatementOptions],
    ) -> CursorResult[*tuple[Any, ...]]: ...
    @overload
    async def execute(
        self, statement: ReturnsRows[*Ts], params: Any = None, **options: Unpack[StatementOptions]
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> Result[*tuple[Any, ...]]: ...
    async def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result[*tuple[Any, ...]]:
        """Run *statement* and return its rows, all fetched: see ``Session.execute``."""
        result: Result[*tuple[Any, ...]] = await self.run_steps(
            self.sync_session.execute_steps(statement, params, execution_options, bind_arguments)
        )
        await self.run_steps(result.fill_steps(None))
        return result

    @overload
    async def scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: Any = None,
        **options: Unpack[StatementOptions],
    ) -> ScalarResult[R]: ...
    @overload
    async def scalars(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> ScalarResult[Any]:
        """The first item of each row: see ``Session.scalars``."""
        result: Result[*tuple[Any, ...]] = await self.execute(statement, params, **options)
        return result.scalars()

    @overload
    async def scalar(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: Any = None,
        **options: Unpack[StatementOptions],
    ) -> R | None: ...
    @overload
    async def scalar(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> Any: ...
    async def scalar(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> Any:
        """The first item of the first row, or None."""
        result = await self.execute(statement, params, **options)
        return result.scalar()

    @overload
    async def stream(
        self, statement: ReturnsRows[*Ts], params: Any = None, **options: Unpack[StatementOptions]
    ) -> AsyncResult[*Ts]: ...
    @overload
    async def stream(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> AsyncResult[*tuple[Any, ...]]: ...
    async def stream(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> AsyncResult[*tuple[Any, ...]]:
        """Run *statement* and return a result whose rows are fetched while it is read."""
        own = getattr(statement, "execution_options_dict", {})
        options = {"yield_per": own.get("yield_per", 1000), **execution_options}
        result = await self.run_steps(
            self.sync_session.execute_steps(statement, params, options, bind_arguments)
        )
        return AsyncResult(result)

    @overload
    async def stream_scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: Any = None,
        **options: Unpack[StatementOptions],
    ) -> AsyncScalarResult[R]: ...
    @overload
    async def stream_scalars(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> AsyncScalarResult[Any]: ...
    async def stream_scalars(
        self, statement: Any, params: Any = None, **options: Unpack[StatementOptions]
    ) -> AsyncScalarResult[Any]:
        """As ``stream()``, the first item of each row."""
        result = await self.stream(statement, params, **options)
        return result.scalars()

    # Instances -----------------------------------------------------------------------------------

    async def get(
        self,
        entity: type[T],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool | None = None,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T | None:
        """The instance of *entity* with the primary key *ident*, or None: see ``Session.get``."""
        found: Any = self.sync_session.started(
            self.sync_session.get,
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            identity_token=identity_token,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        if isinstance(found, GeneratorType):
            found = await self.run_steps(found)
        instance: T | None = found
        return instance

    async def get_one(self, entity: type[T], ident: Any, **keywords: Unpack[GetOptions]) -> T:
        """As ``get()``, but NoResultFound is raised where there is no such row."""
        found: T = require_found(await self.get(entity, ident, **keywords), entity, ident)
        return found

    async def flush(self, objects: Iterable[Any] | None = None) -> None:
        """Write pending changes: see ``Session.flush``."""
        if objects is not None:
            warn_of_objects()
        await self.run_steps(self.sync_session.flush_steps(objects))

    async def delete(self, instance: Any) -> None:
        """Delete the row of *instance* at the next flush: see ``Session.delete``."""
        await self.run_steps(self.sync_session.delete_steps((instance,)))

    async def delete_all(self, instances: Iterable[Any]) -> None:
        """Delete the rows of all *instances* at the next flush."""
        await self.run_steps(self.sync_session.delete_steps(instances))

    async def refresh(
        self,
        instance: Any,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Read *instance* again: see ``Session.refresh``."""
        await self.run_steps(
            self.sync_session.refresh_instance_steps(instance, attribute_names, with_for_update)
        )

    async def load(self, instances: Any, *attributes: Any) -> Any:
        """Load attributes onto instances that are here already: see ``Session.load``."""
        return await self.run_steps(self.sync_session.load_steps(instances, attributes))

    async def merge(
        self, instance: T, *, load: bool = True, options: Sequence[Any] | None = None
    ) -> T:
        """Copy *instance* onto the session's own: see ``Session.merge``."""
        merged: list[T] = await self.run_steps(
            merge_all_steps(self.sync_session, [instance], load, options or ())
        )
        return merged[0]

    async def merge_all(self, instances: Iterable[T], *, load: bool = True) -> list[T]:
        """Merge all *instances*; return the session's own, in the same order."""
        return await self.run_steps(merge_all_steps(self.sync_session, instances, load, ()))

    async def bulk_insert_mappings(
        self,
        mapper: Any,
        mappings: Iterable[Mapping[str, Any]],
        return_defaults: bool = False,
        render_nulls: bool = False,
    ) -> None:
        """Insert a row for each dictionary: see ``Session.bulk_insert_mappings``."""
        session = self.sync_session
        found = session.mapper_for(mapper)
        await self.run_steps(
            insert_mappings_steps(session, found, mappings, return_defaults, render_nulls)
        )

    async def bulk_update_mappings(
        self, mapper: Any, mappings: Iterable[Mapping[str, Any]]
    ) -> None:
        """Update a row for each dictionary: see ``Session.bulk_update_mappings``."""
        session = self.sync_session
        await self.run_steps(update_mappings_steps(session, session.mapper_for(mapper), mappings))

    async def bulk_save_objects(
        self,
        objects: Iterable[Any],
        return_defaults: bool = False,
        update_changed_only: bool = True,
        preserve_order: bool = True,
    ) -> None:
        """Insert or update the rows of *objects*: see ``Session.bulk_save_objects``."""
        await self.run_steps(
            save_objects_steps(
                self.sync_session, objects, return_defaults, update_changed_only, preserve_order
            )
        )

    async def run_sync(
        self,
        function: Callable[Concatenate[Session, P], R],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> R:
        """Call ``function(session, …)``, blocking code, in this task; lazy loading works in it."""
        return await run_blocking(function, self.sync_session, *arguments, **options)

    # What needs no database ----------------------------------------------------------------------

    def add(self, instance: Any) -> None:
        """Put *instance* into the session: see ``Session.add``."""
        self.sync_session.add(instance)

    def add_all(self, instances: Iterable[Any]) -> None:
        """Put all *instances* into the session."""
        self.sync_session.add_all(instances)

    def expunge(self, instance: Any) -> None:
        """Take *instance* out of the session."""
        self.sync_session.expunge(instance)

    def expunge_all(self) -> None:
        """Take all instances out of the session."""
        self.sync_session.expunge_all()

    def expire(self, instance: Any, attribute_names: Iterable[str] | None = None) -> None:
        """Let attributes of *instance* be read again."""
        self.sync_session.expire(instance, attribute_names)

    def expire_all(self) -> None:
        """Let all attributes of all instances be read again."""
        self.sync_session.expire_all()

    def is_modified(self, instance: Any, include_collections: bool = True) -> bool:
        """True when *instance* has a change that a flush would write."""
        return self.sync_session.is_modified(instance, include_collections)

    def in_transaction(self) -> bool:
        """True while a transaction is in progress."""
        return self.sync_session.in_transaction()

    def in_nested_transaction(self) -> bool:
        """True within a savepoint."""
        return self.sync_session.in_nested_transaction()

    def get_transaction(self) -> "AsyncSessionTransaction | None":
        """The transaction in progress, the outermost one, or None."""
        return self._wrapped(self.sync_session.get_transaction())

    def get_nested_transaction(self) -> "AsyncSessionTransaction | None":
        """The savepoint in progress, the innermost one, or None."""
        return self._wrapped(self.sync_session.get_nested_transaction())

    def _wrapped(self, transaction: SessionTransaction | None) -> "AsyncSessionTransaction | None":
        if transaction is None:
            return None
        found = _around.get(transaction)
        if found is None:
            found = _around[transaction] = AsyncSessionTransaction(self, nested=transaction.nested)
            found.sync_transaction = transaction
        return found

    def get_bind(self, *arguments: Any, **keywords: Any) -> Any:
        """The engine within the one that is awaited, for a mapper or statement."""
        return self.sync_session.get_bind(*arguments, **keywords)

    def get_async_bind(self, *arguments: Any, **keywords: Any) -> Any:
        """The AsyncEngine, or AsyncConnection, for a mapper or statement."""
        found: Any = self.sync_session.get_bind(*arguments, **keywords)
        for bind in (self.bind, *(self.binds or {}).values()):
            if _blocking(bind) is found:
                return bind
        return AsyncEngine(found)

    @property
    def no_autoflush(self) -> AbstractContextManager[Any]:
        """A block in which queries do not flush first."""
        return self.sync_session.no_autoflush

    @property
    def new(self) -> Any:
        """The instances that the next flush inserts."""
        return self.sync_session.new

    @property
    def dirty(self) -> Any:
        """The instances with attributes set since the last flush."""
        return self.sync_session.dirty

    @property
    def deleted(self) -> Any:
        """The instances that the next flush deletes."""
        return self.sync_session.deleted

    @property
    def identity_map(self) -> Any:
        """The persistent instances by identity key."""
        return self.sync_session.identity_map

    @property
    def is_active(self) -> bool:
        """False after a failed flush, until ``rollback()``."""
        return self.sync_session.is_active

    @property
    def info(self) -> dict[Any, Any]:
        """The user's dictionary."""
        return self.sync_session.info

    @property
    def autoflush(self) -> bool:
        """Whether queries flush first."""
        return self.sync_session.autoflush

    @autoflush.setter
    def autoflush(self, value: bool) -> None:
        self.sync_session.autoflush = value

    def __contains__(self, instance: Any) -> bool:
        return instance in self.sync_session

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sync_session)

    @classmethod
    def object_session(cls, instance: Any) -> Session | None:
        """The session within the AsyncSession that *instance* belongs to, or None."""
        return object_session(instance)

    @classmethod
    def identity_key(cls, *args: Any, **keywords: Any) -> tuple[Any, ...]:
        """The identity key of an instance, or of a class and a primary key."""
        return Session.identity_key(*args, **keywords)

    @staticmethod
    async def close_all() -> None:
        """Close every AsyncSession of this process: a former ``close_all_sessions()``."""
        warn(
            "AsyncSession.close_all() is a former spelling: await close_all_sessions()",
            DovetailDeprecationWarning,
            stacklevel=2,
        )
        await close_all_sessions()


async def close_all_sessions() -> None:
    """Close every AsyncSession of this process: for the end of tests."""
    for session in list(sessions):
        if isinstance(session, AwaitedSession):
            await run_async(session.close_steps())


def _blocking(bind: Any) -> Any:
    """The engine or connection inside an awaiting one."""
    if isinstance(bind, AsyncEngine):
        return bind.sync_engine
    if isinstance(bind, AsyncConnection):
        return bind.sync_connection
    if bind is not None:
        raise ArgumentError(
            f"an AsyncSession needs an AsyncEngine or AsyncConnection, not {bind!r}",
            hint="make the engine with create_async_engine()",
        )
    return None


_around: WeakValueDictionary[SessionTransaction, "AsyncSessionTransaction"] = WeakValueDictionary()


class AsyncSessionTransaction:
    """A transaction, or savepoint, of an AsyncSession: awaited, or an ``async with`` block."""

    def __init__(self, session: AsyncSession, *, nested: bool = False) -> None:
        self.session = session
        self.nested = nested
        self.sync_transaction: SessionTransaction | None = None

    async def start(self) -> Self:
        """Begin."""
        own = self.session.sync_session
        if self.nested:
            self.sync_transaction = await self.session.run_steps(own.begin_nested_steps())
        else:
            self.sync_transaction = own.begin_transaction()
        _around[self.sync_transaction] = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    def _started(self) -> SessionTransaction:
        if self.sync_transaction is None:
            raise InvalidRequestError(
                "this transaction has not begun", hint="await it, or use it with async with"
            )
        return self.sync_transaction

    @property
    def is_active(self) -> bool:
        """True until it ends or fails."""
        return self.sync_transaction is not None and self.sync_transaction.is_active

    async def commit(self) -> None:
        """Commit, or release the savepoint."""
        await self.session.run_steps(self.session.sync_session.commit_one_steps(self._started()))

    async def rollback(self) -> None:
        """Roll back."""
        session = self.session
        await session.run_steps(session.sync_session.rollback_until_steps(self._started()))

    async def __aenter__(self) -> Self:
        if self.sync_transaction is None:
            await self.start()
        self._started().enter_block()
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        transaction = self._started()
        transaction.leave_block()
        await self.session.run_steps(transaction.exit_steps(kind))


class async_sessionmaker(Generic[S]):
    """A factory of AsyncSessions with the same configuration."""

    @overload
    def __init__(
        self: "async_sessionmaker[AsyncSession]",
        bind: Any = None,
        **options: Unpack[SessionOptions],
    ) -> None: ...
    @overload
    def __init__(self, bind: Any = None, *, class_: type[S], **options: Any) -> None: ...
    def __init__(self, bind: Any = None, *, class_: Any = AsyncSession, **keywords: Any) -> None:
        self.kw = {"bind": bind, **keywords}
        self.class_: type[S] = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def __call__(self, **local: Any) -> S:
        """A new session; the keywords win over the factory's own."""
        return self.class_(**{**self.kw, **local})

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[S]:
        """A block with a new session in a transaction: it commits, or rolls back, and closes."""
        async with self() as session, session.begin():
            yield session

    def configure(self, **changes: Any) -> None:
        """Change the configuration of sessions made later."""
        self.kw.update(changes)


def async_object_session(instance: Any) -> AsyncSession | None:
    """Return the AsyncSession that *instance* belongs to, or None.

    UnmappedInstanceError is raised for what is no instance of a mapped class.
    """
    found = object_session(instance)
    return None if found is None else async_session(found)


def async_session(session: Session) -> AsyncSession | None:
    """Return the AsyncSession around *session*; None for a blocking session."""
    around = getattr(session, "awaited_by", None)
    return None if around is None else around()


def _blocking_session(target: Any) -> Any:
    """What is listened to in place of *target*, an AsyncSession or a class of these."""
    if isinstance(target, type):
        class_: Any = target
        return awaited_class(class_.sync_session_class)
    return target.sync_session


SessionEvents.stand_ins[AsyncSession] = _blocking_session
