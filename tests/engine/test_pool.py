"""Pools: bounds, waiting, replacing, forking; under threads and under tasks."""

import asyncio
import gc
import os
import sqlite3
import threading
import time

import pytest

from dovetail import text
from dovetail.engine import create_engine
from dovetail.event import listen, listens_for
from dovetail.exc import DisconnectionError, InvalidatePoolError, TimeoutError as WaitedTooLong
from dovetail.pool import AssertionPool, NullPool, QueuePool, StaticPool


def test_a_connection_is_used_again(file_engine):
    engine = file_engine(pool_size=2)

    with engine.connect() as connection:
        first = connection.connection.driver_connection
    with engine.connect() as connection:
        assert connection.connection.driver_connection is first
    assert (engine.pool.checkedin(), engine.pool.checkedout()) == (1, 0)


def test_first_in_first_out_or_the_other_way(file_engine):
    for lifo in (False, True):
        engine = file_engine(pool_use_lifo=lifo)
        one, two = engine.connect(), engine.connect()
        raw = [each.connection.driver_connection for each in (one, two)]
        one.close()
        two.close()
        with engine.connect() as connection:
            assert connection.connection.driver_connection is raw[1 if lifo else 0]


def test_the_overflow_is_closed_when_it_returns(file_engine):
    engine = file_engine(pool_size=1, max_overflow=2)
    connections = [engine.connect() for _ in range(3)]
    assert engine.pool.overflow() == 2

    for connection in connections:
        connection.close()

    assert (engine.pool.checkedin(), engine.pool.overflow()) == (1, 0)
    assert engine.pool.status().startswith("Pool size: 1  Connections in pool: 1")


