"""DISTINCT ON, which one server has and the others do not."""

import pytest

from dovetail import column, create_engine, select, table
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import DovetailDeprecationWarning, DovetailWarning
from dovetail.orm import Session

small = table("small", column("id"), column("x"))
by_extension = select(small.c.id).ext(postgresql.distinct_on(small.c.x))


def test_columns_of_distinct_name_the_extension():
    with pytest.warns(DovetailDeprecationWarning, match=r"postgresql\.distinct_on") as told:
        statement = select(small.c.id).distinct(small.c.x)

    assert told[0].filename == __file__
    assert str(statement.compile(dialect=postgresql.dialect())) == (
        "SELECT DISTINCT ON (small.x) small.id \nFROM small"
    )


def test_columns_of_the_distinct_of_a_query_name_the_extension():
    with pytest.warns(DovetailDeprecationWarning, match=r"postgresql\.distinct_on") as told:
        query = Session().query(small.c.id).distinct(small.c.x)

    assert told[0].filename == __file__
    assert "DISTINCT ON (small.x)" in str(query.statement.compile(dialect=postgresql.dialect()))


def test_columns_are_added_to_those_of_before():
    more = by_extension.ext(postgresql.distinct_on(small.c.id))

    assert "DISTINCT ON (small.x, small.id)" in str(more.compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("dialect", [sqlite.dialect(), mysql.dialect()], ids=lambda one: one.name)
def test_a_server_without_it_tells_apart_whole_rows_and_that_is_told(dialect):
    with pytest.warns(DovetailWarning, match=f"{dialect.name} has no DISTINCT ON"):
        text = str(by_extension.compile(dialect=dialect))

    assert text.startswith("SELECT DISTINCT small.id")


def test_it_is_told_when_the_statement_runs():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE small (id, x)")
        connection.exec_driver_sql("INSERT INTO small VALUES (1, 1), (2, 1)")
        with pytest.warns(DovetailWarning, match="sqlite has no DISTINCT ON"):
            assert connection.scalars(by_extension.order_by("id")).all() == [1, 2]
    engine.dispose()


def test_a_plain_distinct_and_a_text_for_reading_say_nothing():
    assert str(select(small.c.id).distinct()) == "SELECT DISTINCT small.id \nFROM small"
    assert str(by_extension) == "SELECT DISTINCT small.id \nFROM small"
