"""Mappings that change: attributes added later, mappings that fail or are cleared, registries."""

from inspect import getfullargspec, signature
from weakref import WeakSet

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    inspect,
    select,
)
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    backref,
    clear_mappers,
    mapped_column,
    registry,
    relationship,
)
from dovetail.orm.mapping import registry as mapping_registry
from tests.orm.both import compare, programs


def three_generations(w, layout):
    """Thing, Car, Van: in one table, or in joined tables."""
    sa, orm, Base = w.sa, w.orm, w.Base

    class Thing(Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Car(Thing):
        __mapper_args__ = {"polymorphic_identity": "car"}
        if layout != "single":
            __tablename__ = "car"
            id = orm.mapped_column(sa.ForeignKey("thing.id"), primary_key=True)

    class Van(Car):
        __mapper_args__ = {"polymorphic_identity": "van"}
        if layout == "joined":
            __tablename__ = "van"
            id = orm.mapped_column(sa.ForeignKey("car.id"), primary_key=True)

    class Note(Base):
        __tablename__ = "note"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        thing_id = orm.mapped_column(sa.ForeignKey("thing.id"))
        car_id = orm.mapped_column(sa.ForeignKey("thing.id" if layout == "single" else "car.id"))

    return Thing, Car, Van, Note


def added_to_the_top(w, layout):
    sa, orm = w.sa, w.orm
    Thing, Car, Van, Note = three_generations(w, layout)
    Note.thing = orm.relationship(Thing, foreign_keys=[Note.thing_id], backref="notes")
    Note.car = orm.relationship(
        Car, foreign_keys=[Note.car_id], backref=orm.backref("talks", order_by=Note.id)
    )
    Thing.label = orm.mapped_column(sa.String(9))
    Thing.twice = orm.column_property(Thing.__table__.c.id * 2)
    Thing.number = orm.synonym("id")
    w.Base.registry.configure()
    for class_ in (Thing, Car, Van):
        mapper = sa.inspect(class_)
        yield sorted(mapper.relationships.keys()), sorted(mapper.attrs.keys())
        yield sorted(mapper.synonyms.keys())
    w.create()
    van = Van(id=1, label="L")
    w.add(van, Note(id=5, thing=van), Note(id=6, thing=van, car=van))
    van = w.s.get(Van, 1)
    yield van.label, van.twice, van.number, [n.id for n in van.notes], [n.id for n in van.talks]
    van.talks.remove(van.talks[0])
    w.s.flush()
    yield w.rows(Note)
    yield w.s.scalars(sa.select(Van.id).where(Van.number == 1, Van.label == "L")).all()
    yield w.s.scalars(sa.select(Van.id).where(Van.notes.any(Note.id == 5))).all()
    found = w.s.scalars(sa.select(Thing).options(orm.selectinload(Van.notes))).all()
    yield [(type(one).__name__, len(one.notes)) for one in found]


def one_table(w):
    yield from added_to_the_top(w, "single")


def joined_tables(w):
    yield from added_to_the_top(w, "joined")


def a_table_between(w):
    yield from added_to_the_top(w, "between")


def added_after_configuration(w):
    sa, orm = w.sa, w.orm
    Thing, _, Van, Note = three_generations(w, "joined")
    w.Base.registry.configure()
    w.create()
    w.add(Van(id=1), Note(id=2, thing_id=1, car_id=1))
    yield w.s.scalars(sa.select(Van.id)).all()
    # when
    sa.inspect(Note).add_property(
        "thing", orm.relationship(Thing, foreign_keys=[Note.thing_id], backref="notes")
    )
    sa.inspect(Thing).add_properties(
        {
            "two": orm.column_property(Thing.__table__.c.id + 1),
            "all": orm.relationship(Note, foreign_keys=[Note.thing_id], viewonly=True),
        }
    )
    # then
    yield w.s.get(Note, 2).thing.id, [n.id for n in w.s.get(Van, 1).notes]
    w.s.expunge_all()
    van = w.s.get(Van, 1)
    yield van.two, [n.id for n in van.all]
    w.s.add(Note(id=3, thing=van))
    w.s.commit()
    yield w.rows(Note), w.s.scalars(sa.select(Van.two)).all()


def what_a_class_below_declares_stays(w):
    sa, orm = w.sa, w.orm
    Thing, Car, Van, _ = three_generations(w, "joined")
    Car.label = orm.column_property(sa.literal("car").label("l"))
    Thing.label = orm.column_property(sa.literal("thing").label("l"))
    w.create()
    w.add(Thing(id=1), Car(id=2), Van(id=3))
    yield [(t.id, t.label) for t in w.s.scalars(sa.select(Thing).order_by(Thing.id))]
    Van.label = orm.column_property(sa.literal("van").label("l"))
    w.s.expunge_all()
    yield [(t.id, t.label) for t in w.s.scalars(sa.select(Thing).order_by(Thing.id))]


def composites_of_the_class_above(w):
    sa, orm, Base = w.sa, w.orm, w.Base

    class Point:
        def __init__(self, x, y):
            self.x, self.y = x, y

        def __composite_values__(self):
            return self.x, self.y

        def __eq__(self, other):
            return (self.x, self.y) == (other.x, other.y)

        __hash__ = None

    class Place(Base):
        __tablename__ = "place"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        y = orm.mapped_column(sa.Integer)
        at = orm.composite(Point, x, y)
        ex = orm.synonym("x")

    class Town(Place):
        __tablename__ = "town"
        id = orm.mapped_column(sa.ForeignKey("place.id"), primary_key=True)

    yield sorted(sa.inspect(Town).composites.keys()), sorted(sa.inspect(Town).synonyms.keys())
    w.create()
    w.add(Town(id=1, at=Point(1, 2)), Place(id=2, at=Point(1, 2)), Town(id=3, ex=5, y=6))
    yield w.s.scalars(sa.select(Town.id).where(Town.at == Point(1, 2))).all()
    yield w.s.scalars(sa.select(Town.id).where(Town.ex == 5)).all()
    town = w.s.get(Town, 3)
    yield town.at.x, town.at.y
    town.at = Point(7, 8)
    yield sa.inspect(town).attrs.at.history.has_changes()
    other = orm.aliased(Town)
    yield w.s.scalars(sa.select(other.id).where(other.at == Point(7, 8), other.ex == 7)).all()
    w.s.execute(sa.update(Place).where(Place.id == 2).values({Place.at: Point(3, 4)}))
    yield w.rows(Place)


# Mappings that go ------------------------------------------------------------------------------


def mapped_again(w):
    sa, orm = w.sa, w.orm

    class Person:
        pass

    class Engineer(Person):
        pass

    for number in range(2):
        reg = orm.registry()
        people = sa.Table(
            f"people{number}",
            reg.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(9)),
            sa.Column("type", sa.String(9)),
            sa.Column("note", sa.String(9)),
        )
        engineers = sa.Table(
            f"engineers{number}",
            reg.metadata,
            sa.Column("id", sa.ForeignKey(people.c.id), primary_key=True),
            sa.Column("language", sa.String(9)),
        )
        below = {"polymorphic_identity": "e"}
        reg.map_imperatively(Person, people, polymorphic_on=people.c.type, polymorphic_identity="p")
        reg.map_imperatively(Engineer, engineers, inherits=Person, **below)
        reg.metadata.create_all(w.engine)
        with orm.Session(w.engine) as session:
            session.add_all([Engineer(name="d", language="j", note="n"), Person(name="c")])
            session.commit()
            found = session.query(Engineer.language, Engineer.note).filter_by(name="d")
            yield found.all(), found.count(), session.query(Person.note).all()
        reg.dispose()
        yield hasattr(Person, "name"), hasattr(Engineer, "language")
        yield w.error(Person, name="x"), w.error(lambda: sa.inspect(Person))


