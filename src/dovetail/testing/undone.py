"""Sessions whose work is undone at the end, whatever was committed on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..engine.connection import Connection
from ..engine.engine import Engine
from ..exc import InvalidRequestError
from ..ext.asyncio import AsyncEngine, AsyncSession
from ..orm.session.session import Session

_current: list[Session] = []

JOINING = {"join_transaction_mode": "create_savepoint"}
"""How sessions take part in the transaction that is undone: a commit of theirs is a savepoint's."""


@contextmanager
def undone_connection(engine: Engine) -> Iterator[Connection]:
    """A connection of *engine* in a transaction that is rolled back at the end.

    A session on it commits as ever, where it is made with
    ``join_transaction_mode="create_savepoint"``.
    """
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            if transaction.is_active:
                transaction.rollback()


@contextmanager
def undone_session(engine: Engine, **options: Any) -> Iterator[Session]:
    """A session on *engine* that may commit and roll back, and leaves nothing behind.

    *options* are those of :class:`~dovetail.orm.Session`::

        with undone_session(engine) as session:
            session.add(User(name="ada"))
            session.commit()
        # and the table is as it was
    """
    options = {**JOINING, **options}
    with (
        undone_connection(engine) as connection,
        session_here(Session(connection, **options)) as session,
    ):
        yield session


@asynccontextmanager
async def undone_async_session(engine: AsyncEngine, **options: Any) -> AsyncIterator[AsyncSession]:
    """An AsyncSession on *engine* that leaves nothing behind: see :func:`undone_session`."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        try:
            async with AsyncSession(connection, **{**JOINING, **options}) as session:
                yield session
        finally:
            if transaction.is_active:
                await transaction.rollback()


@contextmanager
def session_here(session: Session) -> Iterator[Session]:
    """Let *session* be what :func:`current_session` gives in the block, and close it then."""
    _current.append(session)
    try:
        with session:
            yield session
    finally:
        _current.remove(session)


def current_session() -> Session:
    """Return the session of the test that is running, for what makes instances.

    factory_boy takes it, with ``dovetail.as_sqlalchemy``, as ``sqlalchemy_session_factory``::

        class UserFactory(SQLAlchemyModelFactory):
            class Meta:
                model = User
                sqlalchemy_session_factory = current_session

    InvalidRequestError is raised where no test is running that has one.
    """
    if not _current:
        raise InvalidRequestError(
            "no test with a session is running", hint="let the test take the fixture db_session"
        )
    return _current[-1]
