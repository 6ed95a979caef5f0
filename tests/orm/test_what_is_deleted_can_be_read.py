"""What was deleted can be read afterwards, though it had expired before."""

import pytest

from dovetail import ForeignKey, create_engine, delete, select
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    notes: Mapped[str | None] = mapped_column(deferred=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def verbs(watched):
    return [one.sql.split()[0] for one in watched.statements]


def test_an_expired_instance_keeps_its_values_when_its_row_goes(session):
    book = Book(title="Emma", notes="long")
    session.add(book)
    session.commit()
    with session.watch() as watched:
        session.delete(book)
        session.commit()
    assert verbs(watched) == ["SELECT", "DELETE"]
    assert (book.title, book.shelf_id) == ("Emma", None)


def test_many_are_read_with_one_statement(session):
    books = [Book(title=f"book {n}") for n in range(20)]
    session.add_all(books)
    session.commit()
    with session.watch() as watched:
        for book in books[5:]:
            session.delete(book)
        session.commit()
    assert verbs(watched).count("SELECT") == 1
    assert [book.title for book in books[5:]] == [f"book {n}" for n in range(5, 20)]
    assert session.scalars(select(Book.title).order_by(Book.id)).all() == [
        f"book {n}" for n in range(5)
    ]


def test_what_is_there_is_not_read_again(session):
    book = Book(title="Emma")
    session.add(book)
    session.commit()
    assert book.title == "Emma"
    with session.watch() as watched:
        session.delete(book)
        session.flush()
    assert verbs(watched) == ["DELETE"]
    session.rollback()
    assert book.title == "Emma"
    session.expire(book, ["title"])
    with session.watch() as watched:
        session.delete(book)
        session.flush()
    assert verbs(watched) == ["DELETE"]


def test_what_the_cascade_deletes_keeps_its_values_too(session):
    shelf = Shelf(name="novels", books=[Book(title="Emma"), Book(title="Persuasion")])
    session.add(shelf)
    session.commit()
    emma, persuasion = shelf.books
    session.commit()
    session.delete(shelf)
    session.commit()
    assert shelf.name == "novels"
    assert (emma.title, persuasion.title) == ("Emma", "Persuasion")


def test_a_row_that_another_has_deleted_is_told_as_before(session):
    book = Book(title="Emma")
    session.add(book)
    session.commit()
    session.delete(book)
    session.connection().execute(delete(Book.__table__))
    with pytest.warns(RuntimeWarning, match="0 "):
        session.flush()
