"""SQLite under several connections: who waits, who fails, and that nothing is lost."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dovetail import Column, Integer, MetaData, String, Table, create_engine, insert, select, text
from dovetail.dialects.sqlite.kinds import Kind, kind_of
from dovetail.exc import (
    ArgumentError,
    InvalidOption,
    LockTimeout,
    OperationalError,
    PendingRollbackError,
    SerializationFailure,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column
from dovetail.pool import NullPool, StaticPool

metadata = MetaData()
t = Table("t", metadata, Column("id", Integer, primary_key=True), Column("name", String))
COUNT = "SELECT count(*) FROM t"


@pytest.fixture(params=["delete", "wal", "shared cache"])
def place(request, tmp_path):
    """A database that several connections use, and how an engine for it is made."""
    kind = request.param
    engines = []

    def make(**options):
        options.setdefault("connect_args", {}).setdefault("timeout", 2)
        if kind == "shared cache":
            url = f"sqlite:///file:{tmp_path.name}?mode=memory&cache=shared&uri=true"
        else:
            url = f"sqlite:///{tmp_path / 'shop.db'}"
            options.setdefault("sqlite_journal_mode", kind)
        engines.append(create_engine(url, poolclass=NullPool, **options))
        return engines[-1]

    make.kind = kind
    anchor = make()
    with anchor.connect() as keeps_it_alive:
        metadata.create_all(anchor)
        keeps_it_alive.rollback()
        with anchor.begin() as connection:
            connection.execute(insert(t), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        yield make
    for engine in engines:
        engine.dispose()


def names(engine):
    with engine.connect() as connection:
        return connection.scalars(select(t.c.name).order_by(t.c.id)).all()


# What a statement is.


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("  -- why\n (select 1)", Kind.READ),
        ("VALUES (1)", Kind.READ),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Kind.READ),
        ("WITH x AS (SELECT 1) DELETE FROM t", Kind.WRITE),
        ("with x as (select 1) insert into t select * from x", Kind.WRITE),
        ("WITH x AS (SELECT replace(a, 'b', 'c') FROM t) SELECT * FROM x", Kind.READ),
        ("WITH x AS (SELECT 1) SELECT * FROM x /* FOR UPDATE */", Kind.LOCK),
        ("SELECT 1 /* FOR UPDATE */", Kind.LOCK),
        ("SELECT * FROM (SELECT 1 /* FOR UPDATE */)", Kind.LOCK),
        ("UPDATE t SET x = 1", Kind.WRITE),
        ("REPLACE INTO t VALUES (1)", Kind.WRITE),
        ("CREATE TABLE x (i)", Kind.WRITE),
        ("PRAGMA user_version", Kind.OTHER),
        ("BEGIN", Kind.OTHER),
        ("SAVEPOINT a", Kind.SAVEPOINT),
        ("RELEASE a", Kind.SAVEPOINT),
        ("ROLLBACK TO a", Kind.SAVEPOINT),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", Kind.SAVEPOINT),
        ("ROLLBACK", Kind.END),
        ("end transaction", Kind.END),
        ("ATTACH 'x' AS y", Kind.ATTACH),
        ("", Kind.OTHER),
    ],
)
def test_what_a_statement_wants_of_the_database(sql, kind):
    assert kind_of(sql) is kind


# Reads keep nobody from writing.


def test_an_open_transaction_that_has_read_keeps_nobody_from_writing(place):
    reader, writer = place(), place(connect_args={"timeout": 0})

    with reader.connect() as connection:
        connection.execute(select(t)).all()
        with writer.begin() as other:
            other.execute(t.update().values(name="x"))
        assert connection.in_transaction()

    assert names(reader) == ["x", "x"]


def test_another_program_can_write_while_a_session_is_left_open(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    metadata.create_all(engine)

    with Session(engine) as session:
        session.execute(select(t)).all()
        other = sqlite3.connect(tmp_path / "shop.db", timeout=0)
        with other:
            other.execute("INSERT INTO t (name) VALUES ('theirs')")
        other.close()

    assert names(engine) == ["theirs"]
    engine.dispose()


def test_a_write_ahead_log_gives_a_transaction_one_snapshot(place):
    engine = place()

    with engine.connect() as connection:
        before = connection.exec_driver_sql(COUNT).scalar()
        with engine.begin() as other:
            other.execute(insert(t).values(name="new"))
        again = connection.exec_driver_sql(COUNT).scalar()

    assert again - before == (0 if place.kind == "wal" else 1)


# The first write takes the lock, and waits for it.


def test_a_write_after_a_read_waits_for_the_lock(place):
    engine = place()
    written = threading.Event()

    def write():
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            written.wait(5)
            connection.execute(t.update().where(t.c.id == 1).values(name="second"))
            connection.commit()

    with ThreadPoolExecutor() as pool, engine.connect() as first:
        # A transaction that is rolled back changes nothing: who waits for it goes on.
        first.execute(t.update().where(t.c.id == 1).values(name="first"))
        second = pool.submit(write)
        written.set()
        with pytest.raises(TimeoutError):
            second.result(0.2)
        first.rollback()
        second.result(5)

    assert names(engine) == ["second", "b"]


def test_a_write_that_rests_on_what_has_changed_is_refused(place):
    engine = place()

    with engine.connect() as connection:
        number = connection.scalar(select(t.c.id).where(t.c.name == "a"))
        with engine.begin() as other:
            other.execute(t.update().where(t.c.id == 1).values(name="theirs"))
        with pytest.raises(SerializationFailure) as caught:
            connection.execute(t.update().where(t.c.id == number).values(name="ours"))
        with pytest.raises(PendingRollbackError):
            connection.execute(select(t))
        connection.rollback()
        connection.execute(t.update().where(t.c.id == number).values(name="ours"))
        connection.commit()

    assert caught.value.retry_scope == "transaction"
    for word in ("with_for_update", "IMMEDIATE", "again"):
        assert word in caught.value.hint
    assert names(engine) == ["ours", "b"]


def test_what_a_transaction_has_committed_itself_is_no_change(place):
    engine = place()

    with engine.connect() as connection:
        for name in "xyz":
            connection.execute(select(t)).all()
            connection.execute(t.update().values(name=name))
            connection.execute(t.update().where(t.c.id == 2).values(name=name * 2))
            connection.commit()

    assert names(engine) == ["z", "zz"]


def test_a_first_write_asks_nothing_about_others(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        connection.rollback()
        with engine.begin() as other:
            other.execute(insert(t).values(name="new"))
        connection.execute(t.update().values(name="x"))
        connection.commit()

    assert names(engine) == ["x", "x", "x"]


def test_a_lock_that_does_not_come_leaves_the_transaction_open(place):
    engine = place(connect_args={"timeout": 0.05})

    with engine.connect() as connection, engine.connect() as holder:
        connection.execute(select(t)).all()
        holder.execute(t.update().values(name="theirs"))
        with pytest.raises(LockTimeout) as caught:
            connection.execute(t.update().values(name="ours"))
        holder.rollback()
        connection.execute(t.update().values(name="ours"))
        connection.commit()

    assert caught.value.retry_scope == "transaction"
    assert names(engine) == ["ours", "ours"]


def test_a_lock_that_did_not_come_does_not_hide_a_change(place):
    engine = place(connect_args={"timeout": 0.05})

    with engine.connect() as connection, engine.connect() as holder:
        connection.execute(select(t)).all()
        holder.execute(t.update().values(name="theirs"))
        with pytest.raises(LockTimeout):
            connection.execute(t.update().values(name="ours"))
        holder.commit()
        with pytest.raises(SerializationFailure):
            connection.execute(t.update().values(name="ours"))

    assert names(engine) == ["theirs", "theirs"]


# FOR UPDATE.


def test_for_update_takes_the_lock_and_asks_nothing(place):
    engine = place(connect_args={"timeout": 0.05})

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        with engine.begin() as other:
            other.execute(t.update().where(t.c.id == 1).values(name="theirs"))
        locked = connection.scalar(select(t.c.name).where(t.c.id == 1).with_for_update())
        with engine.connect() as other, pytest.raises(LockTimeout):
            other.execute(insert(t).values(name="late"))
        connection.execute(t.update().where(t.c.id == 1).values(name=locked + "!"))
        connection.commit()

    assert names(engine) == ["theirs!", "b"]


# Isolation levels.


def test_immediate_takes_the_lock_at_the_first_statement(place):
    engine = place(connect_args={"timeout": 0.05})
    immediate = engine.execution_options(isolation_level="IMMEDIATE")

    with immediate.connect() as connection:
        assert connection.get_isolation_level() == "IMMEDIATE"
        connection.execute(select(t.c.id)).all()
        with engine.connect() as other, pytest.raises(LockTimeout):
            other.execute(t.update().values(name="late"))
        connection.execute(t.update().values(name="ours"))
        connection.commit()

    assert names(engine) == ["ours", "ours"]


def test_serializable_that_is_asked_for_is_one_snapshot(place):
    if place.kind == "shared cache":
        pytest.skip("tables of a shared cache are locked by those who read them")
    engine = place(connect_args={"timeout": 0})
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        before = connection.exec_driver_sql(COUNT).scalar()
        with engine.connect() as other:
            try:
                other.execute(insert(t).values(name="new"))
                other.commit()
            except LockTimeout:
                assert place.kind == "delete"
        assert connection.exec_driver_sql(COUNT).scalar() == before


def test_read_committed_asks_nothing_about_others(place):
    engine = place()

    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        connection.execute(select(t)).all()
        with engine.begin() as other:
            other.execute(insert(t).values(name="new"))
        connection.execute(t.update().where(t.c.id == 1).values(name="ours"))
        connection.commit()

    assert names(engine) == ["ours", "b", "new"]


def test_a_session_sets_the_level_of_its_transaction(place):
    engine = place(connect_args={"timeout": 0.05})

    with Session(engine) as session:
        session.connection(execution_options={"isolation_level": "IMMEDIATE"})
        session.execute(select(t)).all()
        with engine.connect() as other, pytest.raises(LockTimeout):
            other.execute(insert(t).values(name="late"))


# Savepoints, streams, what the user sends.


def test_savepoints_of_a_transaction_that_only_reads_hold_nothing(place):
    engine = place(connect_args={"timeout": 0})

    with engine.connect() as connection:
        with connection.begin_nested():
            connection.execute(select(t)).all()
            with engine.begin() as other:
                other.execute(insert(t).values(name="new"))
        with connection.begin_nested() as savepoint:
            savepoint.rollback()
        assert connection.in_transaction()
        connection.commit()

    assert names(engine) == ["a", "b", "new"]


def test_savepoints_before_the_first_write_undo_what_came_after_them(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        outer = connection.begin_nested()
        inner = connection.begin_nested()
        connection.execute(t.update().values(name="undone"))
        inner.rollback()
        connection.execute(t.update().where(t.c.id == 2).values(name="kept"))
        outer.commit()
        last = connection.begin_nested()
        connection.execute(insert(t).values(name="undone"))
        last.rollback()
        connection.commit()

    assert names(engine) == ["a", "kept"]


def test_a_savepoint_that_was_rolled_back_can_be_used_again(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        for sql in ("SAVEPOINT one", "SAVEPOINT two", "ROLLBACK TO one"):
            connection.exec_driver_sql(sql)
        connection.execute(t.update().values(name="undone"))
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one")
        with pytest.raises(OperationalError, match="no such savepoint"):
            connection.exec_driver_sql("RELEASE two")
        connection.exec_driver_sql("RELEASE one")
        connection.commit()

    assert names(engine) == ["a", "b"]


@pytest.mark.parametrize("rest", ["all", "some"])
def test_a_stream_that_is_read_holds_its_rows_when_the_lock_is_taken(place, rest):
    engine = place()
    with engine.begin() as connection:
        connection.execute(insert(t), [{"name": str(n)} for n in range(3000)])

    with engine.connect() as connection:
        stream = connection.execution_options(yield_per=10).execute(select(t.c.id).order_by(t.c.id))
        read = [next(stream)[0] for _ in range(25)]
        connection.execute(t.update().values(name="x"))
        if rest == "all":
            read += [row[0] for row in stream]
            assert read == list(range(1, 3003))
        else:
            read += [row[0] for row in stream.fetchmany(100)]
            assert read == list(range(1, 126))
            stream.close()
        connection.commit()

    assert set(names(engine)) == {"x"}


def test_after_a_commit_of_the_users_own_the_next_transaction_is_one(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(t.update().where(t.c.id == 1).values(name="kept"))
        connection.execute(text("COMMIT"))
        connection.execute(t.update().where(t.c.id == 2).values(name="undone"))
        connection.rollback()
        connection.execute(select(t)).all()
        connection.exec_driver_sql("  commit")
        connection.execute(t.update().where(t.c.id == 2).values(name="undone"))
        connection.rollback()

    assert names(engine) == ["kept", "b"]


def test_who_begins_himself_is_left_alone(place):
    engine = place(connect_args={"timeout": 0.05})

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with engine.connect() as other, pytest.raises(LockTimeout):
            other.execute(insert(t).values(name="late"))
        connection.execute(t.update().values(name="ours"))
        connection.rollback()

    assert names(engine) == ["a", "b"]


def test_what_goes_around_the_requests_is_rolled_back_too(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        connection.connection.cursor().execute("UPDATE t SET name = 'x'")
        connection.rollback()

    assert names(engine) == ["a", "b"]


def test_many_sets_of_parameters_take_the_lock_too(place):
    engine = place()

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        connection.execute(t.insert(), [{"name": "c"}, {"name": "d"}])
        connection.rollback()

    assert names(engine) == ["a", "b"]


# Other databases, other pools.


def test_a_change_of_an_attached_database_counts(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'one.db'}", poolclass=NullPool)
    metadata.create_all(engine)
    theirs = create_engine(f"sqlite:///{tmp_path / 'two.db'}", poolclass=NullPool)
    metadata.create_all(theirs)

    with engine.connect() as connection:
        connection.exec_driver_sql("ATTACH ? AS 'the \"other\"'", (str(tmp_path / "two.db"),))
        connection.exec_driver_sql('SELECT count(*) FROM "the ""other""".t')
        with theirs.begin() as other:
            other.execute(insert(t).values(name="theirs"))
        with pytest.raises(SerializationFailure):
            connection.execute(insert(t).values(name="ours"))
        connection.rollback()
        connection.execute(insert(t).values(name="ours"))
        connection.commit()

    assert names(engine) == ["ours"]
    engine.dispose()
    theirs.dispose()


