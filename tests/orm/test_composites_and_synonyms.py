"""Attributes that stand for others: the same programs run here and with the oracle."""

import dataclasses
import pickle
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Column, Integer, String, Table, create_engine, select
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    composite,
    mapped_column,
    registry,
    synonym,
    synonym_for,
)


@dataclasses.dataclass
class Point:
    x: int
    y: int


@dataclasses.dataclass
class Aim:
    x: int | None
    y: int | None


class Span:
    """A composite value that is no dataclass."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high

    def __composite_values__(self):
        return self.low, self.high

    def __eq__(self, other):
        return isinstance(other, Span) and self.__composite_values__() == (
            other.__composite_values__()
        )

    def __hash__(self):
        return hash(self.__composite_values__())

    def __repr__(self):
        return f"Span({self.low}, {self.high})"


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class ByLength(orm.Composite.Comparator):
        def __gt__(self, other):
            low, high = self.__clause_element__().clauses
            return (high - low) > (other.high - other.low)

    class Shape(Base):
        __tablename__ = "shape"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x1 = orm.mapped_column(sa.Integer, nullable=True)
        y1 = orm.mapped_column(sa.Integer, nullable=True)
        start = orm.composite(Point, "x1", "y1")
        end: orm.Mapped[Point | None] = orm.composite(
            orm.mapped_column("x2", nullable=True), orm.mapped_column("y2", nullable=True)
        )
        low = orm.mapped_column(sa.Integer, nullable=True)
        high = orm.mapped_column(sa.Integer, nullable=True)
        span = orm.composite(Span, low, high, comparator_factory=ByLength)
        _name = orm.mapped_column("name", sa.String(30))
        name = orm.synonym("_name")
        parts = orm.relationship("Part")
        pieces = orm.synonym("parts")

        @orm.synonym_for("_name")
        @property
        def shouted(self):
            return (self._name or "").upper()

    class Part(Base):
        __tablename__ = "part"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        shape_id = orm.mapped_column(sa.ForeignKey("shape.id"))

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, Shape=Shape, Part=Part
    )


def lines(statement):
    return " ".join(str(statement).split())


def columns_of_the_table(w):
    yield list(w.Shape.__table__.c.keys())
    yield [column.nullable for column in w.Shape.__table__.c]
    mapper = w.sa.inspect(w.Shape)
    yield sorted(mapper.synonyms.keys()), sorted(mapper.composites.keys())


def new_instances(w):
    shape = w.Shape()
    yield shape.start, shape.end, shape.span, shape.name
    shape = w.Shape(start=Point(1, 2), span=Span(3, 4), name="a", pieces=[w.Part()])
    yield shape.start, shape.x1, shape.y1, shape.span, shape._name, shape.shouted
    yield len(shape.parts), shape.start is shape.start
    shape.start = None
    yield shape.start, shape.x1
    shape.name = "b"
    yield shape._name
    del shape.name
    yield "_name" in shape.__dict__
    try:
        shape.shouted = "x"
    except AttributeError:
        yield "read only"


def stored(w):
    w.s.add(w.Shape(id=1, start=Point(1, 2), end=Point(5, 6), span=Span(1, 9), name="one"))
    w.s.add(w.Shape(id=2))
    w.s.commit()
    one, two = w.s.get(w.Shape, 1), w.s.get(w.Shape, 2)
    yield one.start, one.end, one.span, two.start, two.end, two.span
    kept = one.start
    yield kept is one.start
    one.start = Point(3, 4)
    history = w.orm.attributes.get_history(one, "start")
    yield list(history.added), list(history.unchanged), list(history.deleted)
    history = w.sa.inspect(one).attrs.end.history
    yield list(history.added), list(history.unchanged), list(history.deleted)
    w.s.rollback()
    yield one.start
    one.end = None
    yield one.end
    w.s.commit()
    yield one.end, one.x2
    w.s.execute(w.sa.text("UPDATE shape SET x1 = 77"))
    yield one.start
    w.s.refresh(one)
    yield one.start
    w.s.expire(one, ["x1", "y1"])
    yield one.start


def statements(w):
    Shape, sa = w.Shape, w.sa
    yield lines(sa.select(Shape.id).where(Shape.start == Point(1, 2)))
    yield lines(sa.select(Shape.id).where(Shape.start != Point(1, 2)))
    yield lines(sa.select(Shape.id).where(Shape.start == None))
    yield lines(sa.select(Shape.id).where(Shape.start > Point(1, 2)))
    yield lines(sa.select(Shape.id).where(Shape.span > Span(1, 5)))
    yield lines(sa.select(Shape.id).order_by(Shape.start).group_by(Shape.end))
    yield lines(sa.select(Shape.id).order_by(Shape.start.desc(), Shape.end.asc()))
    yield lines(sa.select(Shape.id).order_by(sa.desc(Shape.start).nulls_last()))
    yield lines(sa.select(Shape.id).order_by(sa.nulls_first(w.orm.aliased(Shape).start)))
    yield lines(sa.select(Shape.id).order_by(Shape.start.nulls_first(), Shape.end.nulls_last()))
    yield lines(sa.select(Shape.id).filter_by(name="x", start=Point(1, 2)))
    yield lines(sa.select(Shape.id).where(Shape.name == "x").order_by(Shape.shouted))
    yield lines(sa.select(w.orm.aliased(Shape).start))
    alias = w.orm.aliased(Shape)
    yield lines(sa.select(alias.id).where(alias.start == Point(1, 2), alias.name == "x"))
    yield lines(sa.select(Shape.id).join(Shape.pieces))
    yield str(Shape.start), str(Shape.name)


def rows(w):
    Shape, sa = w.Shape, w.sa
    w.s.add(Shape(id=1, start=Point(1, 2), end=Point(5, 6), span=Span(1, 9), name="one"))
    w.s.add(Shape(id=2, start=Point(0, 2), span=Span(1, 2), name="two"))
    w.s.commit()
    found = w.s.execute(sa.select(Shape.start, Shape.name, Shape.end).order_by(Shape.start))
    yield list(found.keys())
    yield [tuple(row) for row in found]
    yield w.s.scalars(sa.select(Shape.span).where(Shape.span > Span(0, 5))).all()
    yield [tuple(row) for row in w.s.query(Shape.start).order_by(Shape.id)]
    yield w.s.scalars(sa.select(Shape.id).where(Shape.start == Point(0, 2))).all()


def changes(w):
    Shape, sa = w.Shape, w.sa
    w.s.add(Shape(id=1, start=Point(1, 2), name="one"))
    w.s.commit()
    one = w.s.get(Shape, 1)
    yield one.start
    w.s.execute(sa.update(Shape).where(Shape.id == 1).values({Shape.start: Point(7, 8)}))
    yield one.start
    w.s.execute(sa.update(Shape).where(Shape.id == 1).values(start=Point(7, 9), name="z"))
    yield one.start, one.name
    w.s.execute(sa.insert(Shape), [{"id": 10, "start": Point(7, 9)}])
    w.s.execute(sa.insert(Shape).values(id=11, end=Point(1, 1), name="new"))
    yield w.s.get(Shape, 10).start, w.s.get(Shape, 11).end, w.s.get(Shape, 11).name
    w.s.query(Shape).filter(Shape.id == 10).update({Shape.start: Point(0, 0)})
    yield w.s.get(Shape, 10).start


def attributes_of_the_class(w):
    mapper = w.sa.inspect(w.Shape)
    for attribute in (w.Shape.start, w.Shape.span, w.orm.aliased(w.Shape).start):
        prop = attribute.property
        yield prop is mapper.composites[attribute.key], prop is attribute.prop, prop.key
    yield w.Shape.start.parent is mapper, w.Shape.start.class_ is w.Shape, w.Shape.start.info


@pytest.mark.parametrize(
    "scenario",
    [
        columns_of_the_table,
        new_instances,
        stored,
        statements,
        rows,
        changes,
        attributes_of_the_class,
    ],
    ids=lambda it: it.__name__,
)
def test_the_same_as_the_oracle(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        told.append([repr(one) for one in scenario(w)])
        w.s.close()
        w.engine.dispose()
    assert told[0] == told[1]
    assert told[0]


class Base(DeclarativeBase):
    pass


class Placed:
    at: Mapped[Point] = composite(mapped_column("at_x"), mapped_column("at_y"))


class Lamp(Placed, Base):
    __tablename__ = "lamp"
    id: Mapped[int] = mapped_column(primary_key=True)
    aim: Mapped[Aim | None] = composite(Aim, column_template="aim_%s")
    note: Mapped[str | None]
    remark = synonym("note")


class Desk(Placed, Base):
    __tablename__ = "desk"
    id: Mapped[int] = mapped_column(primary_key=True)


def composite_of_columns_that_are_there(package):
    """How columns of a table are loaded, and remembered, that a composite is made of."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    mappings = orm.registry()
    table = sa.Table(
        "edge", mappings.metadata, sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Integer) for name in ("x1", "y1", "x2", "y2", "z1", "z2")),
    )  # fmt: skip

    class Edge:
        pass

    mappings.map_imperatively(
        Edge, table,
        properties={
            "start": orm.composite(Point, table.c.x1, table.c.y1, deferred=True, group="g"),
            "end": orm.composite(Point, "x2", "y2", active_history=True),
            "top": orm.composite(Point, "z1", "z2"),
        },
    )  # fmt: skip
    engine = sa.create_engine("sqlite://")
    mappings.metadata.create_all(engine)
    with orm.Session(engine) as session:
        edge = Edge()
        edge.start, edge.end, edge.top = Point(1, 2), Point(3, 4), Point(5, 6)
        session.add(edge)
        session.commit()
        session.expunge_all()
        for options in ((), (orm.undefer_group("g"),), (orm.undefer(Edge.start),)):
            edge = session.scalars(sa.select(Edge).options(*options)).one()
            yield sorted(vars(edge).keys() & set(table.c.keys())), edge.start
            session.expunge_all()
        edge = session.get(Edge, 1)
        session.expire(edge)
        edge.end = new = Point(7, 8)
        history = sa.inspect(edge).attrs.end.history
        yield history.added, history.deleted, edge.end is new
    engine.dispose()


