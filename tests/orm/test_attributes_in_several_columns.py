"""An attribute that is kept in more than one column: all of them are there, and written."""

import pytest

from dovetail import Column, Integer, String, create_engine, text
from dovetail.orm import DeclarativeBase, Mapped, Session, column_property, mapped_column


def rows(session, table):
    return [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY id"))]


@pytest.mark.parametrize("kind", [mapped_column, Column])
def test_columns_in_the_body_of_a_class(kind):
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = column_property(kind("name", String(9)), kind("shown", String(9)))
        age: Mapped[int]

    class Child(Person):
        toy: Mapped[str] = column_property(kind("toy", String(9)), kind("plaything", String(9)))

    names = ["id", "name", "shown", "age", "plaything", "toy"]
    assert sorted(Person.__table__.c.keys()) == sorted(names)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        child = Child(id=1, name="ann", age=5, toy="top")
        session.add(child)
        session.flush()
        query = "SELECT name, shown, toy, plaything FROM person"
        assert session.execute(text(query)).all() == [("ann", "ann", "top", "top")]
        child.name = "eve"
        child.toy = "kite"
        session.flush()
        assert session.execute(text(query)).all() == [("eve", "eve", "kite", "kite")]


def test_a_column_that_stands_elsewhere_is_left_there():
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(9))

    class Part(Thing):
        __tablename__ = "part"
        id = column_property(
            mapped_column("id", Thing.id.type, primary_key=True), Thing.__table__.c.id
        )
        name = column_property(mapped_column("part_name", String(9)), Thing.__table__.c.name)
        __mapper_args__ = {"inherit_condition": id == Thing.__table__.c.id}

    assert Part.__table__.c.keys() == ["id", "part_name"]
    assert Thing.__table__.c.keys() == ["id", "name"]
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Part(id=1, name="lid"))
        session.flush()
        assert rows(session, "thing") == rows(session, "part") == [(1, "lid")]
