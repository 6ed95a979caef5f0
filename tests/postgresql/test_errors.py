"""What the server refuses has a class, its parts, and a hint."""

import os
import threading
import time

import pytest

from dovetail import create_engine, exc, make_url, select, text
from dovetail.dialects.driver import Cause
from dovetail.dialects.postgresql.errors import classify

EVERY_DRIVER = True

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL, a int, b int,
 CONSTRAINT pair UNIQUE (a, b), CONSTRAINT positive CHECK (a > 0));
CREATE TABLE child (id int PRIMARY KEY, parent_id int CONSTRAINT child_fk REFERENCES parent,
 later int CONSTRAINT later_fk REFERENCES parent DEFERRABLE INITIALLY DEFERRED,
 "Od d" int UNIQUE);
CREATE TABLE booking (room int, during tsrange,
 CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO parent VALUES (1, 'one', 1, 1);
INSERT INTO child VALUES (1, 1, NULL, 5);
INSERT INTO booking VALUES (1, '[2020-01-01,2020-01-05)');
"""


@pytest.fixture(scope="module")
def base(shared):
    with shared.begin() as connection:
        connection.exec_driver_sql(SCHEMA)
    return shared


def fails(base, sql, kind):
    with base.connect() as connection, pytest.raises(kind) as caught:
        connection.execute(text(sql))
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize(
    ("sql", "kind", "constraint", "table", "columns"),
    [
        (
            "INSERT INTO parent VALUES (1, 'x', 2, 2)",
            exc.UniqueViolation,
            "parent_pkey",
            "parent",
            ("id",),
        ),
        (
            "INSERT INTO parent VALUES (2, 'x', 1, 1)",
            exc.UniqueViolation,
            "pair",
            "parent",
            ("a", "b"),
        ),
        (
            "INSERT INTO child VALUES (2, NULL, NULL, 5)",
            exc.UniqueViolation,
            "child_Od d_key",
            "child",
            ("Od d",),
        ),
        (
            "INSERT INTO parent VALUES (2, NULL, 1, 2)",
            exc.NotNullViolation,
            None,
            "parent",
            ("name",),
        ),
        ("INSERT INTO parent VALUES (2, 'x', 0, 2)", exc.CheckViolation, "positive", "parent", ()),
        (
            "INSERT INTO child VALUES (2, 99)",
            exc.ForeignKeyViolation,
            "child_fk",
            "child",
            ("parent_id",),
        ),
        ("DELETE FROM parent", exc.ForeignKeyViolation, "child_fk", "child", ("id",)),
        (
            "INSERT INTO booking VALUES (1, '[2020-01-03,2020-01-09)')",
            exc.ExclusionViolation,
            "no_overlap",
            "booking",
            ("room", "during"),
        ),
    ],
)
def test_violations(base, sql, kind, constraint, table, columns):
    error = fails(base, sql, kind)

    assert (error.constraint, error.table, error.columns) == (constraint, table, columns)
    assert (error.retry_scope, error.outcome_unknown) == ("never", False)
    assert error.hint


@pytest.mark.parametrize(
    ("sql", "kind", "words"),
    [
        ("SELECT * FROM nothing", exc.ProgrammingError, "create_all"),
        ("SELECT nothing FROM parent", exc.ProgrammingError, "create_all"),
        ("SELECT nothing(1)", exc.ProgrammingError, "function"),
        ("SELEKT 1", exc.ProgrammingError, "near"),
        ("SELECT 'x' = 5", exc.DataError, "cast"),
        ("SELECT 1 / 0", exc.DataError, "value"),
        ("SELECT 99999999999::int", exc.DataError, "too large"),
        ("CREATE TABLE parent (id int)", exc.ProgrammingError, "IF NOT EXISTS"),
        ("CREATE TABLE nowhere.t (id int)", exc.ProgrammingError, "schema"),
        ("VACUUM", exc.InternalError, "AUTOCOMMIT"),
        ("CREATE TABLE q (a nothing)", exc.ProgrammingError, "EXTENSION"),
        ("SELECT ARRAY[]", exc.ProgrammingError, "type"),
    ],
)
def test_mistakes_have_hints(base, sql, kind, words):
    error = fails(base, sql, kind)

    assert words in (error.hint or "")


def test_a_privilege_that_is_lacking(base):
    role = f"dovetail_nobody_{os.getpid()}"
    with base.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(exc.ProgrammingError) as caught:
            connection.execute(text("SELECT * FROM parent"))

    assert "GRANT" in caught.value.hint


def test_deferred_constraints_are_violated_at_commit(base):
    with base.connect() as connection:
        connection.execute(text("INSERT INTO child VALUES (7, NULL, 99)"))
        with pytest.raises(exc.ForeignKeyViolation) as caught:
            connection.commit()
        assert caught.value.constraint == "later_fk"
        assert not caught.value.outcome_unknown
        assert not connection.in_transaction()
        assert connection.scalar(text("SELECT count(*) FROM child")) == 1


def test_serialization_failures(base):
    with base.connect().execution_options(isolation_level="REPEATABLE READ") as one:
        one.execute(text("SELECT * FROM parent"))
        with base.begin() as two:
            two.execute(text("UPDATE parent SET name = name || '!' WHERE id = 1"))
        with pytest.raises(exc.SerializationFailure) as caught:
            one.execute(text("UPDATE parent SET name = name || '!' WHERE id = 1"))
    assert caught.value.retry_scope == "transaction"
    assert not caught.value.connection_invalidated


def test_locks_that_are_not_given(base):
    with base.begin() as one, base.connect() as two:
        one.execute(text("SELECT * FROM parent FOR UPDATE"))
        with pytest.raises(exc.LockTimeout):
            two.execute(text("SELECT * FROM parent FOR UPDATE NOWAIT"))
        two.rollback()
        two.execute(text("SET LOCAL lock_timeout = 50"))
        with pytest.raises(exc.LockTimeout) as caught:
            two.execute(text("SELECT * FROM parent FOR UPDATE"))
    assert caught.value.retry_scope == "transaction"


def test_statements_that_take_too_long(base):
    with base.connect() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        with pytest.raises(exc.StatementTimeout):
            connection.execute(text("SELECT pg_sleep(5)"))


def test_deadlocks(base):
    with base.begin() as connection:
        connection.execute(text("CREATE TABLE lock_a AS SELECT 1 AS x"))
        connection.execute(text("CREATE TABLE lock_b AS SELECT 1 AS x"))
    first, second = "lock_a", "lock_b"
    met = threading.Barrier(2)
    errors = []

    def work(own, other):
        with base.connect() as connection:
            connection.execute(text("SET LOCAL deadlock_timeout = 50"))
            connection.execute(text(f"UPDATE {own} SET x = 2"))
            met.wait(10)
            try:
                connection.execute(text(f"UPDATE {other} SET x = 2"))
            except exc.DBAPIError as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=p) for p in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    (error,) = errors
    assert (type(error), error.retry_scope) == (exc.Deadlock, "transaction")


def test_a_transaction_that_was_idle_too_long_is_lost(base):
    with base.connect() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 30"))
        time.sleep(0.15)
        with pytest.raises(exc.Disconnected) as caught:
            connection.execute(select(1))
        assert caught.value.retry_scope == "new_connection"


@pytest.mark.parametrize(
    ("change", "words", "scope"),
    [
        ({"database": "nothing_there"}, "CREATE DATABASE", "never"),
        ({"username": "nobody_there"}, "user", "never"),
        ({"port": 1}, "running", "new_connection"),
        ({"host": "nowhere.invalid"}, "host", "new_connection"),
        ({"query": {"host": "/nonexistent"}}, "running", "new_connection"),
    ],
)
def test_connections_that_are_refused(url, change, words, scope):
    engine = create_engine(make_url(url).set(**change))

    with pytest.raises(exc.OperationalError) as caught:
        engine.connect()
    assert words in (caught.value.hint or "")
    assert caught.value.retry_scope == scope
    engine.dispose()


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Connection refused", exc.OperationalError),
        ("Connection reset by peer", exc.Disconnected),
        ("Connection timed out", exc.OperationalError),
        ("timeout expired", exc.OperationalError),
        ("No route to host", exc.OperationalError),
        ("server closed the connection unexpectedly", exc.Disconnected),
        ("FATAL:  the database system is starting up", exc.OperationalError),
        ("FATAL:  the database system is not yet accepting connections", exc.OperationalError),
        ("FATAL:  the database system is in recovery mode", exc.OperationalError),
        ("FATAL:  sorry, too many clients already", exc.OperationalError),
    ],
)
def test_what_passes_may_be_tried_again(reason, kind):
    error = Exception(f'connection to server at "db", port 5432 failed: {reason}')
    cause = classify(error, Cause(error=exc.OperationalError))

    assert cause.error is kind
    assert (cause.retry_scope or cause.error.retry_scope) == "new_connection"


def test_an_option_that_nobody_knows(url):
    engine = create_engine(make_url(url).update_query_dict({"colour": "red"}))

    with pytest.raises(exc.DBAPIError) as caught:
        engine.connect()
    assert "what stands in the URL after ?" in caught.value.hint
    engine.dispose()
