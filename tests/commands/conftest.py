"""The command line in a process of its own, in a folder with a small program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

SHOP = """
from dovetail import CheckConstraint, Column, ForeignKey, Index, Numeric, String, Table, text
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
    name: Mapped[str] = mapped_column(String(40), unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_is_positive"),
        Index("book_by_title", "title"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    price: Mapped[int] = mapped_column(Numeric(8, 2), server_default=text("0"))
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id", ondelete="CASCADE"))
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list["Tag"]] = relationship(secondary=book_tag, back_populates="books")


class Novel(Book):
    __tablename__ = "novel"
    id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    pages: Mapped[int | None]


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(20))
    books: Mapped[list[Book]] = relationship(secondary=book_tag, back_populates="tags")
"""


class Done:
    """What a command has answered."""

    def __init__(self, done):
        self.status, self.out, self.told = done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


@pytest.fixture
def dovetail(folder):
    """A function that runs ``python -m dovetail`` with its arguments, in the folder."""

    def run(*arguments, given="", **environment):
        done = subprocess.run(
            [sys.executable, "-m", "dovetail", *map(str, arguments)],
            cwd=folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "160", **environment},
        )
        return Done(done)

    return run
