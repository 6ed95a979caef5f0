"""How long connections live: warm, aged, tested, held, replaced after a disconnect."""

import logging
import time

import pytest

from dovetail.event import listen, listens_for
from dovetail.exc import ArgumentError, DisconnectionError, DovetailWarning, ResourceClosedError
from dovetail.pool import (
    AssertionPool,
    ConnectionPoolEntry,
    ManagesConnection,
    NullPool,
    PoolProxiedConnection,
    PoolResetState,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
    reset_commit,
    reset_none,
    reset_rollback,
)
from tests.engine.fakes import FakeError, FakeServer


@pytest.fixture
def server():
    return FakeServer()


def pings(raw):
    return raw.log.count("cursor")


# Kept warm.


def test_no_connection_is_opened_before_the_first_is_asked_for(server):
    QueuePool(server, min_size=3)

    assert server.opened == []


def test_the_first_borrower_opens_as_many_as_are_to_be_warm(server):
    pool = QueuePool(server, pool_size=5, min_size=3)

    with pool.connect():
        assert (pool.checkedin(), pool.checkedout()) == (2, 1)
    held = [pool.connect() for _ in range(3)]
    assert len(server.opened) == 3
    for connection in held:
        connection.close()
    assert pool.checkedin() == 3


def test_warm_connections_come_back_after_all_were_lost(server):
    pool = QueuePool(server, pool_size=5, min_size=3)
    pool.connect().close()
    pool.dispose()

    pool.connect().close()

    assert (len(server.opened), pool.checkedin()) == (6, 3)


def test_who_asks_gets_a_connection_though_the_others_fail_to_open(server, caplog):
    pool = QueuePool(server, pool_size=5, min_size=3)
    listen(pool, "connect", lambda *_: server.chances.update(connect=1))

    with pool.connect() as connection:
        assert connection.is_valid
    assert (len(server.opened), pool.checkedin()) == (1, 1)
    assert "kept warm failed to open" in caplog.text
    server.chances.clear()
    pool.dispose()


# Age.


