"""Plain classes mapped from outside, and classes with ways of their own."""

import copy
import dataclasses
import pickle

import pytest

from dovetail import Column, ForeignKey, Integer, String, Table, inspect, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    mapped_column,
    registry,
    relationship,
)


class Person:
    def __init__(self, name):
        self.name = name
        self.made = True


class Phone:
    pass


@pytest.fixture(scope="module")
def mapped():
    reg = registry()
    person = Table(
        "person",
        reg.metadata,
        Column("id", Integer, primary_key=True),
        Column("full_name", String(30)),
    )
    phone = Table(
        "phone",
        reg.metadata,
        Column("id", Integer, primary_key=True),
        Column("number", String(30)),
        Column("person_id", ForeignKey("person.id")),
    )
    reg.map_imperatively(
        Person,
        person,
        properties={
            "name": person.c.full_name,
            "loud": column_property(person.c.full_name + "!"),
            "phones": relationship(Phone, backref="person", cascade="all, delete-orphan"),
        },
    )
    reg.map_imperatively(Phone, phone)
    return reg


@pytest.fixture
def tables(mapped, engine):
    mapped.metadata.create_all(engine)


def test_a_plain_class_keeps_its_constructor(session, tables):
    session.add(Person("Ada"))
    session.commit()
    session.expunge_all()

    person = session.scalars(select(Person)).one()

    assert (person.name, person.loud) == ("Ada", "Ada!")
    assert not hasattr(person, "made")
    assert not hasattr(Person, "full_name")


def test_values_reach_their_columns_whatever_the_order_of_the_properties(session, tables):
    person = Person("Ada")
    person.id = 77
    session.add(person)
    session.commit()
    session.expunge_all()

    assert session.get(Person, 77).name == "Ada"


def test_a_plain_class_is_tracked(session, tables, sql_log):
    person = Person("Ada")
    session.add(person)
    session.commit()
    sql_log.clear()

    person.name = "Grace"
    person.made = False
    session.commit()

    assert sql_log.statements[-1] == "UPDATE person SET full_name=? WHERE person.id = ?"


def test_relationships_of_plain_classes_work_both_ways(session, tables):
    person, phone = Person("Ada"), Phone()
    phone.number = "1"
    phone.person = person
    session.add(person)
    session.commit()

    assert person.phones == [phone]
    person.phones.remove(phone)
    session.commit()
    assert session.scalars(select(Phone)).all() == []


def test_a_copied_dictionary_does_not_share_the_state(session, tables):
    person = Person("Ada")
    session.add(person)
    session.commit()
    assert person.name == "Ada"

    other = Person.__new__(Person)
    other.__dict__.update(person.__dict__)
    other.name = "Grace"

    assert inspect(other) is not inspect(person)
    assert person.name == "Ada"
    assert person not in session.dirty


@pytest.mark.parametrize(
    "duplicate",
    [
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
    ],
)
def test_a_copy_of_a_plain_instance_has_its_own_state(session, tables, duplicate):
    person = Person("Ada")
    session.add(person)
    session.flush()

    other = duplicate(person)
    other.name = "Grace"

    assert inspect(other) is not inspect(person)
    assert (person.name, other.name) == ("Ada", "Grace")


def test_a_plain_instance_is_pickled(session, tables):
    person = Person("Ada")
    session.add(person)
    session.commit()
    assert person.phones == []
    assert person.name == "Ada"

    other = pickle.loads(pickle.dumps(person))

    assert inspect(other).detached
    assert inspect(other).identity == (person.id,)
    assert (other.name, other.phones) == ("Ada", [])