def test_a_composite_says_how_the_columns_of_a_table_are_loaded():
    here, there = (
        list(composite_of_columns_that_are_there(name)) for name in ("dovetail", "sqlalchemy")
    )

    assert here == there
    assert here[0][0] == ["id", "x2", "y2", "z1", "z2"]


@pytest.mark.parametrize("part", ["nothing", 5, ("x",)])
def test_what_a_composite_is_made_of_is_checked_with_the_mapping(part):
    mappings = registry()
    table = Table("made", mappings.metadata, Column("x", Integer, primary_key=True))

    class Made:
        pass

    mappings.map_imperatively(Made, table, properties={"at": composite(Point, "x", part)})
    with pytest.raises(ArgumentError, match=r"Made\.at is made of "):
        mappings.configure()
    mappings.dispose()


def test_each_class_has_columns_of_its_own_from_a_mixin_and_from_fields():
    assert sorted(Lamp.__table__.c.keys()) == ["aim_x", "aim_y", "at_x", "at_y", "id", "note"]
    assert sorted(Desk.__table__.c.keys()) == ["at_x", "at_y", "id"]
    assert isinstance(Desk.__table__.c.at_x.type, Integer)
    assert Desk.__table__.c.at_x.table is Desk.__table__


def test_a_changed_column_is_seen_in_the_value_at_once():
    lamp = Lamp(at=Point(1, 2))
    lamp.at_x = 5
    assert lamp.at == Point(5, 2)