def test_connections_made_together_do_not_expire_together(server, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("dovetail.engine.pool.pool.now", lambda: clock[0])
    pool = QueuePool(server, pool_size=20, max_age=1000, jitter=500)
    for connection in [pool.connect() for _ in range(20)]:
        connection.close()

    clock[0] += 499
    assert len(replaced(pool)) == 0
    clock[0] += 250
    assert 0 < len(replaced(pool)) < 20
    clock[0] += 500
    replaced(pool)
    assert not server.open & set(server.opened[:20])


def replaced(pool):
    """The connections of *pool* that are replaced when all are lent."""
    before = {record.driver_connection for record in pool._idle}
    held = [pool.connect() for _ in range(20)]
    after = {connection.driver_connection for connection in held}
    for connection in held:
        connection.close()
    return before - after


def test_the_jitter_is_a_tenth_of_the_age_unless_it_is_given(server):
    pool = QueuePool(server, max_age=1000)
    with pool.connect() as connection:
        record = connection._connection_record
        assert 899 < record.expires - record.idle_since <= 1000
    exact = QueuePool(server, max_age=1000, jitter=0, recycle=2000)
    with exact.connect() as connection:
        record = connection._connection_record
        assert record.expires - record.idle_since == pytest.approx(1000, abs=1e-6)


# Tests before lending.


def test_a_connection_used_a_moment_ago_is_lent_without_a_ping(server):
    pool = QueuePool(server, pre_ping=True)

    for _ in range(3):
        pool.connect().close()

    assert pings(server.opened[0]) == 0


def test_a_connection_that_was_idle_is_tested(server, monkeypatch):
    clock = [100.0]
    for module in ("pool", "record"):
        monkeypatch.setattr(f"dovetail.engine.pool.{module}.now", lambda: clock[0])
    pool = QueuePool(server, pre_ping=True, ping_after=5)
    pool.connect().close()
    clock[0] += 4
    pool.connect().close()
    assert pings(server.opened[0]) == 0
    clock[0] += 5
    pool.connect().close()
    assert pings(server.opened[0]) == 1

    server.restart()
    clock[0] += 5
    with pool.connect() as connection:
        assert connection.driver_connection is server.opened[1]
    assert server.opened[0].closed


@pytest.mark.parametrize("kind", [AssertionPool, SingletonThreadPool, StaticPool, QueuePool])
def test_each_kind_of_pool_tests(server, kind):
    pool = kind(server, pre_ping=True, ping_after=0)
    pool.connect().close()
    server.restart()

    with pool.connect() as connection:
        assert connection.driver_connection is server.opened[1]


def test_a_disconnect_replaces_all_older_connections_once(server):
    pool = QueuePool(server, pool_size=4, pre_ping=True, ping_after=0)
    for connection in [pool.connect() for _ in range(4)]:
        connection.close()
    server.restart()

    held = [pool.connect() for _ in range(4)]

    # One ping has failed, for the others were known to be as old.
    assert [pings(raw) for raw in server.opened[:4]] == [1, 0, 0, 0]
    assert len(server.opened) == 8
    for connection in held:
        connection.close()
    with pool.connect():
        assert len(server.opened) == 8


def test_many_who_find_out_together_replace_no_new_connection(file_engine):
    engine = file_engine(pool_size=3)
    held = [engine.connect() for _ in range(3)]
    for connection in held:
        connection.connection.driver_connection.close()
    listen(engine, "handle_error", lambda context: setattr(context, "is_disconnect", True))
    opened = []
    listen(engine, "connect", lambda *_: opened.append(1))

    for connection in held:
        with pytest.raises(Exception, match="closed database"):
            connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        connection.exec_driver_sql("SELECT 1")
    for connection in held:
        connection.close()
    for connection in [engine.connect() for _ in range(3)]:
        connection.exec_driver_sql("SELECT 1")
        connection.close()

    assert len(opened) == 3


# Long holds.


def test_who_holds_a_connection_for_long_is_named_when_it_returns(file_engine, caplog):
    engine = file_engine(pool_hold_warn=0.01)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 'what took so long'")
        time.sleep(0.02)
    engine.connect().close()

    assert len(caplog.records) == 1
    assert "test_who_holds_a_connection_for_long_is_named_when_it_returns" in caplog.text
    assert "what took so long" in caplog.text


def test_who_holds_a_connection_for_long_is_named_once_to_those_who_wait(server, caplog):
    pool = QueuePool(server, pool_size=1, max_overflow=0, timeout=0.001, hold_warn=0.01)
    with pool.connect():
        time.sleep(0.02)
        for _ in range(2):
            with pytest.raises(Exception, match="limit of size"):
                pool.connect()
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert len(caplog.records) == 1
    assert "test_pool_life.py" in caplog.text


# Reset.


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *((each, ["rollback"]) for each in ("rollback", True, reset_rollback)),
        *((each, ["commit"]) for each in ("commit", reset_commit)),
        *((each, []) for each in ("none", None, False, reset_none)),
    ],
)
def test_what_is_done_to_a_connection_that_returns(server, value, said):
    pool = QueuePool(server, reset_on_return=value)

    pool.connect().close()

    assert server.opened[0].log == said


def test_a_listener_is_told_the_state_of_what_is_reset(file_engine):
    engine, told = file_engine(), []
    listen(engine, "reset", lambda raw, record, state: told.append(state))

    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.raw_connection().close()

    assert told == [
        PoolResetState(transaction_was_reset=True, terminate_only=False, asyncio_safe=True),
        PoolResetState(transaction_was_reset=False, terminate_only=False, asyncio_safe=True),
    ]


