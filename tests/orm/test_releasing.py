"""A session gives its connection back between reads, and nothing is lost."""

import asyncio

import pytest

from dovetail import ForeignKey, String, create_engine, event, insert, select, text
from dovetail.exc import InvalidRequestError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    close_all_sessions,
    mapped_column,
    relationship,
)
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    pets: Mapped[list["Pet"]] = relationship(back_populates="user")


class Pet(Base):
    __tablename__ = "pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="pets")


@pytest.fixture(params=[*BACKENDS, *AWAITING_BACKENDS], ids=str)
def backend(request):
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def anywhere(backend_url):
    engine = create_engine(backend_url)
    Base.metadata.create_all(engine)
    yield engine
    close_all_sessions()
    engine.dispose()


@pytest.fixture
def file(tmp_path):
    """An engine on a file, with a user who has a pet."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    fill(engine)
    yield engine
    engine.dispose()


def fill(engine):
    with Session(engine) as session, session.begin():
        session.add(User(id=1, name="ada", pets=[Pet(id=1)]))


def test_the_connection_is_back_and_what_was_loaded_is_there(anywhere):
    fill(anywhere)
    with Session(anywhere) as session:
        ada = session.get_one(User, 1)
        assert anywhere.pool.checkedout() == 1

        session.release()

        assert anywhere.pool.checkedout() == 0
        assert not session.in_transaction()
        assert ada.__dict__["name"] == "ada"
        assert [pet.id for pet in ada.pets] == [1]
        assert session.get(User, 1) is ada


def test_what_is_pending_stays_so(file):
    with Session(file, autoflush=False) as session:
        ada = session.get_one(User, 1)
        ada.name = "adah"
        session.add(User(id=2, name="bob"))

        session.release()
        session.commit()

    with Session(file) as session:
        assert session.scalars(select(User.name).order_by(User.id)).all() == ["adah", "bob"]


def test_newer_rows_are_seen_afterwards(file):
    with Session(file) as session, Session(file) as other:
        assert session.scalars(select(User.name)).all() == ["ada"]
        other.add(User(id=2, name="bob"))
        session.release()
        other.commit()

        assert session.scalars(select(User.name).order_by(User.id)).all() == ["ada", "bob"]


def flushed(session):
    session.add(User(id=2, name="bob"))
    session.flush()


def flushed_in_a_savepoint(session):
    with session.begin_nested():
        session.get_one(User, 1).name = "adah"


def inserted(session):
    session.execute(insert(User.__table__).values(id=2, name="bob"))


def inserted_rows(session):
    session.execute(insert(User), [{"id": 2, "name": "bob"}])


def told_in_text(session):
    session.execute(text("UPDATE user_account SET name = 'bob'"))


def in_bulk(session):
    session.bulk_insert_mappings(User, [{"id": 2, "name": "bob"}])


def by_hand(session):
    session.connection()


def upserted(session):
    session.upsert(User(id=2, name="bob"))


def awaited_by_others(session):
    session.get_one(User, 1)
    session.on_commit(lambda: None)


@pytest.mark.parametrize(
    "write",
    [
        flushed,
        flushed_in_a_savepoint,
        inserted,
        inserted_rows,
        told_in_text,
        in_bulk,
        by_hand,
        upserted,
        awaited_by_others,
    ],
)
def test_what_was_written_is_not_lost(file, write):
    with Session(file) as session:
        write(session)

        with pytest.raises(InvalidRequestError, match="more than reading"):
            session.release()

        assert session.in_transaction()
        session.commit()


def test_a_transaction_that_was_begun_by_hand_is_ended_by_hand(file):
    with Session(file) as session, session.begin():
        session.get_one(User, 1)

        with pytest.raises(InvalidRequestError, match="begun by its user"):
            session.release()


def test_a_given_connection_is_kept(file):
    with file.connect() as connection, Session(connection) as session:
        ada = session.get_one(User, 1)

        session.release()

        assert session.in_transaction()
        assert ada.name == "ada"


def test_nothing_happens_without_a_transaction(file):
    with Session(file) as session:
        session.release()
        session.get_one(User, 1)
        session.release()
        session.release()

        assert not session.in_transaction()


def test_what_is_in_memory_needs_no_transaction(file):
    heard = []
    event.listen(file, "begin", lambda connection: heard.append("begin"))
    event.listen(file, "commit", lambda connection: heard.append("commit"))
    with Session(file) as session:
        ada = session.get_one(User, 1)
        session.release()
        assert session.get_one(User, 1) is ada
        session.release()
        session.refresh(ada)
        session.release()

    assert heard == ["begin", "commit"] * 2


def test_awaiting(tmp_path):
    asyncio.run(read_and_write(tmp_path))


async def read_and_write(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(User(id=1, name="ada"))
        await session.commit()
        ada = await session.get_one(User, 1)

        await session.release()

        assert engine.pool.checkedout() == 0
        assert ada.name == "ada"
        session.add(User(id=2, name="bob"))
        await session.flush()
        with pytest.raises(InvalidRequestError, match="more than reading"):
            await session.release()
        await session.commit()
    await engine.dispose()
