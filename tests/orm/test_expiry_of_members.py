"""What expires, or leaves the session, with its owner: members that were read, and no others."""

import sqlite3

import pytest

from dovetail import Column, ForeignKey, Table, create_engine, inspect
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


shelved = Table(
    "shelved",
    Base.metadata,
    Column("shelf_id", ForeignKey("shelf.id"), primary_key=True),
    Column("label_id", ForeignKey("label.id"), primary_key=True),
)


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf", cascade="all")
    boxes: Mapped[list["Box"]] = relationship(back_populates="shelf", cascade="all, delete-orphan")
    labels: Mapped[list["Label"]] = relationship(
        secondary=shelved, back_populates="shelves", cascade="all"
    )


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int | None]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")


class Box(Base):
    __tablename__ = "box"
    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int | None]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="boxes")


class Label(Base):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int | None]
    shelves: Mapped[list[Shelf]] = relationship(secondary=shelved, back_populates="labels")


@pytest.fixture
def connection():
    with sqlite3.connect(":memory:", check_same_thread=False) as connection:
        yield connection


@pytest.fixture
def session(connection):
    engine = create_engine("sqlite://", creator=lambda: connection)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Shelf(id=1), Book(id=1), Box(id=1), Label(id=1)])
        session.commit()
        yield session


LETTING_GO = [Session.expire, Session.refresh]


@pytest.mark.parametrize("let_go", LETTING_GO)
@pytest.mark.parametrize(("class_", "table"), [(Book, "book"), (Box, "box")])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_member_given_by_its_reference_keeps_its_changes_when_its_owner_expires(
    session, connection, let_go, class_, table, is_new
):
    shelf = session.get(Shelf, 1)
    if is_new:
        session.add(member := class_(id=2))
    else:
        member = session.get(class_, 1)
    member.pages, member.shelf = 300, shelf

    let_go(session, shelf)
    session.commit()

    rows = connection.execute(f"SELECT pages, shelf_id FROM {table} ORDER BY id DESC").fetchall()
    assert rows[0] == (300, 1)


@pytest.mark.parametrize("let_go", LETTING_GO)
def test_a_row_of_a_third_table_is_kept_when_the_side_that_was_not_touched_expires(
    session, connection, let_go
):
    shelf, label = session.get(Shelf, 1), session.get(Label, 1)
    label.pages = 4
    label.shelves.append(shelf)

    let_go(session, shelf)
    session.commit()

    assert connection.execute("SELECT * FROM shelved").fetchall() == [(1, 1)]
    assert connection.execute("SELECT pages FROM label").fetchall() == [(4,)]


@pytest.mark.parametrize("class_", [Book, Box])
def test_a_member_given_by_its_reference_stays_when_its_owner_is_expunged(session, class_):
    shelf, member = session.get(Shelf, 1), session.get(class_, 1)
    member.pages, member.shelf = 300, shelf

    session.expunge(shelf)

    assert member in session
    assert inspect(member).persistent
    assert member.pages == 300


def test_members_that_were_read_expire_and_leave_with_their_owner(session):
    shelf, book = session.get(Shelf, 1), session.get(Book, 1)
    shelf.books.append(book)
    book.pages = 300

    session.expire(shelf)
    assert book.pages is None

    shelf.books.append(book)
    session.expunge(shelf)
    assert book not in session
