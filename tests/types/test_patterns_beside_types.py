"""A pattern is a text, whatever the type of the column that it is held against."""

import enum

import pytest

from dovetail import Column, Enum, Integer, MetaData, Table, create_engine, select
from dovetail.dialects import mysql
from dovetail.exc import StatementError


class Colour(enum.Enum):
    red = 1
    rose = 2
    blue = 3


@pytest.mark.parametrize("native", [True, False])
def test_the_names_of_members_are_searched(native):
    table = Table(
        "painted",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("colour", Enum(Colour, native_enum=native)),
    )
    colour = table.c.colour
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"colour": each} for each in Colour])

        def found(criterion):
            return connection.scalars(select(colour).where(criterion).order_by(table.c.id)).all()

        assert found(colour.like("r%")) == [Colour.red, Colour.rose]
        assert found(~colour.ilike("R_D")) == [Colour.rose, Colour.blue]
        assert found(colour.startswith("ro")) == [Colour.rose]
        assert found(colour.contains("e")) == [Colour.red, Colour.rose, Colour.blue]
        assert found(colour.regexp_match("^b")) == [Colour.blue]
        assert found(colour == "red") == found(colour.in_(["red"])) == [Colour.red]


def test_a_set_is_searched_as_text():
    days = Column("days", mysql.SET("mo", "tu"))
    searched = days.like("m%").compile(dialect=mysql.dialect())
    assert str(searched) == "days LIKE %s"
    assert searched.construct_params() == {"days_1": "m%"}
    assert days.like("m%").right.type.bind_processor(mysql.dialect()) is None
    assert (days == "mo").right.type is days.type


def test_a_text_that_names_no_member_is_refused():
    table = Table("painted", MetaData(), Column("colour", Enum(Colour)))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        for statement in (
            select(table).where(table.c.colour == "green"),
            select(table).where(table.c.colour.in_(["red", "green"])),
            table.insert().values(colour="green"),
        ):
            with pytest.raises(StatementError, match="'green' is not among the values"):
                connection.execute(statement)
