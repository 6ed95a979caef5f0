"""One AsyncSession for each task, or for whatever a scope function tells apart."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from dovetail.exc import ArgumentError
from dovetail.ext.asyncio.awaiting_session import AsyncSession, S
from dovetail.orm.scoped import ScopedFace, handed
from dovetail.orm.session import Session

P = ParamSpec("P")
R = TypeVar("R")


class async_scoped_session(ScopedFace[S]):
    """The AsyncSession of the current scope, under one name::

        Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)
        await Session.scalars(select(User))
        await Session.remove()     # in the same scope, always: nothing else forgets the session

    It has every method and attribute of the AsyncSession, for the current one: the one that is
    current where the method is called, not where what it returns is awaited.  *scopefunc* is
    needed, for all tasks share a thread.
    """

    def __init__(self, session_factory: Callable[..., S], scopefunc: Callable[[], Any]) -> None:
        if not callable(scopefunc):
            raise ArgumentError(
                f"a scope function is needed, not {scopefunc!r}: all tasks share a thread",
                hint="async_scoped_session(async_sessionmaker(engine), asyncio.current_task)",
            )
        super().__init__(session_factory, scopefunc)

    async def remove(self) -> None:
        """Close the current session, if there is one, and forget it."""
        if self.registry.has():
            try:
                await self.registry().close()
            finally:
                self.registry.clear()

    async def run_sync(
        self, fn: Callable[Concatenate[Session, P], R], *arg: P.args, **kw: P.kwargs
    ) -> R:
        """Return ``fn(session, …)``, blocking code with the current session, run in this task."""
        return await self.registry().run_sync(fn, *arg, **kw)  # type: ignore[no-any-return]

    aclose = handed(AsyncSession.aclose)
    add = handed(AsyncSession.add)
    add_all = handed(AsyncSession.add_all)
    begin = handed(AsyncSession.begin)
    begin_nested = handed(AsyncSession.begin_nested)
    bind_mapper = handed(AsyncSession.bind_mapper)
    bind_table = handed(AsyncSession.bind_table)
    bulk_insert_mappings = handed(AsyncSession.bulk_insert_mappings)
    bulk_save_objects = handed(AsyncSession.bulk_save_objects)
    bulk_update_mappings = handed(AsyncSession.bulk_update_mappings)
    close = handed(AsyncSession.close)
    commit = handed(AsyncSession.commit)
    connection = handed(AsyncSession.connection)
    delete = handed(AsyncSession.delete)
    delete_all = handed(AsyncSession.delete_all)
    execute = handed(AsyncSession.execute)
    expire = handed(AsyncSession.expire)
    expire_all = handed(AsyncSession.expire_all)
    expunge = handed(AsyncSession.expunge)
    expunge_all = handed(AsyncSession.expunge_all)
    flush = handed(AsyncSession.flush)
    get = handed(AsyncSession.get)
    get_async_bind = handed(AsyncSession.get_async_bind)  # type: ignore[arg-type]
    get_bind = handed(AsyncSession.get_bind)  # type: ignore[arg-type]
    get_nested_transaction = handed(AsyncSession.get_nested_transaction)
    get_one = handed(AsyncSession.get_one)
    get_transaction = handed(AsyncSession.get_transaction)
    in_nested_transaction = handed(AsyncSession.in_nested_transaction)
    in_transaction = handed(AsyncSession.in_transaction)
    invalidate = handed(AsyncSession.invalidate)
    is_modified = handed(AsyncSession.is_modified)
    load = handed(AsyncSession.load)
    merge = handed(AsyncSession.merge)
    merge_all = handed(AsyncSession.merge_all)
    prepare = handed(AsyncSession.prepare)
    refresh = handed(AsyncSession.refresh)
    reset = handed(AsyncSession.reset)
    rollback = handed(AsyncSession.rollback)
    scalar = handed(AsyncSession.scalar)
    scalars = handed(AsyncSession.scalars)
    stream = handed(AsyncSession.stream)
    stream_scalars = handed(AsyncSession.stream_scalars)

    close_all = staticmethod(AsyncSession.close_all)