class TestOwnWays:
    """Classes that define what dovetail would define."""

    @pytest.fixture
    def Base(self):
        class Base(DeclarativeBase):
            pass

        return Base

    def test_own_constructor(self, Base, engine, session):
        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

            def __init__(self, given):
                self.name = given.upper()

        Base.metadata.create_all(engine)
        session.add(Thing("a"))
        session.commit()
        session.expunge_all()

        assert session.scalars(select(Thing)).one().name == "A"

    def test_own_setattr_misses_no_write(self, Base, engine, session, sql_log):
        seen = []

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            parts: Mapped[list["Part"]] = relationship(back_populates="thing")

            def __setattr__(self, name, value):
                seen.append(name)
                object.__setattr__(self, name, value)

        class Part(Base):
            __tablename__ = "part"
            id: Mapped[int] = mapped_column(primary_key=True)
            thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
            thing: Mapped[Thing] = relationship(back_populates="parts")

        Base.metadata.create_all(engine)
        part = Part()
        thing = Thing(name="a", parts=[part])
        session.add(thing)
        session.commit()
        sql_log.clear()
        thing.name = "b"
        session.commit()

        assert part.thing is thing
        assert seen == ["name", "parts", "name"]
        assert "UPDATE thing SET name=? WHERE thing.id = ?" in sql_log.statements
        assert thing.name == "b"
        del thing.name
        assert "name" not in vars(thing)

    def test_own_setattr_of_a_mixin_misses_no_write(self, Base, engine, session):
        class Guarded:
            def __setattr__(self, name, value):
                super().__setattr__(name, value)

        class Thing(Guarded, Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        Base.metadata.create_all(engine)
        thing = Thing(name="a")
        session.add(thing)
        session.commit()
        thing.name = "b"

        assert thing in session.dirty
        session.commit()
        assert thing.name == "b"

    def test_a_frozen_dataclass_can_be_loaded(self, engine, session):
        reg = registry()

        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int
            y: int

        reg.map_imperatively(
            Point,
            Table(
                "point",
                reg.metadata,
                Column("x", Integer, primary_key=True),
                Column("y", Integer, primary_key=True),
            ),
        )
        reg.metadata.create_all(engine)
        session.connection().exec_driver_sql("INSERT INTO point VALUES (1, 2)")

        point = session.scalars(select(Point)).one()

        assert (point.x, point.y) == (1, 2)
        with pytest.raises(dataclasses.FrozenInstanceError):
            point.x = 5

    def test_a_plain_dataclass_can_be_mapped(self, engine, session):
        reg = registry()

        @dataclasses.dataclass
        class Point:
            x: int
            y: int = 0
            id: int | None = None

        reg.map_imperatively(
            Point,
            Table(
                "point",
                reg.metadata,
                Column("id", Integer, primary_key=True),
                Column("x", Integer),
                Column("y", Integer),
            ),
        )
        reg.metadata.create_all(engine)
        session.add(Point(3))
        session.commit()

        assert [(p.x, p.y, p.id) for p in session.scalars(select(Point))] == [(3, 0, 1)]

    def test_own_equality_and_hash_do_not_disturb(self, Base, engine, session):
        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

            def __eq__(self, other):
                return isinstance(other, Thing) and self.name == other.name

            __hash__ = None

        Base.metadata.create_all(engine)
        one, two = Thing(name="same"), Thing(name="same")
        session.add_all([one, two])
        session.commit()

        assert session.scalar(select(Thing.id).order_by(Thing.id.desc())) == 2
        assert len(session.scalars(select(Thing)).all()) == 2

    def test_own_truth_and_length_do_not_disturb(self, Base, engine, session):
        class Owner(Base):
            __tablename__ = "owner"
            id: Mapped[int] = mapped_column(primary_key=True)
            pets: Mapped[list["Pet"]] = relationship(back_populates="owner")

            def __bool__(self):
                return False

        class Pet(Base):
            __tablename__ = "pet"
            id: Mapped[int] = mapped_column(primary_key=True)
            owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
            owner: Mapped[Owner | None] = relationship(back_populates="pets")

            def __len__(self):
                return 0

        Base.metadata.create_all(engine)
        pet = Pet(owner=Owner())
        session.add(pet)
        session.commit()

        assert pet.owner is not None
        assert pet.owner.pets == [pet]
        assert session.get(Owner, 1) is pet.owner
        assert session.merge(pet) is pet
        session.refresh(pet)
        session.delete(pet)
        session.commit()
        assert session.get(Pet, 1) is None


def test_a_foreign_key_that_names_a_table_alone_joins_it():
    reg = registry()
    kind = Table("kind", reg.metadata, Column("code", String(9), primary_key=True))
    item = Table(
        "item",
        reg.metadata,
        Column("id", Integer, primary_key=True),
        Column("code", String(9), ForeignKey("kind")),
    )

    class Kind:
        pass

    class Item:
        pass

    reg.map_imperatively(Kind, kind, properties={"items": relationship(Item)})
    reg.map_imperatively(Item, item)
    reg.configure()

    assert inspect(Kind).relationships["items"].local_remote_pairs == [(kind.c.code, item.c.code)]


def test_a_class_below_a_mapped_one_may_have_rows_of_its_own_kind(engine):
    mapping = registry()
    base = Table("base", mapping.metadata, Column("id", Integer, primary_key=True))
    own = Table("own", mapping.metadata, Column("id", Integer, primary_key=True))
    below = Table("below", mapping.metadata, Column("id", ForeignKey("base.id"), primary_key=True))

    class Base:
        pass

    class Own(Base):
        pass

    class Below(Base):
        pass

    mapper = mapping.map_imperatively(Base, base)
    assert mapping.map_imperatively(Own, own).inherits is None
    assert mapping.map_imperatively(Below, below, inherits=Base).inherits is mapper
    mapping.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Base(), Own(), Own()])
        session.commit()
        assert len(session.scalars(select(Base)).all()) == 1
        assert len(session.scalars(select(Own)).all()) == 2


def test_a_table_that_refers_to_one_that_is_not_there_yet_is_of_its_own_kind():
    mapping = registry()
    base = Table("base", mapping.metadata, Column("id", Integer, primary_key=True))
    own = Table(
        "own",
        mapping.metadata,
        Column("id", Integer, primary_key=True),
        Column("later_id", ForeignKey("later.id")),
    )

    class Base:
        pass

    class Own(Base):
        pass

    mapping.map_imperatively(Base, base)
    assert mapping.map_imperatively(Own, own).inherits is None


def test_mapper_args_name_properties(engine):
    mapping = registry()
    shelf = Table("shelf", mapping.metadata, Column("id", Integer, primary_key=True))
    book = Table(
        "book",
        mapping.metadata,
        Column("id", Integer, primary_key=True),
        Column("shelf_id", ForeignKey("shelf.id")),
    )

    @mapping.mapped
    class Book:
        __table__ = book

    @mapping.mapped
    @dataclasses.dataclass
    class Shelf:
        __table__ = shelf
        id: int
        books: list[Book] = dataclasses.field(default_factory=list)
        __mapper_args__ = {"properties": {"books": relationship(Book)}}

    mapping.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Shelf(5, [Book(), Book()]))
        session.commit()
        assert len(session.scalars(select(Shelf)).one().books) == 2