def mappings_that_fail(w):
    sa, orm = w.sa, w.orm
    reg = orm.registry()
    key = sa.Column("id", sa.Integer, primary_key=True)
    above = sa.Table("above", reg.metadata, key, sa.Column("kind", sa.String(9)))
    keyless = sa.Table("keyless", reg.metadata, sa.Column("n", sa.Integer))
    apart = sa.Table("apart", reg.metadata, sa.Column("id", sa.Integer, primary_key=True))

    class Above:
        pass

    class Below(Above):
        pass

    options = {"polymorphic_on": above.c.kind, "polymorphic_identity": "a"}
    yield w.error(reg.map_imperatively, Above, keyless)
    reg.dispose()
    yield hasattr(Above, "n"), hasattr(Above, "__mapper__"), w.error(lambda: sa.inspect(Above))
    reg.map_imperatively(Above, above, **options)
    # No foreign key leads from the one table to the other.
    yield w.error(reg.map_imperatively, Below, apart, inherits=Above, polymorphic_identity="b")
    yield sorted(sa.inspect(Above).polymorphic_map)
    reg.dispose()
    reg.map_imperatively(Above, above, **options)
    reg.map_imperatively(Below, inherits=Above, polymorphic_identity="b")
    reg.metadata.create_all(w.engine)
    w.s.add_all([Above(id=1), Below()])
    w.s.flush()
    yield [type(one).__name__ for one in w.s.scalars(sa.select(Above).order_by(Above.id))]