def test_a_connection_that_cannot_be_reset_is_closed(server, caplog):
    pool = QueuePool(server)
    connection = pool.connect()
    server.chances["rollback"] = 1
    connection.close()
    server.chances.clear()

    assert (pool.checkedin(), pool.checkedout()) == (0, 0)
    assert server.open == set()
    assert "could not be reset" in caplog.text


# The proxy.


def test_a_borrowed_connection_is_a_proxy(server):
    pool = QueuePool(server)
    connection = pool.connect()

    assert isinstance(connection, PoolProxiedConnection)
    assert isinstance(connection, ManagesConnection)
    assert isinstance(connection._connection_record, ConnectionPoolEntry)
    assert connection.dbapi_connection is connection.driver_connection is server.opened[0]
    assert connection.is_valid
    assert not connection.is_detached
    connection.info["a"] = connection.record_info["b"] = 1
    connection.close()
    connection.close()
    assert not connection.is_valid
    assert connection.dbapi_connection is connection.driver_connection is None
    with pytest.raises(ResourceClosedError):
        connection.cursor()
    with pool.connect() as again:
        assert (again.info, again.record_info) == ({"a": 1}, {"b": 1})
        again.invalidate()
        assert not again.is_valid
        assert pool.checkedout() == 0
        with pytest.warns(DovetailWarning, match="closed already"):
            again.invalidate()
    assert server.open == set()


def test_a_soft_invalidation_waits_until_the_connection_returns(server):
    pool = QueuePool(server)
    connection = pool.connect()
    connection.info["a"] = connection.record_info["b"] = 1

    connection.invalidate(soft=True)
    assert connection.is_valid
    connection.close()

    assert server.open == set()
    with pool.connect() as another:
        assert another.info == {}


def test_a_detached_connection_is_its_borrowers(server):
    pool = QueuePool(server, pool_size=1, max_overflow=0)
    connection = pool.connect()
    connection.info["a"] = 1
    connection.detach()
    connection.detach()

    assert connection.is_valid
    assert connection.is_detached
    assert connection.info == {"a": 1}
    assert connection.record_info is None
    with pool.connect() as other:
        assert other.driver_connection is server.opened[1]
    connection.close()
    assert server.opened[0].closed
    assert not connection.is_valid
    gone = pool.connect()
    gone.detach()
    gone.invalidate()
    assert not gone.is_valid
    pool.dispose()
    assert server.open == set()


def test_an_entry_of_the_pool_can_be_closed(server):
    pool = QueuePool(server)
    entries = []
    listen(pool, "connect", lambda raw, entry: entries.append(entry))
    with pool.connect():
        assert entries[0].in_use
    entries[0].close()

    assert not entries[0].in_use
    assert server.open == set()
    with pool.connect() as connection:
        assert connection.driver_connection is server.opened[1]


def test_a_checkout_listener_may_end_the_connection_it_is_shown(server):
    pool, refused = QueuePool(server), []

    @listens_for(pool, "checkout")
    def refuse_once(raw, record, proxy):
        if not refused:
            refused.append(raw)
            record.invalidate()

    with pool.connect() as connection:
        assert connection.driver_connection is server.opened[1]


def test_a_listener_that_refuses_always_ends_in_an_error(server):
    pool = QueuePool(server)

    @listens_for(pool, "checkout")
    def refuse(raw, record, proxy):
        raise DisconnectionError("never good enough")

    with pytest.raises(Exception, match="after 3 attempts: never good enough"):
        pool.connect()
    assert (pool.checkedout(), server.open) == (0, set())


def test_a_listener_that_fails_costs_the_connection_and_not_the_place(server):
    pool = QueuePool(server, pool_size=1, max_overflow=0, timeout=0.01)
    for name in ("connect", "checkout", "checkin"):
        failing = [1]

        def fail(*_, failing=failing):
            if failing:
                failing.clear()
                raise FakeError("the listener failed")

        listen(pool, name, fail)
        with pytest.raises(FakeError):
            pool.connect().close()
        assert pool.checkedout() == 0
    pool.connect().close()
    assert pool.checkedin() == len(server.open) == 1