def test_a_timeout_names_those_who_hold_connections(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 'what the holder runs'")
        with pytest.raises(WaitedTooLong) as caught:
            engine.connect()

    assert "test_pool.py" in str(caught.value)
    assert "test_a_timeout_names_those_who_hold_connections" in str(caught.value)
    assert "SELECT 'what the holder runs'" in str(caught.value)
    assert caught.value.holders[0].filename == __file__
    assert engine.pool.holders() == []


def test_no_wake_up_is_lost_under_many_threads(file_engine):
    engine = file_engine(pool_size=3, max_overflow=2, pool_timeout=30)
    most, now, lock = [0], [0], threading.Lock()
    errors = []

    def work():
        try:
            for _ in range(30):
                with engine.connect() as connection:
                    with lock:
                        now[0] += 1
                        most[0] = max(most[0], now[0])
                    connection.exec_driver_sql("SELECT 1").scalar()
                    with lock:
                        now[0] -= 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert errors == []
    assert most[0] <= 5
    assert engine.pool.checkedout() == 0


def test_waiters_that_give_up_lose_nothing(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0, pool_timeout=0.01)
    outcomes = []

    def work():
        for _ in range(20):
            try:
                with engine.connect() as connection:
                    connection.exec_driver_sql("SELECT 1").scalar()
                    time.sleep(0.002)
                    outcomes.append("served")
            except WaitedTooLong:
                outcomes.append("late")

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(outcomes) == 320
    assert "served" in outcomes
    assert (engine.pool.checkedin(), engine.pool.checkedout()) == (1, 0)


def test_an_opening_that_fails_frees_its_place():
    attempts = []

    def creator():
        attempts.append(1)
        if len(attempts) < 3:
            raise sqlite3.OperationalError("unable to open database file")
        return sqlite3.connect(":memory:")

    pool = QueuePool(creator, pool_size=1, max_overflow=0, timeout=0.05)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            pool.connect()
    with pool.connect() as connection:
        assert connection.cursor().execute("SELECT 1").fetchone() == (1,)
    pool.dispose()


def test_an_old_connection_is_replaced(file_engine):
    engine = file_engine(pool_recycle=0)
    with engine.connect() as connection:
        first = connection.connection.driver_connection
    time.sleep(0.01)
    with engine.connect() as connection:
        assert connection.connection.driver_connection is not first


def test_a_dead_connection_is_found_by_a_ping(file_engine):
    engine = file_engine(pool_pre_ping=True, pool_ping_after=0)
    one, two = engine.connect(), engine.connect()
    for connection in (one, two):
        raw = connection.connection.driver_connection
        connection.close()
        raw.close()

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_dispose_closes_what_is_idle_and_later_what_is_lent(file_engine):
    engine = file_engine()
    lent, idle = engine.connect(), engine.connect()
    raw_idle = idle.connection.driver_connection
    raw_lent = lent.connection.driver_connection
    idle.close()

    engine.dispose()

    with pytest.raises(sqlite3.ProgrammingError):
        raw_idle.execute("SELECT 1")
    assert lent.exec_driver_sql("SELECT 1").scalar() == 1
    lent.close()
    with pytest.raises(sqlite3.ProgrammingError):
        raw_lent.execute("SELECT 1")
    assert (engine.pool.checkedin(), engine.pool.checkedout()) == (0, 0)


def test_a_forgotten_connection_returns(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0, pool_timeout=0.05)

    engine.connect().exec_driver_sql("INSERT INTO t (name) VALUES ('lost')")
    gc.collect()

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_a_raw_connection_is_rolled_back_when_it_returns(file_engine):
    engine = file_engine()
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO t (name) VALUES ('lost')")
    raw.close()

    assert raw.dbapi_connection is None
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_a_detached_connection_leaves_its_place_free(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0, pool_timeout=0.05)
    connection = engine.connect()
    raw = connection.connection.driver_connection
    connection.detach()

    with engine.connect() as other:
        assert other.connection.driver_connection is not raw
    assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        raw.execute("SELECT 1")


def test_an_invalidated_connection_is_replaced(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        connection.invalidate()
        assert connection.invalidated
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        assert connection.connection.driver_connection is not raw
    assert engine.pool.checkedin() == 1


def test_the_kinds_of_pool(file_engine):
    static = file_engine(poolclass=StaticPool)
    with static.connect() as one, static.connect() as two:
        assert one.connection.driver_connection is two.connection.driver_connection
    null = file_engine(poolclass=NullPool)
    with null.connect() as one:
        raw = one.connection.driver_connection
    with pytest.raises(sqlite3.ProgrammingError):
        raw.execute("SELECT 1")
    single = file_engine(poolclass=AssertionPool)
    with single.connect(), pytest.raises(AssertionError, match="test_pool.py"):
        single.connect()


def test_a_database_in_memory_belongs_to_its_thread(engine):
    seen = []

    def look():
        with engine.connect() as connection:
            seen.extend(connection.exec_driver_sql("SELECT name FROM sqlite_master").all())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == []
    with engine.connect() as one, engine.connect() as two:
        assert one.connection.driver_connection is two.connection.driver_connection


def test_threads_can_share_a_database_in_memory():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    seen = []

    def look():
        with engine.connect() as connection:
            seen.extend(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == ["t"]
    engine.dispose()


def test_pool_events_tell_the_life_of_a_connection(file_engine):
    engine, told = file_engine(), []
    for name in ("first_connect", "connect", "checkout", "reset", "checkin", "invalidate", "close"):
        listen(engine, name, lambda *_, name=name: told.append(name))

    engine.connect().close()
    with engine.connect() as connection:
        connection.invalidate()
        assert told[-1] == "checkin"
    engine.dispose()

    assert told == [
        *("first_connect", "connect", "checkout", "reset", "checkin"),
        *("checkout", "invalidate", "close", "checkin"),
    ]


def test_a_connect_listener_gets_the_driver_connection(file_engine):
    engine = file_engine()

    @listens_for(engine, "connect")
    def enforce(dbapi_connection, record):
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        record.info["seen"] = True

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.info == {"seen": True}


@pytest.mark.parametrize("kind", [DisconnectionError, InvalidatePoolError])
def test_a_checkout_listener_may_refuse_a_connection(file_engine, kind):
    engine, refused = file_engine(), []

    @listens_for(engine, "checkout")
    def refuse_once(dbapi_connection, record, proxy):
        if not refused:
            refused.append(dbapi_connection)
            raise kind("stale")

    with engine.connect() as connection:
        assert connection.connection.driver_connection is not refused[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_leaves_its_parents_connections_alone(file_engine):
    engine = file_engine(pool_size=2)
    lent = engine.connect()
    raw = lent.connection.driver_connection
    engine.connect().close()

    child = os.fork()
    if child == 0:
        try:
            with engine.connect() as connection:
                fresh = connection.connection.driver_connection is not raw
                alive = connection.exec_driver_sql("SELECT 1").scalar() == 1
            empty = engine.pool.checkedout() == 0
            lent.close()
            os._exit(0 if fresh and alive and empty and engine.pool.checkedout() == 0 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert lent.exec_driver_sql("SELECT 1").scalar() == 1
    lent.close()


def test_tasks_wait_for_each_other(in_async):
    async def body(engine):
        most = now = 0

        async def work():
            nonlocal most, now
            async with engine.connect() as connection:
                now += 1
                most = max(most, now)
                await connection.exec_driver_sql("SELECT 1")
                await asyncio.sleep(0)
                now -= 1

        await asyncio.gather(*(work() for _ in range(40)))
        assert most <= 2
        assert engine.pool.checkedout() == 0

    in_async(body, pool_size=2, max_overflow=0)


def test_a_cancelled_task_gives_its_turn_to_the_next(in_async):
    async def body(engine):
        held = await engine.connect()
        waiting = [asyncio.create_task(engine.connect().start()) for _ in range(3)]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        await held.close()
        waiting[1].cancel()
        connection = await waiting[2]
        await connection.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        # The second was given the connection and cancelled before it could look.
        with pytest.raises(asyncio.CancelledError):
            await waiting[1]
        assert engine.pool.checkedout() == 0

    in_async(body, pool_size=1, max_overflow=0, pool_timeout=5)


def test_an_awaited_timeout_names_the_holder(in_async):
    async def body(engine):
        async with engine.connect():
            with pytest.raises(WaitedTooLong, match="test_pool.py"):
                await engine.connect()

    in_async(body, pool_size=1, max_overflow=0, pool_timeout=0.05)


@pytest.fixture
def opened():
    """Driver connections that a creator opened; none is left open by the test."""
    made = []
    yield made
    for raw in made:
        raw.close()


def creator_of(opened):
    def creator():
        opened.append(sqlite3.connect(":memory:", check_same_thread=False))
        return opened[-1]

    return creator


def is_open(raw):
    try:
        raw.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_connections_of_threads_that_ended_are_closed(opened):
    engine = create_engine("sqlite://", creator=creator_of(opened))

    for _ in range(4):
        thread = threading.Thread(target=lambda: engine.connect().close())
        thread.start()
        thread.join()
    engine.dispose()

    assert len(opened) == 4
    assert [is_open(raw) for raw in opened] == [False] * 4


def test_a_connection_outlives_the_thread_that_borrowed_it_and_is_closed(opened):
    engine = create_engine("sqlite://", creator=creator_of(opened))
    borrowed = []

    for _ in range(4):
        thread = threading.Thread(target=lambda: borrowed.append(engine.connect()))
        thread.start()
        thread.join()

    assert [each.exec_driver_sql("SELECT 1").scalar() for each in borrowed] == [1] * 4
    for each in borrowed:
        each.close()
    engine.dispose()
    assert [is_open(raw) for raw in opened] == [False] * 4


def test_a_thread_whose_connection_was_surplus_gets_one_that_is_closed_too(opened):
    engine = create_engine("sqlite://", creator=creator_of(opened), pool_size=1)

    engine.connect().close()
    thread = threading.Thread(target=lambda: engine.connect().close())
    thread.start()
    thread.join()
    assert not is_open(opened[0])
    engine.connect().close()
    engine.dispose()

    assert len(opened) == 3
    assert [is_open(raw) for raw in opened] == [False] * 3


def test_who_shares_a_connection_begins_by_a_listener_alone():
    engine = create_engine("sqlite://", poolclass=StaticPool)

    @listens_for(engine, "begin")
    def begin(connection):
        if "begun" not in connection.info:
            connection.exec_driver_sql("BEGIN")
            connection.info["begun"] = True

    @listens_for(engine, "commit")
    @listens_for(engine, "rollback")
    def end(connection):
        connection.info.pop("begun", None)

    with engine.connect() as outer:
        outer.execute(text("SELECT 1"))
        with engine.begin() as inner:
            inner.execute(text("CREATE TABLE t (a INTEGER)"))
        with engine.connect() as again:
            assert again.scalar(text("SELECT count(*) FROM t")) == 0
    engine.dispose()
