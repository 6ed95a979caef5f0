"""Classes that are declared before there is an engine, and mapped to tables that are read."""

from importlib import import_module

import pytest

from dovetail import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, inspect
from dovetail.exc import InvalidRequestError, NoSuchTableError, UnmappedClassError
from dovetail.ext import declarative
from dovetail.ext.declarative import DeferredReflection
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
)


@pytest.fixture
def engine(backend_url):
    engine = create_engine(backend_url)
    metadata = MetaData()
    key = {"primary_key": True}
    Table("person", metadata, Column("id", Integer, **key), Column("name", String(20)))
    Table(
        "pet",
        metadata,
        Column("id", Integer, **key),
        Column("owner_id", ForeignKey("person.id", name="fk_owner")),
        Column("kind", String(9)),
        Column("fur", String(9)),
    )
    Table(
        "friendship",
        metadata,
        Column("person_id", ForeignKey("person.id"), **key),
        Column("pet_id", ForeignKey("pet.id"), **key),
    )
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def declared(orm, mixin):
    """A base and two classes that wait, in either package."""

    class Base(mixin, orm.DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        pets = orm.relationship("Pet", back_populates="owner")
        friends = orm.relationship("Pet", secondary="friendship")

    class Pet(Base):
        __tablename__ = "pet"
        owner = orm.relationship("Person", back_populates="pets")

    return Base, Person, Pet


def test_columns_and_relationships_come_with_the_tables(engine):
    Base, Person, Pet = declared(import_module("dovetail.orm"), DeferredReflection)
    Base.prepare(engine)

    with Session(engine) as session:
        session.add(Person(name="Ada", pets=[Pet(kind="cat")], friends=[Pet(kind="dog")]))
        session.commit()
        ada = session.query(Person).one()
        assert [pet.kind for pet in ada.pets] == ["cat"]
        assert [pet.kind for pet in ada.friends] == ["dog"]
        assert ada.pets[0].owner is ada


def test_the_oracle_reads_the_same(backend_url, engine):
    found = []
    for package in ("dovetail", "sqlalchemy"):
        own = import_module(package).create_engine(backend_url)
        orm = import_module(f"{package}.orm")
        mixin = import_module(f"{package}.ext.declarative").DeferredReflection
        Base, Person, Pet = declared(orm, mixin)
        Base.prepare(own)
        Base.registry.configure()
        found.append(
            [
                (
                    [column.name for column in class_.__table__.c],
                    sorted(class_.__mapper__.column_attrs.keys()),
                    sorted(class_.__mapper__.relationships.keys()),
                    sorted(key.target_fullname for key in class_.__table__.foreign_keys),
                )
                for class_ in (Person, Pet)
            ]
        )
        own.dispose()

    assert found[0] == found[1]


@pytest.mark.parametrize(
    "use",
    [
        lambda class_: class_(),
        lambda class_: import_module("dovetail").select(class_),
        inspect,
        lambda class_: Session().get(class_, 1),
        lambda class_: Session().query(class_),
    ],
    ids=["make", "select", "inspect", "get", "query"],
)
def test_classes_are_not_mapped_before(use):
    _, Person, _ = declared(import_module("dovetail.orm"), DeferredReflection)

    with pytest.raises(
        UnmappedClassError, match=r"Person is not mapped yet.*\n.*prepare\(engine\)"
    ):
        use(Person)


def test_what_is_declared_stays(engine):
    class Base(DeferredReflection, DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        title: Mapped[str] = mapped_column("name", String(99))

    assert Person.__table__.c.keys() == ["name"]
    Base.prepare(engine)

    assert sorted(Person.__mapper__.column_attrs.keys()) == ["id", "title"]
    assert Person.__table__.c.name.type.length == 99


def test_a_connection_will_do_and_groups_are_prepared_apart(engine):
    class Base(DeclarativeBase):
        pass

    class One(DeferredReflection, Base):
        __abstract__ = True

    class Two(DeferredReflection, Base):
        __abstract__ = True

    class Person(One):
        __tablename__ = "person"

    class Pet(Two):
        __tablename__ = "pet"
        owner = relationship("Person")

    with engine.connect() as connection:
        One.prepare(connection)
        assert inspect(Person).primary_keys == ("id",)
        with pytest.raises(UnmappedClassError):
            Pet()
        Two.prepare(connection)
    Base.registry.configure()
    assert Pet.owner.property.mapper.class_ is Person


def test_it_may_be_called_again(engine):
    class Base(DeferredReflection, DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"

    Base.prepare(engine)
    mapper = inspect(Person)

    class Pet(Base):
        __tablename__ = "pet"
        owner = relationship(Person)

    Base.prepare(engine)
    Base.prepare(engine)

    assert inspect(Person) is mapper
    assert Pet(owner=Person(name="x")).owner.name == "x"


def test_classes_that_share_the_table(engine):
    class Base(DeferredReflection, DeclarativeBase):
        pass

    class Pet(Base):
        __tablename__ = "pet"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}

    class Cat(Pet):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    Base.prepare(engine)

    with Session(engine) as session:
        session.add(Cat(fur="grey"))
        session.commit()
        cat = session.query(Pet).one()
        assert (type(cat), cat.fur) == (Cat, "grey")


def test_a_class_below_has_a_table_of_its_own(engine):
    metadata = MetaData()
    Table("creature", metadata, Column("id", Integer, primary_key=True), Column("kind", String(9)))
    Table(
        "bird",
        metadata,
        Column("id", ForeignKey("creature.id"), primary_key=True),
        Column("wings", Integer),
    )
    metadata.create_all(engine)

    class Base(DeferredReflection, DeclarativeBase):
        pass

    class Creature(Base):
        __tablename__ = "creature"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "any"}

    class Bird(Creature):
        __tablename__ = "bird"
        __mapper_args__ = {"polymorphic_identity": "bird"}

    Base.prepare(engine)

    with Session(engine) as session:
        session.add(Bird(wings=2))
        session.commit()
        bird = session.query(Creature).one()
        assert (type(bird), bird.wings) == (Bird, 2)


def test_a_table_that_is_not_there_is_named(engine):
    class Base(DeferredReflection, DeclarativeBase):
        pass

    class Lost(Base):
        __tablename__ = "lost"

    with pytest.raises(NoSuchTableError, match="lost"):
        Base.prepare(engine)
    with pytest.raises(InvalidRequestError, match="autoload"):
        Base.prepare(engine, autoload=True)


def test_the_older_path_has_the_familiar_names():
    assert declarative.declarative_base is import_module("dovetail.orm").declarative_base
    assert declarative.DeclarativeMeta is import_module("dovetail.orm").DeclarativeMeta
