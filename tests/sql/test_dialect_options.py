"""Options of dialects, conditions, and what a table waits for."""

import pytest

from dovetail import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    inspect,
)
from dovetail.dialects import postgresql, sqlite
from dovetail.event import listens_for
from dovetail.ext.compiler import compiles
from dovetail.schema import AddConstraint, CreateTable, sort_tables
from dovetail.sql.elements import BindParameter


def table(*items):
    return Table(
        "t", MetaData(), Column("id", Integer, primary_key=True), Column("x", String), *items
    )


def test_options_are_found_by_dialect_and_name():
    index = Index("i", "x", postgresql_using="gin", postgresql_where="x > 1", sqlite_where="y")

    assert index.kwargs == index.dialect_kwargs
    assert index.dialect_kwargs["postgresql_using"] == "gin"
    assert index.dialect_options["postgresql"]["using"] == "gin"
    assert dict(index.dialect_options["sqlite"]) == {"where": "y"}
    assert set(index.dialect_options) == {"postgresql", "sqlite"}
    assert len(index.dialect_options["mysql"]) == 0
    with pytest.raises(KeyError):
        index.dialect_options["mysql"]["using"]


def test_what_an_option_usually_is():
    class Mine(Index):
        pass

    Mine.argument_for("mydialect", "length", 7)

    assert Mine("i", "x").dialect_options["mydialect"]["length"] == 7
    assert Mine("i", "x", mydialect_length=5).dialect_options["mydialect"]["length"] == 5
    assert "mydialect" not in Index("i", "x").dialect_options


def test_an_index_for_one_server_alone():
    made = table()
    Index("here", made.c.x).ddl_if(dialect="sqlite")
    Index("there", made.c.x).ddl_if(dialect="postgresql")
    engine = create_engine("sqlite://")

    made.metadata.create_all(engine)

    assert [index["name"] for index in inspect(engine).get_indexes("t")] == ["here"]


def test_a_constraint_for_one_server_alone():
    asked = []

    def wanted(ddl, target, bind, *, state, dialect, **kw):
        asked.append((target.name, state, dialect.name))
        return False

    made = table(
        CheckConstraint("x > 1", name="there").ddl_if(dialect="postgresql"),
        UniqueConstraint("x", name="never").ddl_if(callable_=wanted, state="s"),
    )

    here = str(CreateTable(made).compile(dialect=sqlite.dialect()))
    there = str(CreateTable(made).compile(dialect=postgresql.dialect()))

    assert "there" not in here
    assert "CONSTRAINT there CHECK (x > 1)" in there
    assert "never" not in here + there
    assert asked == [("never", "s", "sqlite"), ("never", "s", "postgresql")]


def test_a_constraint_that_is_added_later_is_no_part_of_create_table():
    first, second = UniqueConstraint("x", name="one"), UniqueConstraint("x", name="two")
    made = table(first, second)

    AddConstraint(first)
    AddConstraint(second, isolate_from_table=False)

    text = str(CreateTable(made))
    assert "one" not in text
    assert "two" in text


def test_a_table_waits_for_another():
    metadata = MetaData()
    first = Table("a", metadata, Column("id", Integer))
    second = Table("b", metadata, Column("id", Integer))

    first.add_is_dependent_on(second)

    assert sort_tables([first, second]) == [second, first]


def test_what_a_constraint_belongs_to():
    check = CheckConstraint("x > 1")
    unique = UniqueConstraint("id")
    column = Column("y", Integer, check, ForeignKey("t.id"))
    made = table(unique, column)

    assert unique.parent is made
    assert check.parent is column
    assert next(iter(made.foreign_key_constraints)).parent is made


def test_who_sends_create_table_calls_the_listeners():
    made, heard = table(), []

    @listens_for(made, "before_create")
    def listener(target, connection, **details):
        heard.append((target, connection.dialect.name, details))

    with create_engine("sqlite://").connect() as connection:
        made.dispatch.before_create(made, connection, checkfirst=False)

    assert heard == [(made, "sqlite", {"checkfirst": False})]


@pytest.mark.parametrize(
    ("expression", "grouped"),
    [
        pytest.param(lambda c: c, "t.x", id="a column"),
        pytest.param(lambda c: c + "a", "(t.x || :x_1)", id="an operator"),
        pytest.param(lambda c: c.desc(), "t.x DESC", id="an order"),
    ],
)
def test_an_expression_in_parentheses(expression, grouped):
    column = Table("t", MetaData(), Column("x", String)).c.x

    assert str(expression(column).self_group()) == grouped


def test_a_condition_of_exclude_may_be_text():
    constraint = postgresql.ExcludeConstraint(("x", "="), where="x > 1", name="apart")
    made = str(CreateTable(table(constraint)).compile(dialect=postgresql.dialect()))

    assert "CONSTRAINT apart EXCLUDE USING gist (x WITH =) WHERE (x > 1)" in made


def test_a_parameter_of_ones_own_is_written_among_values_too():
    class Shown(BindParameter):
        pass

    @compiles(Shown)
    def shown(element, compiler, **kw):
        return compiler.render_literal_bindparam(element, **kw)

    made = table().insert().values(x=Shown(None, "it's"))

    assert str(made) == "INSERT INTO t (x) VALUES ('it''s')"
