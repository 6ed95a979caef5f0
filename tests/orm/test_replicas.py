"""Reads go to replicas as long as nothing was written, and see what a token tells of."""

import asyncio
import time

import pytest

from dovetail import ForeignKey, String, create_engine, event, insert, select, text, update
from dovetail.exc import (
    ArgumentError,
    IntegrityError,
    InvalidOption,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
)
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)
from tests.private_servers import private_mariadb, private_postgresql, replica_of, standby_of


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    pets: Mapped[list["Pet"]] = relationship(cascade="all, delete-orphan")


class Pet(Base):
    __tablename__ = "pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(40))


def database(tmp_path, name):
    """The URL of a file in which all values are *name*: who reads it knows where it came from."""
    url = f"sqlite:///{tmp_path / name}.db"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(User(id=1, name=name, pets=[Pet(id=1, name=name)]))
    engine.dispose()
    return url


@pytest.fixture
def engine(tmp_path):
    """An engine on a primary with one replica, which follows nobody."""
    engine = create_engine(database(tmp_path, "primary"), replicas=[database(tmp_path, "replica")])
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine, reads="replica") as session:
        yield session


def name(session):
    return session.scalar(select(User.name).where(User.id == 1))


# Where a session reads ----------------------------------------------------------------------------


def test_a_session_reads_the_primary_unless_it_is_told_otherwise(engine):
    with Session(engine) as session:
        assert session.reads == "primary"
        assert name(session) == session.get_one(User, 1).name == "primary"
    with sessionmaker(engine, reads="replica")() as session:
        assert session.reads == "replica"
        assert name(session) == session.get_one(User, 1).name == "replica"


def test_everything_that_a_read_brings_comes_from_the_replica(session):
    ada = session.get_one(User, 1)
    assert [pet.name for pet in ada.pets] == ["replica"]
    session.expire(ada)
    assert ada.name == "replica"
    session.refresh(ada)
    assert ada.name == "replica"
    session.expunge_all()
    [found] = session.scalars(select(User).options(selectinload(User.pets)))
    assert [found.name, found.pets[0].name] == ["replica", "replica"]
    assert session.query(User).one() is found
    assert session.execute(select(User.__table__.c.name)).scalar() == "replica"
    with session.begin_nested():
        assert name(session) == "replica"


def added(session):
    session.add(User(id=2, name="new"))
    session.flush()


def changed(session):
    session.get_one(User, 1).name = "new"
    session.flush()


def inserted(session):
    session.execute(insert(User).values(id=2, name="new"))


def inserted_within_a_savepoint(session):
    with session.begin_nested():
        session.execute(insert(User.__table__).values(id=2, name="new"))


def sent_as_text(session):
    session.execute(text("DELETE FROM pet"))


def in_bulk(session):
    session.bulk_insert_mappings(User, [{"id": 2, "name": "new"}])


def by_hand(session):
    assert session.connection().scalar(select(User.name)) == "primary"


def by_hand_of_the_transaction(session):
    connection = session.get_transaction().connection()
    connection.execute(update(User.__table__).values(name="written"))


def merged(session):
    assert session.merge(User(id=1)).name == "primary"


def made_if_it_was_not_there(session):
    session.upsert(User(id=2, name="new"))


@pytest.mark.parametrize(
    "write",
    [
        added,
        changed,
        inserted,
        inserted_within_a_savepoint,
        sent_as_text,
        in_bulk,
        by_hand,
        by_hand_of_the_transaction,
        merged,
        made_if_it_was_not_there,
    ],
)
def test_what_was_written_is_read_from_the_primary(engine, session, write):
    assert name(session) == "replica"
    write(session)
    in_the_same = session.scalars(select(User.name).order_by(User.id)).all()
    session.commit()

    assert in_the_same == session.scalars(
        select(User.name).order_by(User.id).execution_options(reads="primary")
    ).all()  # fmt: skip
    assert "replica" not in in_the_same
    assert name(session) != "replica"
    session.close()
    assert name(session) == "replica"


