"""Columns that have one name in the program and another in the database."""

import pickle

import pytest

from dovetail import (
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
    union,
)
from dovetail.exc import InvalidRequestError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column

metadata = MetaData()
parcel = Table(
    "parcel",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wght", String(10), key="weight"),
)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("name")


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(parcel).values(id=1, weight="heavy"))
        connection.execute(insert(Book).values(id=1, title="Emma"))
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        (select(parcel), ["id", "wght"]),
        (select(parcel.c.weight), ["wght"]),
        (select(select(parcel).subquery()), ["id", "wght"]),
        (union(select(parcel), select(parcel)), ["id", "wght"]),
        (select(parcel.c.weight.label("load")), ["load"]),
        (
            select(parcel.c.weight).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL),
            ["parcel_wght"],
        ),
    ],
)
def test_a_row_calls_columns_of_tables_as_the_database_does(connection, statement, keys):
    assert list(connection.execute(statement).keys()) == keys
    assert list(Session(connection).execute(statement).keys()) == keys


def test_returned_columns_are_called_as_the_database_does(connection):
    added = insert(parcel).values(id=2, weight="light").returning(parcel.c.weight)

    assert connection.execute(added).mappings().one() == {"wght": "light"}


def test_a_row_is_read_by_the_name_in_the_program_too(connection):
    row = connection.execute(select(parcel)).one()

    assert (row.wght, row.weight) == ("heavy", "heavy")
    assert (row._mapping["wght"], row._mapping["weight"]) == ("heavy", "heavy")
    assert (row._mapping.wght, row._mapping.weight) == ("heavy", "heavy")
    assert row._asdict() == {"id": 1, "wght": "heavy"}
    assert connection.execute(select(parcel)).columns("wght").one().weight == "heavy"


def test_attributes_are_read_by_the_names_of_their_columns_too(connection):
    row = connection.execute(select(Book.id, Book.title)).one()

    assert (row.title, row.name) == ("Emma", "Emma")
    assert row._fields == ("id", "title")


def test_a_name_that_is_the_key_of_another_column_means_that_one(connection):
    crossed = Table(
        "book", MetaData(), Column("id", Integer, key="name"), Column("name", String, key="id")
    )

    row = connection.execute(select(crossed)).one()

    assert (row.id, row.name) == (1, "Emma")


def test_a_second_name_that_stands_for_two_columns_is_ambiguous(connection):
    other = parcel.alias()

    row = connection.execute(
        select(parcel.c.weight, other.c.weight)
        .set_label_style(LABEL_STYLE_NONE)
        .join(other, other.c.id == parcel.c.id)
    ).one()

    with pytest.raises(InvalidRequestError, match="ambiguous"):
        _ = row.weight


def test_a_row_keeps_its_keys_in_a_pickle(connection):
    row = pickle.loads(pickle.dumps(connection.execute(select(parcel)).one()))

    assert row._asdict() == {"id": 1, "wght": "heavy"}
