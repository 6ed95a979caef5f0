"""factory_boy: instances made with their relations, kept in a session, found again."""

import factory
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
    scoped_session,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = scoped_session(sessionmaker(engine))


class AuthorFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = Author
        sqlalchemy_session = session
        sqlalchemy_get_or_create = ("name",)
        sqlalchemy_session_persistence = "flush"

    name = factory.Sequence(lambda number: f"author {number}")


class BookFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = Book
        sqlalchemy_session = session
        sqlalchemy_session_persistence = "commit"

    title = factory.LazyAttribute(lambda book: f"of {book.author.name}")
    author = factory.SubFactory(AuthorFactory)


book = BookFactory()
print(book.id, book.title, book.author.id, book.author.books == [book])
again = AuthorFactory(name="author 0")
print(again is book.author, session.scalar(select(func.count()).select_from(Author)))
print([one.title for one in BookFactory.create_batch(2, author=again)])
built = BookFactory.build(title="kept apart")
print(built.id, built in session, built.author.name)
print(session.scalars(select(Book.title).order_by(Book.id)).all())
session.remove()
engine.dispose()
