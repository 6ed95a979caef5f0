"""A dialect that derives from Dialect alone, and brings a package of PEP 249, has its engine."""

import sqlite3
from types import SimpleNamespace

import pytest

import dovetail as dv
from dovetail.dialects import registry
from dovetail.dialects.dialect import Dialect
from dovetail.dialects.features import Features
from dovetail.dialects.sqlite.dialect import SqliteDialect
from dovetail.dialects.sqlite.drivers import SqliteDriver
from dovetail.exc import (
    ArgumentError,
    IntegrityError,
    InvalidOption,
    InvalidRequestError,
    NoSuchModuleError,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column
from dovetail.pool import StaticPool

sent = []


class Cursor:
    """A cursor without a lastrowid."""

    def __init__(self, cursor):
        self._cursor = cursor
        self.fetchall = cursor.fetchall
        self.fetchone = cursor.fetchone
        self.fetchmany = cursor.fetchmany
        self.close = cursor.close

    description = property(lambda self: self._cursor.description)
    rowcount = property(lambda self: self._cursor.rowcount)

    def execute(self, sql, parameters=()):
        sent.append(sql)
        self._cursor.execute(sql, parameters)

    def executemany(self, sql, parameters):
        self._cursor.executemany(sql, parameters)


class Connection:
    def __init__(self, database, **options):
        self.options = options
        self._connection = sqlite3.connect(database, check_same_thread=False)
        self.commit = self._connection.commit
        self.rollback = self._connection.rollback
        self.close = self._connection.close

    def cursor(self):
        return Cursor(self._connection.cursor())


package = SimpleNamespace(
    __name__="quarry",
    apilevel="2.0",
    paramstyle="named",
    Error=sqlite3.Error,
    connect=lambda **options: Connection(options.pop("database"), **options),
)


class QuarryDialect(Dialect):
    name = "quarry"
    driver = "digger"
    default_features = Features(supports_lastrowid=False)

    def __init__(self, depth=None, **options):
        super().__init__(**options)
        self.depth = depth

    @classmethod
    def import_dbapi(cls):
        return package

    @classmethod
    def get_pool_class(cls, url):
        return StaticPool

    def has_table(self, connection, table_name, schema=None, **kw):
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM sqlite_master WHERE name = :name", {"name": table_name}
        )
        return bool(found.scalar())

    def get_isolation_level_values(self, dbapi_connection):
        return ["SERIALIZABLE", "AUTOCOMMIT"]

    def get_isolation_level(self, dbapi_connection):
        return getattr(dbapi_connection, "level", "SERIALIZABLE")

    def set_isolation_level(self, dbapi_connection, level):
        sent.append(f"isolation {level}")

    def _get_server_version_info(self, connection):
        version = connection.scalar(dv.text("SELECT '3.4'"))
        return tuple(int(part) for part in version.split("."))

    def _get_default_schema_name(self, connection):
        return "pit"


class Base(DeclarativeBase):
    pass


class Stone(Base):
    __tablename__ = "stones"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
def quarry():
    sent.clear()
    registry.register("quarry", QuarryDialect)
    engine = dv.create_engine("quarry://ada:secret@host:7/:memory:?light=on")
    yield engine
    engine.dispose()


def test_its_package_is_told_the_parts_of_the_url(quarry):
    with quarry.connect() as connection:
        raw = connection.connection.driver_connection

    assert raw.options == {
        "host": "host",
        "port": 7,
        "username": "ada",
        "password": "secret",
        "light": "on",
    }
    assert (quarry.name, quarry.driver) == ("quarry", "digger")
    assert quarry.dialect.dbapi is package
    assert quarry.dialect.paramstyle == "named"


def test_it_is_asked_once_what_its_server_is(quarry):
    for _ in range(2):
        with quarry.connect():
            pass

    assert quarry.dialect.server_version_info == (3, 4)
    assert quarry.dialect.default_schema_name == "pit"
    assert sent.count("SELECT '3.4'") == 1


