"""Which tables a statement writes to."""

import pytest

from dovetail import Column, ForeignKey, Integer, MetaData, Table, insert, select, text, update
from dovetail.ext.cache.tables import dependents, tables_written
from dovetail.schema import CreateTable, DropTable
from tests.ext.cache.models import Address, User, tagging


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        (" select * from member for update", True),
        ("SELECT * FROM member FOR NO KEY UPDATE", True),
        ("VALUES (1)", True),
        ("SELECT * INTO other FROM member", False),
        ("UPDATE member SET id = 1", False),
        ("WITH gone AS (DELETE FROM member RETURNING id) SELECT * FROM gone", False),
        ("WITH some AS (SELECT 1) SELECT * FROM some", False),
        ("TRUNCATE member", False),
        ("CALL something()", False),
    ],
)
def test_text_that_does_not_surely_read_may_write_anything(sql, reads):
    assert tables_written(text(sql)) == (() if reads else None)


def test_definitions_may_change_anything():
    assert tables_written(CreateTable(User.__table__)) is None
    assert tables_written(DropTable(User.__table__)) is None


def test_a_query_writes_nothing_unless_a_part_of_it_does():
    address = Address.__table__
    added = insert(address).values(id=1).returning(address.c.id).cte("added")

    assert tables_written(select(User)) == ()
    assert tables_written(select(added)) == [address]


def test_what_is_deleted_along_is_written_too():
    assert tables_written(update(User).values(name="x")) == [User.__table__, Address.__table__]
    assert tables_written(update(tagging)) == [tagging]


def test_cascades_go_on_and_come_back():
    metadata = MetaData()

    def table(name, *keys):
        columns = [Column(f"to_{key}", ForeignKey(f"{key}.id", ondelete="CASCADE")) for key in keys]
        return Table(name, metadata, Column("id", Integer, primary_key=True), *columns)

    a, b, c = table("a", "c"), table("b", "a"), table("c", "b")
    own, other = table("own", "own"), table("other")

    assert dependents(a) == [b, c, a]
    assert dependents(own) == [own]
    assert dependents(other) == []
    late = table("late", "other")
    assert dependents(other) == [late]
