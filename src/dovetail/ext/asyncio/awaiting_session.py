"""AsyncSession: ``await`` in front of the steps of the Session."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVarTuple, overload
from warnings import warn
from weakref import WeakValueDictionary

from typing_extensions import TypeVar, Unpack

from dovetail.engine.cursor import CursorResult
from dovetail.engine.result import Result, ScalarResult
from dovetail.event import Events
from dovetail.exc import (
    AsyncContextAlreadyStarted,
    AsyncContextNotStarted,
    DovetailDeprecationWarning,
)
from dovetail.ext.asyncio.awaited import awaited_class, close_all_sessions
from dovetail.ext.asyncio.awaiting_members import AwaitingMembers, session_face
from dovetail.ext.asyncio.bridge import run_blocking
from dovetail.ext.asyncio.engine import AsyncConnection
from dovetail.ext.asyncio.result import AsyncResult, AsyncScalarResult
from dovetail.orm.bulk.lanes import (
    insert_mappings_steps,
    save_objects_steps,
    update_mappings_steps,
)
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.merge import merge_all_steps
from dovetail.orm.session import Session
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.keyed_verbs import (
    get_by_steps,
    get_many_steps,
    get_or_create_steps,
    upsert_all_steps,
    upsert_steps,
)
from dovetail.orm.session.keywords import StatementOptions
from dovetail.orm.session.orm_execute import NO_OPTIONS
from dovetail.orm.session.persistence import mapper_for, require_found, warn_of_objects
from dovetail.orm.session.transaction import SessionTransaction
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.expression.text import TextClause
from dovetail.sql.node import ReturnsRows
from dovetail.steps import Steps

from ...sql.arguments import ManyParameters, StatementArgument
from .engine import AsyncEngine

if TYPE_CHECKING:
    from dovetail.sql.expression.dml import ReturningChange


T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
S = TypeVar("S", bound="AsyncSession", default="AsyncSession")


# The steps of verbs, where the core has none with the same parameters --------------------------


def _all_rows_steps(
    core: SessionCore,
    statement: StatementArgument,
    params: ManyParameters,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Steps[Result[*tuple[Any, ...]]]:
    """Run *statement* and fetch all rows, also where they would have come while they are read."""
    result: Result[*tuple[Any, ...]] = yield from core.execute_steps(
        statement, params, execution_options, bind_arguments
    )
    if result._streams():
        yield from result.fill_steps(None)
    return result


def _invalidate_steps(core: SessionCore) -> Steps[None]:
    return core.close_steps(invalidate=True)


def _flush_steps(core: SessionCore, objects: Iterable[Any] | None) -> Steps[None]:
    if objects is not None:
        warn_of_objects()
    return core.flush_steps(objects)


def _delete_steps(core: SessionCore, instance: object) -> Steps[None]:
    return core.delete_steps((instance,))


def _delete_all_steps(core: SessionCore, instances: Iterable[Any]) -> Steps[None]:
    return core.delete_steps(instances)


def _load_steps(core: SessionCore, instances: object, *attributes: object) -> Steps[Any]:
    return core.load_steps(instances, attributes)


def _merge_all_steps(
    core: SessionCore, instances: Iterable[T], load: bool, options: Sequence[Any] | None
) -> Steps[list[T]]:
    return merge_all_steps(core, instances, load, options or ())


def _merge_steps(
    core: SessionCore, instance: T, load: bool, options: Sequence[Any] | None
) -> Steps[T]:
    merged: list[T] = yield from merge_all_steps(core, [instance], load, options or ())
    return merged[0]


def _bulk_insert_steps(core: SessionCore, mapper: Mapper, *how: Any) -> Steps[None]:
    return insert_mappings_steps(core, mapper_for(mapper), *how)


def _bulk_update_steps(
    core: SessionCore, mapper: Mapper, mappings: Iterable[Mapping[str, Any]]
) -> Steps[None]:
    return update_mappings_steps(core, mapper_for(mapper), mappings)


def _bulk_save_steps(core: SessionCore, objects: Iterable[Any], *how: bool) -> Steps[None]:
    return save_objects_steps(core, objects, *how)


class AsyncSession(AwaitingMembers):
    """A Session whose database work is awaited; the same flush, loaders and merge.

    What is not loaded can't be read by touching an attribute: load it with the query, or
    with ``load()``::

        async with AsyncSession(engine) as session:
            users = (await session.scalars(select(User))).all()
            await session.load(users, User.addresses)
            users[0].addresses

    An AsyncSession is for one task at a time.
    """

    @staticmethod
    def _listened_as(target: Any, family: type[Events]) -> object:
        """Events happen at the session within."""
        if isinstance(target, type):
            class_: Any = target
            return awaited_class(class_.sync_session_class)
        return target.sync_session

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

    def atomic(self, *, nested: bool = True) -> "AsyncSessionTransaction":
        """A block that happens as a whole or not at all: ``async with session.atomic(): …``.

        See ``Session.atomic``.
        """
        return AsyncSessionTransaction(self, begin=lambda core: core.atomic_steps(nested))

    commit = session_face.awaited(Session.commit)
    rollback = session_face.awaited(Session.rollback)
    release = session_face.awaited(Session.release)
    write_token = session_face.awaited(Session.write_token)
    prepare = session_face.awaited(Session.prepare)
    reset = session_face.awaited(Session.reset)
    close = session_face.awaited(Session.close)
    aclose = close
    invalidate = session_face.awaited(Session.invalidate, _invalidate_steps)

    explain = session_face.awaited(Session.explain)

    async def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> AsyncConnection:
        """The connection of the transaction in progress: see ``Session.connection``."""
        arguments = self._bind_arguments(bind_arguments)
        if "connection" in self._own:
            return self._around_connection(
                await self._own_verb(self.sync_session.connection, arguments, execution_options)
            )
        self.one_task.check()
        core = self._core
        transaction = core.transaction or core.ensure_transaction()
        transaction.hand_out()
        bind = self.sync_session.get_bind(**arguments)
        return self._around_connection(
            await self.run_steps(transaction.connection_steps(bind, execution_options))
        )

    # Statements -----------------------------------------------------------------------------------

    @overload
    async def execute(
        self,
        statement: "ReturningChange[*Ts]",
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> CursorResult[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: UpdateBase | TextClause,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> CursorResult[*tuple[Any, ...]]: ...
    @overload
    async def execute(
        self,
        statement: ReturnsRows[*Ts],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> Result[*tuple[Any, ...]]: ...
    async def execute(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result[*tuple[Any, ...]]:
        """Run *statement* and return its rows, all fetched: see ``Session.execute``."""
        if bind_arguments:
            bind_arguments = self._bind_arguments(bind_arguments)
        asked = statement, params, execution_options, bind_arguments
        if "execute" in self._own:
            return await self._own_statement("execute", *asked)  # type: ignore[no-any-return]
        return await self.one_task.run(_all_rows_steps(self._core, *asked))

    async def _own_statement(
        self,
        verb: str,
        statement: StatementArgument,
        params: ManyParameters,
        options: Mapping[str, Any],
        bind: Mapping[str, Any] | None,
    ) -> Any:
        """Await the *verb* that the class of the session inside has; all rows are fetched."""
        own = getattr(self.sync_session, verb)
        result = await self._own_verb(
            own, statement, params, execution_options=options, bind_arguments=bind
        )
        if isinstance(result, Result) and result._streams():
            await self.run_steps(result.fill_steps(None))
        return result

    @overload
    async def scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> ScalarResult[R]: ...
    @overload
    async def scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """The first item of each row: see ``Session.scalars``."""
        if bind_arguments:
            bind_arguments = self._bind_arguments(bind_arguments)
        asked = statement, params, execution_options, bind_arguments
        if "scalars" in self._own:
            return await self._own_statement("scalars", *asked)  # type: ignore[no-any-return]
        return (await self.one_task.run(_all_rows_steps(self._core, *asked))).scalars()

    @overload
    async def scalar(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> R | None: ...
    @overload
    async def scalar(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> Any: ...
    async def scalar(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """The first item of the first row, or None."""
        if bind_arguments:
            bind_arguments = self._bind_arguments(bind_arguments)
        asked = statement, params, execution_options, bind_arguments
        if "scalar" in self._own:
            return await self._own_statement("scalar", *asked)
        result = await self.one_task.run(_all_rows_steps(self._core, *asked))
        return result.scalar()

    @overload
    async def stream(
        self,
        statement: ReturnsRows[*Ts],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> AsyncResult[*Ts]: ...
    @overload
    async def stream(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> AsyncResult[*tuple[Any, ...]]: ...
    async def stream(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> AsyncResult[*tuple[Any, ...]]:
        """Run *statement* and return a result whose rows are fetched while it is read."""
        if bind_arguments:
            bind_arguments = self._bind_arguments(bind_arguments)
        own = getattr(statement, "execution_options_dict", {})
        options = {"yield_per": own.get("yield_per", 1000), **execution_options}
        result = await self.run_steps(
            self._core.execute_steps(statement, params, options, bind_arguments)
        )
        if "yield_per" not in own and "yield_per" not in execution_options:
            # Nobody spoke of parts: unique() goes with a stream.
            result._in_parts = False
        return AsyncResult(result, self.one_task)

    @overload
    async def stream_scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> AsyncScalarResult[R]: ...
    @overload
    async def stream_scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> AsyncScalarResult[Any]: ...
    async def stream_scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> AsyncScalarResult[Any]:
        """As ``stream()``, the first item of each row."""
        result = await self.stream(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        return result.scalars()

    # Instances -----------------------------------------------------------------------------------

    async def get(
        self,
        entity: type[T],
        ident: object,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool | None = None,
        with_for_update: object = None,
        identity_token: object = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T | None:
        """The instance of *entity* with the primary key *ident*, or None: see ``Session.get``."""
        if bind_arguments:
            bind_arguments = self._bind_arguments(bind_arguments)
        call = self._own_verb if "get" in self._own else self._core.started
        found: Any = call(
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
            found = await self.one_task.run(found)
        elif "get" in self._own:
            found = await found
        instance: T | None = found
        return instance

    async def get_one(
        self,
        entity: type[T],
        ident: object,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool | None = None,
        with_for_update: object = None,
        identity_token: object = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T:
        """Return the instance as ``get()`` does; NoResultFound is raised where there is none."""
        instance = await self.get(
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            identity_token=identity_token,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        found: T = require_found(instance, entity, ident)
        return found

    flush = session_face.awaited(Session.flush, _flush_steps)
    delete = session_face.awaited(Session.delete, _delete_steps)
    delete_all = session_face.awaited(Session.delete_all, _delete_all_steps)

    async def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: object = None,
    ) -> None:
        """Read *instance* again: see ``Session.refresh``."""
        if "refresh" in self._own:
            verb = self.sync_session.refresh
            await self._own_verb(verb, instance, attribute_names, with_for_update)
            return
        await self.run_steps(
            self._core.refresh_instance_steps(instance, attribute_names, with_for_update)
        )

    get_many = session_face.awaited(Session.get_many, get_many_steps)
    get_by = session_face.awaited(Session.get_by, get_by_steps)
    get_or_create = session_face.awaited(Session.get_or_create, get_or_create_steps)
    upsert = session_face.awaited(Session.upsert, upsert_steps)
    upsert_all = session_face.awaited(Session.upsert_all, upsert_all_steps)

    load = session_face.awaited(Session.load, _load_steps)
    merge = session_face.awaited(Session.merge, _merge_steps)
    merge_all = session_face.awaited(Session.merge_all, _merge_all_steps)
    bulk_insert_mappings = session_face.awaited(Session.bulk_insert_mappings, _bulk_insert_steps)
    bulk_update_mappings = session_face.awaited(Session.bulk_update_mappings, _bulk_update_steps)
    bulk_save_objects = session_face.awaited(Session.bulk_save_objects, _bulk_save_steps)

    async def run_sync(
        self, fn: Callable[Concatenate[Session, P], R], *arg: P.args, **kw: P.kwargs
    ) -> R:
        """Return ``fn(session, …)``, blocking code, called in this task; lazy loading works in it.

        *fn* gets the Session inside, and may use all of its verbs::

            def names(session: Session) -> list[str]:
                return [line.item for order in session.scalars(query) for line in order.lines]


            await session.run_sync(names)
        """
        return await self.one_task.during(run_blocking(fn, self.sync_session, *arg, **kw))

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

    @staticmethod
    async def close_all() -> None:
        """Close every AsyncSession of this process: a former ``close_all_sessions()``."""
        warn(
            "AsyncSession.close_all() is a former spelling: await close_all_sessions()",
            DovetailDeprecationWarning,
            stacklevel=2,
        )
        await close_all_sessions()


_around: WeakValueDictionary[SessionTransaction, "AsyncSessionTransaction"] = WeakValueDictionary()


class AsyncSessionTransaction:
    """A transaction, or savepoint, of an AsyncSession: awaited, or an ``async with`` block."""

    def __init__(
        self,
        session: AsyncSession,
        nested: bool = False,
        begin: Callable[[SessionCore], Steps[SessionTransaction]] | None = None,
    ) -> None:
        self.session = session
        self.nested = nested
        self._begin = begin
        self.sync_transaction: SessionTransaction | None = None

    async def start(self) -> Self:
        """Begin; return self."""
        if self.sync_transaction is not None:
            raise AsyncContextAlreadyStarted("this transaction was started before")
        own = self.session._core
        if self._begin is not None:
            started = await self.session.run_steps(self._begin(own))
            self.nested = started.nested
        elif self.nested:
            started = await self.session.run_steps(own.begin_nested_steps())
        else:
            self.session.one_task.check()
            started = own.begin_transaction()
        self.sync_transaction = started
        _around[started] = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    def _started(self) -> SessionTransaction:
        if self.sync_transaction is None:
            raise AsyncContextNotStarted(
                "this transaction has not begun", hint="await it, or use it with async with"
            )
        return self.sync_transaction

    @property
    def is_active(self) -> bool:
        """True until it ends or fails."""
        return self.sync_transaction is not None and self.sync_transaction.is_active

    @property
    def connections(self) -> frozenset[AsyncConnection]:
        """The connections that take part; of a savepoint, those that were used within it."""
        around = self.session._around_connection
        return frozenset(around(found) for found in self._started().connections)

    def bound_connection(
        self,
        bindkey: Mapper | type | None = None,
        *,
        bind: AsyncEngine | AsyncConnection | None = None,
        **kw: object,
    ) -> AsyncConnection:
        """Return the connection that takes part, for a mapped class where there are several.

        InvalidRequestError is raised where there is none yet: ``session.connection()`` takes one.
        """
        arguments = self.session._bind_arguments({**kw, "bind": bind} if bind is not None else kw)
        found = self._started().bound_connection(bindkey, **arguments)
        return self.session._around_connection(found)

    async def commit(self) -> None:
        """Commit, or release the savepoint."""
        await self.session.run_steps(self.session._core.commit_one_steps(self._started()))

    async def rollback(self) -> None:
        """Roll back."""
        session = self.session
        await session.run_steps(session._core.rollback_until_steps(self._started()))

    async def __aenter__(self) -> Self:
        if self.sync_transaction is None:
            await self.start()
        self._started().enter_block()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        transaction = self._started()
        transaction.leave_block()
        await self.session.run_steps(transaction.exit_steps(kind))
