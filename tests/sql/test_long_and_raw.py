"""Expressions of thousands of terms; names and numbers that stand in SQL as they are."""

from functools import reduce
from operator import add, and_ as both, or_ as either

import pytest
import sqlalchemy as sa

from dovetail import (
    ARRAY,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    cast,
    column,
    extract,
    func,
    literal,
    select,
    tablesample,
    text,
)
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import ArgumentError, CompileError
from dovetail.orm import DeclarativeBase, Mapped, aliased, mapped_column
from dovetail.schema import CreateTable

TERMS = 5000


@pytest.mark.parametrize(("joined", "word"), [(either, " OR "), (both, " AND ")])
def test_criteria_that_a_loop_adds_one_by_one_are_as_many_as_one_likes(joined, word):
    criterion = reduce(joined, [column("x") == n for n in range(TERMS)])

    statement = select(literal(1)).where(criterion)

    assert str(statement).count(word) == TERMS - 1
    assert len(statement.walk().binds) == TERMS + 1


@pytest.mark.parametrize(
    ("first", "term", "word"),
    [(column("n", Integer), 2, " + "), (column("s", String), "a", " || ")],
)
def test_so_are_the_terms_of_a_sum(first, term, word):
    whole = reduce(add, [term] * TERMS, first)

    assert str(select(whole)).count(word) == TERMS
    assert whole.type is first.type


def mixed(package):
    a, b = (package.column(name, package.Integer) for name in "ab")
    c = package.column("c", package.String)
    base = (a == 1) | (a == 2)
    yield base | (b == 3)
    yield base | (b == 4) | (a == 5) & (b == 6)
    yield base
    yield ~(base | (b == 3))
    yield (a == 1) & base & (b == 2)
    yield a + 1 - 2 + 3 * b + (a + (b + 1)) - (a + b + 1)
    yield a * 2 * 3 * (b * 2) - a
    yield (a + b + 1) * 2 == a + b + 1
    yield c + "x" + "y" + c == "z"
    yield a + 1 + 2.5
    yield -(a + b + a)


def test_a_row_of_terms_reads_as_the_tree_does():
    import dovetail

    ours, theirs = (list(map(str, mixed(package))) for package in (dovetail, sa))

    assert ours == theirs


def test_mysql_puts_a_row_of_texts_together_by_one_call():
    words = column("c", String) + "x" + "y"

    assert str(words.compile(dialect=mysql.dialect())) == "concat(c, %s, %s)"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("SELECT ':memory:', :z", ["z"]),
        ("SELECT '12:30:45', 'a:b', x::int, :z", ["z"]),
        (r"SELECT '\:y', :z, :z1", ["z", "z1"]),
    ],
)
def test_a_colon_inside_text_is_a_parameter_only_before_a_whole_name(written, names):
    assert [bind.key for bind in text(written).binds] == names


def compiled(what, dialect=postgresql):
    return str(what.compile(dialect=dialect.dialect()))


@pytest.mark.parametrize(
    "make",
    [
        lambda: extract("year FROM x); DROP", column("d")),
        lambda: CreateTable(
            Table("t", MetaData(), Column("x", Integer, Identity(start="1); DROP")))
        ),
        lambda: CreateTable(Table("t", MetaData(), Column("x", String("5); DROP")))),
        lambda: cast(column("x"), postgresql.TIMESTAMP(precision="3) DROP")),
        lambda: cast(column("x"), postgresql.INTERVAL(fields="YEAR; DROP")),
    ],
)
def test_what_stands_in_the_text_as_it_is_is_a_number_or_a_word(make):
    with pytest.raises(CompileError):
        compiled(make())


def test_a_sampling_given_as_text_is_a_parameter():
    table = Table("t", MetaData(), Column("x", Integer))

    assert "DROP" not in compiled(select(tablesample(table, "5); DROP")))
    assert "TABLESAMPLE system(5)" in compiled(select(tablesample(table, 5)))


class Base(DeclarativeBase):
    pass


class Lot(Base):
    __tablename__ = "lot"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags = mapped_column(ARRAY(String))
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "lot"}


class Sale(Lot):
    __tablename__ = "sale"
    id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "sale"}


def test_for_update_of_a_class_names_all_of_its_tables():
    flat = aliased(Sale, flat=True)

    whole = compiled(select(Sale).with_for_update(of=Sale))
    other = compiled(select(flat).with_for_update(of=flat))
    named = compiled(select(Lot).with_for_update(of=text("lot")))

    assert whole.endswith("FOR UPDATE OF sale, lot")
    assert other.endswith("FOR UPDATE OF sale_1, lot_1")
    assert named.endswith("FOR UPDATE OF lot")
    with pytest.raises(ArgumentError, match="'lot'"):
        select(Lot).with_for_update(of="lot")


def test_arrays_of_any_server_are_put_together_and_refuse_contains():
    assert compiled(add(Lot.tags, ["a"])) == "lot.tags || %(tags_1)s::VARCHAR[]"
    with pytest.raises(NotImplementedError):
        Lot.tags.contains(["a"])


def test_a_function_of_a_mapped_column_stands_in_from():
    rows = func.unnest(Lot.tags).table_valued("tag")

    assert compiled(select(Lot.id, rows.c.tag)) == (
        "SELECT lot.id, anon_1.tag \nFROM lot, unnest(lot.tags) AS anon_1"
    )


def test_everything_that_is_no_sql_by_itself_can_be_printed():
    parts = (ForeignKey("lot.id"), Index("ix", Lot.__table__.c.kind), Sequence("s"), MetaData())
    types = (postgresql.JSONB(), mysql.TINYINT(1), sqlite.JSON(), Boolean())

    assert all(map(str, (*parts, *types)))
    assert str(postgresql.TSVECTOR()) == "TSVECTOR"
