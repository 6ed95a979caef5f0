"""What contains_eager() took from a statement is loaded by itself when it is loaded again."""

import pickle

import pytest

from dovetail import select
from dovetail.orm import aliased, contains_eager, joinedload, selectinload
from tests.orm.library import Author, Base, Book, Page, fill


@pytest.fixture(autouse=True)
def filled(engine, session):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)


def chained():
    return (
        select(Page)
        .join(Page.book)
        .join(Book.author)
        .join(Author.books.of_type(other := aliased(Book)))
        .options(
            contains_eager(Page.book)
            .contains_eager(Book.author)
            .contains_eager(Author.books.of_type(other))
        )
    )


def below_another_load():
    statement = select(Page).join(Page.book).join(Book.author)
    option = selectinload(Page.book).joinedload(Book.author).contains_eager(Author.books)
    return statement.options(option)


def with_a_load_below():
    option = contains_eager(Page.book).options(
        joinedload(Book.author).selectinload(Author.books), contains_eager(Book.tags)
    )
    return select(Page).join(Page.book).outerjoin(Book.tags).options(option)


def expired(session, pages):
    session.commit()
    return pages


def refreshed(session, pages):
    for page in pages:
        session.refresh(page)
    return pages


def refreshed_in_part(session, pages):
    for page in pages:
        session.refresh(page, ["number", "book"])
    return pages


def refreshed_with_lock(session, pages):
    for page in pages:
        session.refresh(page, with_for_update=True)
    return pages


def added_again(session, pages):
    session.close()
    session.add_all(pages)
    session.expire_all()
    return pages


def pickled(session, pages):
    pages = pickle.loads(pickle.dumps(pages))
    session.close()
    session.add_all(pages)
    session.expire_all()
    return pages


def untouched(session, pages):
    return pages


@pytest.mark.parametrize("statement", [chained, below_another_load, with_a_load_below])
@pytest.mark.parametrize(
    "again",
    [
        untouched,
        expired,
        refreshed,
        refreshed_in_part,
        refreshed_with_lock,
        added_again,
        pickled,
    ],
)
def test_what_is_loaded_again_is_what_belongs_to_it(session, statement, again):
    pages = again(session, session.scalars(statement().order_by(Page.id)).unique().all())

    for page in pages:
        book, author = page.book, page.book.author
        assert page.book_id == book.id
        assert book.author_id == author.id
        assert {one.author_id for one in author.books} == {author.id}
        assert len(author.books) == 2
    assert len(pages) == 12


def test_a_plan_is_kept_for_what_is_loaded_again(session, engine):
    pages = session.scalars(chained()).unique().all()
    counts = []
    for _ in range(3):
        session.commit()
        assert pages[0].book.author.books
        counts.append(len(engine.plans))

    assert counts[1] == counts[2]
