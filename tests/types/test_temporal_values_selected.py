"""Dates and times that a statement is given come back as what they are, on every server."""

import datetime as dt

import pytest

from dovetail import (
    Column,
    Date,
    DateTime,
    Integer,
    Interval,
    MetaData,
    Table,
    Time,
    case,
    column,
    create_engine,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
    values,
)

VALUES = {
    "date": (Date(), dt.date(2024, 1, 2), dt.date(2024, 5, 6)),
    "datetime": (
        DateTime(),
        dt.datetime(2024, 1, 2, 3, 4, 5, 678000),
        dt.datetime(2024, 5, 6),
    ),
    "time": (Time(), dt.time(3, 4, 5, 678000), dt.time(7, 8)),
    "interval": (Interval(), dt.timedelta(days=1, hours=2), dt.timedelta(hours=5)),
}


@pytest.fixture
def connection(backend_url):
    engine = create_engine(backend_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("name", VALUES)
def test_values_beside_columns_and_alone(connection, name):
    kind, given, stored = VALUES[name]
    table = Table(
        "moments",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("at", kind),
    )
    table.create(connection)
    connection.execute(table.insert(), [{"id": 1, "at": stored}, {"id": 2, "at": None}])
    at = table.c.at

    def found(expression):
        statement = select(expression).select_from(table).order_by(table.c.id)
        return connection.scalars(statement).all()

    assert found(func.coalesce(at, given)) == [stored, given]
    assert found(case((at.is_(None), given), else_=at)) == [stored, given]
    assert found(case((table.c.id == 1, at), else_=given)) == [stored, given]
    assert found(literal(given, kind)) == [given, given]
    assert found(literal(given, kind).label("then")) == [given, given]
    assert found(type_coerce(given, kind)) == [given, given]
    assert found(func.coalesce(null(), literal(given, kind))) == [given, given]
    both = union_all(select(at).where(table.c.id == 1), select(literal(given, kind)))
    assert sorted(connection.scalars(both)) == sorted([stored, given])
    rows = values(column("id", Integer), column("at", kind), name="given")
    rows = rows.data([(1, given), (2, stored)])
    assert connection.scalars(select(rows.c.at).order_by(rows.c.id)).all() == [given, stored]
    latest = connection.scalar(select(func.max(func.coalesce(at, given))))
    assert latest == max(given, stored)
    assert connection.scalars(select(table.c.id).where(at == stored)).all() == [1]
    changed = case((table.c.id == 2, given), else_=at)
    connection.execute(table.update().values(at=changed))
    assert [type(one) for one in found(at)] == [type(given)] * 2
