"""How many parameters SQLite takes is what the library says of the connection."""

import sqlite3

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, event, insert, select
from dovetail.exc import InvalidRequestError

T = Table("t", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")

    @event.listens_for(engine, "connect")
    def limit(connection, record):
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)

    yield engine
    engine.dispose()


def test_a_limit_that_was_set_is_known(engine):
    with engine.connect():
        assert engine.dialect.features.max_parameters == 50


def test_the_limit_of_the_library_is_taken():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        expected = raw.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        assert engine.dialect.features.max_parameters == expected


def test_rows_and_lists_keep_to_it(engine):
    with engine.begin() as connection:
        T.metadata.create_all(connection)
        connection.execute(insert(T).returning(T.c.id), [{"id": number} for number in range(120)])
        statement = select(T.c.id).order_by(T.c.id)
        assert connection.scalars(statement).all() == list(range(120))
        few = connection.scalars(statement.where(T.c.id.in_(range(100, 150)))).all()
        assert few == list(range(100, 120))
        with pytest.raises(InvalidRequestError, match="51 parameters, and the server takes 50"):
            connection.execute(statement.where(T.c.id.in_(range(51))))
