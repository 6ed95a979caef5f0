"""A parameter without a type of its own has that of what it is compared with, lists too."""

import enum

import pytest

from dovetail import (
    Column,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    bindparam,
    create_engine,
    select,
    tuple_,
)


class Colour(enum.Enum):
    red = 1
    rose = 2


class Marked(TypeDecorator):
    """Texts that stand in brackets in the database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return f"<{value}>"

    def process_result_value(self, value, dialect):
        return value.strip("<>")


@pytest.fixture(scope="module")
def painted():
    table = Table(
        "painted",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("colour", Enum(Colour)),
        Column("word", Marked),
    )
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(
            table.insert(),
            [
                {"id": 1, "colour": Colour.red, "word": "a"},
                {"id": 2, "colour": Colour.rose, "word": "b"},
            ],
        )
        yield table.c, connection


LISTS = {
    "expanding": bindparam("given", expanding=True),
    "made a list by in_()": bindparam("given"),
}


@pytest.mark.parametrize("given", LISTS.values(), ids=LISTS)
def test_the_items_of_a_list_are_converted(painted, given):
    c, connection = painted

    def found(criterion, values):
        return connection.scalars(select(c.id).where(criterion), {"given": values}).all()

    assert found(c.word.in_(given), ["a", "z"]) == [1]
    assert found(c.word.not_in(given), ["a", "z"]) == [2]
    assert found(c.colour.in_(given), [Colour.rose, None]) == [2]
    assert found(c.colour.in_(given), []) == []
    assert found(tuple_(c.id, c.word).in_(given), [(1, "b"), (2, "b")]) == [2]
    within = select(c.word, c.colour).subquery().c
    assert connection.scalars(
        select(within.word).where(within.colour.in_(given)), {"given": [Colour.red]}
    ).all() == ["a"]


def test_a_type_of_its_own_is_kept(painted):
    c, connection = painted
    given = bindparam("given", expanding=True, type_=String)
    found = connection.scalars(select(c.id).where(c.word.in_(given)), {"given": ["<a>", "b"]})
    assert found.all() == [1]