# The pool as a whole.


def test_a_pool_made_anew_has_the_same_settings(server):
    events = [(lambda *_: told.append(1), "connect")]
    told = []
    pool = QueuePool(
        server,
        pool_size=3,
        max_overflow=1,
        timeout=7,
        use_lifo=True,
        min_size=2,
        max_age=60,
        hold_warn=5,
        events=events,
    )
    new = pool.recreate()

    assert (new.size(), new.timeout(), new._limit, new._min_size) == (3, 7, 4, 2)
    new.connect().close()
    assert told == [1, 1]
    assert new.checkedin() == 2
    assert pool.checkedin() == 0
    assert repr(new).startswith("<QueuePool: Pool size: 3  Connections in pool: 2")


def test_the_numbers_of_a_pool(server):
    pool = QueuePool(server, pool_size=2, max_overflow=1)
    numbers = [(pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow())]
    held = []
    for _ in range(3):
        held.append(pool.connect())
        numbers.append((pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow()))
    for connection in held:
        connection.close()
        numbers.append((pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow()))

    assert numbers == ORACLES_NUMBERS
    assert NullPool(server).status() == "NullPool"


def _oracles_numbers():
    from sqlalchemy.pool import QueuePool as OraclesPool

    pool = OraclesPool(FakeServer(), pool_size=2, max_overflow=1)
    numbers = [(pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow())]
    held = []
    for _ in range(3):
        held.append(pool.connect())
        numbers.append((pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow()))
    for connection in held:
        connection.close()
        numbers.append((pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow()))
    return numbers


ORACLES_NUMBERS = _oracles_numbers()


@pytest.mark.parametrize(
    "bad",
    [
        {"pool_size": "5"},
        {"pool_size": -1},
        {"pool_size": 2.0},
        {"pool_size": True},
        {"max_overflow": -2},
        {"max_overflow": "10"},
        {"timeout": "30"},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"use_lifo": "yes"},
        {"min_size": 6},
        {"recycle": -2},
        {"recycle": "3600"},
        {"max_age": -1},
        {"jitter": "a bit"},
        {"ping_after": None},
        {"pre_ping": "true"},
        {"hold_warn": -0.5},
        {"reset_on_return": "roll back"},
        {"reset_on_return": 1},
    ],
    ids=str,
)
def test_a_bad_value_is_refused_at_once(server, bad):
    with pytest.raises(ArgumentError) as caught:
        QueuePool(server, **bad)

    assert next(iter(bad)) in caught.value.message


# Through the dialect.


class TellingDialect:
    """Does what connections do by themselves, and notes it."""

    def __init__(self):
        self.did = []

    def do_rollback(self, raw):
        self.did.append("rollback")
        raw.rollback()

    def do_commit(self, raw):
        self.did.append("commit")
        raw.commit()

    def do_close(self, raw):
        self.did.append("close")
        raw.close()


def use(pool):
    with pool.connect() as connection:
        connection.cursor().execute("SELECT")


@pytest.mark.parametrize("kind", [QueuePool, NullPool, StaticPool, SingletonThreadPool])
def test_connections_end_through_the_dialect_of_their_pool(server, kind):
    dialect = TellingDialect()
    pool = kind(server, dialect=dialect)

    use(pool)
    pool.dispose()

    assert dialect.did == ["rollback", "close"]
    assert server.open == set()


def test_a_pool_made_anew_has_the_dialect_that_its_model_was_given_later(server):
    pool = QueuePool(server, reset_on_return="commit")
    dialect = pool._dialect = TellingDialect()

    use(pool)
    use(pool.recreate())

    assert dialect.did == ["commit", "commit"]


def test_a_pool_of_one_connection_for_each_thread_says_for_how_many(server):
    assert SingletonThreadPool(server, pool_size=7).size == 7
    assert SingletonThreadPool(server).recreate().size == 5