def test_in_takes_values(session, engine):
    Base.metadata.create_all(engine)
    session.add_all([Lamp(id=n, at=Point(n, n)) for n in range(4)])
    session.commit()
    wanted = Lamp.at.in_([Point(1, 1), Point(3, 3), Point(2, 0)])
    assert session.scalars(select(Lamp.id).where(wanted).order_by(Lamp.id)).all() == [1, 3]
    assert session.scalars(select(Lamp.id).where(Lamp.at.in_([]))).all() == []


def test_a_value_survives_pickle(session, engine):
    Base.metadata.create_all(engine)
    session.add(Lamp(id=1, at=Point(1, 2), aim=Aim(3, 4), remark="x"))
    session.commit()
    lamp = session.get(Lamp, 1)
    assert lamp.at == Point(1, 2)
    twin = pickle.loads(pickle.dumps(lamp))
    assert (twin.at, twin.aim, twin.remark) == (Point(1, 2), Aim(3, 4), "x")


def test_an_update_writes_the_columns_that_changed(session, engine, sql_log):
    Base.metadata.create_all(engine)
    session.add(Lamp(id=1, at=Point(1, 2)))
    session.commit()
    lamp = session.get(Lamp, 1)
    sql_log.clear()
    lamp.at = Point(1, 9)
    session.flush()
    assert sql_log.statements == ["UPDATE lamp SET at_y=? WHERE lamp.id = ?"]


