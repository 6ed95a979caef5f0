"""Classes of a hierarchy that share no table; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace
from typing import ClassVar

import pytest

from dovetail import (
    ForeignKey,
    Integer,
    String,
    create_engine,
    delete,
    func,
    insert,
    select,
    update,
)
from dovetail.exc import InvalidRequestError
from dovetail.ext.declarative import AbstractConcreteBase, ConcreteBase
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column

PACKAGES = ("dovetail", "sqlalchemy")


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    declarative = import_module(f"{package}.ext.declarative")
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firm"
        id = column(sa.Integer, primary_key=True)
        staff = relationship("Person", back_populates="firm")

    class Person(declarative.ConcreteBase, Base):
        __tablename__ = "person"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        firm_id = column(sa.ForeignKey("firm.id"))
        firm = relationship("Firm", back_populates="staff")
        __mapper_args__ = {"polymorphic_identity": "person", "concrete": True}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        tool = column(sa.String(20))
        firm_id = column(sa.ForeignKey("firm.id"))
        firm = relationship("Firm", back_populates="staff")
        __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}

    class Plain(Base):
        __tablename__ = "plain"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))

    class Apart(Plain):
        __tablename__ = "apart"
        id = column(sa.Integer, primary_key=True)
        title = column(sa.String(20))
        __mapper_args__ = {"concrete": True}

    class Shape(declarative.AbstractConcreteBase, Base):
        strict_attrs = True
        name = column(sa.String(20))

    class Circle(Shape):
        __tablename__ = "circle"
        id = column(sa.Integer, primary_key=True)
        radius = column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}

    class Square(Shape):
        __tablename__ = "square"
        id = column(sa.Integer, primary_key=True)
        side = column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}

    Base.registry.configure()
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    w = SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, sent=[], Firm=Firm, Person=Person,
        Engineer=Engineer, Plain=Plain, Apart=Apart, Shape=Shape, Circle=Circle, Square=Square,
    )  # fmt: skip
    sa.event.listen(engine, "before_cursor_execute", lambda *a: w.sent.append(a[2]))
    return w


def filled(w):
    for n in (1, 2):
        firm = w.Firm(id=n)
        w.s.add_all(
            [
                w.Person(id=n, name=f"paul {n}", firm=firm),
                w.Engineer(id=n, name=f"eve {n}", tool="saw", firm=firm),
                w.Plain(id=n, name="plain"),
                w.Apart(id=n, title="apart"),
                w.Circle(id=n, name="circle", radius=n),
                w.Square(id=n, name="square", side=n),
            ]
        )
    w.s.commit()
    w.s.expunge_all()
    w.sent.clear()


NAMES = ("id", "name", "firm_id", "tool", "title", "radius", "side")


def shown(things):
    return sorted(
        repr((type(thing).__name__, {n: getattr(thing, n) for n in NAMES if hasattr(thing, n)}))
        for thing in things
    )


def queries_of_each_class(w):
    filled(w)
    classes = (w.Person, w.Engineer, w.Plain, w.Apart, w.Shape, w.Circle, w.Square)
    return [shown(w.s.scalars(w.sa.select(class_)).all()) for class_ in classes]


def conditions(w):
    filled(w)
    found = []
    for statement in (
        w.sa.select(w.Person).where(w.Person.name.like("e%")),
        w.sa.select(w.Shape).where(w.Shape.name == "circle"),
        w.sa.select(w.Firm).join(w.Firm.staff).where(w.Person.name == "eve 2"),
        w.sa.select(w.Firm).where(w.Firm.staff.any(w.Person.name == "eve 1")),
    ):
        found.append(shown(w.s.scalars(statement).all()))
    alias = w.orm.aliased(w.Person)
    found.append(shown(w.s.scalars(w.sa.select(alias).where(alias.id == 2)).all()))
    names = w.sa.select(w.Person.name).order_by(w.Person.name)
    return found, w.s.scalars(names).all()


def two_rows_of_one_key(w):
    filled(w)
    people = w.s.scalars(w.sa.select(w.Person)).all()
    engineer = w.s.get(w.Engineer, 1)
    return len(set(people)), engineer in people, type(engineer).__name__


def related(w, *options):
    filled(w)
    firms = w.s.scalars(w.sa.select(w.Firm).options(*options)).unique().all()
    return {firm.id: shown(firm.staff) for firm in firms}


def related_lazily(w):
    return related(w)


def related_and_joined(w):
    return related(w, w.orm.joinedload(w.Firm.staff))


def related_and_selected(w):
    return related(w, w.orm.selectinload(w.Firm.staff))


def changes(w):
    filled(w)
    engineer = w.s.scalars(w.sa.select(w.Person).where(w.Person.name == "eve 1")).one()
    engineer.tool, engineer.name = "axe", "eva"
    w.s.delete(w.s.get(w.Apart, 1))
    w.s.delete(w.s.get(w.Circle, 2))
    w.s.commit()
    engineer.tool = engineer.tool + "!"
    w.s.flush()
    return shown(w.s.scalars(w.sa.select(w.Person))), [
        shown(w.s.scalars(w.sa.select(class_))) for class_ in (w.Plain, w.Apart, w.Shape)
    ]


def attributes_of_the_class_above(w):
    filled(w)
    apart = w.s.get(w.Apart, 1)
    found = []
    for attempt in (lambda: apart.name, lambda: setattr(apart, "name", "x")):
        try:
            found.append(attempt())
        except AttributeError:
            found.append("AttributeError")
    return found


def told(w):
    found = []
    for class_ in (w.Person, w.Engineer, w.Plain, w.Apart, w.Circle):
        m = w.sa.inspect(class_)
        above = None if m.inherits is None else m.inherits.class_.__name__
        found.append(
            (class_.__name__, m.local_table.name, m.concrete, above,
             m.base_mapper.class_.__name__, m.polymorphic_identity)
        )  # fmt: skip
    return found


SCENARIOS = [
    queries_of_each_class, conditions, two_rows_of_one_key, related_lazily, related_and_joined,
    related_and_selected, changes, attributes_of_the_class_above, told,
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_as_the_oracle(scenario):
    answers = []
    for package in PACKAGES:
        w = world(package)
        answers.append(scenario(w))
        w.s.close()
        w.engine.dispose()
    assert answers[0] == answers[1]


def test_one_statement_for_all_classes():
    w = world("dovetail")
    filled(w)
    people = w.s.scalars(select(w.Person)).all()
    assert {person.__dict__.get("tool") for person in people} == {"saw", None}
    assert len(w.sent) == 1
    w.s.close()


def test_a_class_without_others_below_is_read_from_its_table():
    w = world("dovetail")
    assert str(select(w.Engineer.tool)) == "SELECT engineer.tool \nFROM engineer"


def test_a_concrete_class_leaves_the_rows_of_its_sisters_to_their_classes():
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Joined(Thing):
        __tablename__ = "joined"
        id = mapped_column(ForeignKey("thing.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "joined"}

    class Single(Thing):
        __mapper_args__ = {"polymorphic_identity": "single"}

    class Apart(Thing):
        __tablename__ = "apart"
        id = mapped_column(Integer, primary_key=True)
        __mapper_args__ = {"concrete": True}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Thing(id=1), Joined(id=2), Single(id=3), Apart(id=1)])
        session.commit()
        session.expunge_all()

        found = session.scalars(select(Thing).order_by(Thing.id)).all()

        assert [type(one) for one in found] == [Thing, Joined, Single]
        assert session.get(Apart, 1) is not session.get(Thing, 1)
    engine.dispose()


def test_the_union_names_its_discriminator_for_itself():
    class Base(DeclarativeBase):
        pass

    class Thing(ConcreteBase, Base):
        __tablename__ = "thing"
        id = mapped_column(Integer, primary_key=True)
        type = mapped_column(String)
        __mapper_args__ = {"polymorphic_identity": "thing", "concrete": True}

    with pytest.raises(InvalidRequestError, match="has a column 'type', as the UNION"):

        class Other(Thing):
            __tablename__ = "other"
            id = mapped_column(Integer, primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "other", "concrete": True}


def test_hooks_before_and_after_configuration():
    class Base(DeclarativeBase):
        pass

    called = []

    class Thing(Base):
        __tablename__ = "thing"
        id = mapped_column(Integer, primary_key=True)

        @classmethod
        def __declare_first__(cls):
            called.append(("first", cls.__name__))

        @classmethod
        def __declare_last__(cls):
            called.append(("last", cls.__name__))

    Base.registry.configure()
    assert called == [("first", "Thing"), ("last", "Thing")]


def test_discriminator_that_is_an_expression():
    for package in PACKAGES:
        sa, orm = import_module(package), import_module(f"{package}.orm")

        class Base(orm.DeclarativeBase):
            pass

        class Number(Base):
            __tablename__ = "number"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            value = orm.mapped_column(sa.Integer)
            __mapper_args__ = {
                "polymorphic_on": sa.case((value < 0, "negative"), else_="natural"),
                "polymorphic_identity": "natural",
            }

        class Negative(Number):
            __mapper_args__ = {"polymorphic_identity": "negative"}

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            session.add_all([Number(value=3), Number(value=-3)])
            session.commit()
            session.expunge_all()
            found = session.scalars(sa.select(Number).order_by(Number.id)).all()
            assert [type(one).__name__ for one in found] == ["Number", "Negative"]
            assert session.scalars(sa.select(Negative)).all() == [found[1]]
        engine.dispose()


def test_bulk_statements_of_a_class_leave_the_tables_of_others_alone():
    w = world("dovetail")
    filled(w)
    names = select(w.Engineer.name).order_by(w.Engineer.id)
    w.s.execute(delete(w.Engineer).where(w.Engineer.id == 1))
    w.s.execute(update(w.Person).where(w.Person.id == 2).values(name="new"))
    people = select(w.Person.__table__.c.name)
    assert "new" not in w.s.scalars(people.where(w.Person.__table__.c.id != 2)).all()
    assert w.s.execute(delete(w.Person)).rowcount == 2
    assert w.s.scalars(names).all() == ["eve 2"]


def test_criteria_of_bulk_statements_mean_the_rows_of_the_class_itself():
    w = world("dovetail")
    filled(w)
    table = w.Person.__table__
    w.s.execute(delete(table))
    w.s.execute(insert(table), [{"id": n, "name": f"p{n}"} for n in (11, 12, 13)])
    # Among all classes there is an id of 1; among persons there is none.
    for strategy in ("fetch", "evaluate", False):
        options = {"synchronize_session": strategy}
        changed = update(w.Person).where(w.Person.id == 1).values(name="wrong")
        assert w.s.execute(changed, execution_options=options).rowcount == 0
        changed = update(w.Person).where(w.Person.id == 12).values(name=w.Person.name + "!")
        assert w.s.execute(changed, execution_options=options).rowcount == 1
    assert w.s.execute(delete(w.Person).where(w.Person.name == "p13")).rowcount == 1
    assert w.s.scalars(select(table.c.name).order_by(table.c.id)).all() == ["p11", "p12!!!"]
    w.s.close()
    w.s.close()


def test_the_discriminator_of_a_union_is_there_for_conditions():
    class Base(DeclarativeBase):
        pass

    class Shape(AbstractConcreteBase, Base):
        strict_attrs = True
        name: Mapped[str] = mapped_column()

    class Circle(Shape):
        __tablename__ = "circle"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__: ClassVar = {"polymorphic_identity": "circle", "concrete": True}

    class Square(Shape):
        __tablename__ = "square"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__: ClassVar = {"polymorphic_identity": "square", "concrete": True}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Circle(name="c"), Square(name="s"), Square(name="t")])
        session.commit()
        counted = select(Shape.type, func.count()).group_by(Shape.type).order_by(Shape.type)
        assert session.execute(counted).all() == [("circle", 1), ("square", 2)]
        found = session.scalars(select(Shape).where(Shape.type == "square").order_by(Shape.name))
        assert [type(one) for one in found] == [Square, Square]
        session.scalars(select(Shape)).first().name = "u"
        session.commit()
    assert not hasattr(Circle(), "type")
