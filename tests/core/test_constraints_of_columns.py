"""Constraints and indexes made of columns that are in no table yet join the table with them."""

import pytest

from dovetail import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    func,
    inspect,
)
from dovetail.dialects import postgresql
from dovetail.dialects.postgresql import ExcludeConstraint
from dovetail.exc import ArgumentError, ConstraintColumnNotFoundError
from dovetail.schema import CreateIndex, CreateTable


def text_of(table, dialect=None):
    """What creates *table*: the statement, then those of its indexes, in one line each."""
    indexes = sorted(table.indexes, key=lambda index: index.name)
    made = [CreateTable(table), *map(CreateIndex, indexes)]
    return [" ".join(str(each.compile(dialect=dialect)).split()) for each in made]


@pytest.fixture
def parts():
    return Column("a", Integer), Column("b", String(10))


def test_they_join_when_the_last_column_has_a_table(parts):
    a, b = parts
    Index("ix", a, b.desc(), unique=True)
    UniqueConstraint(a, b, name="uq")
    CheckConstraint(a > 5, name="ck")

    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), a, b)

    expected = [
        (
            "CREATE TABLE t ( id INTEGER NOT NULL, a INTEGER, b VARCHAR(10), PRIMARY KEY (id), "
            "CONSTRAINT uq UNIQUE (a, b), CONSTRAINT ck CHECK (a > 5) )"
        ),
        "CREATE UNIQUE INDEX ix ON t (a, b DESC)",
    ]
    assert text_of(table) == expected
    assert text_of(table.to_metadata(MetaData())) == expected


def test_an_index_of_an_expression_joins(parts):
    a, b = parts
    Index("ix", func.lower(b))

    assert text_of(Table("t", MetaData(), a, b))[1:] == ["CREATE INDEX ix ON t (lower(b))"]


def test_keys_join():
    metadata = MetaData()
    parent = Table(
        "p", metadata, Column("x", Integer, primary_key=True), Column("y", Integer, unique=True)
    )
    a, b = Column("a", Integer), Column("b", Integer)
    PrimaryKeyConstraint(a, b, name="pk")
    ForeignKeyConstraint([a, b], [parent.c.x, parent.c.y], name="fk", ondelete="CASCADE")

    table = Table("t", metadata, a, b)

    assert text_of(table) == [
        (
            "CREATE TABLE t ( a INTEGER NOT NULL, b INTEGER NOT NULL, CONSTRAINT pk "
            "PRIMARY KEY (a, b), CONSTRAINT fk FOREIGN KEY(a, b) REFERENCES p (x, y) "
            "ON DELETE CASCADE )"
        )
    ]
    assert list(table.primary_key) == [a, b]
    assert [key.column for key in a.foreign_keys] == [parent.c.x]


def test_names_beside_columns_are_found_in_the_finished_table(parts):
    a, b = parts
    Index("ix", a, "b")

    assert text_of(Table("t", MetaData(), a, b))[1:] == ["CREATE INDEX ix ON t (a, b)"]


def test_a_name_that_the_table_does_not_have_is_refused(parts):
    Index("ix", parts[0], "c")

    with pytest.raises(ConstraintColumnNotFoundError):
        Table("t", MetaData(), *parts)


def test_a_column_that_joins_later_brings_them(parts):
    a, _ = parts
    UniqueConstraint(a, name="uq")
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))

    table.append_column(a)

    assert text_of(table) == [
        (
            "CREATE TABLE t ( id INTEGER NOT NULL, a INTEGER, PRIMARY KEY (id), "
            "CONSTRAINT uq UNIQUE (a) )"
        )
    ]


def test_an_exclusion_joins_and_is_copied(parts):
    a, b = parts
    ExcludeConstraint((a, "="), (b, "&&"), name="x", where=a > 5)

    table = Table("t", MetaData(), a, b)

    expected = [
        (
            "CREATE TABLE t ( a INTEGER, b VARCHAR(10), CONSTRAINT x EXCLUDE USING gist "
            "(a WITH =, b WITH &&) WHERE (a > 5) )"
        )
    ]
    assert text_of(table, postgresql.dialect()) == expected
    assert text_of(table.to_metadata(MetaData()), postgresql.dialect()) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: Index("ix", a, b),
        UniqueConstraint,
        lambda a, b: CheckConstraint(a > b),
        PrimaryKeyConstraint,
        lambda a, b: ForeignKeyConstraint([a, b], ["p.x", "p.y"]),
        lambda a, b: ExcludeConstraint((a, "="), (b, "=")),
    ],
)
def test_columns_of_two_tables_are_refused(make):
    metadata = MetaData()
    a, b = Column("a", Integer), Column("b", Integer)
    make(a, b)
    Table("t1", metadata, a)

    with pytest.raises(ArgumentError, match="columns of several tables: 't1' and 't2'"):
        Table("t2", metadata, b)
    with pytest.raises(ArgumentError, match="columns of several tables"):
        make(a, Table("t3", metadata, Column("b", Integer)).c.b)


@pytest.mark.parametrize(
    "make",
    [
        lambda column: Index("ix", column),
        UniqueConstraint,
        lambda column: CheckConstraint(column > 5),
        PrimaryKeyConstraint,
        lambda column: ForeignKeyConstraint([column], ["p.x"]),
    ],
)
def test_a_column_that_is_in_no_table_is_refused(make):
    with pytest.raises(ArgumentError, match="column 'z' is in no table"):
        Table("t", MetaData(), Column("a", Integer), make(Column("z", Integer)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: UniqueConstraint("a"),
        lambda: CheckConstraint("a > 5"),
        lambda: PrimaryKeyConstraint("a"),
        lambda: ForeignKeyConstraint(["a"], ["t1.a"]),
    ],
)
def test_a_constraint_given_to_two_tables_is_on_both(make):
    metadata = MetaData()
    given = make()
    first = Table("t1", metadata, Column("a", Integer), given)
    second = Table("t2", metadata, Column("a", Integer), given)

    assert text_of(second)[0].replace("t2", "t1") == text_of(first)[0].replace("t2", "t1")
    assert given in first.constraints


def test_a_constraint_of_the_columns_of_another_table_is_refused():
    metadata = MetaData()
    other = Table("t1", metadata, Column("a", Integer))

    with pytest.raises(ArgumentError, match="column 'a' is in 't1'"):
        Table("t2", metadata, Column("a", Integer), UniqueConstraint(other.c.a))


def test_checks_of_a_column_go_with_its_copies():
    column = Column("a", Integer, CheckConstraint("a > 5", name="ck"))
    table = Table("t", MetaData(), column)
    expected = ["CREATE TABLE t ( a INTEGER CONSTRAINT ck CHECK (a > 5) )"]

    assert text_of(table) == expected
    assert text_of(table.to_metadata(MetaData())) == expected
    assert text_of(Table("t", MetaData(), column.copy())) == expected


def test_servers_have_them(engine, metadata):
    a, b = Column("a", Integer), Column("b", String(10))
    Index("ix_joins", b, a)
    UniqueConstraint(a, b, name="uq_joins")
    CheckConstraint(a > 5, name="ck_joins")
    Table("joins", metadata, Column("id", Integer, primary_key=True), a, b)

    metadata.create_all(engine)

    found = inspect(engine)
    columns = [i["column_names"] for i in found.get_indexes("joins") if i["name"] == "ix_joins"]
    assert columns == [["b", "a"]]
    assert [u["column_names"] for u in found.get_unique_constraints("joins")] == [["a", "b"]]
    assert [c["name"] for c in found.get_check_constraints("joins")] == ["ck_joins"]
