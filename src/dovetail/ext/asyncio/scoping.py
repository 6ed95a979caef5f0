"""One AsyncSession for each task, or for whatever a scope function tells apart."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from dovetail.exc import ArgumentError
from dovetail.ext.asyncio.awaiting_session import AsyncSession, S
from dovetail.orm.scoped import ScopedFace, scoped_face
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

    aclose = scoped_face.passed(AsyncSession.aclose)
    add = scoped_face.passed(AsyncSession.add)
    add_all = scoped_face.passed(AsyncSession.add_all)
    atomic = scoped_face.passed(AsyncSession.atomic)
    begin = scoped_face.passed(AsyncSession.begin)
    begin_nested = scoped_face.passed(AsyncSession.begin_nested)
    bind_mapper = scoped_face.passed(AsyncSession.bind_mapper)
    bind_table = scoped_face.passed(AsyncSession.bind_table)
    bulk_insert_mappings = scoped_face.passed(AsyncSession.bulk_insert_mappings)
    bulk_save_objects = scoped_face.passed(AsyncSession.bulk_save_objects)
    bulk_update_mappings = scoped_face.passed(AsyncSession.bulk_update_mappings)
    close = scoped_face.passed(AsyncSession.close)
    commit = scoped_face.passed(AsyncSession.commit)
    connection = scoped_face.passed(AsyncSession.connection)
    delete = scoped_face.passed(AsyncSession.delete)
    delete_all = scoped_face.passed(AsyncSession.delete_all)
    execute = scoped_face.passed(AsyncSession.execute)
    explain = scoped_face.passed(AsyncSession.explain)
    expire = scoped_face.passed(AsyncSession.expire)
    expire_all = scoped_face.passed(AsyncSession.expire_all)
    expunge = scoped_face.passed(AsyncSession.expunge)
    expunge_all = scoped_face.passed(AsyncSession.expunge_all)
    flush = scoped_face.passed(AsyncSession.flush)
    get = scoped_face.passed(AsyncSession.get)
    get_async_bind = scoped_face.passed(AsyncSession.get_async_bind)  # type: ignore[arg-type]
    get_bind = scoped_face.passed(AsyncSession.get_bind)  # type: ignore[arg-type]
    get_nested_transaction = scoped_face.passed(AsyncSession.get_nested_transaction)
    get_one = scoped_face.passed(AsyncSession.get_one)
    get_transaction = scoped_face.passed(AsyncSession.get_transaction)
    in_nested_transaction = scoped_face.passed(AsyncSession.in_nested_transaction)
    in_transaction = scoped_face.passed(AsyncSession.in_transaction)
    invalidate = scoped_face.passed(AsyncSession.invalidate)
    is_modified = scoped_face.passed(AsyncSession.is_modified)
    load = scoped_face.passed(AsyncSession.load)
    merge = scoped_face.passed(AsyncSession.merge)
    merge_all = scoped_face.passed(AsyncSession.merge_all)
    get_by = scoped_face.passed(AsyncSession.get_by)
    get_many = scoped_face.passed(AsyncSession.get_many)
    get_or_create = scoped_face.passed(AsyncSession.get_or_create)
    on_commit = scoped_face.passed(AsyncSession.on_commit)
    on_rollback = scoped_face.passed(AsyncSession.on_rollback)
    prepare = scoped_face.passed(AsyncSession.prepare)
    refresh = scoped_face.passed(AsyncSession.refresh)
    reset = scoped_face.passed(AsyncSession.reset)
    rollback = scoped_face.passed(AsyncSession.rollback)
    release = scoped_face.passed(AsyncSession.release)
    write_token = scoped_face.passed(AsyncSession.write_token)
    scalar = scoped_face.passed(AsyncSession.scalar)
    scalars = scoped_face.passed(AsyncSession.scalars)
    stream = scoped_face.passed(AsyncSession.stream)
    stream_scalars = scoped_face.passed(AsyncSession.stream_scalars)
    upsert = scoped_face.passed(AsyncSession.upsert)
    upsert_all = scoped_face.passed(AsyncSession.upsert_all)
    watch = scoped_face.passed(AsyncSession.watch)

    close_all = staticmethod(AsyncSession.close_all)
