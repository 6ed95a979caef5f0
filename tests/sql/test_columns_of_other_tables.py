"""A value goes into the column that it was given for, not into one of the same name elsewhere."""

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    exists,
    insert,
    select,
    update,
)
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import CompileError

metadata = MetaData()
bill = Table("bill", metadata, Column("id", Integer, primary_key=True), Column("sum", Integer))
paid = Table("paid", metadata, Column("id", Integer, primary_key=True), Column("day", Integer))


def written(statement, dialect):
    return " ".join(str(statement.compile(dialect=dialect.dialect())).split())


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql])
@pytest.mark.parametrize("values", [{paid.c.id: 5}, {bill.c.sum: 1, paid.c.day: 5}])
def test_an_update_sets_columns_of_its_own_table(dialect, values):
    with pytest.raises(CompileError, match=r"paid\.(id|day)"):
        written(update(bill).values(values), dialect)


@pytest.mark.parametrize("dialect", [sqlite, postgresql])
def test_an_update_that_speaks_of_another_table_sets_none_of_its_columns(dialect):
    joined = update(bill).values({bill.c.sum: 1, paid.c.id: 5}).where(bill.c.id == paid.c.id)
    with pytest.raises(CompileError, match=r"paid\.id"):
        written(joined, dialect)


def test_a_server_that_changes_several_tables_is_told_which_column_is_whose():
    values = {bill.c.id: 1, paid.c.id: 5}
    assert written(update(bill).values(values).where(bill.c.id == paid.c.id), mysql) == (
        "UPDATE bill, paid SET bill.id=%s, paid.id=%s WHERE bill.id = paid.id"
    )
    both = bill.join(paid, bill.c.id == paid.c.id)
    assert written(update(both).values(values), mysql) == (
        "UPDATE bill INNER JOIN paid ON bill.id = paid.id SET bill.id=%s, paid.id=%s"
    )


def test_an_insert_takes_the_names_of_another_tables_columns():
    copied = insert(paid).from_select([bill.c.id], select(bill.c.id))
    assert written(copied, sqlite) == "INSERT INTO paid (id) SELECT bill.id FROM bill"
    assert (
        written(insert(paid).values({bill.c.id: 1}), sqlite) == "INSERT INTO paid (id) VALUES (?)"
    )
    with pytest.raises(CompileError, match=r"no column 'bill\.sum'"):
        written(insert(paid).values({bill.c.sum: 1}), sqlite)


def test_sqlite_deletes_from_one_table_alone():
    with pytest.raises(CompileError, match="no DELETE that speaks of other tables") as refused:
        written(delete(bill).where(bill.c.id == paid.c.id), sqlite)
    assert "exists()" in refused.value.hint
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(bill), [{"id": 1}, {"id": 2}])
        connection.execute(insert(paid), [{"id": 1}])
        connection.execute(delete(bill).where(exists().where(bill.c.id == paid.c.id)))
        assert connection.scalars(select(bill.c.id)).all() == [2]
