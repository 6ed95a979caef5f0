"""Names that the compiler makes up are cut to what the server takes; a user's own are refused."""

import pytest
import sqlalchemy
from sqlalchemy.dialects.sqlite import dialect as oracle_dialect

import dovetail
from dovetail import exc
from dovetail.dialects.sqlite import dialect
from dovetail.schema import CreateIndex


def long_table(q):
    return q.Table(
        "some_long_table_name",
        q.MetaData(),
        q.Column("a_long_column_name", q.Integer, primary_key=True),
        q.Column("b", q.Integer, index=True),
    )


STATEMENTS = {
    "labels with the table's name": lambda q, t: q.select(t).set_label_style(
        q.LABEL_STYLE_TABLENAME_PLUS_COL
    ),
    "an alias without a name": lambda q, t: q.select(t.alias().c.a_long_column_name),
    "functions": lambda q, t: q.select(
        q.func.some_very_long_function_name(t.c.b),
        q.func.some_very_long_function_name(t.c.a_long_column_name),
    ),
    "a short one": lambda q, t: q.select(t.c.b).where(t.c.a_long_column_name == 5),
}


@pytest.mark.parametrize("make", STATEMENTS.values(), ids=STATEMENTS)
def test_names_that_were_made_up_are_cut(make):
    ours = make(dovetail, long_table(dovetail)).compile(dialect=dialect(label_length=20))
    theirs = make(sqlalchemy, long_table(sqlalchemy)).compile(
        dialect=oracle_dialect(label_length=20)
    )

    assert str(ours) == str(theirs)


def test_a_cut_label_is_found_by_its_column():
    table = long_table(dovetail)
    engine = dovetail.create_engine("sqlite://", label_length=10)
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(dovetail.insert(table).values(a_long_column_name=1, b=2))
        statement = dovetail.select(table).set_label_style(dovetail.LABEL_STYLE_TABLENAME_PLUS_COL)
        row = connection.execute(statement).one()
    engine.dispose()

    assert row._mapping[table.c.a_long_column_name] == 1
    assert row._mapping[table.c.b] == 2
    assert list(row._mapping) == ["some_1", "some_2"]


def test_the_name_of_an_index_made_by_a_convention_is_cut():
    (index,) = long_table(dovetail).indexes
    text = str(CreateIndex(index).compile(dialect=dialect(max_identifier_length=20)))

    assert text.split()[2].startswith("ix_some_long")
    assert len(text.split()[2]) <= 20
    assert text == str(CreateIndex(index).compile(dialect=dialect(max_identifier_length=20)))


def test_a_name_of_the_users_own_is_refused():
    index = dovetail.Index("a_name_that_is_far_too_long", long_table(dovetail).c.b)

    with pytest.raises(exc.IdentifierError, match="20 characters"):
        CreateIndex(index).compile(dialect=dialect(max_identifier_length=20))


@pytest.mark.parametrize("length", [5, 10000])
def test_a_label_length_out_of_range_is_refused(length):
    with pytest.raises(exc.ArgumentError, match="label_length"):
        dovetail.create_engine("sqlite://", label_length=length)
