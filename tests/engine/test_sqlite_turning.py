"""SQLite: a change takes its lock within the snapshot that its transaction has read from."""

import sqlite3
import threading

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, event, select
from dovetail.dialects.sqlite import holding
from dovetail.exc import IntegrityError, OperationalError, SerializationFailure
from dovetail.pool import NullPool

metadata = MetaData()
t = Table("t", metadata, Column("id", Integer, primary_key=True), Column("n", Integer, unique=True))
one = select(t.c.n).where(t.c.id == 1)
change = t.update().where(t.c.id == 1).values(n=t.c.n + 10)


@pytest.fixture(params=["wal", "delete"])
def journal(request):
    return request.param


@pytest.fixture
def engine(journal, tmp_path, monkeypatch):
    """An engine whose kept reads end with their transaction alone, and not by the clock."""
    holds = holding.Holds()
    monkeypatch.setattr(holds, "_wake", lambda: True)
    monkeypatch.setattr("dovetail.dialects.sqlite.connections.holds", holds)
    engine = create_engine(
        f"sqlite:///{tmp_path / 'shop.db'}",
        poolclass=NullPool,
        sqlite_journal_mode=journal,
        connect_args={"timeout": 0.2},
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(t.insert(), [{"id": 1, "n": 0}, {"id": 2, "n": 1}])
    yield engine
    engine.dispose()


@pytest.fixture
def sent(engine):
    """All that SQLite is told on connections of *engine*."""
    sent = []

    @event.listens_for(engine, "connect")
    def listen(raw, record):
        raw.set_trace_callback(sent.append)

    return sent


@pytest.fixture
def other(engine):
    raw = sqlite3.connect(
        engine.url.database, isolation_level=None, timeout=0.2, check_same_thread=False
    )
    yield raw
    raw.close()


def read_twice(connection):
    """Two reads: where a snapshot is a lock, the second one keeps it."""
    return [connection.scalar(one), connection.scalar(one)]


def verbs(sent):
    return [sql.split()[0] for sql in sent if "PRAGMA" not in sql or "data_version" in sql]


def test_a_change_goes_on_in_the_transaction_that_was_read_in(engine, journal, sent):
    with engine.connect() as connection:
        connection.execute(one).all()
        connection.rollback()
        sent.clear()
        read_twice(connection)
        connection.execute(change)
        connection.commit()
        assert connection.scalar(one) == 10
        connection.rollback()

    if journal == "wal":
        expected = ["BEGIN", "SELECT", "SELECT", "UPDATE", "COMMIT", "BEGIN", "SELECT", "COMMIT"]
    else:
        expected = ["BEGIN", "SELECT", "PRAGMA", "COMMIT", "BEGIN", "SELECT", "PRAGMA"]
        expected += ["UPDATE", "COMMIT", "BEGIN", "SELECT", "PRAGMA", "COMMIT"]
    assert verbs(sent) == expected


def test_a_change_after_reads_is_seen_by_others_after_the_commit_alone(engine, other):
    with engine.connect() as connection:
        read_twice(connection)
        connection.execute(change)
        assert other.execute("SELECT n FROM t WHERE id = 1").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE t SET n = 99 WHERE id = 2")
        connection.commit()
        assert other.execute("SELECT n FROM t WHERE id = 1").fetchone() == (10,)


def test_a_change_waits_for_one_who_writes_and_goes_on_where_he_rolls_back(engine, other):
    with engine.connect() as connection:
        read_twice(connection)
        other.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.05, other.execute, ["ROLLBACK"])
        end.start()
        connection.execute(change)
        connection.commit()
        end.join()
        assert connection.scalar(one) == 10


@pytest.mark.parametrize("many", [False, True])
def test_a_change_that_waited_is_refused_where_the_other_has_committed(engine, other, many):
    with engine.connect() as connection:
        read_twice(connection)
        # A PRAGMA lets the lock go that is kept for a moment.
        connection.exec_driver_sql("PRAGMA foreign_keys = 0")
        other.execute("UPDATE t SET n = 5 WHERE id = 1")
        read_twice(connection)
        with pytest.raises(SerializationFailure):
            if many:
                connection.execute(
                    t.insert(), [{"id": number, "n": number} for number in range(10, 20)]
                )
            else:
                connection.execute(change)
        connection.rollback()
        assert read_twice(connection) == [5, 5]
        connection.execute(change)
        connection.commit()
    assert other.execute("SELECT count(*), max(n) FROM t").fetchone() == (2, 15)


def test_a_lock_that_does_not_come_leaves_what_was_read(engine, other):
    with engine.connect() as connection:
        assert read_twice(connection) == [0, 0]
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            connection.execute(change)
        other.execute("ROLLBACK")
        assert connection.in_transaction()
        connection.execute(change)
        connection.commit()
    assert other.execute("SELECT n FROM t WHERE id = 1").fetchone() == (10,)


def test_a_change_that_fails_leaves_the_transaction_to_the_program(engine, other):
    with engine.connect() as connection:
        read_twice(connection)
        with pytest.raises(IntegrityError):
            connection.execute(t.insert(), {"id": 3, "n": 0})
        connection.execute(t.insert(), {"id": 4, "n": 4})
        connection.rollback()
        assert read_twice(connection) == [0, 0]
        connection.execute(t.insert(), {"id": 5, "n": 5})
        connection.commit()
    assert other.execute("SELECT id FROM t ORDER BY id").fetchall() == [(1,), (2,), (5,)]


@pytest.mark.parametrize("is_busy", [False, True])
def test_savepoints_before_the_change_undo_what_came_after_them(engine, other, is_busy):
    with engine.connect() as connection:
        read_twice(connection)
        savepoint = connection.begin_nested()
        read_twice(connection)
        if is_busy:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError, match="locked"):
                connection.execute(change)
            other.execute("ROLLBACK")
        connection.execute(change)
        savepoint.rollback()
        connection.execute(t.update().where(t.c.id == 2).values(n=7))
        connection.commit()
    assert other.execute("SELECT n FROM t ORDER BY id").fetchall() == [(0,), (7,)]


def test_a_stream_holds_its_rows_when_a_change_follows(engine, other):
    with engine.connect() as connection:
        read_twice(connection)
        rows = connection.execution_options(stream_results=True).execute(
            select(t.c.n).order_by(t.c.id)
        )
        assert next(rows) == (0,)
        connection.execute(change)
        assert rows.all() == [(1,)]
        connection.commit()
    assert other.execute("SELECT n FROM t WHERE id = 1").fetchone() == (10,)


def test_a_change_with_returning_gives_its_rows(engine):
    with engine.connect() as connection:
        read_twice(connection)
        assert connection.execute(change.returning(t.c.n)).all() == [(10,)]
        connection.commit()
        assert connection.scalar(one) == 10


def test_two_who_have_read_the_same_cannot_both_change_it(engine):
    with engine.connect() as first, engine.connect() as second:
        assert read_twice(first) == read_twice(second) == [0, 0]
        first.execute(change)
        first.commit()
        with pytest.raises(SerializationFailure):
            second.execute(change)
        second.rollback()
        assert read_twice(second) == [10, 10]
