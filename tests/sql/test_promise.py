"""An entity in a statement is a promise of columns: Core asks its planner."""

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    exists,
    func,
    insert,
    select,
    update as update_,
)
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.node import Node, Walk
from dovetail.sql.traversal import replace

thing = Table("thing", MetaData(), Column("id", Integer, primary_key=True), Column("title", String))


class Planner:
    def to_core(self, statement):
        def to_column(node):
            if isinstance(node, Attribute):
                return thing.c[node.column_name]
            return thing if isinstance(node, Entity) else None

        return replace(statement, to_column)

    def as_sent(self, statement):
        return self.to_core(statement)


PLANNER = Planner()


class Attribute(ColumnElement):
    is_promise = True
    __visit_name__ = "promised column"

    def __init__(self, name):
        self.column_name = name
        self.key = self.bind_name = name
        self.type = thing.c[name].type

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)
        walk.planner = PLANNER


class Entity(Node):
    is_promise = True
    __visit_name__ = "promise"

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)
        walk.planner = PLANNER

    @property
    def entity_namespace(self):
        return Thing


class Thing:
    __statement_entity__ = Entity()
    id = Attribute("id")
    name = Attribute("title")


@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        (select(Thing), "SELECT thing.id, thing.title \nFROM thing"),
        (select(Thing.name), "SELECT thing.title \nFROM thing"),
        (
            select(Thing).where(Thing.name == "x").order_by(Thing.id),
            (
                "SELECT thing.id, thing.title \nFROM thing \nWHERE thing.title = :title_1 "
                "ORDER BY thing.id"
            ),
        ),
        (
            select(Thing).filter_by(name="x"),
            "SELECT thing.id, thing.title \nFROM thing \nWHERE thing.title = :title_1",
        ),
        (select(func.count(Thing.id)), "SELECT count(thing.id) AS count_1 \nFROM thing"),
        (select(func.count()).select_from(Thing), "SELECT count(*) AS count_1 \nFROM thing"),
        (insert(Thing).values({Thing.name: "x"}), "INSERT INTO thing (title) VALUES (:title)"),
        (
            update_(Thing).values({Thing.name: "x"}).where(Thing.id == 5),
            "UPDATE thing SET title=:title WHERE thing.id = :id_1",
        ),
        (delete(Thing).where(Thing.id == 5), "DELETE FROM thing WHERE thing.id = :id_1"),
        (
            select(Thing.id).union(select(thing.c.id)),
            "SELECT thing.id \nFROM thing UNION SELECT thing.id \nFROM thing",
        ),
        (
            select(thing.c.id).where(thing.c.id.in_(select(Thing.id))),
            "SELECT thing.id \nFROM thing \nWHERE thing.id IN (SELECT thing.id \nFROM thing)",
        ),
        (
            select(select(Thing).subquery().c.title),
            (
                "SELECT anon_1.title \nFROM (SELECT thing.id AS id, thing.title AS title "
                "\nFROM thing) AS anon_1"
            ),
        ),
        (
            select(Thing.id.label("q")).order_by(Thing.id.label("r")),
            "SELECT thing.id AS q \nFROM thing ORDER BY thing.id",
        ),
        (
            select(exists(select(Thing.id))),
            "SELECT EXISTS (SELECT thing.id \nFROM thing) AS anon_1",
        ),
        (
            select(Thing).cte("c").select(),
            (
                "WITH c AS \n(SELECT thing.id AS id, thing.title AS "
                "title \nFROM thing)\n SELECT c.id, c.title \nFROM c"
            ),
        ),
    ],
)
def test_entities_stand_in_statements(statement, sql):
    assert str(statement) == sql


def test_the_walk_finds_the_planner():
    assert select(Thing).walk().planner is PLANNER
    assert select(thing).walk().planner is None
    assert select(thing).where(thing.c.id.in_(select(Thing.id))).walk().planner is PLANNER


def test_an_attribute_is_the_operand_of_a_comparison():
    comparison = Thing.name == "x"

    assert comparison.left is Thing.name
    assert comparison.right.type is thing.c.title.type


def test_columns_of_statements_of_entities():
    assert select(Thing).subquery().c.keys() == ["id", "title"]
    assert select(Thing).selected_columns.title is thing.c.title
