"""A small library of mapped classes that most tests of the ORM share."""

from dovetail import Column, ForeignKey, String, Table
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


book_tag = Table(
    "book_tag",
    Base.metadata,
    Column("book_id", ForeignKey("book.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    born: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(deferred=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")
    pages: Mapped[list["Page"]] = relationship(
        back_populates="book", cascade="all, delete-orphan", order_by="Page.number"
    )
    tags: Mapped[set["Tag"]] = relationship(secondary=book_tag, back_populates="books")


class Page(Base):
    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    book: Mapped[Book] = relationship(back_populates="pages")


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship(secondary=book_tag, back_populates="tags")


class Topic(Base):
    """A tree."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    children: Mapped[list["Topic"]] = relationship(back_populates="parent", order_by="Topic.id")
    parent: Mapped["Topic | None"] = relationship(back_populates="children", remote_side=[id])


def fill(session, authors=3, books=2, pages=2):
    """Write *authors*, each with *books* of *pages* and a tag they share; leave nothing loaded."""
    tag = Tag(name="common")
    for a in range(authors):
        session.add(
            Author(
                name=f"author {a}",
                born=1900 + a,
                notes=f"notes {a}",
                books=[
                    Book(
                        title=f"book {a}.{b}",
                        pages=[Page(number=p) for p in range(pages)],
                        tags={tag},
                    )
                    for b in range(books)
                ],
            )
        )
    session.commit()
    session.expunge_all()
