"""Materialised paths: what is above and below by one comparison, moves by one UPDATE."""

import pytest

from dovetail import func, select
from dovetail.exc import IntegrityError
from dovetail.orm import Session, selectinload
from examples.materialised_path import Base, Category, stock


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        stock(session)
        session.commit()
        session.expunge_all()
        yield session


def at(session, path):
    return session.scalars(select(Category).where(Category.path == path)).one()


def paths(session):
    return sorted(session.scalars(select(Category.path)))


def test_what_is_above_and_below_takes_a_statement_each(session, sent):
    records = at(session, "/music/records/")
    sent.clear()

    assert [above.title for above in records.ancestors] == ["Music"]
    assert {below.title for below in records.descendants} == {"Jazz", "Rock"}
    assert len(sent) == 2


def test_the_trails_of_many_take_one_statement(session, sent):
    load = selectinload(Category.ancestors)
    found = session.scalars(select(Category).options(load)).all()

    trails = {one.path: [above.path for above in one.ancestors] for one in found}

    assert len(sent) == 2
    assert trails == {
        "/books/": [],
        "/music/": [],
        "/music/records/": ["/music/"],
        "/music/records/jazz/": ["/music/", "/music/records/"],
        "/music/records/rock/": ["/music/", "/music/records/"],
        "/music/sheet-music/": ["/music/"],
    }


def test_paths_are_asked_for_in_a_statement(session):
    by_path = select(Category.path).order_by(Category.path)
    with_jazz = by_path.where(Category.descendants.any(Category.title == "Jazz"))

    assert session.scalars(with_jazz).all() == ["/music/", "/music/records/"]
    assert session.scalars(by_path.where(Category.depth == 1)).all() == ["/books/", "/music/"]
    assert [at(session, path).depth for path in ("/books/", "/music/records/jazz/")] == [1, 3]


def test_a_subtree_moves_by_one_update(session, sent):
    music, books, jazz = (at(session, p) for p in ("/music/", "/books/", "/music/records/jazz/"))
    assert len(music.descendants) == 4
    sent.clear()

    music.move_below(books, "scores")

    assert [statement.split()[0] for statement in sent] == ["UPDATE"]
    assert jazz.path == "/books/scores/records/jazz/"
    assert [above.title for above in jazz.ancestors] == ["Books", "Music", "Records"]
    session.commit()
    assert paths(session) == [
        "/books/",
        "/books/scores/",
        "/books/scores/records/",
        "/books/scores/records/jazz/",
        "/books/scores/records/rock/",
        "/books/scores/sheet-music/",
    ]
    assert {below.title for below in books.descendants} >= {"Music", "Jazz"}


def test_a_subtree_moves_to_the_top_and_to_a_longer_word(session):
    at(session, "/music/records/").move_below(None)
    at(session, "/music/").move_below(None, "music-and-more")

    assert paths(session) == [
        "/books/",
        "/music-and-more/",
        "/music-and-more/sheet-music/",
        "/records/",
        "/records/jazz/",
        "/records/rock/",
    ]


def test_a_neighbour_whose_name_begins_alike_stays(session):
    session.add(Category("Music box"))
    at(session, "/music/").move_below(at(session, "/books/"))

    assert at(session, "/music-box/").ancestors == []
    assert session.scalar(select(func.count(Category.id))) == 7


def test_a_category_is_not_moved_below_itself(session):
    music, jazz = at(session, "/music/"), at(session, "/music/records/jazz/")

    for place in (music, jazz):
        with pytest.raises(ValueError, match="/music/ would be an ancestor of itself"):
            music.move_below(place)
    assert len(music.descendants) == 4


def test_a_word_holds_no_wildcard(session):
    for title in ("100%", "a_b", "", "a/b"):
        with pytest.raises(ValueError, match="no word of a path"):
            Category(title)


def test_a_path_is_taken_once(session):
    with pytest.raises(IntegrityError):
        at(session, "/books/").move_below(None, "music")
    session.rollback()