@pytest.mark.parametrize(
    ("statement", "rows", "names"),
    [
        (update(User).where(User.id == 1).values(name="written"), None, ["written"]),
        (update(User), [{"id": 1, "name": "written"}], ["written"]),
        (
            insert(User),
            [{"id": 2, "name": "new"}, {"id": 3, "name": "more"}],
            ["other", "new", "more"],
        ),
        (select(User).with_for_update(), None, ["other"]),
    ],
)
def test_schemas_of_a_statement_hold_where_it_is_sent(engine, session, statement, rows, names):
    with engine.connect() as connection:
        connection.exec_driver_sql("ATTACH ':memory:' AS other")
        connection.exec_driver_sql("CREATE TABLE other.user_account (id INTEGER, name TEXT)")
        connection.exec_driver_sql("INSERT INTO other.user_account VALUES (1, 'other')")
        connection.commit()
    assert name(session) == "replica"
    result = session.execute(
        statement,
        rows or {},
        execution_options={"schema_translate_map": {None: "other"}, "synchronize_session": False},
    )

    if rows is None and not statement.is_dml:
        assert result.scalar_one().name == "other"
    connection = session.connection()
    reading = "SELECT name FROM {}.user_account ORDER BY id"
    assert connection.exec_driver_sql(reading.format("main")).scalars().all() == ["primary"]
    assert connection.exec_driver_sql(reading.format("other")).scalars().all() == names


def test_what_was_committed_is_read_from_the_primary_until_the_session_is_closed(session):
    new = User(id=2, name="new")
    session.add(new)
    session.commit()

    assert new.name == "new"
    assert session.scalars(select(User.name).order_by(User.id)).all() == ["primary", "new"]
    session.reset()
    assert session.scalars(select(User.name)).all() == ["replica"]


def locks_a_row(session):
    return session.scalars(select(User).with_for_update()).one().name


def locks_columns(session):
    return session.scalar(select(User.name).with_for_update())


def locks_what_it_gets(session):
    return session.get(User, 1, with_for_update=True).name


def locks_what_it_refreshes(session):
    ada = session.get_one(User, 1)
    session.refresh(ada, with_for_update=True)
    return ada.name


def locks_in_a_subquery(session):
    locked = select(User.id).with_for_update().subquery()
    return session.scalars(select(User).join(locked, locked.c.id == User.id)).one().name


@pytest.mark.parametrize(
    "lock",
    [
        locks_a_row,
        locks_columns,
        locks_what_it_gets,
        locks_what_it_refreshes,
        locks_in_a_subquery,
    ],
)
def test_what_is_locked_is_read_from_the_primary(session, lock):
    assert lock(session) == "primary"
    assert name(session) == "primary"


@pytest.mark.parametrize("reads", ["primary", "replica"])
@pytest.mark.parametrize(
    ("statement", "places"),
    [
        (update(User).values(name="written"), {"primary": "primary", "replica": "primary"}),
        (select(User).with_for_update(), {"primary": "primary", "replica": "primary"}),
        (select(User), {"primary": "primary", "replica": "replica"}),
        (
            select(User).execution_options(reads="primary"),
            {"primary": "primary", "replica": "primary"},
        ),
        (
            select(User.name).execution_options(reads="replica"),
            {"primary": "replica", "replica": "replica"},
        ),
    ],
)
def test_what_is_explained_is_not_run_anywhere(engine, reads, statement, places):
    with Session(engine, reads=reads) as session:
        assert "user_account" in str(session.explain(statement))
        (used,) = session.get_transaction().connections
        assert used.engine.url.database.endswith(f"{places[reads]}.db")
        session.commit()
        reading = select(User.name).execution_options(reads="primary")
        assert session.scalar(reading) == "primary"


def test_a_delete_finds_what_belongs_to_it_on_the_primary(engine, session):
    with Session(engine) as other, other.begin():
        other.add(Pet(id=2, user_id=1, name="new"))
    session.delete(session.get_one(User, 1))
    session.commit()

    with Session(engine) as other:
        assert other.scalars(select(Pet)).all() == []


def test_a_statement_says_where_it_reads(engine):
    here, there = (select(User).execution_options(reads=one) for one in ("primary", "replica"))
    with Session(engine) as session:
        assert session.scalars(there).one().name == "replica"
        session.expunge_all()
        assert session.scalars(here).one().name == "primary"
    with Session(engine, reads="replica") as session:
        assert session.scalars(here).one().name == "primary"
        session.expunge_all()
        assert session.scalar(select(User.name)) == "replica"
        session.execute(update(User).values(name="new"))
        assert session.scalar(select(User.name), execution_options={"reads": "replica"}) == "new"
        with pytest.raises(ArgumentError, match="reads='both' is not known"):
            session.scalar(select(User.name), execution_options={"reads": "both"})


