"""Constraints that are given to a column alone, and tables that are but names: as in SQLAlchemy."""

import importlib

import pytest


@pytest.fixture(params=["dovetail", "sqlalchemy"])
def core(request):
    return importlib.import_module(request.param)


def schema_of(core):
    return importlib.import_module(f"{core.__name__}.schema")


def test_a_check_in_a_column_stands_in_its_definition_and_is_none_of_the_table(core):
    table = core.Table(
        "pebble",
        core.MetaData(),
        core.Column("weight", core.Integer, core.CheckConstraint("weight > 0", name="heavy")),
        core.CheckConstraint("weight < 9", name="light"),
    )

    names = {one.name for one in table.constraints if isinstance(one, core.CheckConstraint)}
    assert names == {"light"}
    assert [one.name for one in table.c.weight.constraints] == ["heavy"]
    text = str(schema_of(core).CreateTable(table))
    assert text.count("heavy CHECK (weight > 0)") == text.count("CONSTRAINT light CHECK") == 1
    column = str(schema_of(core).CreateColumn(table.c.weight))
    assert column == "weight INTEGER CONSTRAINT heavy CHECK (weight > 0)"
    copied = table.to_metadata(core.MetaData())
    assert str(schema_of(core).CreateTable(copied)) == text


def test_the_specification_of_a_column_is_without_its_constraints(core):
    postgresql = importlib.import_module(f"{core.__name__}.dialects.postgresql").dialect()
    mysql = importlib.import_module(f"{core.__name__}.dialects.mysql").dialect()
    sqlite = importlib.import_module(f"{core.__name__}.dialects.sqlite").dialect()
    table = core.Table(
        "pebble",
        core.MetaData(),
        core.Column("weight", core.Integer, core.CheckConstraint("weight > 0"), nullable=False),
    )
    for dialect in (postgresql, mysql, sqlite):
        compiler = dialect.ddl_compiler(dialect, None)
        assert compiler.get_column_specification(table.c.weight) == "weight INTEGER NOT NULL"


def test_a_condition_on_another_table_may_be_added_to_one_that_is_but_a_name(core):
    real = core.Table("pebble", core.MetaData(), core.Column("weight", core.Integer))
    named = core.Table("pebble", core.MetaData())
    named.append_constraint(core.CheckConstraint(real.c.weight > 0, name="heavy"))
    (check,) = (one for one in named.constraints if isinstance(one, core.CheckConstraint))

    assert str(schema_of(core).AddConstraint(check)) == (
        "ALTER TABLE pebble ADD CONSTRAINT heavy CHECK (weight > 0)"
    )


def test_an_index_is_dropped_in_its_schema(core):
    table = core.Table("pebble", core.MetaData(), core.Column("weight", core.Integer), schema="far")
    index = core.Index("by_weight", table.c.weight)

    assert str(schema_of(core).DropIndex(index)).strip() == "DROP INDEX far.by_weight"
