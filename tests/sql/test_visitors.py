"""Visiting, copying and replacing, at the familiar path ``dovetail.sql.visitors``."""

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, select
from dovetail.exc import ArgumentError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column
from dovetail.sql import visitors

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("size", Integer))


def statement():
    return select(item.c.id).where(item.c.size == 5)


def test_a_traversal_calls_what_there_is_for_each_node_by_its_visit_name():
    met = []

    given = statement()
    same = visitors.traverse(
        given,
        {},
        {
            "column": lambda column: met.append(column.name),
            "bindparam": lambda bind: met.append(bind.value),
            "table": lambda table: met.append(table.name),
        },
    )

    assert same is given
    assert met == ["id", "size", 5]


def test_iterating_takes_an_entity_for_its_node():
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    names = [node.__visit_name__ for node in visitors.iterate(Thing.id == 1)]

    assert "bindparam" in names
    assert list(visitors.iterate(Thing.id))


def test_a_copy_may_be_changed_and_the_original_stays():
    def ask_for_99(bind):
        bind.value = 99

    given = statement()
    copied = visitors.cloned_traverse(given, {}, {"bindparam": ask_for_99})

    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(item.insert(), [{"id": 1, "size": 5}, {"id": 2, "size": 99}])
        assert connection.scalars(given).all() == [1]
        assert connection.scalars(copied).all() == [2]
        assert connection.scalars(given).all() == [1]


def test_what_is_to_be_kept_is_kept():
    given = item.c.size == 5
    bind = given.right

    copied = visitors.cloned_traverse(given, {"stop_on": [bind]}, {})

    assert copied is not given
    assert copied.right is bind


def test_replacements_are_made_and_the_rest_is_shared():
    other = item.alias("other")

    def to_other(node):
        return other.c[node.name] if getattr(node, "table", None) is item else None

    replaced = visitors.replacement_traverse(item.c.size + item.c.id == 5, {}, to_other)

    assert str(replaced) == "other.size + other.id = :param_1"
    assert str(visitors.replacement_traverse(item.c.size, {}, lambda node: None)) == "item.size"


def test_visitors_are_chained_and_each_meets_every_node():
    class Names(visitors.ClauseVisitor):
        def __init__(self):
            self.names = []

        def visit_column(self, column):
            self.names.append(column.name)

    first, second = Names(), Names()

    first.chain(second).traverse(item.c.id == item.c.size)

    assert first.names == second.names == ["id", "size"]


def test_a_cloning_visitor_meets_the_copies_and_a_replacing_one_replaces():
    class Double(visitors.CloningVisitor):
        def visit_bindparam(self, bind):
            bind.value *= 2

    class Sizes(visitors.ReplacingCloningVisitor):
        def replace(self, elem):
            return item.c.size if elem is item.c.id else None

    given = item.c.id == 5
    doubled = Double().traverse(given)

    assert (given.right.value, doubled.right.value) == (5, 10)
    assert str(Sizes().traverse(given)) == "item.size = :id_1"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: list(visitors.iterate(5)),
        lambda: list(visitors.iterate(item, {"no_such_option": True})),
        lambda: visitors.cloned_traverse(item.c.id, {"no_such_option": True}, {}),
    ],
)
def test_what_is_no_statement_and_unknown_options_are_refused(wrong):
    with pytest.raises(ArgumentError):
        wrong()
