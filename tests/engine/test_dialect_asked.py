"""A dialect is asked, over a connection, what a database contains; an inspector says the same."""

import pytest

from dovetail import Column, Index, Integer, MetaData, String, Table, create_engine, inspect
from dovetail.exc import NoSuchTableError

metadata = MetaData()
Table(
    "fruit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), nullable=False),
    Index("by_name", "name"),
)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_whether_there_is_a_table(connection):
    dialect = connection.dialect

    assert dialect.has_table(connection, "fruit")
    assert not dialect.has_table(connection, "stone")
    assert dialect.has_index(connection, "fruit", "by_name")
    assert not dialect.has_index(connection, "fruit", "by_colour")
    assert not dialect.has_index(connection, "stone", "by_name")


@pytest.mark.parametrize(
    "name",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_check_constraints",
        "get_table_options",
    ],
)
def test_what_a_table_has(connection, name):
    asked = getattr(connection.dialect, name)(connection, "fruit")
    inspected = getattr(inspect(connection), name)("fruit")

    assert str(asked) == str(inspected)


@pytest.mark.parametrize("name", ["get_table_names", "get_view_names", "get_schema_names"])
def test_what_there_is(connection, name):
    asked = getattr(connection.dialect, name)(connection)

    assert asked == getattr(inspect(connection), name)()


def test_a_table_that_is_not_there(connection):
    with pytest.raises(NoSuchTableError):
        connection.dialect.get_columns(connection, "stone")


def test_what_a_dialect_says_of_itself(connection):
    dialect = connection.dialect

    assert dialect.positional
    assert dialect.type_compiler_instance is dialect.type_compiler
    assert isinstance(dialect.identifier_preparer, dialect.preparer)
    assert not create_engine("postgresql://", paramstyle="pyformat").dialect.positional
    assert create_engine("mysql+pymysql://").dialect.max_index_name_length == 64
    assert dialect.inline_comments is False
