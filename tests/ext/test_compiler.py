"""Functions of users' own that write elements, theirs and dovetail's."""

from types import SimpleNamespace

import pytest

import dovetail as dv
from dovetail import exc
from dovetail.dialects.sqlite import dialect as sqlite_dialect
from dovetail.ext.compiler import compiles, deregister
from dovetail.orm import DeclarativeBase, mapped_column
from dovetail.schema import CreateColumn, CreateTable, ExecutableDDLElement
from dovetail.sql.elements import BindParameter, ColumnClause
from dovetail.sql.expression import (
    ClauseElement,
    ClauseList,
    ColumnElement,
    Executable,
    FromClause,
)
from dovetail.sql.functions import FunctionElement

metadata = dv.MetaData()
user = dv.Table(
    "user_account",
    metadata,
    dv.Column("id", dv.Integer, primary_key=True),
    dv.Column("name", dv.String(30)),
)
SQLITE = sqlite_dialect()


@pytest.fixture
def customs():
    """``customs(Class)`` is forgotten after the test."""
    classes = []
    yield SimpleNamespace(add=classes.append)
    for class_ in classes:
        deregister(class_)


def test_a_column_element_of_ones_own(engine):
    class GreatestOf(ColumnElement):
        type = dv.Integer()
        inherit_cache = True

        def __init__(self, *clauses):
            self.clauses = clauses

    @compiles(GreatestOf)
    def write(element, compiler, **kw):
        return f"greatest({', '.join(compiler.process(c, **kw) for c in element.clauses)})"

    @compiles(GreatestOf, "sqlite")
    def write_on_sqlite(element, compiler, **kw):
        return f"max({', '.join(compiler.process(c, **kw) for c in element.clauses)})"

    statement = dv.select(GreatestOf(dv.literal(5), dv.literal(7)) + 1)

    assert str(statement) == "SELECT greatest(:param_1, :param_2) + :param_3 AS anon_1"
    with engine.connect() as connection:
        assert connection.scalar(statement) == 8
        assert connection.scalar(dv.select(GreatestOf(dv.literal(9), dv.literal(1)))) == 9


def test_the_arguments_of_a_function_are_written_at_once(customs):
    class first_of(FunctionElement):
        inherit_cache = True
        type = dv.String()

    @compiles(first_of)
    def write(element, compiler, **kw):
        return f"coalesce({compiler.process(element.clauses, **kw)})"

    customs.add(first_of)

    assert str(dv.select(first_of(user.c.name, "x").label("found"))) == (
        "SELECT coalesce(user_account.name, :param_1) AS found \nFROM user_account"
    )


def test_an_element_without_a_function_for_the_dialect_says_so():
    class OnlyElsewhere(ColumnElement):
        pass

    @compiles(OnlyElsewhere, "oracle")
    def write(element, compiler, **kw):
        return "x"

    with pytest.raises(exc.UnsupportedCompilationError, match="OnlyElsewhere"):
        str(dv.select(OnlyElsewhere()))


def test_a_function_element(engine):
    class coalesced(FunctionElement):
        name = "coalesced"
        type = dv.String()
        inherit_cache = True

    @compiles(coalesced)
    def write(element, compiler, **kw):
        return f"coalesce({compiler.process(element.clauses[0], **kw)}, 'none')"

    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(dv.insert(user), [{"name": None}, {"name": "ada"}])
        found = connection.scalars(dv.select(coalesced(user.c.name)).order_by(user.c.id)).all()

    assert found == ["none", "ada"]


@pytest.mark.parametrize("bases", [(Executable, ClauseElement), (ClauseElement, Executable)])
def test_a_statement_of_ones_own(engine, bases):
    class InsertFromSelect(*bases):
        inherit_cache = False

        def __init__(self, table, select):
            self.table = table
            self.select = select

    @compiles(InsertFromSelect)
    def write(element, compiler, **kw):
        table = compiler.process(element.table, asfrom=True, **kw)
        return f"INSERT INTO {table} (name) {compiler.process(element.select, **kw)}"

    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(dv.insert(user).values(name="ada"))
        copy = InsertFromSelect(user, dv.select(user.c.name + "!").where(user.c.name == "ada"))
        connection.execute(copy)
        assert connection.scalars(dv.select(user.c.name)).all() == ["ada", "ada!"]


def test_a_from_of_ones_own():
    class Series(FromClause):
        name = "series"

        def __init__(self, stop):
            self.stop = stop

    @compiles(Series)
    def write(element, compiler, **kw):
        return f"generate_series(1, {compiler.process(element.stop, **kw)})"

    statement = dv.select(dv.literal_column("1")).select_from(Series(dv.literal(5)))

    assert str(statement) == "SELECT 1 \nFROM generate_series(1, :param_1)"


def test_a_definition_of_ones_own(engine):
    class CreateNote(ExecutableDDLElement):
        def __init__(self, name):
            self.name = name

    @compiles(CreateNote)
    def write(element, compiler, **kw):
        return f"CREATE TABLE {compiler.preparer.quote(element.name)} (id INTEGER)"

    with engine.begin() as connection:
        connection.execute(CreateNote("select"))
        assert dv.inspect(connection).has_table("select")


