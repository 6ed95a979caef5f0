"""Transactions and savepoints of a connection, on SQLite with its standard driver."""

import pytest

from dovetail.engine import create_engine
from dovetail.exc import (
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
    ResourceClosedError,
    UniqueViolation,
)
from tests.engine import two_phases

INSERT = "INSERT INTO t (name) VALUES (?)"


def names(connection):
    return connection.exec_driver_sql("SELECT name FROM t ORDER BY name").scalars().all()


def test_begin_goes_out_with_the_first_statement(engine, sql_log):
    log = sql_log(engine)

    with engine.connect() as connection:
        transaction = connection.begin()
        assert log == []
        connection.exec_driver_sql("SELECT 1")
        transaction.commit()

    assert log == ["BEGIN", "SELECT 1", "COMMIT"]


def test_a_connection_that_did_nothing_sends_nothing(engine, sql_log):
    log = sql_log(engine)

    with engine.begin():
        pass
    with engine.connect() as connection:
        connection.commit()

    assert log == []


def test_what_is_not_committed_is_rolled_back(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql(INSERT, ("lost",))
        assert connection.in_transaction()
    with engine.connect() as connection:
        connection.exec_driver_sql(INSERT, ("kept",))
        connection.commit()
        assert not connection.in_transaction()
        connection.exec_driver_sql(INSERT, ("undone",))
        connection.rollback()
        assert names(connection) == ["kept"]


def test_a_block_commits_or_rolls_back(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("kept",))
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("lost",))
        _ = 1 / 0
    with engine.connect() as connection:
        assert names(connection) == ["kept"]


def test_a_released_savepoint_vanishes_with_the_outer_transaction(engine):
    with engine.connect() as connection:
        outer = connection.begin()
        with connection.begin_nested():
            connection.exec_driver_sql(INSERT, ("inner",))
        outer.rollback()
        assert names(connection) == []


def test_savepoints_nest(engine):
    with engine.connect() as connection, connection.begin() as outer:
        connection.exec_driver_sql(INSERT, ("a",))
        first = connection.begin_nested()
        connection.exec_driver_sql(INSERT, ("b",))
        second = connection.begin_nested()
        assert (second.nested, second.parent, first.parent) == (True, first, outer)
        connection.exec_driver_sql(INSERT, ("c",))
        second.rollback()
        assert connection.get_nested_transaction() is first
        first.commit()
        assert not connection.in_nested_transaction()
        assert names(connection) == ["a", "b"]


def test_an_outer_savepoint_ends_the_inner_ones(engine):
    with engine.connect() as connection:
        first = connection.begin_nested()
        second = connection.begin_nested()
        connection.exec_driver_sql(INSERT, ("b",))
        first.rollback()
        assert not second.is_active
        assert connection.get_nested_transaction() is None
        assert names(connection) == []


def test_an_error_inside_a_savepoint_leaves_the_outer_work(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("a",))
        with pytest.raises(UniqueViolation), connection.begin_nested():
            connection.exec_driver_sql(INSERT, ("b",))
            connection.exec_driver_sql(INSERT, ("a",))
    with engine.connect() as connection:
        assert names(connection) == ["a"]


