"""A user's function writes a type; those below it with names of their own keep these."""

import dovetail as dv
from dovetail.compiler.custom import custom_writers
from dovetail.dialects import sqlite
from dovetail.ext.compiler import compiles


class Stone(dv.Integer):
    """A type without a name of its own."""


def test_a_function_for_a_type_is_not_for_types_with_their_own_names():
    @compiles(dv.Integer, "sqlite")
    def integer(type_, compiler, **kw):
        return "PEBBLE"

    @compiles(dv.String, "sqlite")
    def string(type_, compiler, **kw):
        return "WORDS"

    try:
        kinds = (dv.Integer, Stone, dv.BigInteger, dv.SmallInteger, dv.BIGINT, dv.INTEGER)
        numbers = [kind().compile(dialect=sqlite.dialect()) for kind in kinds]
        texts = [
            type_.compile(dialect=sqlite.dialect())
            for type_ in (dv.String(5), dv.VARCHAR(5), dv.Text(), dv.Enum("a", "bc"))
        ]
    finally:
        custom_writers.remove(dv.Integer)
        custom_writers.remove(dv.String)

    assert numbers == ["PEBBLE", "PEBBLE", "BIGINT", "SMALLINT", "BIGINT", "INTEGER"]
    assert texts == ["WORDS", "VARCHAR(5)", "TEXT", "VARCHAR(2)"]


class Pair(dv.types.UserDefinedType):
    """Two numbers with names."""

    cache_ok = True


def test_a_function_for_a_type_is_given_what_quotes_the_names_in_it():
    @compiles(Pair, "sqlite")
    def pair(type_, compiler, identifier_preparer, **kw):
        names = [identifier_preparer.quote(name) for name in ("left", "select")]
        return f"PAIR({names[0]} INTEGER, {names[1]} INTEGER)"

    try:
        table = dv.Table("t", dv.MetaData(), dv.Column("p", Pair()))
        created = str(dv.schema.CreateTable(table).compile(dialect=sqlite.dialect()))
        alone = Pair().compile(dialect=sqlite.dialect())
    finally:
        custom_writers.remove(Pair)

    assert alone == 'PAIR("left" INTEGER, "select" INTEGER)'
    assert alone in created
