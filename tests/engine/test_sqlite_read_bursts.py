"""SQLite files without a write-ahead log: reads in a row keep their lock, and only for a moment."""

import asyncio
import os
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, event, select, text
from dovetail.dialects.sqlite import holding
from dovetail.exc import OperationalError, SerializationFailure
from dovetail.ext.asyncio import create_async_engine
from dovetail.pool import NullPool

metadata = MetaData()
t = Table("t", metadata, Column("id", Integer, primary_key=True), Column("n", Integer))
one = select(t.c.n).where(t.c.id == 1)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(t.insert(), [{"id": 1, "n": 0}, {"id": 2, "n": 0}])
    engine.dispose()
    return path


@pytest.fixture
def engine(path):
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def kept(monkeypatch):
    """No thread ends a read lock: what a statement finds held is still there afterwards."""
    holds = holding.Holds()
    monkeypatch.setattr(holds, "_wake", lambda: True)
    monkeypatch.setattr("dovetail.dialects.sqlite.connections.holds", holds)
    return holds


def trace(engine):
    """All that SQLite is told on connections of *engine*, from now on."""
    sent = []

    @event.listens_for(engine, "connect")
    def listen(raw, record):
        raw.set_trace_callback(sent.append)

    return sent


def increment(path, timeout):
    other = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        other.execute("UPDATE t SET n = n + 1 WHERE id = 1")
    finally:
        other.close()


def test_one_read_keeps_nobody_waiting(engine, path, kept):
    with engine.connect() as connection:
        assert connection.scalar(one) == 0
        increment(path, timeout=0)
        assert connection.in_transaction()


def test_the_rows_of_one_read_and_the_version_of_the_database_come_of_one_transaction(engine, kept):
    sent = trace(engine)
    with engine.connect() as connection:
        connection.scalar(text("SELECT 1"))
        connection.rollback()
        sent.clear()
        connection.scalar(one)
        verbs = [sql.split()[0] for sql in sent]
    assert verbs == ["BEGIN", "SELECT", "PRAGMA", "COMMIT"]


def test_reads_in_a_row_are_one_transaction_of_sqlite(engine, path, kept):
    sent = trace(engine)
    with engine.connect() as connection:
        for _ in range(50):
            connection.execute(one).all()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            increment(path, timeout=0)
    verbs = [sql.split()[0] for sql in sent if "data_version" in sql or "PRAGMA" not in sql]

    assert verbs[:5] == ["BEGIN", "SELECT", "PRAGMA", "COMMIT", "BEGIN"]
    assert verbs[5:] == ["SELECT"] * 49 + ["COMMIT"]
    increment(path, timeout=0)


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_the_end_of_a_transaction_lets_its_lock_go(engine, path, kept, end):
    connection = engine.connect()
    for _ in range(3):
        connection.execute(one).all()
    getattr(connection, end)()
    assert not kept._holders
    increment(path, timeout=0)
    connection.close()


def test_a_transaction_that_is_left_open_lets_its_lock_go_after_a_moment(engine, path):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(one).all()
        increment(path, timeout=5)
        for _ in range(3):
            # Nothing was read as one snapshot: others may commit in between.
            assert connection.scalar(one) == 1
        increment(path, timeout=5)


def test_a_lock_ends_where_a_test_has_put_another_sleep_in_all_modules(engine, path, monkeypatch):
    wait = time.sleep

    def broken(seconds):
        raise ZeroDivisionError

    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is wait:
                monkeypatch.setattr(module, name, broken)
    monkeypatch.setattr("dovetail.dialects.sqlite.connections.holds", holding.Holds())
    with engine.connect() as connection:
        for _ in range(3):
            assert connection.scalar(one) == 0
        wait(0.2)
        increment(path, timeout=0)


def test_a_change_of_another_while_the_lock_was_let_go_is_noticed(engine, path):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(one).all()
        increment(path, timeout=5)
        for _ in range(3):
            connection.execute(one).all()
        with pytest.raises(SerializationFailure):
            connection.execute(t.update().values(n=7))


def test_a_writer_of_the_same_program_waits_for_no_reader(engine, path, kept):
    with engine.connect() as reader, engine.connect() as writer:
        for _ in range(3):
            reader.execute(one).all()
        assert kept._holders
        writer.execute(t.update().values(n=5))
        for _ in range(3):
            reader.execute(one).all()
        assert kept._holders
        writer.commit()
        assert reader.scalar(one) == 5


