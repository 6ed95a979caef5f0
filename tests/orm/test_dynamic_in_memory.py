"""Dynamic collections of instances that belong to no session, and merged; as the oracle's."""

import pytest

from tests.orm.both import PACKAGES, World


def shelves(package):
    w = World(package)
    sa, orm = w.sa, w.orm

    class Shelf(w.Base):
        __tablename__ = "shelf"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        books = orm.relationship("Book", lazy="dynamic", order_by="Book.id")

    class Book(w.Base):
        __tablename__ = "book"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        shelf_id = orm.mapped_column(sa.ForeignKey("shelf.id"), nullable=True)

    w.create()
    w.add(Shelf(id=1, books=[Book(id=1), Book(id=2)]))
    w.Shelf, w.Book = Shelf, Book
    return w


def merged(w, given):
    shelf = w.s.merge(given)
    w.s.flush()
    found = [book.id for book in shelf.books]
    w.s.rollback()
    return found


def of_transient(w, *numbers):
    shelf = w.Shelf(books=[w.Book(id=n) for n in numbers])
    return [
        [book.id for book in shelf.books.all()],
        shelf.books.count(),
        w.error(lambda: shelf.books.one().id),
        w.error(lambda: getattr(shelf.books.one_or_none(), "id", None)),
        w.error(lambda: shelf.books.filter(w.Book.id > 1).all()),
    ]


PROGRAMS = {
    "a new one": lambda w: merged(w, w.Shelf(id=5, books=[w.Book(id=7), w.Book(id=8)])),
    "one with other members": lambda w: merged(
        w, w.Shelf(id=1, books=[w.Book(id=1), w.Book(id=3)])
    ),
    "one of which nothing is said": lambda w: merged(w, w.Shelf(id=1)),
    "empty": of_transient,
    "one member": lambda w: of_transient(w, 4),
    "two members": lambda w: of_transient(w, 4, 5),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_dynamic_collection_is_merged_and_read_in_memory(program):
    worlds = [shelves(package) for package in PACKAGES]
    ours, theirs = (PROGRAMS[program](w) for w in worlds)
    for w in worlds:
        w.s.close()

    assert ours == theirs
