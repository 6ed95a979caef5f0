"""What functions under ``@compiles``, and programs that extend compilers, ask of them."""

import pytest

from dovetail import Column, Enum, Integer, MetaData, Sequence, Table, column, select
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import CompileError
from dovetail.ext.compiler import compiles
from dovetail.schema import CreateTable
from dovetail.sql.expression import ColumnElement
from dovetail.types import SchemaType


class Told(ColumnElement):
    inherit_cache = True


def test_a_compiler_says_which_statement_it_writes():
    seen = []

    @compiles(Told)
    def note(element, compiler, **kw):
        seen.append(compiler.statement)
        return "1"

    statement = select(Told().label("one"))
    str(statement)

    assert seen == [statement]


def test_a_compiler_made_for_a_statement_writes_the_whole_of_it():
    dialect = sqlite.dialect()

    class Literal(dialect.statement_compiler):
        def visit_bindparam(self, bindparam, **kw):
            return self.render_literal_value(bindparam.value, bindparam.type)

    statement = select(column("a", Integer)).where(column("a", Integer) == 5)

    assert Literal(dialect, statement).process(statement) == "SELECT a \nWHERE a = 5"


@pytest.mark.parametrize(
    ("dialect", "quoted"),
    [
        (mysql.dialect(), "`order`"),
        (postgresql.dialect(), '"order"'),
        (sqlite.dialect(), '"order"'),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_preparer_made_of_a_dialect_quotes_as_that_does(dialect, quoted):
    made = dialect.preparer(dialect)

    assert made.quote("order") == quoted
    assert made.quote("orders") == "orders"


def test_a_preparer_writes_the_names_of_all_that_has_one():
    names = postgresql.dialect().identifier_preparer
    table = Table("t", MetaData(), Column("Id", Integer))

    assert names.format_schema("Shop") == '"Shop"'
    assert names.format_sequence(Sequence("numbers", schema="s")) == "s.numbers"
    assert names.format_type(Enum("a", name="Letter", schema="s")) == 's."Letter"'
    assert names.format_type(Enum("a", name="letter", schema="s"), use_schema=False) == "letter"
    assert names.format_alias(table.alias("u")) == "u"
    assert names.format_label(table.c.Id.label("User")) == '"User"'
    with pytest.raises(CompileError, match="no name"):
        names.format_type(Enum("a"))


def test_the_name_of_a_type_of_ones_own_may_always_stand_in_quotes():
    names = postgresql.dialect().identifier_preparer

    assert names.format_type(SchemaType(name="colour", quote=True)) == '"colour"'
    assert names.format_type(SchemaType(name="colour")) == "colour"


def test_a_statement_is_compiled_with_other_schemas():
    metadata = MetaData()
    here = Table("here", metadata, Column("a", Integer))
    there = Table("there", metadata, Column("b", Integer), schema="far")
    statement = select(here.c.a, there.c.b).where(here.c.a == there.c.b)
    tenants = {None: "tenant", "far": None}

    text = str(statement.compile(schema_translate_map=tenants))

    assert text.replace("\n", "") == (
        "SELECT tenant.here.a, there.b FROM tenant.here, there WHERE tenant.here.a = there.b"
    )
    assert "CREATE TABLE tenant.here" in str(
        CreateTable(here).compile(schema_translate_map=tenants)
    )
    assert str(statement.compile(schema_translate_map=None)) == str(statement)
