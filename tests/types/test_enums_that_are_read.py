"""A text that an Enum does not have is refused when it is read."""

import pytest

from dovetail import Column, Enum, Integer, MetaData, Table, create_engine, select, text


def test_a_text_that_is_none_of_the_strings():
    table = Table(
        "t", MetaData(), Column("id", Integer), Column("kind", Enum("a", "b", native_enum=False))
    )
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(text("INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'other')"))
        known = select(table.c.kind).where(table.c.id < 3)
        assert connection.scalars(known).all() == ["a", None]
        with pytest.raises(LookupError, match="'other' is not among the values of the enum"):
            connection.scalars(select(table.c.kind)).all()