def test_a_transaction_keeps_to_one_replica_and_they_take_turns(tmp_path):
    urls = [database(tmp_path, each) for each in ("primary", "a", "b", "c")]
    engine = create_engine(urls[0], replicas=urls[1:])
    seen = []
    for _ in range(6):
        with Session(engine, reads="replica") as session:
            names = {name(session), session.get_one(User, 1).name, session.scalar(select(Pet.name))}
            assert len(names) == 1
            seen += names
    engine.dispose()

    assert seen == ["a", "b", "c"] * 2


@pytest.mark.parametrize("usual", ["primary", "replica"])
def test_statements_that_ask_for_a_replica_keep_to_one(tmp_path, usual):
    places = [database(tmp_path, "first"), database(tmp_path, "second")]
    engine = create_engine(database(tmp_path, "primary"), replicas=places)
    asking = select(User.name).where(User.id == 1).execution_options(reads="replica")
    with Session(engine, reads=usual) as session:
        assert {session.scalar(asking) for _ in range(4)} == {"first"}
        assert name(session) == ("first" if usual == "replica" else "primary")
        session.commit()
        assert {session.scalar(asking) for _ in range(4)} == {"second"}
    engine.dispose()


def test_connections_come_back_to_both(engine):
    [replica] = engine.replicas.members
    with Session(engine, reads="replica") as session:
        name(session)
        assert (engine.pool.checkedout(), replica.engine.pool.checkedout()) == (0, 1)
        session.execute(update(User).values(name="new"))
        assert (engine.pool.checkedout(), replica.engine.pool.checkedout()) == (1, 1)
        session.rollback()
        assert (engine.pool.checkedout(), replica.engine.pool.checkedout()) == (0, 0)
        name(session)
    assert replica.engine.pool.checkedout() == 0


def test_a_transaction_that_has_failed_takes_no_connection_to_a_replica(engine):
    [replica] = engine.replicas.members
    with Session(engine, reads="replica", autoflush=False) as session:
        session.add(User(id=1, name="again"))
        with pytest.raises(IntegrityError):
            session.flush()
        lent = []
        event.listen(replica.engine, "checkout", lambda *told: lent.append(told))
        with pytest.raises(PendingRollbackError):
            session.scalars(select(User)).all()

        assert lent == []


def test_a_replica_is_given_back_after_each_read(engine):
    [replica] = engine.replicas.members
    with Session(engine, reads="replica", hold="statement") as session:
        assert name(session) == "replica"
        assert replica.engine.pool.checkedout() == 0
        session.get(User, 1, with_for_update=True)
        assert name(session) == "primary"
        assert engine.pool.checkedout() == 1


