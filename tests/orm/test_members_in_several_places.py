"""A member that stands in a collection twice, for a moment or for longer, stays when one goes."""

import random

import pytest

from dovetail import Column, ForeignKey, Table, create_engine, func, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


shelf_key = Table(
    "shelf_key",
    Base.metadata,
    Column("shelf_id", ForeignKey("shelf.id"), primary_key=True),
    Column("key_id", ForeignKey("key.id"), primary_key=True),
)


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(
        back_populates="shelf", cascade="all, delete-orphan", order_by="Book.id"
    )
    keys: Mapped[list["Key"]] = relationship(
        secondary=shelf_key, back_populates="shelves", order_by="Key.id"
    )
    notes: Mapped[dict[str, "Note"]] = relationship(
        back_populates="shelf", collection_class=attribute_keyed_dict("word")
    )


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="notes")


class Key(Base):
    __tablename__ = "key"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelves: Mapped[list[Shelf]] = relationship(secondary=shelf_key, back_populates="keys")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Shelf(
                id=1,
                books=[Book(id=n) for n in range(1, 5)],
                keys=[Key(id=n) for n in range(1, 5)],
                notes={"a": Note(word="a")},
            )
        )
        session.commit()
        yield session
    engine.dispose()


def swap(items):
    items[1], items[2] = items[2], items[1]


def shuffle(items):
    random.Random(7).shuffle(items)


def rotate(items):
    items.append(items[0])
    del items[0]


def append_and_pop(items):
    items.append(items[0])
    items.pop()


def insert_and_remove(items):
    items.insert(0, items[2])
    items.remove(items[0])


def reverse_by_slice(items):
    items[:] = items[::-1]


def slice_with_duplicates(items):
    items[1:3] = [items[2], items[1], items[2], items[1]]
    del items[1:3]


def put_in_place_of_another_and_back(items):
    one, other = items[0], items[1]
    items[0] = other
    items[1] = one


KEEPING = [
    swap, shuffle, rotate, append_and_pop, insert_and_remove, reverse_by_slice,
    slice_with_duplicates, put_in_place_of_another_and_back,
]  # fmt: skip


@pytest.mark.parametrize("change", KEEPING, ids=lambda change: change.__name__)
@pytest.mark.parametrize("loaded", [True, False])
def test_members_that_are_moved_stay(session, change, loaded):
    shelf = session.get(Shelf, 1)
    books, keys = list(shelf.books), list(shelf.keys)
    if loaded:
        assert all(book.shelf is shelf for book in books)
        assert all(key.shelves == [shelf] for key in keys)

    change(shelf.books)
    change(shelf.keys)

    assert sorted(book.id for book in shelf.books) == [1, 2, 3, 4]
    assert all(book.shelf is shelf for book in books)
    assert all(key.shelves == [shelf] for key in keys)
    session.commit()
    assert session.scalars(select(Book.shelf_id)).all() == [1, 1, 1, 1]
    assert session.scalar(select(func.count()).select_from(shelf_key)) == 4


def test_a_member_goes_with_the_last_of_its_places(session):
    shelf = session.get(Shelf, 1)
    book, key = shelf.books[0], shelf.keys[0]
    assert key.shelves == [shelf]
    for items, one in ((shelf.books, book), (shelf.keys, key)):
        items.append(one)
        del items[0]
        items.append(one)
        items[-2:] = []

    assert book.shelf is None
    assert key.shelves == []
    session.commit()
    assert session.scalars(select(Book.id)).all() == [2, 3, 4]
    assert session.scalar(select(func.count()).select_from(shelf_key)) == 3


def test_one_that_takes_the_place_of_another_twice(session):
    shelf = session.get(Shelf, 1)
    first, second = shelf.books[:2]
    shelf.books[0] = second

    assert first.shelf is None
    shelf.books[1] = shelf.books[2]
    assert second.shelf is shelf
    session.commit()
    assert session.scalars(select(Book.id).order_by(Book.id)).all() == [2, 3, 4]


def test_a_member_under_two_keys_stays_while_one_is_there(session):
    shelf = session.get(Shelf, 1)
    note = shelf.notes["a"]
    shelf.notes["b"] = note
    del shelf.notes["a"]
    assert note.shelf is shelf
    assert shelf.notes.pop("b") is note
    assert note.shelf is None


def test_a_member_that_is_put_in_again_comes_into_the_session(session):
    shelf = session.get(Shelf, 1)
    assert list(shelf.notes) == ["a"]
    note = Note(word="c", shelf=shelf)
    assert note not in session

    shelf.notes["c"] = note

    assert note in session