def test_a_value_of_another_class_is_refused():
    with pytest.raises(ArgumentError, match=r"Lamp\.at holds Point, not tuple"):
        Lamp(at=(1, 2))
    with pytest.raises(ArgumentError, match="does not say of which class"):

        class Wrong(Base):
            __tablename__ = "wrong"
            id: Mapped[int] = mapped_column(primary_key=True)
            at = composite("x", "y")


class Silent:
    """It can be made of two columns, and tells nobody what they are."""

    def __init__(self, low: int, high: int):
        pass


def test_columns_have_no_names_from_a_class_that_does_not_tell_its_values():
    with pytest.raises(ArgumentError, match=r"Wrong\.at.*'low'.*Silent") as raised:

        class Wrong(Base):
            __tablename__ = "wrong"
            id: Mapped[int] = mapped_column(primary_key=True)
            at: Mapped[Silent] = composite(mapped_column(), mapped_column())

    assert "__composite_values__()" in raised.value.hint


def test_columns_have_names_from_a_class_that_tells_its_values():
    class Named(Base):
        __tablename__ = "named"
        id: Mapped[int] = mapped_column(primary_key=True)
        at: Mapped[Span] = composite(mapped_column(), mapped_column())

    assert list(Named.__table__.c.keys()) == ["id", "low", "high"]


def test_more_columns_than_fields_are_refused():
    class Own(DeclarativeBase):
        pass

    with pytest.raises(ArgumentError, match=r"Wrong\.at is made of 3 columns.*Point takes 2"):

        class Wrong(Own):
            __tablename__ = "wrong"
            id: Mapped[int] = mapped_column(primary_key=True)
            at: Mapped[Point] = composite(
                mapped_column("x", Integer),
                mapped_column("y", Integer),
                mapped_column("z", Integer),
            )


def test_imperative_mapping_names_columns():
    class Road:
        @property
        def label(self):
            return f"road {self._label}"

    mapping = registry()
    table = Table(
        "road",
        mapping.metadata,
        Column("id", Integer, primary_key=True),
        Column("x1", Integer),
        Column("y1", Integer),
        Column("label", String),
    )
    mapping.map_imperatively(
        Road,
        table,
        properties={
            "start": composite(Point, table.c.x1, table.c.y1),
            "label": synonym("_label", map_column=True),
        },
    )
    engine = create_engine("sqlite://")
    mapping.metadata.create_all(engine)
    with Session(engine) as session:
        road = Road()
        road.start, road._label = Point(1, 2), "A1"
        session.add(road)
        session.commit()
        assert (road.start, road.label) == (Point(1, 2), "road A1")
        assert session.scalars(select(Road).filter_by(label="A1")).one() is road
    engine.dispose()


def test_a_synonym_that_is_a_property_by_decorator():
    class Ticket(Base):
        __tablename__ = "ticket"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[str]

        @synonym_for("state")
        @property
        def told(self) -> str:
            return f"is {self.state}"

    assert Ticket(state="open").told == "is open"
    assert str(Ticket.told == "x") == "ticket.state = :state_1"


@pytest.mark.parametrize("end", ["expire", "refresh"])
@pytest.mark.parametrize(("name", "column"), [("title", "name"), ("corner", "x1")])
def test_what_stands_for_columns_is_read_again_with_them(end, name, column):
    class Base(DeclarativeBase):
        pass

    class Shape(Base):
        __tablename__ = "shape"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        x1: Mapped[int]
        y1: Mapped[int]
        title = synonym("name")
        corner: Mapped[Point] = composite("x1", "y1")

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        shape = Shape(name="1", x1=1, y1=1)
        session.add(shape)
        session.flush()
        session.connection().exec_driver_sql("UPDATE shape SET name = '2', x1 = 2")

        getattr(session, end)(shape, [name])

        assert str(getattr(shape, column)) == "2"
        assert (shape.name, shape.x1).count(1) + (shape.name, shape.x1).count("1") == 1
    engine.dispose()