def test_who_listens_to_the_primary_hears_of_replicas_too(engine, session):
    heard = []
    event.listen(engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
    name(session)

    assert len(heard) == 1


def test_options_of_an_engine_hold_for_its_replicas(tmp_path):
    engine = create_engine(database(tmp_path, "primary"), replicas=[database(tmp_path, "replica")])
    variant = engine.execution_options(isolation_level="AUTOCOMMIT")
    with Session(variant, reads="replica") as session:
        assert name(session) == "replica"
        [used] = session.get_transaction().participants.values()
        assert used.connection.get_execution_options()["isolation_level"] == "AUTOCOMMIT"
    engine.dispose()


# Replicas in trouble ------------------------------------------------------------------------------


def test_a_replica_that_is_down_is_left_out_for_a_while(tmp_path):
    missing = f"sqlite:///{tmp_path / 'later' / 'replica.db'}"
    urls = [missing, database(tmp_path, "a")]
    engine = create_engine(database(tmp_path, "primary"), replicas=urls, replica_retry_after=0.1)
    asked = []
    event.listen(engine, "do_connect", lambda _d, _r, args, _k: asked.append(args[0]))
    for _ in range(3):
        with Session(engine, reads="replica") as session:
            assert name(session) == "a"
    assert len([each for each in asked if "later" in each]) == 1

    (tmp_path / "later").mkdir()
    database(tmp_path / "later", "replica")
    time.sleep(0.1)
    seen = set()
    for _ in range(2):
        with Session(engine, reads="replica") as session:
            seen.add(name(session))
    engine.dispose()
    assert seen == {"a", "replica"}


def test_the_primary_is_the_last_resort(tmp_path):
    engine = create_engine(
        database(tmp_path, "primary"), replicas=[f"sqlite:///{tmp_path}/nowhere/{n}" for n in "ab"]
    )
    with Session(engine, reads="replica") as session:
        assert name(session) == "primary"
        assert [pet.name for pet in session.get_one(User, 1).pets] == ["primary"]
    engine.dispose()


def test_an_engine_without_replicas_is_read_itself(tmp_path):
    engine = create_engine(database(tmp_path, "primary"))
    with Session(engine, reads="replica") as session:
        assert name(session) == "primary"
    engine.dispose()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"replicas": "sqlite://"}, ArgumentError, "a list of URLs"),
        ({"replica_max_lag": 1}, InvalidOption, "without replicas="),
        ({"replicas": ["sqlite://"], "creator": print}, InvalidOption, "can't go together"),
        ({"replicas": ["sqlite://"], "replica_wait": "long"}, ArgumentError, "replica_wait"),
        ({"replicas": ["postgresql://127.0.0.1/x"]}, ArgumentError, "is no replica of"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        create_engine("sqlite://", **options)


def test_a_session_refuses_what_it_cant_do(engine):
    with pytest.raises(ArgumentError, match="reads='slave' is not known"):
        Session(engine, reads="slave")
    with pytest.raises(ArgumentError, match="twophase"):
        Session(engine, reads="replica", twophase=True)
    with pytest.raises(ArgumentError, match="no token of this database"):
        Session(engine, reads="replica", after="lsn:0/0")
    with Session(engine) as session:
        with pytest.raises(InvalidRequestError, match="does not tell how far"):
            session.write_token()
        session.add(User(id=2, name="new"))
        with pytest.raises(InvalidRequestError, match="not committed yet"):
            session.write_token()
        session.flush()
        with pytest.raises(InvalidRequestError, match="not committed yet"):
            session.write_token()


# Tokens, on servers that follow each other --------------------------------------------------------


@pytest.fixture(scope="module")
def behind():
    """The URLs of a PostgreSQL and of a standby that is 60 ms behind it."""
    with (
        private_postgresql(wal_level="replica", max_wal_senders=4) as primary,
        standby_of(primary, recovery_min_apply_delay="60ms") as standby,
    ):
        yield primary.url, standby.url


@pytest.fixture(scope="module")
def following():
    """The URLs of a MariaDB with a binary log, and of a replica that is a second behind it."""
    with (
        private_mariadb("--log-bin", "--server-id=1", "--gtid-strict-mode=1") as primary,
        replica_of(primary, delay=1) as replica,
    ):
        yield primary.url, replica.url


def filled(urls, **options):
    engine = create_engine(urls[0], replicas=[urls[1]], **options)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(User(id=1, name="0"))
        session.flush()
    with Session(engine) as session:
        token = session.write_token()
    engine.replicas.wait = 10
    with Session(engine, reads="replica", after=token) as session:
        assert name(session) == "0"
        assert from_replica(session)
    engine.replicas.wait = options.get("replica_wait", 0.2)
    return engine


def from_replica(session):
    [used] = session.get_transaction().participants.values()
    return used.connection.engine.url.port != session.get_bind().url.port


def stale_reads(engine, count, with_tokens):
    """Of *count* reads after a write, how many saw less, and how many came from a replica."""
    stale = from_replicas = 0
    for number in range(count):
        with Session(engine) as session, session.begin():
            session.get_one(User, 1).name = str(number)
        token = session.write_token() if with_tokens else None
        with Session(engine, reads="replica", after=token) as session:
            stale += name(session) != str(number)
            from_replicas += from_replica(session)
    return stale, from_replicas


def test_a_token_is_waited_for_on_postgresql(behind):
    engine = filled(behind, replica_wait=2)

    assert stale_reads(engine, 5, with_tokens=True) == (0, 5)
    stale, from_replicas = stale_reads(engine, 5, with_tokens=False)
    engine.dispose()
    assert (stale > 0, from_replicas) == (True, 5)


def test_a_replica_that_takes_too_long_is_passed_by_on_postgresql(behind):
    engine = filled(behind, replica_wait=0)

    stale, from_replicas = stale_reads(engine, 20, with_tokens=True)
    engine.dispose()
    assert stale == 0
    assert from_replicas < 20


def test_a_token_is_waited_for_on_mariadb(following):
    engine = filled(following, replica_wait=5)

    assert stale_reads(engine, 2, with_tokens=True) == (0, 2)
    stale, from_replicas = stale_reads(engine, 3, with_tokens=False)
    assert (stale > 0, from_replicas) == (True, 3)
    engine.replicas.wait = 0
    stale, from_replicas = stale_reads(engine, 10, with_tokens=True)
    engine.dispose()
    assert stale == 0
    assert from_replicas < 10


@pytest.mark.parametrize("servers", ["behind", "following"])
def test_a_token_fits_in_a_cookie(servers, request):
    urls = request.getfixturevalue(servers)
    engine = filled(urls)
    with Session(engine) as session:
        token = session.write_token()
    engine.dispose()

    assert token.isascii()
    assert not set(token) & set(' ",;\\')


@pytest.mark.parametrize(
    "token", ["", "lsn:", "lsn:0/0'; --", "gtid:1", "lsn:0/0\n", 7, "gtid:0-1-1,0-2-2"]
)
@pytest.mark.parametrize("servers", ["behind", "following"])
def test_what_is_no_token_is_refused(servers, token, request):
    engine = create_engine(request.getfixturevalue(servers)[0])
    with pytest.raises(ArgumentError, match="no token of this database"):
        Session(engine, reads="replica", after=token)
    engine.dispose()


def test_a_write_on_a_replica_goes_to_the_primary(behind):
    engine = filled(behind)
    with Session(engine, reads="replica") as session:
        assert from_replica_after_reading(session)
        session.add(User(id=2, name="new"))
        session.commit()
        assert session.scalar(
            select(User.name).where(User.id == 2), execution_options={"reads": "primary"}
        ) == "new"  # fmt: skip
    engine.dispose()


def from_replica_after_reading(session):
    name(session)
    return from_replica(session)


@pytest.mark.parametrize("servers", ["behind", "following"])
def test_one_that_does_not_follow_is_left_out(servers, request):
    urls = request.getfixturevalue(servers)
    engine = filled(urls, replica_max_lag=30)
    stop, go = (
        ("SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()")
        if servers == "behind"
        else ("STOP SLAVE", "START SLAVE")
    )
    with Session(engine, reads="replica") as session:
        assert from_replica_after_reading(session)
    with engine.replicas.members[0].engine.connect() as connection:
        connection.exec_driver_sql(stop)
    try:
        # Paused, it is behind by the age of what it has last replayed; stopped, nobody can say.
        engine.replicas.max_lag = 0.001
        engine.replicas.members[0].measured_at = 0
        with Session(engine) as session, session.begin():
            session.get_one(User, 1).name = "later"
        time.sleep(0.1)
        with Session(engine, reads="replica") as session:
            assert name(session) == "later"
    finally:
        with engine.replicas.members[0].engine.connect() as connection:
            connection.exec_driver_sql(go)
    engine.dispose()


@pytest.fixture
def pair():
    """A PostgreSQL and a standby of it, which may be crashed."""
    with (
        private_postgresql(wal_level="replica", max_wal_senders=4) as primary,
        standby_of(primary) as standby,
    ):
        yield primary, standby


def test_a_standby_that_is_gone_is_left_out_and_comes_back(pair):
    primary, standby = pair
    engine = filled((primary.url, standby.url), replica_retry_after=0.05)
    with Session(engine, reads="replica") as session:
        assert from_replica_after_reading(session)
        standby.crash()
        with pytest.raises(OperationalError):
            name(session)
        session.rollback()
        assert name(session) == "0"
        assert not from_replica(session)
    standby.start()
    deadline = time.monotonic() + 20
    while True:
        with Session(engine, reads="replica") as session:
            if from_replica_after_reading(session):
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    engine.dispose()


# Awaiting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["psycopg_async", "asyncpg"])
def test_awaiting_on_postgresql(behind, driver):
    filled(behind).dispose()
    urls = [url.replace("+psycopg", f"+{driver}") for url in behind]
    asyncio.run(read_what_was_written(urls))


@pytest.mark.parametrize("driver", ["asyncmy", "aiomysql"])
def test_awaiting_on_mariadb(following, driver):
    filled(following).dispose()
    urls = [url.replace("+pymysql", f"+{driver}") for url in following]
    asyncio.run(read_what_was_written(urls))


async def read_what_was_written(urls):
    engine = create_async_engine(urls[0], replicas=[urls[1]], replica_wait=5)
    async with AsyncSession(engine) as session:
        (await session.get_one(User, 1)).name = "new"
        await session.commit()
        token = await session.write_token()
    async with AsyncSession(engine, reads="replica", after=token) as session:
        assert session.reads == "replica"
        assert await session.scalar(select(User.name)) == "new"
        assert engine.pool.checkedout() == 0
    await engine.dispose()
