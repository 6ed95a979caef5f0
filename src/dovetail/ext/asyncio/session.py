"""Factories of AsyncSessions, and which AsyncSession something belongs to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from dovetail.engine import rerun
from dovetail.ext.asyncio.awaited import close_all_sessions as close_all_sessions
from dovetail.ext.asyncio.awaiting_session import (
    AsyncSession as AsyncSession,
    AsyncSessionTransaction as AsyncSessionTransaction,
    S,
)
from dovetail.orm.session import Session, object_session
from dovetail.orm.session.autoflushing import Autoflush
from dovetail.orm.session.factory import SessionFactory
from dovetail.orm.session.keywords import SessionOptions

from .engine import AsyncConnection, AsyncEngine

if TYPE_CHECKING:
    from dovetail.engine.running.attempts import AwaitingAttempt

R = TypeVar("R")


class async_sessionmaker(SessionFactory[S]):
    """A factory of AsyncSessions with the same configuration.

    ::

        Session = async_sessionmaker(engine, expire_on_commit=False)

        async with Session() as session:
            ...
        async with Session.begin() as session:  # commits at the end of the block
            ...

    ``bind``    AsyncEngine or AsyncConnection for all statements
    ``class_``  what is made, AsyncSession or a subclass; all else is handed to it
    """

    @overload
    def __init__(
        self: "async_sessionmaker[AsyncSession]",
        bind: AsyncEngine | AsyncConnection | None = None,
        **options: Unpack[SessionOptions],
    ) -> None: ...
    @overload
    def __init__(
        self, bind: AsyncEngine | AsyncConnection | None = None, *, class_: type[S], **options: Any
    ) -> None: ...
    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
        *,
        class_: Any = AsyncSession,
        autoflush: Autoflush = True,
        expire_on_commit: bool = True,
        info: Mapping[Any, Any] | None = None,
        **keywords: Any,
    ) -> None:
        own = {"bind": bind, "autoflush": autoflush, "expire_on_commit": expire_on_commit}
        self._make(class_, info, {**keywords, **own})

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[S]:
        """Open a new session in a transaction: it commits, or rolls back, and closes."""
        async with self() as session, session.begin():
            yield session

    async def run(
        self,
        work: Callable[[S], Awaitable[R]],
        *,
        retries: int = 3,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[S], Awaitable[object]] | None = None,
    ) -> R:
        """Return what *work*, awaited, returns in the first transaction that commits.

        See :meth:`dovetail.orm.sessionmaker.run`; *work* and *verify* are coroutine functions::

            async def rename(session: AsyncSession) -> None:
                (await session.get_one(User, 1)).name = "adah"


            await Factory.run(rename, isolation_level="SERIALIZABLE")
        """
        begin = self._beginning(isolation_level)
        often = self._often(retries, deadline)
        return await rerun.run_awaiting(begin, work, often, verify, _confirm)

    def attempts(
        self,
        retries: int = 3,
        *,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[S], Awaitable[object]] | None = None,
    ) -> "AsyncIterator[AwaitingAttempt[S]]":
        """Return blocks in which a transaction is run, as :meth:`run` does, until it commits.

        See :meth:`dovetail.orm.sessionmaker.attempts`::

            async for attempt in Factory.attempts(retries=5):
                async with attempt as session:
                    (await session.get_one(User, 1)).name = "adah"
        """
        begin = self._beginning(isolation_level)
        return rerun.awaiting_attempts(begin, self._often(retries, deadline), verify, _confirm)

    def _beginning(
        self, isolation_level: str | None
    ) -> Callable[[], AbstractAsyncContextManager[S]]:
        """Return what opens a new session in a transaction of this *isolation_level*."""
        local = self._isolated(isolation_level)

        @asynccontextmanager
        async def begin() -> AsyncIterator[S]:
            async with self(**local) as session, session.begin():
                yield session

        return begin


async def _confirm(session: AsyncSession) -> None:
    """Do what *session* had to do after a COMMIT that is found to have happened."""
    await session.run_steps(session._core.confirm_steps())


def async_object_session(instance: object) -> AsyncSession | None:
    """Return the AsyncSession that *instance* belongs to, or None.

    UnmappedInstanceError is raised for what is no instance of a mapped class.
    """
    found = object_session(instance)
    return None if found is None else async_session(found)


def async_session(session: Session) -> AsyncSession | None:
    """Return the AsyncSession around *session*; None for a blocking session."""
    around = getattr(session._core, "awaited_by", None)
    return None if around is None else around()