def test_a_session_stores_and_loads_over_a_cursor_without_keys(quarry):
    Base.metadata.create_all(quarry)
    Base.metadata.create_all(quarry)
    with Session(quarry) as session:
        session.add_all([Stone(id=1, name="flint"), Stone(id=2, name="slate")])
        session.commit()
        flint = session.get_one(Stone, 1)
        flint.name = "chert"
        session.commit()
        session.delete(session.get_one(Stone, 2))
        session.commit()
        assert session.scalars(dv.select(Stone.name)).all() == ["chert"]

    assert sum("CREATE TABLE" in sql for sql in sent) == 1
    with Session(quarry) as session:
        session.add(Stone(id=3, name="chert"))
        with pytest.raises(IntegrityError):
            session.commit()


def test_isolation_is_set_by_its_methods_and_set_back(quarry):
    with quarry.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SELECT 1")

    assert [line for line in sent if line.startswith("isolation")] == [
        "isolation AUTOCOMMIT",
        "isolation SERIALIZABLE",
    ]
    with quarry.connect() as connection, pytest.raises(ArgumentError, match="SERIALIZABLE"):
        connection.execution_options(isolation_level="READ COMMITTED")


def test_it_takes_options_of_its_own():
    registry.register("quarry", QuarryDialect)

    assert dv.create_engine("quarry:///:memory:", depth=9).dialect.depth == 9
    with pytest.raises(InvalidOption, match="width"):
        dv.create_engine("quarry:///:memory:", width=9)


def test_a_fork_of_a_package_is_driven_as_the_one_it_comes_from():
    class ForkDialect(SqliteDialect):
        name = "fork"

        @classmethod
        def import_dbapi(cls):
            return SimpleNamespace(**{**vars(sqlite3), "__name__": "fork_of_sqlite"})

    registry.register("fork", ForkDialect)

    assert dv.make_url("fork://").get_driver_class() is SqliteDriver


def test_a_dialect_of_1_4_says_by_dbapi_which_package_it_brings():
    class OlderDialect(Dialect):
        name = "older"
        driver = "digger"

        @classmethod
        def dbapi(cls):
            return package

    registry.register("older", OlderDialect)
    engine = dv.create_engine("older:///:memory:")

    with engine.connect() as connection:
        assert connection.scalar(dv.text("SELECT 4")) == 4


def test_a_dialect_that_awaits_by_adapters_is_refused():
    class AwaitingDialect(QuarryDialect):
        name = "awaiting"
        is_async = True

    registry.register("awaiting", AwaitingDialect)

    with pytest.raises(InvalidRequestError, match="adapters"):
        dv.create_engine("awaiting://")


def test_a_dialect_without_package_or_driver_is_refused():
    class BareDialect(Dialect):
        name = "bare"

    registry.register("bare", BareDialect)

    with pytest.raises(NoSuchModuleError, match="bare"):
        dv.create_engine("bare://")


def test_without_its_package_statements_are_written_and_connecting_fails():
    class AbsentDialect(Dialect):
        name = "absent"
        driver = "digger"
        default_paramstyle = "qmark"

        @classmethod
        def import_dbapi(cls):
            raise ImportError("no package digger")

    registry.register("absent", AbsentDialect)
    written = []
    mock = dv.create_mock_engine("absent://", lambda sql, *_: written.append(str(sql)))
    mock.execute(dv.text("SELECT 1"))

    assert written == ["SELECT 1"]
    assert dv.make_url("absent://").get_driver_name() == "digger"
    with pytest.raises(ImportError, match="digger"):
        dv.create_engine("absent://")


def test_its_own_options_are_read_where_a_configuration_has_them_as_text():
    class DeepDialect(QuarryDialect):
        name = "deep"
        engine_config_types = {**QuarryDialect.engine_config_types, "depth": int}

    registry.register("deep", DeepDialect)
    engine = dv.engine_from_config({"db.url": "deep:///:memory:", "db.depth": "9"}, prefix="db.")

    assert engine.dialect.depth == 9
    assert registry.impls["deep"] is DeepDialect
