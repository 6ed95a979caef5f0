"""``dovetail check`` and ``dovetail inspect``: a database beside the mapping."""

import json

import pytest

from dovetail import create_engine, inspect, text
from tests.servers import BACKENDS

URL = "sqlite:///shop.db"
CREATE = "from shop import Base\nBase.metadata.create_all(engine)\n"


@pytest.fixture
def shop(dovetail, folder):
    """The database of the program."""
    done = dovetail("shell", "shop:Base", URL, given=CREATE)
    assert done.status == 0, done.told
    engine = create_engine(f"sqlite:///{folder / 'shop.db'}")
    yield engine
    engine.dispose()


def run(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_database_that_is_as_declared_passes(dovetail, shop):
    done = dovetail("check", "shop:Base", URL)

    assert (done.status, done.out) == (0, "5 tables are as they are declared\n")
    assert json.loads(dovetail("check", "shop:Base", URL, "--json").out) == []


def test_the_url_of_a_program_that_awaits_will_do(dovetail, shop):
    url = URL.replace("sqlite:", "sqlite+aiosqlite:")

    assert dovetail("check", "shop:Base", url).status == 0
    assert "author" in dovetail("inspect", url).out
    done = dovetail("shell", "shop:Base", url, given="print(session.query(Author).count())\n")
    assert done.status == 0
    assert ">>> 0\n" in done.out


def test_differences_are_a_table_and_the_status_says_so(dovetail, shop):
    run(
        shop,
        "ALTER TABLE author ADD COLUMN born INTEGER",
        "DROP INDEX book_by_title",
        "CREATE TABLE old (x INTEGER)",
    )

    done = dovetail("check", "shop:Base", URL)

    assert done.status == 1
    assert "3 differences" in done.out
    for words in ("extra", "born", "missing", "book_by_title", "old"):
        assert words in done.out


def test_differences_are_data_too(dovetail, shop):
    run(shop, "ALTER TABLE author ADD COLUMN born INTEGER", "CREATE TABLE old (x INTEGER)")

    done = dovetail("check", "shop:Base", URL, "--json", "--ignore", "old")

    assert done.status == 1
    assert json.loads(done.out) == [
        {
            "kind": "extra",
            "table": "author",
            "what": "column",
            "name": "born",
            "aspect": None,
            "declared": None,
            "found": "INTEGER",
        }
    ]


@pytest.mark.parametrize("verb", [("check", "shop:Base"), ("inspect",)])
def test_a_database_that_cannot_be_reached_is_told_of(dovetail, verb):
    done = dovetail(*verb, "sqlite:////nowhere/at/all.db")

    assert done.status == 2
    assert "unable to open" in done.told
    assert "Traceback" not in done.told


def test_inspect_lists_tables_with_their_rows(dovetail, shop):
    run(shop, "INSERT INTO author (name) VALUES ('ada'), ('ben')", "CREATE TABLE old (x INTEGER)")

    done = dovetail("inspect", URL, "--mapping", "shop:Base", "--json")

    assert done.status == 0, done.told
    tables = {each["table"]: each for each in json.loads(done.out)}
    assert list(tables) == ["author", "old", "tag", "book", "book_tag", "novel"]
    assert (tables["author"]["rows"], tables["author"]["mapped"]) == (2, True)
    assert (tables["old"]["rows"], tables["old"]["mapped"]) == (0, False)
    assert tables["book"]["columns"][2] == {
        "name": "price",
        "type": "NUMERIC(8, 2)",
        "nullable": False,
        "default": "0",
        "comment": None,
    }
    assert tables["book"]["foreign_keys"] == [
        {
            "name": None,
            "columns": ["author_id"],
            "refers_to": ["author.id"],
            "ondelete": "CASCADE",
            "onupdate": None,
        }
    ]
    assert tables["book"]["indexes"] == [
        {"name": "book_by_title", "columns": ["title"], "unique": False}
    ]


def test_inspect_shows_the_columns_of_the_tables_that_are_named(dovetail, shop):
    done = dovetail("inspect", URL, "book")

    assert done.status == 0, done.told
    for words in ("VARCHAR(80)", "author.id", "primary", "index book_by_title (title)"):
        assert words in done.out
    assert "tag" not in dovetail("inspect", URL, "author", "--no-rows").out


def test_inspect_says_which_tables_there_are(dovetail, shop):
    done = dovetail("inspect", URL, "boook")

    assert done.status == 2
    assert "there is no table boook" in done.told
    assert "book_tag" in done.told


IMPORTED = (
    "CheckConstraint, Column, ForeignKey, Index, INTEGER, NUMERIC, Table, text, UniqueConstraint, "
    "VARCHAR"
)
PRICE = "mapped_column(NUMERIC(precision=8, scale=2), server_default=text('0'))"
CODE = f"""\
import decimal

from dovetail import {IMPORTED}
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


book_tag = Table(
    'book_tag',
    Base.metadata,
    Column('book_id', INTEGER(), ForeignKey('book.id'), primary_key=True),
    Column('tag_id', INTEGER(), ForeignKey('tag.id'), primary_key=True),
)


class Author(Base):
    __tablename__ = 'author'
    __table_args__ = (
        UniqueConstraint('name'),
    )

    id: Mapped[int] = mapped_column(INTEGER(), primary_key=True)
    name: Mapped[str] = mapped_column(VARCHAR(length=40))

    books: Mapped[list["Book"]] = relationship(back_populates='author')


class Tag(Base):
    __tablename__ = 'tag'

    id: Mapped[int] = mapped_column(INTEGER(), primary_key=True)
    word: Mapped[str] = mapped_column(VARCHAR(length=20))

    books: Mapped[list["Book"]] = relationship(secondary=book_tag, back_populates='tags')


class Book(Base):
    __tablename__ = 'book'
    __table_args__ = (
        CheckConstraint('price >= 0', name='price_is_positive'),
        Index('book_by_title', 'title'),
    )

    id: Mapped[int] = mapped_column(INTEGER(), primary_key=True)
    title: Mapped[str] = mapped_column(VARCHAR(length=80))
    price: Mapped[decimal.Decimal] = {PRICE}
    author_id: Mapped[int] = mapped_column(INTEGER(), ForeignKey('author.id', ondelete='CASCADE'))

    author: Mapped["Author"] = relationship(back_populates='books')
    novels: Mapped[list["Novel"]] = relationship(back_populates='book')
    tags: Mapped[list["Tag"]] = relationship(secondary=book_tag, back_populates='books')


class Novel(Base):
    __tablename__ = 'novel'

    id: Mapped[int] = mapped_column(INTEGER(), ForeignKey('book.id'), primary_key=True)
    pages: Mapped[int | None] = mapped_column(INTEGER())

    book: Mapped["Book"] = relationship(back_populates='novels')
"""


def test_code_is_written_for_a_database(dovetail, shop):
    done = dovetail("inspect", URL, "--code")

    assert (done.status, done.out) == (0, CODE)


AWKWARD = (
    (
        "CREATE TABLE person (id INTEGER PRIMARY KEY, class VARCHAR(5), boss_id INTEGER, "
        "FOREIGN KEY (boss_id) REFERENCES person (id))"
    ),
    (
        "CREATE TABLE message (id INTEGER PRIMARY KEY, metadata TEXT, sender INTEGER NOT NULL, "
        "receiver_id INTEGER, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "
        "FOREIGN KEY (sender) REFERENCES person (id), "
        "FOREIGN KEY (receiver_id) REFERENCES person (id) ON DELETE SET NULL)"
    ),
    "CREATE TABLE seat (carriage INTEGER, number INTEGER, PRIMARY KEY (carriage, number))",
    (
        "CREATE TABLE ticket (id INTEGER PRIMARY KEY, c INTEGER, n INTEGER, note VARCHAR(9) "
        "DEFAULT 'a:b', FOREIGN KEY (c, n) REFERENCES seat (carriage, number))"
    ),
    "CREATE TABLE log (line TEXT, level INTEGER NOT NULL)",
    "CREATE INDEX ticket_by_note ON ticket (note)",
)


@pytest.mark.parametrize(
    "backend",
    [one for one in BACKENDS if one.driver in ("pysqlite", "psycopg", "pymysql")],
    ids=str,
)
def test_the_code_maps_the_database_as_it_is(backend, databases, dovetail, folder):
    backend.require()
    url = databases.url(backend, folder)
    engine = create_engine(url)
    run(engine, *AWKWARD)

    done = dovetail("inspect", url, "--code")
    (folder / "models.py").write_text(done.out)

    assert done.status == 0, done.told
    checked = dovetail("check", "models:Base", url)
    assert checked.status == 0, done.out + checked.out + checked.told
    shown = dovetail("models", "models:Base", "--format", "mermaid").out
    assert "Seat |o--o{ Ticket" in shown
    assert set(inspect(engine).get_table_names()) >= {"log", "ticket"}
    engine.dispose()