def keyword_constructors_of_plain_classes(w):
    sa, orm = w.sa, w.orm

    class Plain:
        pass

    class Own:
        def __init__(self, id_):
            self.id = id_

    def with_luck(self, **values):
        for name, value in values.items():
            setattr(self, name, value * 10)

    for number, reg in enumerate(
        (orm.registry(), orm.registry(constructor=with_luck), orm.registry(constructor=None))
    ):
        for class_ in (Plain, Own):
            key = sa.Column("id", sa.Integer, primary_key=True)
            reg.map_imperatively(class_, sa.Table(f"{class_.__name__}{number}", reg.metadata, key))
        yield w.error(lambda: Plain(id=1).id), Own(7).id, w.error(lambda: Own(id=1).id)
        reg.dispose()
    Base = orm.declarative_base(constructor=with_luck)
    made = type("Made", (Base,), {"__tablename__": "m", "id": sa.Column("id", primary_key=True)})
    yield made(id=3).id


# Registries ------------------------------------------------------------------------------------


def registries_that_need_one_another(w):
    sa, orm = w.sa, w.orm
    first, second = orm.registry(), orm.registry()

    class A:
        pass

    class B:
        pass

    a = sa.Table("a", first.metadata, sa.Column("id", sa.Integer, primary_key=True))
    b = sa.Table(
        "b",
        first.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a_id", sa.ForeignKey("a.id")),
    )
    bs = orm.relationship(lambda: B, back_populates="a")
    mapper = first.map_imperatively(A, a, properties={"bs": bs})
    second.map_imperatively(B, b, properties={"a": orm.relationship(A, back_populates="bs")})
    yield w.error(first.configure)
    first.configure(cascade=True)
    yield mapper.configured
    yield A(bs=[B()]).bs[0].a is not None
    yield w.error(first.dispose)
    first.dispose(cascade=True)
    yield hasattr(A, "__mapper__"), hasattr(B, "__mapper__")


def first_use_configures_what_is_needed(w):
    sa, orm = w.sa, w.orm
    first, second, third = orm.registry(), orm.registry(), orm.registry()

    class A(first.generate_base()):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    class B(second.generate_base()):
        __tablename__ = "b"
        id = sa.Column(sa.Integer, primary_key=True)
        a_id = sa.Column(sa.ForeignKey(A.id))
        a = orm.relationship(A, backref="bs")

    class C(third.generate_base()):
        __tablename__ = "c"
        id = sa.Column(sa.Integer, primary_key=True)

    b = B(a=A())
    yield b.a.bs == [b], [one.__mapper__.configured for one in (A, B, C)]


def names_that_registries_share(w):
    sa, orm = w.sa, w.orm
    names = {}
    metadata = sa.MetaData()
    First = orm.declarative_base(class_registry=names, metadata=metadata)
    second = orm.registry(class_registry=names, metadata=metadata)

    class A(First):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        bs = orm.relationship("B", back_populates="a")

    class B(second.generate_base()):
        __tablename__ = "b"
        id = sa.Column(sa.Integer, primary_key=True)
        a_id = sa.Column(sa.ForeignKey("a.id"))
        a = orm.relationship("A", back_populates="bs")

    yield names["A"] is A, names["B"] is B
    yield A(bs=[B()]).bs[0].a is not None


