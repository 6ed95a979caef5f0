"""Mapped classes where a statement takes what is selected from, as text: the oracle's too."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Integer, func, select
from dovetail.dialects import postgresql
from dovetail.exc import CompileError
from dovetail.orm import DeclarativeBase, mapped_column
from tests.orm.both import compare, programs


def world_of(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child")

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))

    return SimpleNamespace(sa=sa, orm=orm, Parent=Parent, Child=Child)


STATEMENTS = {
    "alias": lambda w: w.sa.select(w.sa.alias(w.Parent, "p").c.id),
    "sample": lambda w: w.sa.select(
        w.sa.tablesample(w.Parent, w.sa.func.system(w.sa.literal_column("5")), "p").c.id
    ),
    "a class read from a sample": lambda w: w.sa.select(
        w.orm.aliased(
            w.Parent, w.sa.tablesample(w.Parent, w.sa.func.bernoulli(w.sa.literal_column("5")), "p")
        )
    ),
    "hint": lambda w: w.sa.select(w.Parent).with_hint(w.Parent, "USE INDEX (%(name)s)", "mysql"),
    "hint for an alias": lambda w: w.sa.select(
        other := w.orm.aliased(w.Parent, name="other")
    ).with_hint(other, "USE INDEX (%(name)s)", "mysql"),
    "hint for what is joined": lambda w: (
        w.sa.select(w.Parent).join(w.Parent.children).with_hint(w.Child, "USE INDEX (i)", "mysql")
    ),
    "only": lambda w: w.sa.select(w.Parent).with_hint(w.Parent, "ONLY", "postgresql"),
    "only of a table": lambda w: w.sa.select(other := w.Parent.__table__.alias("other")).with_hint(
        other, "ONLY"
    ),
    "a row as a value": lambda w: w.sa.select(
        w.sa.func.row_to_json(w.Parent.__table__.table_valued())
    ),
    "a row of an alias": lambda w: w.sa.select(
        w.sa.func.row_to_json(w.Parent.__table__.alias("other").table_valued())
    ),
    "the same join again": lambda w: (
        w.sa.select(w.Parent)
        .join(w.Parent.children)
        .where(w.Child.id > w.sa.literal_column("1"))
        .join(w.Child, w.Parent.children)
        .join_from(w.Parent, w.Parent.children)
    ),
    "the same outer join again": lambda w: (
        w.sa.select(w.Parent.id).outerjoin(w.Parent.children).outerjoin(w.Parent.children)
    ),
    "the same alias again": lambda w: (
        w.sa.select(w.Parent)
        .join(w.Parent.children.of_type(other := w.orm.aliased(w.Child, name="other")))
        .join(w.Parent.children.of_type(other))
    ),
    "with criteria": lambda w: (
        w.sa.select(w.Parent)
        .join(w.Parent.children.and_(w.Child.id > w.sa.literal_column("1")))
        .join(w.Parent.children.and_(w.Child.id > w.sa.literal_column("1")))
    ),
}


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_read_as_the_oracle_reads(name, dialect):
    if dialect == "postgresql" and "hint" in name:
        pytest.skip("USE INDEX is a hint of MySQL")
    if dialect == "mysql" and "only" in name:
        pytest.skip("ONLY is a hint of PostgreSQL")

    def text(package):
        world = world_of(package)
        compiler = import_module(f"{package}.dialects.{dialect}").dialect()
        return " ".join(str(STATEMENTS[name](world).compile(dialect=compiler)).split())

    assert text("dovetail") == text("sqlalchemy")


def rows_come_once_for_a_join_made_twice(world):
    sa, orm = world.sa, world.orm

    class Parent(world.Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child")

    class Child(world.Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))

    world.create()
    world.add(Parent(id=1, children=[Child(id=1), Child(id=2)]), Parent(id=2))
    query = world.s.query(Parent.id, Child.id).join(Parent.children)
    yield query.filter(Child.id > 0).join(Parent.children).order_by(Child.id).all()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_as_the_oracle(program):
    compare(program)


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing_in_from"
    __table_args__ = {"schema": "other"}
    id = mapped_column(Integer, primary_key=True)


def test_a_hint_that_postgresql_does_not_have_is_refused_where_it_is_meant():
    statement = select(Thing)

    with pytest.raises(CompileError, match="USE INDEX"):
        statement.with_hint(Thing, "USE INDEX (i)", "postgresql").compile(
            dialect=postgresql.dialect()
        )
    text = str(statement.with_hint(Thing, "USE INDEX (i)").compile(dialect=postgresql.dialect()))
    assert "INDEX" not in text


def test_a_row_as_a_value_is_called_without_its_schema():
    statement = select(func.row_to_json(Thing.__table__.table_valued()))

    text = str(statement.compile(dialect=postgresql.dialect()))
    assert "row_to_json(thing_in_from)" in text
    assert "FROM other.thing_in_from" in text
