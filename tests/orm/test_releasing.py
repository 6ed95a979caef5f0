"""A session gives its connection back between reads, and nothing is lost."""

import asyncio

import pytest

from dovetail import ForeignKey, String, column, create_engine, event, insert, select, text
from dovetail.exc import ArgumentError, DBAPIError, InvalidRequestError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    close_all_sessions,
    mapped_column,
    relationship,
    sessionmaker,
)
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS

WRITING_IN_SELECTS = [each for each in BACKENDS if each.name.startswith("postgresql")]
STREAMING = [each for each in BACKENDS if not each.name.startswith("sqlite")]


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


def test_a_rollback_undoes_what_is_pending_still(file):
    with Session(file, autoflush=False) as session:
        ada = session.get_one(User, 1)
        ada.name = "adah"
        bob = User(id=2, name="bob")
        session.add(bob)

        session.release()
        session.rollback()

        assert bob not in session
        assert ada.name == "ada"


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


def by_hand_of_the_transaction(session):
    session.add(User(id=4, name="Dan"))
    with session.no_autoflush:
        session.get_transaction().connection()


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
        by_hand_of_the_transaction,
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


# hold="statement" ---------------------------------------------------------------------------------


def reads_with_get(session):
    assert session.get_one(User, 1).name == "ada"


def reads_entities(session):
    assert [user.name for user in session.scalars(select(User))] == ["ada"]


def reads_columns(session):
    assert session.execute(select(User.id, User.name)).all() == [(1, "ada")]


def reads_a_table(session):
    assert session.execute(select(User.__table__)).all() == [(1, "ada")]


def reads_lazily(session):
    ada = session.get_one(User, 1)
    assert [pet.id for pet in ada.pets] == [1]


def reads_a_union(session):
    names = select(User.name).union_all(select(User.name))
    assert session.scalars(names).all() == ["ada", "ada"]


def reads_again(session):
    ada = session.get_one(User, 1)
    session.refresh(ada)
    session.expire(ada)
    assert ada.name == "ada"


def reads_classically(session):
    assert session.query(User).filter_by(name="ada").count() == 1


def loads_a_set(session):
    session.load([session.get_one(User, 1)], User.pets)


def reads_what_is_not_there(session):
    assert session.get(User, 77) is None


READERS = [
    reads_with_get,
    reads_entities,
    reads_columns,
    reads_a_table,
    reads_lazily,
    reads_a_union,
    reads_again,
    reads_classically,
    loads_a_set,
    reads_what_is_not_there,
]


@pytest.mark.parametrize("read", READERS)
def test_a_read_gives_its_connection_back_by_itself(file, read):
    with Session(file, hold="statement") as session:
        read(session)

        assert file.pool.checkedout() == 0
        assert not session.in_transaction()


def test_a_connection_is_given_back_everywhere(anywhere):
    fill(anywhere)
    with Session(anywhere, hold="statement") as session:
        ada = session.get_one(User, 1)
        assert anywhere.pool.checkedout() == 0
        ada.name = "adah"
        session.flush()
        assert session.scalars(select(User.name)).all() == ["adah"]
        assert anywhere.pool.checkedout() == 1
        session.rollback()

        assert anywhere.pool.checkedout() == 0
        assert ada.name == "ada"
        assert anywhere.pool.checkedout() == 0


def locks_in_a_select(session):
    session.scalars(select(User).with_for_update()).all()


def locks_columns(session):
    session.execute(select(User.id).with_for_update()).all()


def locks_in_a_get(session):
    session.get(User, 1, with_for_update=True)


def locks_while_it_reads_again(session):
    ada = session.get_one(User, 1)
    session.refresh(ada, with_for_update=True)


def streams(session):
    next(session.scalars(select(User).execution_options(yield_per=1)))


def streams_columns(session):
    next(session.execute(select(User.id), execution_options={"stream_results": True}))


def streams_of_text(session):
    session.scalars(select(User).from_statement(select(User)).execution_options(yield_per=1))


def streams_by_the_options_of_the_engine(session):
    session.get_bind().update_execution_options(stream_results=True)
    next(session.execute(select(User.id)))


def locks_in_a_subquery(session):
    locked = select(User.id).with_for_update().subquery()
    session.scalars(select(User).where(User.id.in_(select(locked.c.id)))).all()


def locks_in_a_cte_of_columns(session):
    locked = select(User.id).with_for_update().cte()
    session.scalars(select(locked.c.id)).all()


def reads_what_is_written_as_text(session):
    told = text("SELECT 1 AS one").columns(column("one")).cte()
    session.scalars(select(told.c.one)).all()


@pytest.mark.parametrize(
    "work",
    [
        flushed,
        flushed_in_a_savepoint,
        inserted,
        inserted_rows,
        told_in_text,
        in_bulk,
        by_hand,
        by_hand_of_the_transaction,
        upserted,
        awaited_by_others,
        locks_in_a_select,
        locks_columns,
        locks_in_a_get,
        locks_while_it_reads_again,
        streams,
        streams_columns,
        streams_of_text,
        streams_by_the_options_of_the_engine,
        locks_in_a_subquery,
        locks_in_a_cte_of_columns,
        reads_what_is_written_as_text,
    ],
)
def test_what_is_more_than_a_read_holds_the_connection(file, work):
    with Session(file, hold="statement") as session:
        if work is awaited_by_others:
            session.on_commit(lambda: None)
        work(session)
        session.scalars(select(User.name)).all()

        assert session.in_transaction()
        assert file.pool.checkedout() == 1
        session.commit()
        assert file.pool.checkedout() == 0


