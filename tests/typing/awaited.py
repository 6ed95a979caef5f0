"""What a program of awaited sessions is, to type checkers: see ``sessions.py``."""

from collections.abc import Sequence
from typing import assert_type

from dovetail import Row, select
from dovetail.ext.asyncio import (
    AsyncConnection,
    AsyncResult,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_async_engine("sqlite+aiosqlite://")
maker = async_sessionmaker(engine, expire_on_commit=False)


def count(session: Session, least: int) -> int:
    return len(session.scalars(select(User).where(User.id > least)).all())


async def sessions() -> None:
    assert_type(maker, async_sessionmaker[AsyncSession])
    async with maker() as session:
        assert_type(session, AsyncSession)
        assert_type(await session.get(User, 1), User | None)
        assert_type((await session.get_one(User, 1)).name, str)
        assert_type((await session.scalars(select(User))).all(), Sequence[User])
        rows = (await session.execute(select(User.id, User.name))).all()
        assert_type(rows, Sequence[Row[int, str]])
        assert_type((await session.execute(select(User))).scalar_one_or_none(), User | None)
        assert_type(await session.scalar(select(User.name)), str | None)  # more precise
        assert_type(await session.stream(select(User.id, User.name)), AsyncResult[int, str])
        async for user in await session.stream_scalars(select(User)):
            assert_type(user, User)
        assert_type(await session.run_sync(count, 5), int)
        assert_type(await session.run_sync(lambda blocking: blocking.get(User, 1)), User | None)
        assert_type(await session.merge(User()), User)
        assert_type(await session.connection(), AsyncConnection)
    async with maker.begin() as session:
        assert_type(session, AsyncSession)


async def scoped() -> None:
    current = async_scoped_session(maker, scopefunc=lambda: 1)
    assert_type(current(), AsyncSession)
    assert_type(await current.get(User, 1), User | None)
    assert_type((await current.scalars(select(User))).all(), Sequence[User])


async def connections() -> None:
    async with engine.begin() as connection:
        assert_type((await connection.execute(select(User.id))).all(), Sequence[Row[int]])
        assert_type(await connection.scalar(select(User.id)), int | None)  # more precise
        await connection.run_sync(Base.metadata.create_all)
