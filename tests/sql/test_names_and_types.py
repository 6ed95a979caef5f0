"""What definitions are called, and how their types are shown."""

import pytest

from dovetail import (
    Boolean,
    CheckConstraint,
    Column,
    Enum,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    UniqueConstraint,
    create_engine,
    insert,
    insert_sentinel,
    inspect,
    select,
)
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.event import listens_for
from dovetail.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from dovetail.schema import CreateIndex, CreateSequence, CreateTable
from dovetail.sql import ClauseVisitor


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (postgresql.INTERVAL(precision=3), "INTERVAL (3)"),
        (postgresql.ENUM("a", name="letter", schema="s"), "s.letter"),
        (postgresql.ARRAY(Integer), "INTEGER[]"),
        (postgresql.JSONB(), "JSONB"),
        (postgresql.BIT(3), "BIT(3)"),
        (postgresql.DOMAIN("posint", Integer()), "posint"),
        (mysql.SET("x", "y"), "SET('x','y')"),
        (mysql.MEDIUMTEXT(), "MEDIUMTEXT"),
        (mysql.TINYINT(1), "TINYINT(1)"),
        (mysql.YEAR(), "YEAR"),
    ],
)
def test_a_type_of_a_dialect_is_shown_as_its_dialect_writes_it(type_, text):
    assert str(type_) == text


NAMED = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(constraint_name)s",
    "ix": "ix_%(constraint_name)s",
}


@pytest.mark.parametrize(
    "item",
    [
        lambda: CheckConstraint("a > 0"),
        lambda: UniqueConstraint("a"),
        lambda: Index(None, "a"),
        lambda: Column("b", Integer, unique=True),
    ],
)
def test_a_convention_that_wants_a_name_refuses_what_has_none(item):
    metadata = MetaData(naming_convention=NAMED)

    with pytest.raises(InvalidRequestError, match="constraint_name"):
        Table("t", metadata, Column("a", Integer), item())


@pytest.mark.parametrize(
    "kind", [Boolean(create_constraint=True), Enum("a", create_constraint=True, native_enum=False)]
)
def test_the_check_of_a_type_is_asked_for_its_name_where_it_is_written(kind):
    table = Table("t", MetaData(naming_convention=NAMED), Column("a", kind))

    with pytest.raises(InvalidRequestError, match="constraint_name"):
        CreateTable(table).compile(dialect=sqlite.dialect())
    if isinstance(kind, Boolean):
        assert "CHECK" not in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_events_name_the_tables_that_are_made(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    metadata = MetaData()
    for name in ("a", "b"):
        Table(name, metadata, Column("id", Integer, primary_key=True))
    seen = []

    @listens_for(metadata, "before_create")
    @listens_for(metadata, "after_drop")
    def note(target, connection, tables, **rest):
        seen.append(sorted(table.name for table in tables))

    metadata.tables["a"].create(engine)
    metadata.create_all(engine)
    metadata.create_all(engine)
    metadata.drop_all(engine)
    metadata.drop_all(engine)
    engine.dispose()

    assert seen == [["b"], [], ["a", "b"], []]


@pytest.mark.parametrize(
    ("name", "server"), [("mssql", "Microsoft SQL Server"), ("oracle", "Oracle")]
)
def test_a_server_without_a_dialect_is_called_by_its_name(name, server):
    with pytest.raises(NoSuchModuleError, match=server) as caught:
        create_engine(f"{name}://h/d")

    assert "did you mean" not in caught.value.hint
    assert "postgresql" in caught.value.hint


def test_names_are_quoted_as_their_arguments_say():
    metadata = MetaData(schema="mixed", quote_schema=True)
    table = Table("t", metadata, Column("id", Integer))
    Index("plain", table.c.id, quote=True)
    sequence = Sequence("Odd", quote=False, schema="s", quote_schema=True)

    assert str(CreateTable(table)).startswith('\nCREATE TABLE "mixed".t ')
    assert str(CreateIndex(next(iter(table.indexes)))).startswith('CREATE INDEX "plain" ON')
    written = CreateSequence(sequence).compile(dialect=postgresql.dialect())
    assert str(written) == 'CREATE SEQUENCE "s".Odd'


def test_options_that_mean_nothing_are_refused():
    engine = create_engine("sqlite://")
    with pytest.raises(TypeError, match="shema"):
        inspect(engine).get_columns("t", shema="x")
    with pytest.raises(TypeError):
        Enum("a", "b", naem="letter")
    with pytest.raises(ArgumentError, match="escape"):
        Column("a", postgresql.ARRAY(Integer)).contains([1], autoescape=True)
    with pytest.raises(ArgumentError, match="nothing"):
        insert(Table("t", MetaData(), Column("id", Integer))).return_defaults(nothing=True)
    engine.dispose()


def test_reflection_reads_known_tables_again_as_it_is_told():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20))")
    for replace, kind in ((False, "INTEGER"), (True, "VARCHAR(20)")):
        metadata = MetaData()
        Table("t", metadata, Column("name", Integer))
        metadata.reflect(engine, extend_existing=True, autoload_replace=replace)
        assert str(metadata.tables["t"].c.name.type) == kind
        assert "id" in metadata.tables["t"].c
    engine.dispose()


def test_a_visitor_is_shown_each_part():
    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer))
    seen = []

    class Comparisons(ClauseVisitor):
        def visit_binary(self, binary):
            seen.append((binary.left.name, binary.right.value))

        def visit_column(self, column):
            assert column.shares_lineage(table.c[column.name])

    statement = select(table).where((table.c.a == 5) | (table.c.b > 6))

    assert Comparisons().traverse(statement) is statement
    assert seen == [("a", 5), ("b", 6)]


def test_a_sentinel_is_left_out_of_statements_that_do_not_name_it():
    table = Table("t", MetaData(), Column("id", Integer), insert_sentinel("s"))

    assert str(select(table)) == "SELECT t.id \nFROM t"
    assert str(select(table.c.s)) == "SELECT t.s \nFROM t"
    assert str(insert(table)) == "INSERT INTO t (id) VALUES (:id)"
    assert str(insert(table).values(id=1, s=2)) == "INSERT INTO t (id, s) VALUES (:id, :s)"
    assert "s INTEGER" in str(CreateTable(table))
    copy = table.to_metadata(MetaData())
    assert str(select(copy)) == "SELECT t.id \nFROM t"


def test_a_table_that_is_to_be_read_and_is_not_there_is_told():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customer (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE VIEW everybody AS SELECT id FROM customer")
        metadata = MetaData()
        with pytest.raises(InvalidRequestError, match="no table 'custmer', 'everybody'") as refused:
            metadata.reflect(connection, only=["custmer", "customer", "everybody"])
        assert refused.value.hint == "did you mean 'customer'?"
        assert not metadata.tables
        with pytest.raises(InvalidRequestError, match="no table or view 'nothing'"):
            metadata.reflect(connection, views=True, only=iter(["nothing", "customer"]))
        metadata.reflect(connection, views=True, only=iter(["everybody", "customer"]))
        assert sorted(metadata.tables) == ["customer", "everybody"]
