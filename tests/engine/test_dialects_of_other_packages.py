"""A dialect of another package does by its own methods what it has methods for."""

import sqlite3
from unittest import mock

import pytest

import dovetail as dv
from dovetail.dialects import postgresql, registry, sqlite
from dovetail.dialects.asking import remembering
from dovetail.dialects.sqlite.dialect import SqliteDialect
from dovetail.engine import ExecutionContext
from dovetail.exc import ArgumentError, DBAPIError, IdentifierError, NoSuchModuleError
from dovetail.ext.asyncio import create_async_engine
from dovetail.pool import NullPool, StaticPool
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


class ScreeDialect(SqliteDialect):
    """A dialect that does by itself what others leave to the driver, and says so."""

    name = "scree"

    def __init__(self, **options):
        super().__init__(**options)
        self.called = []

    def do_begin(self, dbapi_connection):
        self.called.append("begin")

    def do_commit(self, dbapi_connection):
        self.called.append("commit")
        super().do_commit(dbapi_connection)

    def do_rollback(self, dbapi_connection):
        self.called.append("rollback")
        super().do_rollback(dbapi_connection)

    def do_close(self, dbapi_connection):
        self.called.append(f"close {type(dbapi_connection.total_changes).__name__}")
        super().do_close(dbapi_connection)

    def do_execute(self, cursor, statement, parameters, context=None):
        self.called.append(statement)
        super().do_execute(cursor, statement, parameters, context)

    def do_savepoint(self, connection, name):
        self.called.append("savepoint")
        super().do_savepoint(connection, name)

    def do_ping(self, dbapi_connection):
        return False


@pytest.fixture
def scree(tmp_path):
    registry.register("scree", ScreeDialect)
    engine = dv.create_engine(f"scree:///{tmp_path}/stones.db")
    yield engine
    engine.dispose()


def test_it_ends_transactions_and_runs_statements_by_its_own_methods(scree):
    with scree.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stone (id INTEGER)")
    with scree.connect() as connection:
        connection.exec_driver_sql("INSERT INTO stone VALUES (?)", (1,))
        connection.rollback()
        assert connection.scalar(dv.text("SELECT count(*) FROM stone")) == 0
    scree.dispose()

    assert scree.dialect.called == [
        "begin",
        "CREATE TABLE stone (id INTEGER)",
        "commit",
        "begin",
        "INSERT INTO stone VALUES (?)",
        "rollback",
        "begin",
        "SELECT count(*) FROM stone",
        "rollback",
        "close int",
    ]


def test_an_awaiting_engine_tells_the_blocking_one_inside():
    engine = create_async_engine("sqlite+aiosqlite://")
    assert engine.engine is engine.sync_engine


def test_it_sets_savepoints_by_its_own_method(scree):
    with scree.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE stone (id INTEGER)")
        with connection.begin_nested():
            connection.exec_driver_sql("INSERT INTO stone VALUES (1)")
        with connection.begin_nested() as inner:
            connection.exec_driver_sql("INSERT INTO stone VALUES (2)")
            inner.rollback()
        assert connection.scalar(dv.text("SELECT sum(id) FROM stone")) == 1

    assert scree.dialect.called.count("savepoint") == 2


def test_it_says_that_a_connection_is_dead(tmp_path):
    registry.register("scree", ScreeDialect)
    engine = dv.create_engine(
        f"scree:///{tmp_path}/stones.db", pool_pre_ping=True, pool_ping_after=0
    )
    with engine.connect() as first:
        one = first.connection.driver_connection
    with engine.connect() as second:
        assert second.connection.driver_connection is not one
    engine.dispose()


def test_a_dialect_whose_methods_block_is_refused_where_the_driver_awaits():
    registry.register("scree", ScreeDialect)
    with pytest.raises(ArgumentError, match=r"do_begin\(\) blocks, and aiosqlite awaits"):
        create_async_engine("scree+aiosqlite://")


class MarbleContext(ExecutionContext):
    def pre_exec(self):
        self.statement = self.statement.replace("marble", "5")

    def post_exec(self):
        self.dialect.told.append(self.statement)

    def handle_dbapi_exception(self, e):
        self.dialect.told.append(str(e))


class MarbleDialect(SqliteDialect):
    name = "marble"
    execution_ctx_cls = MarbleContext

    def __init__(self, **options):
        super().__init__(**options)
        self.told = []


def test_each_run_of_a_statement_has_a_context_of_its_class():
    registry.register("marble", MarbleDialect)
    engine = dv.create_engine("marble://")
    with engine.connect() as connection:
        assert connection.scalar(dv.text("SELECT marble")) == 5
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT absent")

    assert engine.dialect.told == ["SELECT 5", "no such column: absent"]
    engine.dispose()


def test_a_context_with_methods_that_nobody_calls_is_refused():
    class OnyxContext(ExecutionContext):
        def fire_sequence(self, seq, type_):
            return 1

    class OnyxDialect(SqliteDialect):
        name = "onyx"
        execution_ctx_cls = OnyxContext

    registry.register("onyx", OnyxDialect)
    with pytest.raises(ArgumentError, match=r"OnyxContext.fire_sequence\(\) would never be called"):
        dv.create_engine("onyx://")


def test_a_method_that_a_program_replaces_is_called_while_it_is_there():
    engine = dv.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(dv.text("SELECT 1"))
    run = []
    with (
        mock.patch.object(engine.dialect, "do_execute", lambda *given: run.append(given[1])),
        engine.connect() as connection,
    ):
        connection.execute(dv.text("SELECT 2"))
    with engine.connect() as connection:
        assert connection.scalar(dv.text("SELECT 3")) == 3

    assert run == ["SELECT 2"]
    engine.dispose()


def test_connections_and_errors_are_those_of_what_a_program_puts_in_their_place():
    class Error(Exception):
        pass

    class OperationalError(Error):
        pass

    def connect(*arguments, **options):
        raise OperationalError("nobody is in")

    engine = dv.create_engine("sqlite://", poolclass=NullPool)
    dialect = engine.dialect
    with (
        mock.patch.object(dialect, "dbapi", mock.Mock(Error=Error)),
        mock.patch.object(dialect, "loaded_dbapi", mock.Mock(Error=Error)),
        mock.patch.object(dialect, "connect", connect),
        pytest.raises(dv.exc.OperationalError, match="nobody is in"),
    ):
        engine.connect()
    with engine.connect() as connection:
        assert connection.scalar(dv.text("SELECT 3")) == 3
    engine.dispose()
