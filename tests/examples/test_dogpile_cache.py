"""The cache: what is asked of the database, and what no longer is."""

import pytest

from dovetail import select, update
from examples.dogpile_cache import (
    Base,
    City,
    Country,
    Sight,
    make_sessions,
    number_of_sights,
    pages,
    write_guide,
)

PAGES = ["Porto, Portugal: Ribeira", "Turin, Italy: Lingotto, Mole"]


@pytest.fixture
def make_session(engine):
    Base.metadata.create_all(engine)
    make_session, _ = make_sessions(engine)
    with make_session.begin() as session:
        write_guide(session)
    with make_session() as session:
        assert pages(session) == PAGES
        assert session.scalar(number_of_sights()) == 3
    return make_session


def test_what_was_read_once_is_not_asked_again(make_session, sent):
    with make_session() as session:
        assert pages(session) == PAGES
        assert session.scalar(number_of_sights()) == 3

    assert sent == []


def test_each_session_has_objects_of_its_own(make_session):
    with make_session() as first, make_session() as second:
        ours, theirs = first.get(Country, "IT"), second.get(Country, "IT")
        assert ours is not theirs
        ours.name = "changed and not committed"
        assert theirs.name == "Italy"


def test_a_commit_makes_stale_what_it_has_changed(make_session, sent):
    with make_session.begin() as session:
        porto = session.scalars(select(City).where(City.name == "Porto")).one()
        session.add(Sight(name="Serralves", city=porto))
    sent.clear()

    with make_session() as session:
        assert pages(session) == ["Porto, Portugal: Ribeira, Serralves", PAGES[1]]
        assert session.scalar(number_of_sights()) == 4
    asked = [statement.partition("FROM ")[2].split()[0] for statement in sent]
    assert sorted(asked) == ["city", "sight", "sight"]


def test_a_row_found_by_its_key_is_fresh_after_a_commit(make_session, sent):
    with make_session.begin() as session:
        session.execute(update(Country).where(Country.code == "PT").values(name="Portogallo"))

    with make_session() as session:
        assert pages(session)[0] == "Porto, Portogallo: Ribeira"
        sent.clear()
    with make_session() as session:
        assert session.get(Country, "PT").name == "Portogallo"
    assert sent == []


def test_a_rollback_makes_nothing_stale(make_session, sent):
    with make_session() as session:
        session.execute(update(Country).values(name="Nowhere"))
        session.rollback()
    sent.clear()

    with make_session() as session:
        assert pages(session) == PAGES
    assert sent == []
