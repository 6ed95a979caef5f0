"""Dialects written for the other package, and what programs ask of dialects, run on dovetail."""

import pytest

from tests.alias.program import run

DIALECT = """
import sqlite3

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import (
    SQLiteCompiler, SQLiteIdentifierPreparer, SQLiteTypeCompiler
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import reflection

called = []

class Names(SQLiteIdentifierPreparer):
    reserved_words = SQLiteIdentifierPreparer.reserved_words | {"stone"}

class Types(SQLiteTypeCompiler):
    def visit_INTEGER(self, type_, **kw):
        return "INT"

class Pebble(SQLiteDialect_pysqlite):
    name = "pebble"
    driver = "stone"
    supports_statement_cache = True
    preparer = Names
    type_compiler_cls = Types
    supports_comments = True
    construct_arguments = [(sa.Table, {"hardness": 7})]

    @classmethod
    def import_dbapi(cls):
        return sqlite3

    def create_connect_args(self, url):
        called.append(f"arguments for {url.database}")
        return [[":memory:"], {"check_same_thread": False}]

    def on_connect(self):
        usual = super().on_connect()

        def greet(connection):
            if usual is not None:
                usual(connection)
            connection.execute("CREATE TABLE found (id INTEGER PRIMARY KEY)")

        return greet

    def initialize(self, connection):
        super().initialize(connection)
        called.append("initialize")

    def is_disconnect(self, e, connection, cursor):
        return "no such table: gone" in str(e)

    @reflection.cache
    def get_table_names(self, connection, schema=None, **kw):
        called.append("tables")
        return [*super().get_table_names(connection, schema, **kw), "more"]

    def get_columns(self, connection, table_name, schema=None, **kw):
        columns = super().get_columns(connection, table_name, schema, **kw)
        return [{**column, "comment": "hard"} for column in columns]

registry.register("pebble", "__main__", "Pebble")
registry.register("pebble.stone", "__main__", "Pebble")
for url in ("pebble://host/pit", "pebble+stone://host/pit"):
    called.clear()
    engine = sa.create_engine(url, poolclass=sa.pool.StaticPool)
    print(engine.dialect.name, engine.dialect.driver, engine.name, engine.driver)
    with engine.connect() as connection:
        print(connection.scalar(sa.text("SELECT 4")), engine.dialect.supports_comments)
        print(sa.select(sa.column("stone")).compile(engine))
        table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
        print(str(sa.schema.CreateTable(table).compile(engine)).split())
        print(table.dialect_options["pebble"]["hardness"])
        inspector = sa.inspect(connection)
        print(inspector.get_table_names(), inspector.get_table_names())
        found = sa.Table("found", sa.MetaData(), autoload_with=connection)
        print(found.c.id.comment)
        try:
            connection.exec_driver_sql("SELECT * FROM gone")
        except sa.exc.DBAPIError as error:
            print(error.connection_invalidated)
    print(called)
print(isinstance(engine.dialect, SQLiteDialect_pysqlite), engine.pool._creator().total_changes)
print(SQLiteDialect_pysqlite.get_pool_class(sa.make_url("sqlite:///x.db")).__name__)
"""


def test_a_dialect_that_extends_the_one_of_a_driver_is_used():
    pytest.importorskip("sqlalchemy")
    assert run(DIALECT) == run(DIALECT, alias=False)


def test_names_that_quote_are_made_of_a_dialect():
    assert run(
        """
        from sqlalchemy.dialects.mysql.base import MySQLIdentifierPreparer
        from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer
        from sqlalchemy.dialects import mysql, postgresql
        from sqlalchemy.sql.compiler import IdentifierPreparer

        print(MySQLIdentifierPreparer(mysql.dialect()).quote("a b"))
        print(PGIdentifierPreparer(postgresql.dialect()).quote("user"))
        print(isinstance(postgresql.dialect().identifier_preparer, IdentifierPreparer))
        """
    ) == ["`a b`", '"user"', "True"]


def test_what_has_columns_is_selectable_and_says_what_compiles_it():
    program = """
        import sqlalchemy as sa
        from sqlalchemy.dialects import sqlite
        from sqlalchemy.sql.selectable import Selectable

        table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
        for each in (table, table.alias(), sa.select(table), sa.text("x").columns(table.c.a)):
            print(isinstance(each, Selectable))
        print(isinstance(table.c.a, Selectable))
        dialect = sqlite.dialect()
        print(isinstance(sa.select(table)._compiler(dialect), dialect.statement_compiler))
        """
    pytest.importorskip("sqlalchemy")
    assert run(program) == run(program, alias=False)