@pytest.mark.parametrize(
    "sql", ["PRAGMA foreign_keys = 1", "ATTACH ':memory:' AS beside", "EXPLAIN SELECT 1"]
)
def test_what_sqlite_takes_outside_a_transaction_alone_goes_between_reads(engine, kept, sql):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(one).all()
        connection.exec_driver_sql(sql)
        if "foreign" in sql:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.scalar(one) == 0


def test_listeners_that_use_the_drivers_connection_are_within_the_transaction(engine, kept):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(one).all()
        raw = connection.connection.driver_connection
        assert raw.in_transaction
        raw.execute("UPDATE t SET n = 9")
        connection.rollback()
        assert connection.scalar(one) == 0


def test_a_version_that_cannot_be_read_is_asked_for_again(path, kept):
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0}, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError, match="locked"):
            connection.execute(one)
        other.execute("COMMIT")
        other.close()
        connection.rollback()
        assert connection.scalar(one) == 0
        increment(path, timeout=0)


def test_without_a_thread_each_read_lets_its_lock_go(engine, path, kept, monkeypatch):
    monkeypatch.setattr(kept, "_wake", lambda: False)
    with engine.connect() as connection:
        for _ in range(5):
            connection.execute(one).all()
            increment(path, timeout=0)


def test_the_thread_rests_where_nobody_reads_and_wakes_again(monkeypatch):
    class Connection:
        def __init__(self):
            self.ended = threading.Event()

        def let_go(self):
            self.ended.set()

    monkeypatch.setattr(holding, "TICK", 0.0005)
    holds = holding.Holds()
    for _ in range(3):
        connection = Connection()
        assert holds.add(connection)
        assert connection.ended.wait(5)
        deadline = time.monotonic() + 5
        while holds._is_awake and time.monotonic() < deadline:
            time.sleep(0.001)
        assert not holds._is_awake
    assert not holds._holders


def test_the_thread_ends_where_nobody_reads_any_more_and_the_next_lock_starts_another(monkeypatch):
    class Connection:
        def __init__(self):
            self.ended = threading.Event()

        def let_go(self):
            self.ended.set()

    monkeypatch.setattr(holding, "TICK", 0.0005)
    monkeypatch.setattr(holding, "REST", 0.001)
    holds = holding.Holds()
    for _ in range(3):
        connection = Connection()
        assert holds.add(connection)
        assert holds._is_running
        assert connection.ended.wait(5)
        deadline = time.monotonic() + 5
        while holds._is_running and time.monotonic() < deadline:
            time.sleep(0.001)
        assert not holds._is_running


def test_the_thread_is_none_that_a_program_waits_for(engine):
    before = threading.enumerate()
    with engine.connect() as connection:
        for _ in range(5):
            connection.execute(one).all()
        assert holding.holds._is_running
        assert threading.enumerate() == before


def test_a_child_process_has_no_lock_of_its_parent(engine):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(one).all()
        child = os.fork()
        if child == 0:
            fresh = not holding.holds._holders and not holding.holds._is_running
            os._exit(0 if fresh else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_nothing_is_lost_while_the_thread_ends_locks_in_the_middle(path, monkeypatch):
    monkeypatch.setattr(holding, "TICK", 0.0002)
    engine = create_engine(f"sqlite:///{path}", pool_size=6, connect_args={"timeout": 30})

    def work(number):
        done = 0
        while done < 100:
            with engine.connect() as connection:
                for _ in range(number % 3 + 1):
                    before = connection.scalar(one)
                try:
                    connection.execute(t.update().where(t.c.id == 1).values(n=before + 1))
                    connection.commit()
                except SerializationFailure:
                    continue
                done += 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    with engine.connect() as connection:
        assert connection.scalar(one) == 600
    engine.dispose()


def test_awaiting_reads_hold_no_lock_at_the_end_either(path):
    async def read():
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with engine.connect() as connection:
            for _ in range(5):
                assert (await connection.execute(one)).scalar() == 0
            await connection.rollback()
            increment(path, timeout=0)
            for _ in range(5):
                assert (await connection.execute(one)).scalar() == 1
            increment(path, timeout=5)
        await engine.dispose()

    asyncio.run(read())
