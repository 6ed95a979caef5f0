"""``get()`` and ``merge()`` with a key that one of another class of the hierarchy has."""

import sqlite3

import pytest

from dovetail import ForeignKey, create_engine, event, inspect, select
from dovetail.exc import InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    load_only,
    mapped_column,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Seller(Person):
    __mapper_args__ = {"polymorphic_identity": "seller"}


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


def pending(session, person):
    session.add(person)


def expired(session, person):
    session.add(person)
    session.commit()


def read(session, person):
    expired(session, person)
    assert person.name is None


def expired_with_criteria(session, person):
    expired(session, person)
    session.expire_all()
    restricted = with_loader_criteria(Person, Person.id > 0)
    assert session.scalars(select(Person).options(restricted)).all() == [person]
    session.expire(person)


def told(session, person):
    expired(session, person)
    event.listen(session, "do_orm_execute", lambda state: None)


GETTING = {
    "alone": {},
    "afresh": {"populate_existing": True},
    "locked": {"with_for_update": True},
    "in part": {"options": [load_only(Person.name)]},
}


@pytest.mark.parametrize("options", GETTING.values(), ids=GETTING)
@pytest.mark.parametrize("prepare", [pending, expired, read, expired_with_criteria, told])
@pytest.mark.parametrize(
    ("made", "asked"),
    [(Person, Engineer), (Person, Seller), (Engineer, Seller), (Seller, Engineer)],
)
def test_there_is_none_and_the_other_stays_what_it_was(
    session, connection, made, asked, prepare, options
):
    person = made(id=1)
    prepare(session, person)

    assert session.get(asked, 1, **options) is None

    assert inspect(person).persistent
    assert person in session
    assert session.get(Person, 1) is person
    person.name = "changed"
    session.commit()
    assert connection.execute("SELECT name FROM person").fetchall() == [("changed",)]


@pytest.mark.parametrize("options", GETTING.values(), ids=GETTING)
def test_one_whose_row_is_gone_is_noted_as_gone(session, connection, options):
    engineer = Engineer(id=1)
    expired(session, engineer)
    connection.execute("DELETE FROM engineer")
    connection.execute("DELETE FROM person")
    connection.commit()
    assert session.get(Person, 1, **options) is None
    assert engineer not in session


@pytest.mark.parametrize(
    ("made", "given"),
    [(Person, Engineer), (Person, Seller), (Engineer, Seller), (Seller, Engineer)],
)
def test_an_instance_of_another_class_is_not_merged_into_it(session, connection, made, given):
    person = made(id=1, name="kept")
    session.add(person)
    session.commit()
    assert person.name == "kept"

    with pytest.raises(InvalidRequestError, match="of another class"):
        session.merge(given(id=1, name="other"))

    session.commit()
    kind = made.__mapper__.polymorphic_identity
    assert connection.execute("SELECT kind, name FROM person").fetchall() == [(kind, "kept")]
