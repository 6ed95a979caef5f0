"""``populate_existing``: what the rows do not have of an instance is read again."""

import sqlite3

import pytest

from dovetail import ForeignKey, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Firm(Base):
    __tablename__ = "firm"
    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[list["Person"]] = relationship(order_by="Person.id")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    language: Mapped[str]
    secret: Mapped[str] = mapped_column(deferred=True)
    tools: Mapped[list["Tool"]] = relationship(order_by="Tool.id")
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Seller(Person):
    level: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "seller"}


class Tool(Base):
    __tablename__ = "tool"
    id: Mapped[int] = mapped_column(primary_key=True)
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineer.id"))


@pytest.fixture
def connection():
    with sqlite3.connect(":memory:", check_same_thread=False) as connection:
        yield connection


@pytest.fixture
def session(connection):
    engine = create_engine("sqlite://", creator=lambda: connection)
    Base.metadata.create_all(engine)
    with Session(engine, autoflush=False) as session:
        engineer = Engineer(id=1, name="ann", language="C", secret="s", tools=[Tool(id=1)])
        session.add(Firm(id=1, people=[engineer, Seller(id=2, name="bob", level=5)]))
        session.commit()
        yield session


def overwrite_by_query(session):
    session.scalars(select(Person).execution_options(populate_existing=True)).all()


def overwrite_by_get(session):
    for number in (1, 2):
        session.get(Person, number, populate_existing=True)


def overwrite_eagerly(session):
    statement = select(Firm).options(selectinload(Firm.people))
    session.scalars(statement.execution_options(populate_existing=True)).all()


def overwrite_jointly(session):
    statement = select(Firm).options(joinedload(Firm.people))
    session.scalars(statement.execution_options(populate_existing=True)).unique().all()


OVERWRITING = [overwrite_by_query, overwrite_by_get, overwrite_eagerly, overwrite_jointly]


@pytest.mark.parametrize("overwrite", OVERWRITING)
def test_attributes_of_classes_below_are_read_again(session, connection, overwrite):
    engineer, seller = session.scalars(select(Person).order_by(Person.id)).all()
    assert (engineer.language, engineer.secret, seller.level) == ("C", "s", 5)
    assert [tool.id for tool in engineer.tools] == [1]
    session.rollback()
    connection.execute("UPDATE engineer SET language = 'D', secret = 't'")
    connection.execute("UPDATE person SET level = 6 WHERE id = 2")
    connection.execute("INSERT INTO tool (id, engineer_id) VALUES (2, 1)")
    connection.commit()

    overwrite(session)

    assert (engineer.language, engineer.secret, seller.level) == ("D", "t", 6)
    assert [tool.id for tool in engineer.tools] == [1, 2]


@pytest.mark.parametrize("overwrite", OVERWRITING)
def test_pending_changes_of_classes_below_are_overwritten_too(session, connection, overwrite):
    engineer, seller = session.scalars(select(Person).order_by(Person.id)).all()
    engineer.language, engineer.tools, seller.level = "lost", [], 99

    overwrite(session)

    assert not session.dirty
    assert (engineer.language, seller.level) == ("C", 5)
    assert [tool.id for tool in engineer.tools] == [1]
    session.commit()
    assert connection.execute("SELECT language, secret FROM engineer").fetchall() == [("C", "s")]
    assert connection.execute("SELECT level FROM person WHERE id = 2").fetchall() == [(5,)]


def test_what_an_option_defers_is_read_again(session):
    engineer = session.get(Person, 1)
    engineer.name = "lost"
    statement = select(Person).options(defer(Person.name))
    session.scalars(statement.execution_options(populate_existing=True)).all()
    assert not session.dirty
    assert engineer.name == "ann"
