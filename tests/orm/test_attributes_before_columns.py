"""What a class computes by the name of a column: its own body decides."""

import sqlite3

import pytest

from dovetail import Column, ForeignKey, Integer, String, Table, create_engine, select
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import DeclarativeBase, Session, mapped_column, registry, relationship


class Computing:
    fixed = 3

    @property
    def label(self):
        return "computed"

    def method(self):
        return 1


def columns():
    return [Column("label", String(10)), Column("fixed", Integer), Column("method", Integer)]


@pytest.fixture
def connection():
    with sqlite3.connect(":memory:", check_same_thread=False) as connection:
        yield connection


@pytest.fixture
def session_of(connection):
    sessions = []

    def open_session(metadata):
        engine = create_engine("sqlite://", creator=lambda: connection)
        metadata.create_all(engine)
        sessions.append(Session(engine))
        return sessions[0]

    yield open_session
    sessions[0].close()


def test_columns_of_a_table_are_mapped_though_a_class_above_has_attributes_of_their_names(
    session_of, connection
):
    mapping = registry()
    table = Table("item", mapping.metadata, Column("id", Integer, primary_key=True), *columns())

    class Item(Computing):
        pass

    mapping.map_imperatively(Item, table)
    session = session_of(mapping.metadata)
    session.add(Item(id=1, label="x", fixed=8, method=9))
    session.commit()

    assert connection.execute("SELECT * FROM item").fetchall() == [(1, "x", 8, 9)]
    found = session.scalars(select(Item).where(Item.label == "x", Item.fixed == 8)).one()
    assert (found.label, found.fixed, found.method) == ("x", 8, 9)


def test_so_are_those_of_a_joined_table_below_a_mapped_class(session_of, connection):
    class Base(DeclarativeBase):
        pass

    class Shape(Computing, Base):
        __tablename__ = "shape"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(5))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "shape"}

    class Box(Shape):
        __table__ = Table(
            "box",
            Base.metadata,
            Column("id", ForeignKey("shape.id"), primary_key=True),
            *columns(),
        )
        __mapper_args__ = {"polymorphic_identity": "box"}

    class SmallBox(Box):
        __mapper_args__ = {"polymorphic_identity": "small"}

    session = session_of(Base.metadata)
    session.add_all([Shape(id=1), Box(id=2, label="x", fixed=8, method=9), SmallBox(id=3, fixed=4)])
    session.commit()

    rows = connection.execute("SELECT * FROM box ORDER BY id").fetchall()
    assert rows == [(2, "x", 8, 9), (3, None, 4, None)]
    plain, box, small = session.scalars(select(Shape).order_by(Shape.id))
    assert (plain.label, plain.fixed, plain.method()) == ("computed", 3, 1)
    assert (box.label, box.fixed, box.method, small.fixed) == ("x", 8, 9, 4)


def test_what_the_body_of_the_class_has_is_not_read_from_the_table(session_of, connection):
    mapping = registry()
    body = {name: value for name, value in vars(Computing).items() if not name.startswith("__")}
    table = Table("item", mapping.metadata, Column("id", Integer, primary_key=True), *columns())
    item_class = type("Item", (), body)
    mapping.map_imperatively(item_class, table)
    assert list(item_class.__mapper__.column_attrs.keys()) == ["id"]

    session = session_of(mapping.metadata)
    session.add(item_class(id=1))
    session.commit()
    assert connection.execute("SELECT * FROM item").fetchall() == [(1, None, None, None)]


def test_a_property_in_the_body_of_a_class_stands_before_what_is_mapped_above(
    session_of, connection
):
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(6))
        name = mapped_column(String(10))
        pay = mapped_column(Integer)
        boss_id = mapped_column(ForeignKey("person.id"))
        team = relationship("Person")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Worker(Person):
        __mapper_args__ = {"polymorphic_identity": "worker"}

        @property
        def name(self):
            return f"worker {self.id}"

        @name.setter
        def name(self, value):
            self.pay = len(value)

        @hybrid_property
        def boss_id(self):
            return self.pay

        def team(self):
            return []

    class Fixed(Person):
        __mapper_args__ = {"polymorphic_identity": "fixed"}

        @property
        def pay(self):
            return 7

    session = session_of(Base.metadata)
    session.add_all([Person(id=1, name="x"), Worker(id=2, name="four"), Fixed(id=3, name="y")])
    session.commit()

    rows = connection.execute("SELECT id, name, pay, boss_id FROM person ORDER BY id").fetchall()
    assert rows == [(1, "x", None, None), (2, None, 4, None), (3, "y", None, None)]
    assert sorted(Worker.__mapper__.attrs.keys()) == ["id", "kind", "pay"]
    person, worker, fixed = session.scalars(select(Person).order_by(Person.id))
    assert (person.name, worker.name, worker.boss_id, worker.team()) == ("x", "worker 2", 4, [])
    assert (fixed.pay, fixed.name) == (7, "y")
    with pytest.raises(AttributeError):
        fixed.pay = 8
    assert session.scalars(select(Person.id).where(Person.name == "x")).all() == [1]
    assert session.scalars(select(Worker.boss_id)).all() == [4]
