"""Queries that functions make once, and that run many times."""

import pytest

from dovetail import Integer, String, bindparam, select
from dovetail.exc import ArgumentError, MultipleResultsFound
from dovetail.ext import baked
from dovetail.ext.baked import BakedQuery
from dovetail.orm import DeclarativeBase, Query, Session, mapped_column, scoped_session


class Base(DeclarativeBase):
    pass


class Stone(Base):
    __tablename__ = "stone"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Stone(id=n, name=f"stone {n}") for n in (1, 2, 3)])
        session.commit()
        yield session


@pytest.fixture
def bakery():
    return baked.bakery()


def ids(found):
    return [stone.id for stone in found]


def test_it_gives_what_a_query_gives(session, bakery):
    every = bakery(lambda session: session.query(Stone))
    every += lambda q: q.order_by(Stone.id)
    last = every + (lambda q: q.filter(Stone.id > 2))

    assert ids(every(session)) == ids(every(session).all()) == [1, 2, 3]
    assert every(session).first().id == 1
    assert every(session).count() == 3
    assert last(session).one().id == last(session).one_or_none().id == 3
    assert last(session).scalar().id == 3
    assert bakery(lambda session: session.query(Stone))(session).get(2).name == "stone 2"
    assert last.with_criteria(lambda q: q.filter(Stone.id < 2))(session).scalar() is None
    with pytest.raises(MultipleResultsFound):
        every(session).one()
    assert "FROM stone" in str(every(session))


def test_functions_are_called_for_the_first_run_alone(session, bakery):
    called = []

    def begin(session):
        called.append("begin")
        return session.query(Stone)

    def narrow(query):
        called.append("narrow")
        return query.filter(Stone.id == bindparam("id"))

    def run(number):
        query = bakery(begin).with_criteria(narrow)
        return ids(query(session).params(id=number))

    assert [run(1), run(2), run(9)] == [[1], [2], []]
    assert called == ["begin", "narrow"]


def test_arguments_tell_apart_what_one_function_makes(session, bakery):
    def above(number):
        query = bakery(lambda session: session.query(Stone))
        return query.add_criteria(lambda q: q.filter(Stone.id > number), number)

    assert [ids(above(n)(session)) for n in (0, 1, 2)] == [[1, 2, 3], [2, 3], [3]]
    few = bakery(lambda session: session.query(Stone))
    few += (lambda q: q.filter(Stone.id < 2), "x")
    assert ids(few(session)) == [1]


@pytest.mark.parametrize(("full", "begun"), [(False, 1), (True, 2)])
def test_what_is_spoilt_is_made_anew(session, bakery, full, begun):
    called = []

    def begin(session):
        called.append("begin")
        return session.query(Stone)

    found = []
    for number in (1, 3):
        query = bakery(begin).spoil(full=full)
        query += lambda q, number=number: q.filter(Stone.id == number)
        found += ids(query(session))

    assert found == [1, 3]
    assert len(called) == begun


def test_a_session_may_keep_nothing(engine, session, bakery):
    def narrow(number):
        query = bakery(lambda session: session.query(Stone))
        query += lambda q: q.filter(Stone.id == number)
        with Session(engine, enable_baked_queries=False) as plain:
            return ids(query(plain))

    assert [narrow(1), narrow(2)] == [[1], [2]]


def test_what_is_added_for_one_run_is_not_kept(session, bakery):
    stone = session.get(Stone, 1)
    stone.name = "changed"
    query = bakery(lambda session: session.query(Stone).order_by(Stone.id))

    with session.no_autoflush:
        query(session).with_post_criteria(lambda q: q.populate_existing()).all()
        assert stone.name == "stone 1"
        stone.name = "changed"
        query(session).all()
        assert stone.name == "changed"


def test_it_is_a_subquery_of_another(session, bakery):
    late = bakery(lambda session: session.query(Stone.id).filter(Stone.id > 1))

    outer = session.query(Stone).order_by(Stone.id)
    assert ids(outer.filter(Stone.id.in_(late.to_query(outer)))) == [2, 3]
    assert isinstance(late.to_query(session), Query)


def test_each_session_has_its_own_kind_of_query(engine, session):
    class Loud(Query):
        def shout(self):
            return [name.upper() for (name,) in self]

    bakery = BakedQuery.bakery()
    names = bakery(lambda session: session.query(Stone.name).order_by(Stone.id))
    assert names(session).first() == ("stone 1",)
    with Session(engine, query_cls=Loud) as other:
        assert names.to_query(other).shout() == ["STONE 1", "STONE 2", "STONE 3"]
    scoped = scoped_session(lambda: session)
    assert names.for_session(scoped).session is session


def test_a_bakery_forgets_what_was_not_used_for_long(session):
    called = []

    def begin(session):
        called.append(1)
        return session.query(Stone)

    small = baked.bakery(size=1)
    for argument in (1, 1, 2, 1):
        small(begin, argument)(session).all()

    assert len(called) == 3


def test_mistakes_are_told(session, bakery):
    with pytest.raises(ArgumentError, match="made of functions; got 3"):
        bakery(3)
    with pytest.raises(ArgumentError, match="give a Query"):
        bakery(lambda session: select(Stone))(session).all()
    with pytest.raises(ArgumentError, match="runs in a Session; got None"):
        bakery(lambda session: session.query(Stone))(None)
    with pytest.raises(ArgumentError, match="one query or more"):
        baked.bakery(0)
