"""Numbers, dates and the like that are compared with strings: the server reads them."""

import pytest

from dovetail import (
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    MetaData,
    Numeric,
    Table,
    Time,
    create_engine,
    func,
    make_url,
    select,
    text,
)

table = Table(
    "measured",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("day", Date),
    Column("at", DateTime),
    Column("hour", Time),
    Column("lasted", Interval),
    Column("price", Numeric),
    Column("weight", Float),
)

READ = {
    "id": "1",
    "day": "2026-11-30",
    "at": "2026-11-30 10:00",
    "hour": "10:00",
    "lasted": "1 day",
    "price": "1.50",
    "weight": "2.5",
}


@pytest.fixture(params=["psycopg", "psycopg2"])
def connection(request, url):
    engine = create_engine(make_url(url).set(drivername=f"postgresql+{request.param}"))
    with engine.begin() as connection:
        table.create(connection)
        names = ", ".join(READ)
        values = ", ".join(f"'{value}'" for value in READ.values())
        connection.execute(text(f"INSERT INTO measured ({names}) VALUES ({values})"))
        yield connection
    engine.dispose()


@pytest.mark.parametrize("name", READ)
def test_a_string_is_read_as_what_it_is_compared_with(connection, name):
    column, value = table.c[name], READ[name]

    for criterion, expected in (
        (column == value, 1),
        (column >= value, 1),
        (column > value, 0),
        (column.in_([value, value]), 1),
        (column.not_in([value]), 0),
        (column.between(value, value), 1),
    ):
        found = connection.scalar(select(func.count()).where(criterion))
        assert found == expected, criterion


def test_a_string_within_a_function_is_one(connection):
    criterion = table.c.id == func.length("a")

    assert connection.scalar(select(table.c.id).where(criterion)) == 1
