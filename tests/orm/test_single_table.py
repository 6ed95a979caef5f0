"""Classes that share one table, told apart by a discriminator; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Column, ForeignKey, Integer, String, event, inspect, select, text
from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship

PACKAGES = ("dovetail", "sqlalchemy")


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firm"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        staff = orm.relationship("Person", back_populates="firm", order_by="Person.id")
        bosses = orm.relationship("Manager", viewonly=True, order_by="Manager.id")

    class Person(Base):
        __tablename__ = "person"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(20))
        name = orm.mapped_column(sa.String(20))
        firm_id = orm.mapped_column(sa.ForeignKey("firm.id"))
        firm = orm.relationship("Firm", back_populates="staff")
        boss_id = orm.mapped_column(sa.ForeignKey("person.id"))
        boss = orm.relationship("Manager", remote_side=[id], back_populates="team")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

        def __repr__(self):
            return f"{type(self).__name__}({self.__dict__.get('name')})"

    class Engineer(Person):
        tool = orm.mapped_column(sa.String(20))
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Manager(Person):
        budget = orm.mapped_column(sa.Integer)
        team = orm.relationship("Person", back_populates="boss", order_by="Person.id")
        __mapper_args__ = {"polymorphic_identity": "manager"}

    class Director(Manager):
        car = orm.mapped_column(sa.String(20))
        __mapper_args__ = {"polymorphic_identity": "director"}

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    w = SimpleNamespace(
        sa=sa, orm=orm, s=session, engine=engine, sent=[],
        Firm=Firm, Person=Person, Engineer=Engineer, Manager=Manager, Director=Director,
    )  # fmt: skip
    sa.event.listen(engine, "before_cursor_execute", lambda *a: w.sent.append(a[2]))
    return w


def filled(w):
    for n in (1, 2):
        director = w.Director(id=10 * n, name="dora", budget=9, car="fast")
        manager = w.Manager(id=10 * n + 1, name="max", budget=3, boss=director)
        staff = [
            w.Person(id=10 * n + 2, name="paul"),
            w.Engineer(id=10 * n + 3, name="eve", tool="saw", boss=manager),
            w.Engineer(id=10 * n + 4, name="ed", boss=manager),
        ]
        w.s.add(w.Firm(id=n, staff=[director, manager, *staff]))
    w.s.commit()
    w.s.expunge_all()
    w.sent.clear()


def shown(people):
    return [
        (type(p).__name__, p.id, p.kind, p.name, getattr(p, "tool", None),
         getattr(p, "budget", None), getattr(p, "car", None))
        for p in people
    ]  # fmt: skip


def rows_written(w):
    filled(w)
    return w.s.execute(w.sa.text("SELECT * FROM person ORDER BY id")).all()


def a_new_instance_has_its_discriminator(w):
    return w.Person().kind, w.Engineer(name="e").kind, w.Director().kind


def queries_of_each_class(w):
    filled(w)
    classes = (w.Person, w.Engineer, w.Manager, w.Director)
    return [shown(w.s.scalars(w.sa.select(c).order_by(c.id))) for c in classes]


def columns_of_each_class(w):
    filled(w)
    found = [w.s.scalars(w.sa.select(c.name).order_by(c.id)).all() for c in (w.Engineer, w.Manager)]
    return found, w.s.scalar(w.sa.select(w.sa.func.count()).select_from(w.Manager))


def get_by_class(w):
    filled(w)
    found = [w.s.get(c, 13) for c in (w.Engineer, w.Person, w.Manager, w.Director)]
    w.s.expunge_all()
    return repr(found), repr(w.s.get(w.Manager, 13)), repr(w.s.get(w.Manager, 10))


def collections_of_any_class(w):
    filled(w)
    firms = w.s.scalars(w.sa.select(w.Firm).order_by(w.Firm.id)).all()
    return [(shown(f.staff), repr(f.bosses)) for f in firms]


def eagerly(w, name):
    filled(w)
    load = getattr(w.orm, name)
    options = load(w.Firm.staff), load(w.Firm.bosses)
    firms = w.s.scalars(w.sa.select(w.Firm).options(*options).order_by(w.Firm.id)).unique().all()
    return [(shown(f.staff), repr(f.bosses)) for f in firms]


def joined_eagerly(w):
    return eagerly(w, "joinedload")


def selected_eagerly(w):
    return eagerly(w, "selectinload")


def references_to_a_class_below(w):
    filled(w)
    people = w.s.scalars(w.sa.select(w.Person).order_by(w.Person.id)).all()
    teams = w.s.scalars(w.sa.select(w.Manager).order_by(w.Manager.id)).all()
    return repr([p.boss for p in people]), repr([m.team for m in teams])


def joins_to_a_class_below(w):
    filled(w)
    statement = w.sa.select(w.Firm.id, w.Manager.name).join(
        w.Manager, w.Manager.firm_id == w.Firm.id
    )
    rows = w.s.execute(statement.order_by(w.Manager.id)).all()
    outer = w.sa.select(w.Firm.id, w.Director.name).outerjoin(
        w.Director, (w.Director.firm_id == w.Firm.id) & (w.Director.id > 15)
    )
    return rows, w.s.execute(outer.order_by(w.Firm.id)).all()


def any_of_a_class_below(w):
    filled(w)
    found = w.s.scalars(w.sa.select(w.Firm.id).where(w.Firm.bosses.any(w.Manager.budget < 5)))
    none = w.s.scalars(w.sa.select(w.Firm.id).where(w.Firm.bosses.any(w.Manager.name == "eve")))
    return found.all(), none.all()


def aliases(w):
    filled(w)
    other = w.orm.aliased(w.Manager)
    statement = w.sa.select(w.Engineer.name, other.name).join(other, w.Engineer.boss)
    return w.s.execute(statement.order_by(w.Engineer.id)).all()


def changes(w):
    filled(w)
    for person in w.s.scalars(w.sa.select(w.Person)):
        person.name = person.name.upper()
        if isinstance(person, w.Manager):
            person.budget += 1
    w.s.delete(w.s.get(w.Person, 12))
    w.s.commit()
    return rows_now(w)


def rows_now(w):
    return w.s.execute(w.sa.text("SELECT id, kind, name, budget FROM person ORDER BY id")).all()


def statements_that_change_rows(w):
    filled(w)
    kept = w.s.scalars(w.sa.select(w.Person).order_by(w.Person.id)).all()
    w.s.execute(w.sa.update(w.Manager).values(budget=w.Manager.budget * 2))
    w.s.execute(w.sa.update(w.Engineer).where(w.Engineer.name == "ed").values(name="edward"))
    w.s.execute(w.sa.delete(w.Engineer).where(w.Engineer.id > 20))
    alive = [p for p in kept if p in w.s]
    return rows_now(w), [(p.id, p.name) for p in alive]


def merged(w):
    filled(w)
    w.s.merge(w.Engineer(id=13, name="merged"))
    w.s.merge(w.Director(id=99, name="new", car="red"))
    w.s.commit()
    return rows_now(w)


def expired_and_refreshed(w):
    filled(w)
    people = w.s.scalars(w.sa.select(w.Person).order_by(w.Person.id)).all()
    before = shown(people)
    w.s.commit()
    w.s.execute(w.sa.text("UPDATE person SET tool = 'axe' WHERE kind = 'engineer'"))
    after = shown(people)
    w.s.refresh(people[3])
    return before, after, people[3].tool


def rolled_back(w):
    filled(w)
    engineer = w.s.get(w.Engineer, 13)
    engineer.tool = "axe"
    new = w.Director(name="x")
    w.s.add(new)
    w.s.flush()
    w.s.rollback()
    return engineer.tool, new in w.s


def the_order_of_rows_that_refer_to_each_other(w):
    top = w.Director(name="top")
    middle = [w.Manager(name=f"m{n}", boss=top) for n in range(2)]
    low = [w.Engineer(name=f"e{n}", boss=middle[n % 2]) for n in range(4)]
    w.s.add_all(low)
    w.s.flush()
    return [p.boss_id is not None for p in (*middle, *low)], top.boss_id


def events_of_a_class_above(w):
    heard = []
    w.sa.event.listen(
        w.Person, "before_insert", lambda m, c, t: heard.append(repr(t)), propagate=True
    )
    w.sa.event.listen(w.Manager, "load", lambda t, c: heard.append(f"load {t!r}"))
    filled(w)
    w.s.scalars(w.sa.select(w.Person)).all()
    return sorted(heard)


def what_mappers_tell(w):
    mapper = w.sa.inspect(w.Manager)
    return (
        mapper.polymorphic_identity, sorted(mapper.polymorphic_map),
        mapper.inherits.class_.__name__, mapper.isa(w.sa.inspect(w.Person)),
        w.sa.inspect(w.Person).isa(mapper),
        sorted(m.class_.__name__ for m in mapper.self_and_descendants),
        sorted(mapper.column_attrs.keys()), mapper.single, mapper.base_mapper.class_.__name__,
    )  # fmt: skip


SCENARIOS = [
    *(rows_written, a_new_instance_has_its_discriminator, queries_of_each_class),
    *(columns_of_each_class, get_by_class, collections_of_any_class, joined_eagerly),
    *(selected_eagerly, references_to_a_class_below, joins_to_a_class_below),
    *(
        any_of_a_class_below,
        aliases,
        changes,
        statements_that_change_rows,
        merged,
        expired_and_refreshed,
        rolled_back,
    ),
    *(the_order_of_rows_that_refer_to_each_other, events_of_a_class_above, what_mappers_tell),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_what_happens_is_what_happens_with_the_oracle(scenario):
    found = []
    for package in PACKAGES:
        w = world(package)
        found.append(scenario(w))
        w.s.close()
        w.engine.dispose()
    assert found[0] == found[1]


def test_columns_of_classes_below_are_read_in_one_statement_each():
    w = world("dovetail")
    filled(w)
    people = w.s.scalars(select(w.Person).order_by(w.Person.id)).all()
    w.sent.clear()
    assert [p.tool for p in people if isinstance(p, w.Engineer)] == ["saw", None] * 2
    assert len(w.sent) == 2
    w.s.close()
    w.engine.dispose()


def test_a_reference_to_a_class_below_may_be_asked_for():
    """The oracle asks the referring row, not the one referred to, for its class."""
    w = world("dovetail")
    filled(w)
    found = w.s.scalars(select(w.Person.id).where(w.Person.boss.has(name="max")))
    assert sorted(found) == [13, 14, 23, 24]
    w.s.close()
    w.engine.dispose()


def test_one_statement_writes_the_rows_of_a_class():
    w = world("dovetail")
    w.s.add_all([w.Engineer(name=f"e{n}") for n in range(50)])
    w.sent.clear()
    w.s.flush()
    assert len(w.sent) == 1
    w.s.close()
    w.engine.dispose()


# Declarations ---------------------------------------------------------------------------------


@pytest.fixture
def base():
    class Base(DeclarativeBase):
        pass

    return Base


def animal(base):
    class Animal(base):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_abstract": True}

    return Animal


def test_a_column_that_is_there_must_be_asked_for(base):
    parent = animal(base)

    class Dog(parent):
        legs: Mapped[int | None] = mapped_column(use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(parent):
        legs: Mapped[int | None] = mapped_column(use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "cat"}

    assert Dog.legs.property.columns == Cat.legs.property.columns
    with pytest.raises(ArgumentError, match="use_existing_column=True"):

        class Cow(parent):
            legs: Mapped[int | None]
            __mapper_args__ = {"polymorphic_identity": "cow"}


def test_a_class_without_identity_is_told(base):
    parent = animal(base)
    with pytest.warns(DovetailWarning, match="Dog has no polymorphic_identity"):

        class Dog(parent):
            pass


def test_an_identity_used_twice_is_told(base):
    parent = animal(base)

    class Dog(parent):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    with pytest.warns(DovetailWarning, match="'dog' of Dog"):

        class Hound(parent):
            __mapper_args__ = {"polymorphic_identity": "dog"}


def test_a_row_of_no_class_is_an_error(base, engine):
    parent = animal(base)

    class Dog(parent):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(text("INSERT INTO animal (kind) VALUES ('unicorn')"))
        with pytest.raises(InvalidRequestError, match="kind='unicorn'.*known are 'dog'|'dog'"):
            session.scalars(select(parent)).all()


def test_a_discriminator_that_is_no_column_is_refused(base):
    with pytest.raises(ArgumentError, match="no mapped column"):

        class Animal(base):
            __tablename__ = "animal"
            id: Mapped[int] = mapped_column(primary_key=True)
            __mapper_args__ = {"polymorphic_on": "kind"}


def test_an_attribute_added_later_is_inherited(base, engine):
    parent = animal(base)

    class Dog(parent):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    parent.age = Column("age", String(5))
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Dog(age="old"))
        session.commit()
        assert session.scalars(select(Dog.age)).all() == ["old"]
        assert session.scalars(select(parent)).one().age == "old"


def test_a_relationship_of_a_class_below(base, engine):
    parent = animal(base)

    class Owner(base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        dogs: Mapped[list["Dog"]] = relationship(back_populates="owner")

    class Dog(parent):
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
        owner: Mapped[Owner | None] = relationship(back_populates="dogs")
        __mapper_args__ = {"polymorphic_identity": "dog"}

    base.metadata.create_all(engine)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    with Session(engine) as session:
        session.add_all([Owner(dogs=[Dog(), Dog()]) for _ in range(5)])
        session.commit()
        session.expunge_all()
        owners = session.scalars(select(Owner)).all()
        sent.clear()
        assert [len(owner.dogs) for owner in owners] == [2] * 5
        assert len(sent) == 2
        assert inspect(owners[0].dogs[0]).mapper is inspect(Dog)


@pytest.mark.parametrize("abstract", [False, True], ids=["a class", "an abstract class"])
def test_a_row_without_a_discriminator_is_of_no_class(session, abstract):
    class Base(DeclarativeBase):
        pass

    class Being(Base):
        __tablename__ = "being"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(20))
        __mapper_args__ = {
            "polymorphic_on": "kind",
            **({"polymorphic_abstract": True} if abstract else {"polymorphic_identity": "being"}),
        }

    class Elf(Being):
        __mapper_args__ = {"polymorphic_identity": "elf"}

    Base.metadata.create_all(session.connection())
    session.connection().execute(
        Being.__table__.insert(), [{"id": 1, "kind": "elf"}, {"id": 2, "kind": None}]
    )

    assert [type(one) for one in session.scalars(select(Being).where(Being.id == 1))] == [Elf]
    with pytest.raises(InvalidRequestError, match="NULL for kind"):
        session.scalars(select(Being)).all()
    with pytest.raises(InvalidRequestError, match="NULL for kind"):
        session.get(Being, 2)


class TestAbstract:
    """``polymorphic_abstract``: a class within a hierarchy that has no rows of its own."""

    @pytest.fixture
    def classes(self):
        class Base(DeclarativeBase):
            pass

        class Animal(Base):
            __tablename__ = "animal"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str]
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

        class Dog(Animal):
            __mapper_args__ = {"polymorphic_identity": "dog"}

        return Base, Animal, Dog

    def test_has_no_instances(self, classes, engine):
        Base, Animal, Dog = classes
        for values in ({}, {"kind": "dog"}, {"kind": "cat"}):
            with pytest.raises(InvalidRequestError, match="Animal has no rows of its own"):
                Animal(**values)
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Dog())
            session.commit()
            assert [type(one) for one in session.scalars(select(Animal))] == [Dog]

    def test_needs_what_tells_classes_apart(self):
        class Base(DeclarativeBase):
            pass

        with pytest.raises(ArgumentError, match="nothing tells the classes of its rows apart"):

            class Animal(Base):
                __tablename__ = "animal"
                id: Mapped[int] = mapped_column(primary_key=True)
                __mapper_args__ = {"polymorphic_abstract": True}


def test_an_outer_join_within_a_subquery_leaves_instances_out(engine):
    class Base(DeclarativeBase):
        pass

    class Worker(Base):
        __tablename__ = "worker"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}

    class Report(Base):
        __tablename__ = "report"
        id: Mapped[int] = mapped_column(primary_key=True)
        worker_id: Mapped[int | None] = mapped_column(ForeignKey("worker.id"))

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Worker(id=1), Report(id=1, worker_id=1), Report(id=2)])
        session.commit()
        joined = select(Report, Worker).outerjoin(Worker, Worker.id == Report.worker_id).subquery()
        report, worker = aliased(Report, joined), aliased(Worker, joined)
        rows = session.execute(select(report, worker).order_by(report.id)).all()
        assert [(one.id, other and other.id) for one, other in rows] == [(1, 1), (2, None)]
