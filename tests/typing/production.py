"""What a program that runs transactions again is, to type checkers: see ``sessions.py``.

It has no peer: nobody else has these verbs.
"""

from typing import assert_type

from dovetail import create_engine
from dovetail.ext.asyncio import (
    AsyncSession,
    AsyncSessionTransaction,
    async_sessionmaker,
    create_async_engine,
)
from dovetail.ext.outbox import Delivery, Event, Outbox
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    mapped_column,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite://")
maker = sessionmaker(engine)
async_engine = create_async_engine("sqlite+aiosqlite://")
awaiting = async_sessionmaker(async_engine)


async def one_user(session: AsyncSession) -> User:
    return await session.get_one(User, 1)


def blocks(session: Session) -> None:
    session.on_commit(lambda: print("there"))
    with session.atomic(nested=False) as transaction:
        assert_type(transaction, SessionTransaction)


def keys(session: Session) -> None:
    assert_type(session.get_many(User, [1, 2]), list[User | None])
    assert_type(session.get_by(User, name="ada"), User | None)
    assert_type(session.get_or_create(User, name="ada"), tuple[User, bool])
    assert_type(session.upsert(User(name="ada"), key=User.name), User)
    assert_type(session.upsert_all([User(name="ada")]), list[User])


async def awaited_keys(session: AsyncSession) -> None:
    assert_type(await session.get_many(User, [1, 2]), list[User | None])
    assert_type(await session.get_by(User, name="ada"), User | None)
    assert_type(await session.get_or_create(User, name="ada"), tuple[User, bool])
    assert_type(await session.upsert(User(name="ada"), key=User.name), User)


async def awaited_blocks(session: AsyncSession) -> None:
    async with session.atomic() as transaction:
        session.on_commit(lambda: one_user(session))
        assert_type(transaction, AsyncSessionTransaction)


def runs() -> None:
    assert_type(maker.run(lambda session: session.get_one(User, 1)), User)
    for attempt in maker.attempts(5, deadline=2.5):
        with attempt as session:
            assert_type(session, Session)
    assert_type(engine.run(lambda connection: connection.in_transaction()), bool)


async def awaited_runs() -> None:
    assert_type(await awaiting.run(one_user, retries=1), User)
    async for attempt in awaiting.attempts():
        async with attempt as session:
            assert_type(session, AsyncSession)


def events() -> None:
    outbox = Outbox(Base.metadata)
    with Session(engine, outbox=outbox, hold="statement") as session:
        session.outbox.add(Event("user.created", {"name": "ada"}, key="ada"))
        assert_type(session.hold, str)
    for event in outbox.relay(engine, batch=10):
        assert_type(event, Delivery)
        assert_type(event.key, str | None)


async def awaited_events() -> None:
    outbox = Outbox(Base.metadata)
    async with awaiting(outbox=outbox) as session:
        session.outbox.add(Event("user.created"))
    async for event in outbox.relay(async_engine, wait=1):
        assert_type(event, Delivery)


def replicas() -> None:
    reading = create_engine("sqlite://", replicas=["sqlite://"], replica_max_lag=10)
    with Session(reading, reads="replica", after=None) as session:
        assert_type(session.reads, str)
        assert_type(session.write_token(), str)


async def awaited_tokens(session: AsyncSession) -> None:
    assert_type(await session.write_token(), str)
