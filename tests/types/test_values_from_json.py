"""``as_float()`` and its like give values of their type, whatever the document has."""

import pytest

from dovetail import JSON, Column, Integer, MetaData, Table, create_engine, select

T = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("data", JSON))


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        T.create(connection)
        values = [1, "1", 1.5, "x"]
        rows = [{"id": number, "data": {"a": value}} for number, value in enumerate(values)]
        connection.execute(T.insert(), rows)
        yield connection


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("as_float", [1.0, 1.0, 1.5, 0.0]),
        ("as_integer", [1, 1, 1, 0]),
        ("as_string", ["1", "1", "1.5", "x"]),
    ],
)
def test_values(connection, method, expected):
    element = getattr(T.c.data["a"], method)()
    found = connection.scalars(select(element).order_by(T.c.id)).all()
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_comparisons(connection):
    statement = select(T.c.id).order_by(T.c.id)
    element = T.c.data["a"]
    assert connection.scalars(statement.where(element.as_string() == "1")).all() == [0, 1]
    assert connection.scalars(statement.where(element.as_float() > 1)).all() == [2]