@pytest.mark.parametrize("backend", WRITING_IN_SELECTS, ids=str, indirect=True)
@pytest.mark.parametrize("of_entities", [True, False])
def test_what_a_select_has_written_is_undone_by_a_rollback(anywhere, of_entities):
    made = insert(User).values(name="Eve").returning(User.id, User.name).cte()
    statement = select(aliased(User, made)) if of_entities else select(made.c.name)
    with Session(anywhere, hold="statement") as session:
        session.execute(statement).all()
        with pytest.raises(InvalidRequestError, match="more than reading"):
            session.release()
        session.rollback()

        assert session.scalars(select(User.name)).all() == []


@pytest.mark.parametrize("backend", STREAMING, ids=str, indirect=True)
def test_no_row_of_a_stream_is_lost_that_the_engine_asks_for(anywhere):
    with Session(anywhere) as session, session.begin():
        session.add_all([User(name=str(number)) for number in range(10)])
    streaming = anywhere.execution_options(stream_results=True, yield_per=2)
    with Session(streaming, hold="statement") as session:
        found = session.execute(select(User.name).order_by(User.id))
        assert [each.name for each in found] == [str(number) for number in range(10)]


def test_a_block_is_one_transaction(file):
    with Session(file, hold="statement") as session:
        with session.begin():
            session.get_one(User, 1)
            assert file.pool.checkedout() == 1
        with session.begin_nested():
            session.scalars(select(User.name)).all()
            assert file.pool.checkedout() == 1


def test_what_is_pending_between_reads_is_undone_by_a_rollback(file):
    with Session(file, hold="statement", autoflush=False) as session:
        ada = session.get_one(User, 1)
        ada.name = "adah"
        session.add(User(id=2, name="bob"))
        assert session.scalars(select(User.name)).all() == ["ada"]
        assert file.pool.checkedout() == 0

        session.rollback()

        assert not session.new
        assert ada.name == "ada"


def test_what_listens_reads_within_the_same_transaction(file):
    seen = []
    with Session(file, hold="statement") as session:

        @event.listens_for(session, "do_orm_execute")
        def count(state):
            if not seen:
                seen.append(file.pool.checkedout())
                seen.append(session.scalar(select(User.name)))
                seen.append(file.pool.checkedout())

        assert session.scalars(select(User.id)).all() == [1]

        assert seen == [0, "ada", 1]
        assert file.pool.checkedout() == 0


def test_a_read_that_fails_holds_nothing(anywhere):
    with Session(anywhere, hold="statement") as session:
        with pytest.raises(DBAPIError):
            session.scalars(select(column("nothing")).select_from(User)).all()

        assert anywhere.pool.checkedout() == 0
        assert session.scalars(select(User.name)).all() == []


def test_a_given_connection_is_held(file):
    with file.connect() as connection, Session(connection, hold="statement") as session:
        session.get_one(User, 1)

        assert session.in_transaction()


def test_values_live_on_after_a_read_and_expire_with_a_commit(file):
    statements = []
    event.listen(file, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with Session(file, hold="statement") as session:
        ada = session.get_one(User, 1)
        assert ada.name == "ada"
        assert len(statements) == 1
        session.commit()
        assert ada.name == "ada"
        assert len(statements) == 2


def test_a_rollback_reads_anew(file):
    with Session(file, hold="statement") as session, Session(file) as other:
        ada = session.get_one(User, 1)
        with other.begin():
            other.get_one(User, 1).name = "adah"
        assert ada.name == "ada"

        session.rollback()

        assert ada.name == "adah"


def test_hold_is_one_of_two(file):
    with pytest.raises(ArgumentError, match="hold='request' is not known"):
        Session(file, hold="request")
    with Session(file) as session:
        assert session.hold == "transaction"
    with sessionmaker(file, hold="statement")() as session:
        assert session.hold == "statement"
        with pytest.raises(AttributeError):
            session.hold = "transaction"


def test_awaiting_sessions_hold_for_a_statement(tmp_path):
    asyncio.run(read_between(tmp_path))


async def read_between(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, hold="statement") as session:
        assert session.hold == "statement"
        session.add(User(id=1, name="ada", pets=[Pet(id=1)]))
        assert (await session.scalars(select(User.name))).all() == ["ada"]
        assert engine.pool.checkedout() == 1
        await session.commit()

        ada = await session.get_one(User, 1)
        assert engine.pool.checkedout() == 0
        await session.refresh(ada, ["pets"])
        assert [pet.id for pet in ada.pets] == [1]
        assert (await session.execute(select(User.id))).all() == [(1,)]
        assert engine.pool.checkedout() == 0
        async for name in await session.stream_scalars(select(User.name)):
            assert name == "ada"
            assert engine.pool.checkedout() == 1
        await session.commit()

        def work(blocking):
            read = blocking.scalars(select(User.name)).all()
            return read, engine.pool.checkedout()

        assert await session.run_sync(work) == (["ada"], 0)
    await engine.dispose()


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