def test_a_second_begin_is_refused(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        with pytest.raises(InvalidRequestError) as caught:
            connection.begin()
        assert "begin_nested" in caught.value.hint
        connection.rollback()
        connection.begin()


def test_an_ended_transaction_cannot_commit(engine):
    with engine.connect() as connection:
        transaction = connection.begin()
        transaction.rollback()
        transaction.rollback()
        with pytest.raises(InvalidRequestError, match="inactive"):
            transaction.commit()


def test_a_block_whose_transaction_has_ended_runs_nothing_more(engine):
    with engine.connect() as connection:
        with connection.begin() as transaction:
            transaction.rollback()
            with pytest.raises(InvalidRequestError, match="has ended"):
                connection.exec_driver_sql("SELECT 1")
        connection.exec_driver_sql("SELECT 1")


def test_autocommit_sends_no_begin(engine, sql_log):
    log = sql_log(engine)

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(INSERT, ("kept",))
        connection.rollback()
    with engine.connect() as connection:
        assert names(connection) == ["kept"]

    assert log == [INSERT, "BEGIN", "SELECT name FROM t ORDER BY name", "ROLLBACK"]


def test_the_isolation_level_is_checked_and_given_back(engine):
    with engine.connect() as connection:
        with pytest.raises(Exception, match="READ UNCOMMITTED") as caught:
            connection.execution_options(isolation_level="READ UNCOMITTED")
        assert caught.value.hint == "did you mean 'READ UNCOMMITTED'?"
        connection.execution_options(isolation_level="READ UNCOMMITTED")
        assert connection.exec_driver_sql("PRAGMA read_uncommitted").scalar() == 1
        with pytest.raises(InvalidRequestError, match="inside a transaction"):
            connection.execution_options(isolation_level="SERIALIZABLE")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA read_uncommitted").scalar() == 0


def test_a_closed_connection_is_closed(engine):
    connection = engine.connect()
    connection.close()
    connection.close()

    assert connection.closed
    for use in (connection.begin, lambda: connection.exec_driver_sql("SELECT 1")):
        with pytest.raises(ResourceClosedError):
            use()


def test_a_transaction_that_the_server_ended_must_be_rolled_back(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql(INSERT, ("a",))
        with pytest.raises(UniqueViolation):
            connection.exec_driver_sql("INSERT OR ROLLBACK INTO t (name) VALUES ('a')")
        assert not connection.in_transaction()
        with pytest.raises(PendingRollbackError):
            connection.exec_driver_sql(INSERT, ("b",))
        connection.rollback()
        assert names(connection) == []


def test_a_failed_commit_leaves_nothing_behind(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql(
            "CREATE TABLE c (t_id INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO c VALUES (77)")
        with pytest.raises(Exception, match="FOREIGN KEY"):
            connection.commit()
        assert not connection.in_transaction()
        assert connection.exec_driver_sql("SELECT count(*) FROM c").scalar() == 0


def test_two_readers_that_write_never_lose_an_update(file_engine):
    engine = file_engine(connect_args={"timeout": 0.05})
    with engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("0",))
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql("SELECT name FROM t").scalar() == "0"
        one.exec_driver_sql("UPDATE t SET name = '1'")
        with pytest.raises(OperationalError) as caught:
            other.exec_driver_sql("UPDATE t SET name = '2'")
        assert caught.value.retry_scope == "transaction"
        other.rollback()
        one.commit()
    with engine.connect() as connection:
        assert names(connection) == ["1"]


def test_a_listener_may_send_begin_itself(engine):
    from dovetail.event import listens_for

    @listens_for(engine, "begin")
    def begin_immediate(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("a",))
    with engine.connect() as connection:
        assert names(connection) == ["a"]


def test_two_phases():
    asked = two_phases.register()
    engine = create_engine(two_phases.URL)

    with engine.connect() as connection:
        transaction = connection.begin_twophase("one")
        connection.exec_driver_sql("CREATE TABLE t (name TEXT)")
        transaction.prepare()
        transaction.commit()
        with pytest.raises(ZeroDivisionError), connection.begin_twophase("two"):
            connection.exec_driver_sql("INSERT INTO t VALUES ('lost')")
            _ = 1 / 0
        assert names(connection) == []
        connection.rollback()
        connection.begin_twophase("three")
        connection.exec_driver_sql("INSERT INTO t VALUES ('lost')")
    with engine.connect() as connection:
        assert connection.recover_twophase() == ["left"]
        connection.rollback_prepared("left", recover=True)
    engine.dispose()

    assert asked == [
        *(("begin", "one"), ("prepare", "one"), ("commit", "one", True)),
        *(("begin", "two"), ("rollback", "two", False)),
        *(("begin", "three"), ("rollback", "three", False)),
        ("rollback", "left", True),
    ]


def test_sqlite_has_no_two_phases(engine):
    with engine.connect() as connection:
        with pytest.raises(InvalidRequestError, match="no two-phase"):
            connection.begin_twophase()
        with pytest.raises(InvalidRequestError, match="begin_twophase"):
            connection.begin().prepare()
