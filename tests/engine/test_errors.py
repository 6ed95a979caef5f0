"""Errors of SQLite: their causes, parts and hints."""

import pytest

from dovetail import Column, Date, MetaData, Table, create_engine, exc, insert
from dovetail.event import listens_for


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql(
            "CREATE TABLE c (a INTEGER NOT NULL, b INTEGER CONSTRAINT small CHECK (b < 10), "
            "t_id INTEGER REFERENCES t (id), UNIQUE (a, b))"
        )
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'Ada')")
        connection.exec_driver_sql("INSERT INTO c VALUES (1, 1, 1)")
        yield connection


@pytest.mark.parametrize(
    ("sql", "kind", "table", "columns", "constraint"),
    [
        ("INSERT INTO t VALUES (2, 'Ada')", exc.UniqueViolation, "t", ("name",), None),
        ("INSERT INTO t VALUES (1, 'x')", exc.UniqueViolation, "t", ("id",), None),
        ("INSERT INTO c VALUES (1, 1, 1)", exc.UniqueViolation, "c", ("a", "b"), None),
        ("INSERT INTO c VALUES (NULL, 1, 1)", exc.NotNullViolation, "c", ("a",), None),
        ("INSERT INTO c VALUES (2, 11, 1)", exc.CheckViolation, None, (), "small"),
        ("INSERT INTO c VALUES (2, 2, 77)", exc.ForeignKeyViolation, None, (), None),
    ],
)
def test_a_violation_has_its_cause_and_its_parts(connection, sql, kind, table, columns, constraint):
    with pytest.raises(exc.IntegrityError) as caught:
        connection.exec_driver_sql(sql)

    error = caught.value
    assert type(error) is kind
    assert (error.table, error.columns, error.constraint) == (table, columns, constraint)
    assert error.statement == sql
    assert error.__cause__ is error.orig


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT * FROM nowhere", "metadata.create_all(engine)"),
        ("SELEC 1", None),
    ],
)
def test_a_wrong_statement_is_an_operational_error(connection, sql, hint):
    with pytest.raises(exc.OperationalError) as caught:
        connection.exec_driver_sql(sql)
    assert (hint or "") in (caught.value.hint or "")


def test_a_value_that_sqlite_cannot_store(connection):
    with pytest.raises(exc.DBAPIError) as caught:
        connection.exec_driver_sql("INSERT INTO t (name) VALUES (?)", (object(),))
    assert "type that converts" in caught.value.hint


def test_a_lock_is_a_retryable_error(file_engine):
    engine = file_engine(connect_args={"timeout": 0.01})
    with engine.connect() as one, engine.connect() as two:
        one.exec_driver_sql("INSERT INTO t (name) VALUES ('a')")
        with pytest.raises(exc.LockTimeout) as caught:
            two.exec_driver_sql("INSERT INTO t (name) VALUES ('b')")
    assert caught.value.retry_scope == "transaction"
    assert "keep transactions short" in caught.value.hint


def test_a_lost_connection_is_invalidated(file_engine):
    engine = file_engine()
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.connection.driver_connection.close()
        with pytest.raises(exc.DBAPIError) as caught:
            connection.exec_driver_sql("SELECT 1")
        assert caught.value.connection_invalidated
        assert connection.invalidated
        with pytest.raises(exc.PendingRollbackError):
            connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_listener_may_replace_an_error(engine):
    class MyError(Exception):
        pass

    @listens_for(engine, "handle_error")
    def replace(context):
        assert isinstance(context.sqlalchemy_exception, exc.OperationalError)
        return MyError(str(context.original_exception))

    with engine.connect() as connection, pytest.raises(MyError, match="nowhere"):
        connection.exec_driver_sql("SELECT * FROM nowhere")


@pytest.mark.parametrize("hidden", [True, False])
def test_a_value_that_a_type_refuses_is_hidden_with_the_parameters(hidden):
    table = Table("t", MetaData(), Column("day", Date))
    engine = create_engine("sqlite://", hide_parameters=hidden)

    with engine.connect() as connection, pytest.raises(exc.StatementError) as caught:
        connection.execute(insert(table).values(day="hush"))
    engine.dispose()

    assert ("hush" in str(caught.value)) is not hidden
    assert "TypeError" in str(caught.value)