def test_a_dialect_is_asked_for_many_tables_at_once():
    program = """
        import sqlalchemy as sa
        from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

        engine = sa.create_engine("sqlite://")
        metadata = sa.MetaData()
        sa.Table("t", metadata, sa.Column("a", sa.Integer, primary_key=True))
        with engine.begin() as connection:
            metadata.create_all(connection)
            found = engine.dialect.get_multi_columns(
                connection, schema=None, filter_names=["t"],
                scope=ObjectScope.ANY, kind=ObjectKind.ANY,
            )
            print([(key, [column["name"] for column in columns]) for key, columns in found])
        """
    pytest.importorskip("sqlalchemy")
    assert run(program) == run(program, alias=False)


def test_a_compiler_of_another_package_says_how_union_is_written():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.engine.default import DefaultDialect
        from sqlalchemy.sql.compiler import SQLCompiler
        from sqlalchemy.sql.selectable import CompoundSelect

        class Compiler(SQLCompiler):
            compound_keywords = {
                CompoundSelect.UNION: "UNION DISTINCT",
                CompoundSelect.UNION_ALL: "UNION ALL",
            }

        class Dialect(DefaultDialect):
            statement_compiler = Compiler

        one = sa.select(sa.column("a"))
        for statement in (sa.union(one, one), sa.union_all(one, one), sa.except_(one, one)):
            print(" ".join(str(statement.compile(dialect=Dialect())).split()))
        """
    ) == [
        "SELECT a UNION DISTINCT SELECT a",
        "SELECT a UNION ALL SELECT a",
        "SELECT a EXCEPT SELECT a",
    ]


def test_an_operator_is_applied_by_what_is_looked_up():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.sql import operators
        from sqlalchemy.sql.default_comparator import operator_lookup

        for operator, other in ((operators.eq, 5), (operators.json_getitem_op, "key")):
            apply, keywords = operator_lookup[operator.__name__]
            found = apply(sa.column("a", sa.JSON), operator, other, **keywords)
            print(type(found).__name__, found.operator is operator)
        """
    ) == ["BinaryExpression True", "BinaryExpression True"]


def test_a_dialect_may_derive_from_that_of_a_driver_that_is_not_there():
    assert run(
        """
        from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
        from sqlalchemy.dialects.postgresql.psycopg2cffi import PGDialect_psycopg2cffi

        class Own(PGDialect_psycopg2cffi):
            pass

        print(issubclass(Own, PGDialect_psycopg2), PGDialect_psycopg2cffi.driver)
        """
    ) == ["True psycopg2cffi"]


def test_a_dialect_is_told_who_reads_hstore_and_json():
    assert run(
        """
        from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
        from sqlalchemy.engine.default import DefaultDialect

        class Own(PGDialect_psycopg2):
            def __init__(self, **options):
                super().__init__(use_native_hstore=False, **options)

        class Plain(DefaultDialect):
            def __init__(self, json_serializer=None, **options):
                super().__init__(**options)
                self._json_serializer = json_serializer

        print(Own().driver, Plain(json_serializer=repr).json_serializer is repr)
        """
    ) == ["psycopg2 True"]