def test_a_connection_that_a_creator_has_opened_does_the_same(tmp_path):
    def opened():
        return sqlite3.connect(tmp_path / "shop.db", check_same_thread=False)

    engine = create_engine("sqlite://", creator=opened, poolclass=NullPool)
    metadata.create_all(engine)

    with engine.connect() as connection:
        connection.execute(select(t)).all()
        with engine.begin() as other:
            other.execute(insert(t).values(name="theirs"))
        with pytest.raises(SerializationFailure):
            connection.execute(insert(t).values(name="ours"))
    engine.dispose()


def test_one_connection_in_memory_for_several_sessions_keeps_its_transaction():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)

    with engine.connect() as one, engine.connect() as other:
        one.execute(insert(t).values(name="ours"))
        other.execute(select(t)).all()
        one.rollback()

    assert names(engine) == []
    engine.dispose()


def test_the_journal_mode_is_set_or_refused(tmp_path):
    path = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = create_engine(path, sqlite_journal_mode="WAL")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()

    with pytest.raises(ArgumentError, match="sqlite_journal_mode"):
        create_engine(path, sqlite_journal_mode="wall")
    with pytest.raises(InvalidOption):
        create_engine("postgresql://h/d", sqlite_journal_mode="wal")
    memory = create_engine("sqlite://", sqlite_journal_mode="wal")
    with pytest.raises(ArgumentError, match="memory"):
        memory.connect()
    with pytest.raises(InvalidOption, match="creator"):
        create_engine("sqlite://", creator=sqlite3.connect, sqlite_journal_mode="wal")


# Many threads.


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


def test_eight_threads_that_lock_first_never_fail(place):
    engine = place(connect_args={"timeout": 60})
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([Account(id=1, balance=0), Account(id=2, balance=0)])

    def work(_):
        for _ in range(10):
            with Session(engine) as session:
                account = session.get(Account, 1, with_for_update=True)
                account.balance += 1
                session.get(Account, 2).balance -= 1
                session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    with Session(engine) as session:
        assert [session.get(Account, key).balance for key in (1, 2)] == [80, -80]


def test_eight_threads_that_lock_nothing_lose_nothing(place):
    engine = place(connect_args={"timeout": 60})
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Account(id=1, balance=0))
    done = []

    def work(_):
        for _ in range(10):
            for _ in range(1000):
                with Session(engine) as session:
                    try:
                        session.get(Account, 1).balance += 1
                        session.commit()
                    except OperationalError as error:
                        assert error.retry_scope == "transaction"
                        continue
                done.append(1)
                break

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    with Session(engine) as session:
        assert session.get(Account, 1).balance == len(done) == 80
