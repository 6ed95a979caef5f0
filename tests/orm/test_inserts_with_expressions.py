"""Instances of several classes of a hierarchy, of which some have SQL expressions for values."""

import sqlite3

import pytest

from dovetail import ForeignKey, Integer, String, create_engine, func, inspect, select
from dovetail.orm import DeclarativeBase, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(5))
    size = mapped_column(Integer, default=7)
    depth = mapped_column(Integer, default=func.abs(-4))
    note = mapped_column(String(5))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "item"}


class Box(Item):
    lid = mapped_column(String(5))
    __mapper_args__ = {"polymorphic_identity": "box"}


class Crate(Item):
    __tablename__ = "crate"
    id = mapped_column(ForeignKey("item.id"), primary_key=True)
    wood = mapped_column(Integer, default=8)
    __mapper_args__ = {"polymorphic_identity": "crate"}


class Chest(Crate):
    __tablename__ = "chest"
    id = mapped_column(ForeignKey("crate.id"), primary_key=True)
    # A column of another table has this name, which means two in a statement for both.
    lid = mapped_column(String(5))
    __mapper_args__ = {"polymorphic_identity": "chest"}


@pytest.fixture
def connection():
    with sqlite3.connect(":memory:", check_same_thread=False) as connection:
        yield connection


@pytest.fixture
def session(connection):
    engine = create_engine("sqlite://", creator=lambda: connection)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.mark.parametrize("place", range(4))
def test_each_has_its_row_in_each_of_its_tables(session, connection, place):
    items = [Item(), Box(lid="top"), Crate(wood=3), Chest(lid="front")]
    items[place].size = func.abs(-9)
    session.add_all(items)
    session.flush()
    for item, class_ in zip(items, (Item, Box, Crate, Chest), strict=True):
        assert inspect(item).mapper is class_.__mapper__
        assert inspect(item).persistent
        assert item.size == (9 if item is items[place] else 7)
    session.commit()

    sizes = [9 if number == place else 7 for number in range(4)]
    assert connection.execute("SELECT id, kind, size, depth, lid FROM item").fetchall() == [
        (1, "item", sizes[0], 4, None),
        (2, "box", sizes[1], 4, "top"),
        (3, "crate", sizes[2], 4, None),
        (4, "chest", sizes[3], 4, None),
    ]
    assert connection.execute("SELECT id, wood FROM crate").fetchall() == [(3, 3), (4, 8)]
    assert connection.execute("SELECT id, lid FROM chest").fetchall() == [(4, "front")]
    connection.execute("UPDATE item SET lid = 'new' WHERE id = 2")
    connection.execute("UPDATE crate SET wood = 30 WHERE id = 3")
    session.rollback()
    session.expire_all()
    assert (items[1].lid, items[2].wood, items[3].wood, items[3].lid) == ("new", 30, 8, "front")
    assert len(session.scalars(select(Item)).all()) == len(list(session)) == 4


@pytest.mark.parametrize("class_", [Item, Box, Crate, Chest])
def test_a_default_that_is_computed_is_computed_beside_another_expression(
    session, connection, class_
):
    session.add_all([class_(size=func.abs(-1)), class_(depth=func.abs(-2)), class_(note="x")])
    session.commit()
    rows = connection.execute("SELECT size, depth, note FROM item ORDER BY id").fetchall()
    assert rows == [(1, 4, None), (7, 2, None), (7, 4, "x")]


def test_an_expression_in_a_table_below_is_of_the_class_below(session, connection):
    session.add_all([Crate(wood=func.abs(-5)), Chest(wood=func.abs(-6), lid=func.lower("AB"))])
    session.add_all([Crate(), Item(note=func.upper("q"))])
    session.commit()
    assert connection.execute("SELECT kind, note FROM item ORDER BY id").fetchall() == [
        ("crate", None),
        ("chest", None),
        ("crate", None),
        ("item", "Q"),
    ]
    assert connection.execute("SELECT id, wood FROM crate").fetchall() == [(1, 5), (2, 6), (3, 8)]
    assert connection.execute("SELECT id, lid FROM chest").fetchall() == [(2, "ab")]
