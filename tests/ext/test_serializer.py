"""Statements and queries written as bytes and read again."""

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, select, update
from dovetail.exc import InvalidRequestError
from dovetail.ext import serializer
from dovetail.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, scoped_session


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Person(id=1, name="ada"), Person(id=2, name="eve")])
        session.commit()
        yield session
    engine.dispose()


def again(subject, **options):
    return serializer.loads(serializer.dumps(subject), Base.metadata, **options)


def test_statements_speak_of_the_tables_that_are_there(session):
    people = Person.__table__
    other = aliased(Person)

    plain = again(select(people.c.name).where(people.c.id == 2))

    assert plain.raw_columns[0].table is people
    assert session.scalars(plain).all() == ["eve"]
    assert session.scalars(again(select(Person).where(Person.name == "ada"))).one().id == 1
    assert session.scalar(again(select(other.id).where(other.name == "eve"))) == 2
    session.execute(again(update(Person).where(Person.id == 1).values(name="adah")))
    assert session.get(Person, 1).name == "adah"


@pytest.mark.parametrize(
    "wrap", [lambda session: session, lambda session: scoped_session(lambda: session)]
)
def test_a_query_is_asked_of_the_session_that_is_given(session, wrap):
    query = session.query(Person).filter(Person.name == "eve")

    found = again(query, scoped_session=wrap(session))

    assert found.session is session
    assert found.one().id == 2


def test_tables_and_engines_are_named(session):
    assert again(Person.__table__) is Person.__table__
    assert again({"at": session.bind}, scoped_session=session) == {"at": session.bind}


def test_what_is_not_there_is_refused(session):
    stray = Table("stray", MetaData(), Column("id", Integer))

    with pytest.raises(InvalidRequestError, match="stray"):
        again(select(stray))
    with pytest.raises(InvalidRequestError, match="engine"):
        again(session.bind)