def test_what_is_there_is_written_otherwise_and_again_as_it_was(customs):
    customs.add(CreateColumn)

    @compiles(CreateColumn)
    def write(element, compiler, **kw):
        if element.element.name == "name":
            return None
        return compiler.visit_create_column(element, **kw) + " /* own */"

    text = str(CreateTable(user).compile(dialect=SQLITE))
    deregister(CreateColumn)

    assert "id INTEGER NOT NULL /* own */" in text
    assert "name" not in text
    assert "name VARCHAR(30)" in str(CreateTable(user).compile(dialect=SQLITE))


def test_selects_are_written_otherwise_wherever_they_stand(engine, customs):
    customs.add(dv.Select)

    @compiles(dv.Select)
    def write(element, compiler, **kw):
        return "/* traced */ " + compiler.visit_select(element, **kw)

    inner = dv.select(user.c.id).where(user.c.name == "ada").subquery()
    statement = dv.select(inner.c.id)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(dv.insert(user).values(id=4, name="ada"))
        row = connection.execute(statement).one()

    assert str(statement).count("/* traced */") == 2
    assert row.id == 4


def test_types_are_written_otherwise(customs):
    class Name(dv.String):
        pass

    @compiles(Name, "sqlite")
    def write(type_, compiler, **kw):
        return f"NAME_OF_{type_.length}"

    cast = dv.cast(user.c.name, Name(7))

    assert str(cast.compile(dialect=SQLITE)) == "CAST(user_account.name AS NAME_OF_7)"
    assert str(cast) == "CAST(user_account.name AS VARCHAR(7))"


def test_the_function_of_a_base_class_serves_its_subclasses():
    class Base(ColumnElement):
        pass

    class Derived(Base):
        pass

    @compiles(Base)
    def write(element, compiler, **kw):
        return type(element).__name__

    assert str(Derived() == Base()) == "Derived = Base"


def test_what_is_no_class_is_refused():
    with pytest.raises(exc.ArgumentError, match="takes a class"):
        compiles(user)


def test_a_list_of_clauses_is_made_of_columns_and_mapped_attributes(customs):
    class largest(ColumnElement):
        type = dv.Integer()
        inherit_cache = True

        def __init__(self, *values):
            self.values = ClauseList(*values)

    @compiles(largest)
    def write(element, compiler, **kw):
        return f"greatest({compiler.process(element.values, **kw)})"

    customs.add(largest)

    class Box(DeclarativeBase):
        metadata = dv.MetaData()

    class Small(Box):
        __tablename__ = "small_box"
        id = mapped_column(dv.Integer, primary_key=True)
        width = mapped_column(dv.Integer)

    values = (Small.id, Small.__table__.c.width, dv.literal_column("3"))

    text = " ".join(str(dv.select(largest(*values)).select_from(Small)).split())
    assert "greatest(small_box.id, small_box.width, 3)" in text
    assert len(ClauseList(*values)) == 3


def test_a_function_hears_where_values_stand_in_the_text(customs):
    class Marked(FunctionElement):
        name = "marked"
        type = dv.Integer()
        inherit_cache = True

    @compiles(Marked)
    def write(element, compiler, **kw):
        mark = "!" if kw.get("literal_binds") else "?"
        return mark + compiler.visit_function(element, **kw) + compiler.process(dv.literal(2), **kw)

    customs.add(Marked)
    statement = dv.select(Marked(1))

    assert str(statement).split("\n")[0].rstrip() == "SELECT ?marked(:marked_2):param_1 AS marked_1"
    text = str(statement.compile(compile_kwargs={"literal_binds": True}))
    assert text.rstrip() == "SELECT !marked(1)2 AS marked_1"
    assert str(dv.select(Marked(1))) == str(statement)


@pytest.mark.parametrize("kind", [FunctionElement, BindParameter, ColumnClause])
def test_what_an_element_of_ones_own_holds_stands_in_each_statement(engine, customs, kind):
    class Own(kind):
        name = "own"

    @compiles(Own)
    def write(element, compiler, **kw):
        return f"'{element.unit}'"

    customs.add(Own)

    def told(unit):
        element = Own("x") if kind is not BindParameter else Own("x", 1)
        element.unit = unit
        with engine.connect() as connection:
            return connection.scalar(dv.select(element))

    assert [told("day"), told("hour")] == ["day", "hour"]


def test_a_class_that_says_so_shares_the_plans_of_its_base(engine, customs):
    class Own(FunctionElement):
        name = "own"
        type = dv.Integer()
        inherit_cache = True

    written = []

    @compiles(Own)
    def write(element, compiler, **kw):
        written.append(element)
        return compiler.process(element.clauses, **kw)

    customs.add(Own)
    with engine.connect() as connection:
        assert [connection.scalar(dv.select(Own(n))) for n in (1, 2)] == [1, 2]
    assert len(written) == 1
