"""A dialect of another package does by its own methods what it has methods for."""

import sqlite3

import pytest

import dovetail as dv
from dovetail.dialects import postgresql, registry, sqlite
from dovetail.dialects.asking import remembering
from dovetail.dialects.sqlite.dialect import SqliteDialect
from dovetail.exc import DBAPIError, IdentifierError, NoSuchModuleError
from dovetail.pool import StaticPool
from dovetail.schema import CreateTable


class GravelTypes(SqliteDialect.type_compiler_class):
    def visit_INTEGER(self, type_, **kw):
        return "STONE"

    visit_integer = visit_INTEGER


class GravelDialect(SqliteDialect):
    name = "gravel"
    driver = "shovel"
    type_compiler_cls = GravelTypes
    supports_comments = True
    construct_arguments = ((dv.Table, {"hardness": 7}),)
    called: list[str]

    def __init__(self, **options):
        super().__init__(**options)
        self.called = []

    @classmethod
    def import_dbapi(cls):
        return sqlite3

    @classmethod
    def get_pool_class(cls, url):
        return StaticPool

    def create_connect_args(self, url):
        self.called.append(f"arguments for {url.database}")
        return [":memory:"], {"check_same_thread": False}

    def connect(self, *arguments, **options):
        self.called.append(f"connect {arguments}")
        return super().connect(*arguments, **options)

    def on_connect(self):
        def greet(connection):
            self.called.append("greet")
            connection.execute("CREATE TABLE found (id INTEGER PRIMARY KEY)")

        return greet

    def initialize(self, connection):
        super().initialize(connection)
        self.called.append("initialize")

    def is_disconnect(self, e, connection=None, cursor=None):
        return "no such table: gone" in str(e)

    @remembering
    def get_table_names(self, connection, schema=None, **kw):
        self.called.append("tables")
        return [*super().get_table_names(connection, schema, **kw), "more"]

    def get_columns(self, connection, table_name, schema=None, **kw):
        columns = super().get_columns(connection, table_name, schema, **kw)
        return [{**column, "comment": "hard"} for column in columns]


@pytest.fixture(params=["gravel://host/pit", "gravel+shovel://host/pit"])
def gravel(request):
    registry.register("gravel", GravelDialect)
    registry.register("gravel.shovel", GravelDialect)
    engine = dv.create_engine(request.param)
    yield engine
    engine.dispose()


def test_it_connects_by_its_own_methods(gravel):
    with gravel.connect() as connection:
        assert connection.scalar(dv.text("SELECT 4")) == 4

    assert isinstance(gravel.dialect, GravelDialect)
    assert isinstance(gravel.pool, StaticPool)
    assert (gravel.name, gravel.driver) == ("gravel", "shovel")
    assert gravel.dialect.called == [
        "arguments for pit",
        "connect (':memory:',)",
        "greet",
        "initialize",
    ]


def test_it_says_what_its_server_can_do_and_how_it_writes(gravel):
    table = dv.Table("t", dv.MetaData(), dv.Column("a", dv.Integer))

    assert gravel.dialect.features.supports_comments
    assert "a STONE" in str(CreateTable(table).compile(gravel))
    assert table.dialect_options["gravel"]["hardness"] == 7


def test_its_answers_are_those_of_an_inspector(gravel):
    with gravel.connect() as connection:
        inspector = dv.inspect(connection)
        names = [inspector.get_table_names(), inspector.get_table_names()]
        table = dv.Table("found", dv.MetaData(), autoload_with=connection)

    assert names == [["found", "more"], ["found", "more"]]
    assert gravel.dialect.called.count("tables") == 1
    assert table.c.id.comment == "hard"


def test_it_knows_a_lost_connection_where_the_driver_does_not(gravel):
    with gravel.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.exec_driver_sql("SELECT * FROM gone")

    assert caught.value.connection_invalidated


def test_a_driver_is_told_from_a_dialect_for_one_driver_when_it_is_asked_for():
    home = f"{__name__}"
    registry.register("gravel.later", home, "GravelDialect")
    registry.register("gravel.never", "no_such_module", "Gravel")

    assert dv.make_url("gravel+later://").get_dialect() is GravelDialect
    assert dv.make_url("gravel+later://").get_driver_class().name == "pysqlite"
    with pytest.raises(NoSuchModuleError, match="cannot be loaded"):
        dv.make_url("gravel+never://").get_dialect()


def test_a_dialect_without_an_engine_speaks_over_its_driver():
    dialect = sqlite.dialect()
    arguments, options = dialect.create_connect_args(dv.make_url("sqlite://"))
    raw = dialect.connect(*arguments, **options)

    assert dialect.import_dbapi() is dialect.loaded_dbapi is sqlite3
    dialect.do_begin(raw)
    raw.execute("CREATE TABLE t (a)")
    dialect.do_rollback(raw)
    assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    dialect.do_terminate(raw)
    assert not dialect.is_disconnect(ValueError())
    assert dialect.dialect_description == "sqlite+pysqlite"
    assert dialect.normalize_name("A") == dialect.denormalize_name("A") == "A"
    with pytest.raises(IdentifierError):
        postgresql.dialect().validate_identifier("x" * 64)


def test_savepoints_are_set_by_the_dialect(engine):
    dialect = engine.dialect
    with engine.connect() as connection:
        connection.execute(dv.text("SELECT 1"))
        dialect.do_savepoint(connection, "one")
        dialect.do_rollback_to_savepoint(connection, "one")
        dialect.do_release_savepoint(connection, "one")
        assert connection.scalar(dv.text("SELECT 2")) == 2
        assert dialect.create_xid() != dialect.create_xid()


def test_a_pool_opens_a_connection_for_those_who_go_around_it(engine):
    assert engine.pool.echo is None
    raw = engine.pool.opener.open_raw()
    cursor = raw.cursor()
    cursor.execute("SELECT 5")
    assert cursor.fetchone()[0] == 5
    raw.close()
