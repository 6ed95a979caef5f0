"""What expired is read again with what its query loaded with it: blocking and awaiting sessions."""

import asyncio

import pytest

from dovetail import ForeignKey, create_engine, select
from dovetail.ext.asyncio import AsyncAttrs, AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    players: Mapped[list["Player"]] = relationship()
    cups: Mapped[list["Cup"]] = relationship(lazy="joined")


class Player(Base):
    __tablename__ = "player"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))


class Cup(Base):
    __tablename__ = "cup"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))


def filled():
    return Team(id=1, name="t", players=[Player(), Player()], cups=[Cup()])


def loaded(team):
    return {name for name in ("name", "players", "cups") if name in team.__dict__}


OPTIONS = {"selectin": selectinload, "joined": joinedload, "subquery": subqueryload}


@pytest.fixture(params=[None, *OPTIONS], ids=str)
def option(request):
    return OPTIONS.get(request.param)


@pytest.fixture
def query(option):
    return select(Team) if option is None else select(Team).options(option(Team.players))


@pytest.fixture
def expected(option):
    return {"name", "cups"} | ({"players"} if option is not None else set())


def read_by_get(session, team):
    assert session.get(Team, 1) is team


def read_by_name(session, team):
    assert team.name == "t"


def read_by_refresh(session, team):
    session.refresh(team)


@pytest.mark.parametrize("read", [read_by_get, read_by_name, read_by_refresh])
def test_a_blocking_session_reads_it_again(query, expected, read):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(filled())
        session.commit()
        session.expunge_all()
        team = session.scalars(query).unique().one()
        for _ in range(2):
            session.commit()
            assert loaded(team) == set()
            read(session, team)
            assert loaded(team) == expected
        with session.watch() as watched:
            read_by_get(session, team)
        assert watched.statements == []


async def await_get(session, team):
    assert await session.get(Team, 1) is team


async def await_name(session, team):
    assert await team.awaitable_attrs.name == "t"


async def await_refresh(session, team):
    await session.refresh(team)


@pytest.mark.parametrize("read", [await_get, await_name, await_refresh])
def test_an_awaiting_session_reads_it_again(query, expected, read):
    async def program():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add(filled())
            await session.commit()
            session.expunge_all()
            team = (await session.scalars(query)).unique().one()
            for _ in range(2):
                await session.commit()
                assert loaded(team) == set()
                await read(session, team)
                assert loaded(team) == expected
                assert "players" not in expected or len(team.players) == 2
        await engine.dispose()

    asyncio.run(program())