SHARED = (added_to_the_top,)


@pytest.mark.parametrize(
    "program",
    [p for p in programs(globals()) if p not in SHARED],
    ids=lambda program: program.__name__,
)
def test_changes_as_the_oracle_changes(program):
    compare(program)


def test_a_class_that_is_no_longer_mapped_is_as_it_was():
    class Plain:
        name = "its own"

    class Failing:
        name = "its own"

    before = [dict(vars(one)) for one in (Plain, Failing)]
    reg = registry()
    table = Table("t", reg.metadata, Column("id", Integer, primary_key=True), Column("name"))

    reg.map_imperatively(Plain, table)
    Plain(id=1, name="mapped")
    with pytest.raises(ArgumentError, match="has no primary key"):
        reg.map_imperatively(Failing, Table("u", reg.metadata, Column("name")))
    reg.map_imperatively(Failing, table)
    reg.dispose()

    assert [dict(vars(one)) for one in (Plain, Failing)] == before


def test_what_is_mapped_can_be_asked_before_all_classes_are():
    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
        b: Mapped["B"] = relationship()

    mapper = inspect(A)
    assert (mapper.local_table.name, mapper.configured) == ("a", False)

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert mapper is inspect(A)
    assert mapper.relationships["b"].mapper is inspect(B)


def test_mappers_are_announced_once(recwarn):
    told = []

    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))

    @event.listens_for(Base, "mapper_configured", propagate=True)
    def tell(mapper, class_):
        told.append(class_.__name__)
        if class_ is A:
            mapper.add_property("bs", relationship(B, backref="a"))

    Base.registry.configure()
    assert (sorted(told), A(bs=[B()]).bs[0].a is not None) == (["A", "B"], True)
    B.other = relationship(A, viewonly=True)
    Base.registry.configure()
    assert sorted(told) == ["A", "B"]


def test_eager_relationships_added_after_a_query_are_loaded():
    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(A(id=1))
        session.flush()
        session.expunge_all()
        session.scalars(select(A)).all()
        B.a = relationship(A, backref=backref("bs", lazy="selectin"))
        Base.registry.configure()
        session.expunge_all()
        assert ["bs" in a.__dict__ for a in session.scalars(select(A))] == [True]


def test_clear_mappers_forgets_the_classes_of_every_registry(monkeypatch):
    monkeypatch.setattr(mapping_registry, "_registries", WeakSet())
    mapped = []
    for name in ("first", "second"):
        reg = registry()
        class_ = type(name, (), {})
        reg.map_imperatively(
            class_, Table(name, reg.metadata, Column("id", Integer, primary_key=True))
        )
        mapped.append((reg, class_))

    clear_mappers()

    assert [(reg.mappers, hasattr(class_, "id")) for reg, class_ in mapped] == [
        (frozenset(), False),
        (frozenset(), False),
    ]


def test_a_session_answers_with_no_instance_of_what_its_class_was_mapped_to_before(engine):
    table = Table("item", MetaData(), Column("id", Integer, primary_key=True))
    class_ = type("Item", (), {})
    first = registry()
    first.map_imperatively(class_, table)
    table.create(engine)
    with Session(engine) as session:
        session.execute(table.insert(), [{"id": 1}])
        before = session.get(class_, 1)
        first.dispose()
        registry().map_imperatively(class_, table, properties={"number": table.c.id})

        found = session.get(class_, 1)

        assert found is not before
        assert found.number == 1


@pytest.mark.parametrize("base", [(), ("mapped",)], ids=["its own", "inherited"])
def test_the_first_instance_of_a_class_with_its_own_constructor_has_what_others_give_it(base):
    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(default="a")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}

        def __init__(self, number, *, other=None):
            self.id = number

    class Below(A):
        __mapper_args__ = {"polymorphic_identity": "below"}

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))
        a = relationship(A, backref="bs")

    own = A.__init__.__wrapped__
    assert signature(A).parameters.keys() == {"number", "other"}
    assert getfullargspec(A.__init__).kwonlyargs == ["other"]
    one = (Below if base else A)(5)

    assert (one.bs, one.id) == ([], 5)
    assert A.__init__ is own is Below.__init__