def test_a_dialect_of_another_package_writes_functions_and_types_its_own_way():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGTypeCompiler

        class Shape(sa.types.UserDefinedType):
            __visit_name__ = "SHAPE"

        class Compiler(PGCompiler):
            def visit_now_func(self, fn, **kw):
                return "SYSDATE"

            def visit_current_date_func(self, fn, **kw):
                return "TODAY"

        class TypeCompiler(PGTypeCompiler):
            def visit_SHAPE(self, type_, **kw):
                return "SHAPE"

        class Dialect(PGDialect):
            statement_compiler = Compiler
            type_compiler = TypeCompiler

        dialect = Dialect()
        for function in (
            sa.func.now(), sa.func.current_date(), sa.func.other(), sa.func.NOW(),
        ):
            print(sa.select(function.label("x")).compile(dialect=dialect))
        print(Shape().compile(dialect=dialect), isinstance(dialect.type_compiler, TypeCompiler))
        """
    ) == [
        "SELECT SYSDATE AS x",
        "SELECT TODAY AS x",
        "SELECT other() AS x",
        "SELECT SYSDATE AS x",
        "SHAPE True",
    ]


def test_a_compiler_writes_operators_by_methods_of_their_names():
    assert run("""
        import sqlalchemy as sa
        from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect

        class Compiler(PGCompiler):
            def visit_mod_binary(self, binary, operator, **kw):
                return f"mod({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

            def visit_ilike_op_binary(self, binary, operator, **kw):
                return "<" + super().visit_ilike_op_binary(binary, operator, **kw) + ">"

            def visit_is_distinct_from_binary(self, binary, operator, **kw):
                return self._generate_generic_binary(binary, " <=> ", **kw)

        class Dialect(PGDialect):
            statement_compiler = Compiler

        class Below(Dialect):
            class statement_compiler(Compiler):
                def visit_add_binary(self, binary, operator, **kw):
                    return "sum"

        a = sa.column("a", sa.Integer)
        for expression in (a % 2, a.ilike("x"), a.is_distinct_from(a), a + 1, a - 1):
            kinds = (Dialect(), Below())
            print(*(str(expression.compile(dialect=kind)) for kind in kinds), sep=" | ")
        print(str((a % 2).compile(dialect=PGDialect())))
    """) == [
        "mod(a, %(a_1)s::INTEGER) | mod(a, %(a_1)s::INTEGER)",
        "<a ILIKE %(a_1)s::VARCHAR> | <a ILIKE %(a_1)s::VARCHAR>",
        "a <=> a | a <=> a",
        "a + %(a_1)s::INTEGER | sum",
        "a - %(a_1)s::INTEGER | a - %(a_1)s::INTEGER",
        "a %% %(a_1)s::INTEGER",
    ]


def test_a_dialect_over_odbc_says_what_the_driver_is_told():
    assert run(
        """
        from sqlalchemy import make_url
        from sqlalchemy.connectors.pyodbc import PyODBCConnector

        class Pebble(PyODBCConnector):
            name = "pebble"
            pyodbc_driver_name = "Pebble"

        for url in (
            "pebble://ada:a;b@host:7/pit?autocommit=yes",
            "pebble://warehouse?Authentication=Kerberos",
            "pebble://?odbc_connect=DSN%3Dhere",
        ):
            print(tuple(Pebble().create_connect_args(make_url(url))))
        """
    ) == [
        "(['DRIVER=Pebble;Server=host,7;Database=pit;UID=ada;PWD={a;b}'], {'autocommit': True})",
        "(['DSN=warehouse;Authentication=Kerberos'], {})",
        "(['DSN=here'], {})",
    ]


def test_the_dialect_of_a_driver_writes_parameters_as_the_driver_takes_them():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.dialects.postgresql import asyncpg, psycopg, psycopg2

        number, data = sa.column("n", sa.Integer), sa.column("d", sa.JSON)
        for module in (asyncpg, psycopg, psycopg2):
            dialect = module.dialect()
            compiled = sa.and_(number == 1, data.is_distinct_from({})).compile(dialect=dialect)
            print(dialect.paramstyle, compiled, compiled.positiontup)
        """
    ) == [
        "numeric_dollar n = $1::INTEGER AND d IS DISTINCT FROM $2::JSON ['n_1', 'd_1']",
        "pyformat n = %(n_1)s::INTEGER AND d IS DISTINCT FROM %(d_1)s::JSON None",
        "pyformat n = %(n_1)s AND d IS DISTINCT FROM %(d_1)s::JSON None",
    ]


def test_a_dialect_is_loaded_by_its_name():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.dialects import registry

        table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, sa.Identity()))
        for name in ("sqlite", "postgresql.psycopg2", "mysql+pymysql"):
            dialect = registry.load(name)()
            made = sa.schema.CreateTable(table).compile(dialect=dialect)
            print(dialect.name, "IDENTITY" in str(made))
        for name in ("pebble", "postgresql.pebble"):
            try:
                registry.load(name)
            except sa.exc.NoSuchModuleError as error:
                print(str(error).splitlines()[0])
        """
    ) == [
        "sqlite False",
        "postgresql True",
        "mysql False",
        "no dialect is called 'pebble' [DV-ARG-03]",
        "postgresql has no driver 'pebble' [DV-ARG-03]",
    ]
