"""Where contenders find their data: in a file of SQLite's, or in a database on a server.

A *store* prepares one database for each kind of data; a *place* is the copy of it that one
contender works on, in its own process, and that is made new when a round has changed it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from benchmarks import data

_numbers = count(1)


def _own_name() -> str:
    """A name that no other process, and nothing else in this one, gives to a database."""
    return f"dovetail_benchmark_{os.getpid()}_{next(_numbers)}"


class Place(ABC):
    """A database of one contender's own."""

    dialect: ClassVar[str]
    url: str
    """What is given to ``create_engine``."""
    path: Path
    """The file, where the database is one."""

    @abstractmethod
    def connect(self, *, shared: bool = False) -> Any:
        """Return a connection of the bare driver that is in no transaction.

        One that is *shared* waits where others write at the same time.
        """

    @abstractmethod
    def restore(self) -> None:
        """Bring the database back to what was prepared; nobody is connected now."""

    @abstractmethod
    def close(self) -> None:
        """Take the database away."""

    def query_sum(self, sql: str) -> int:
        """The sum of what *sql* finds now: see :func:`benchmarks.data.row_sum`."""
        with closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return data.row_sum(tuple(row) for row in cursor.fetchall())


class SqlitePlace(Place):
    dialect = "sqlite"

    def __init__(self, source: str) -> None:
        self._source = source
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self.path = Path(self._folder.name) / "work.db"
        self.url = f"sqlite:///{self.path}"
        self.restore()

    def connect(self, *, shared: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=not shared)
        for name, value in (data.SHARED_PRAGMAS if shared else data.PRAGMAS).items():
            connection.execute(f"PRAGMA {name} = {value}")
        return connection

    def restore(self) -> None:
        shutil.copyfile(self._source, self.path)

    def close(self) -> None:
        self._folder.cleanup()


class ServerPlace(Place):
    """A database on a server, named after the process that works on it."""

    variable: ClassVar[str]
    default_url: ClassVar[str]
    driver: ClassVar[str]
    words: ClassVar[dict[str, str]]
    """What stands in the schema for the words that SQLite takes."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.database = _own_name()
        self.url = self._url(self.database)
        self.restore()

    @classmethod
    def _url(cls, database: str) -> str:
        parts = urlsplit(os.environ.get(cls.variable) or cls.default_url)
        return parts._replace(scheme=cls.driver, path=f"/{database}").geturl()

    @classmethod
    def login(cls) -> dict[str, Any]:
        """Host, port, user and password, as all drivers name them."""
        parts = urlsplit(os.environ.get(cls.variable) or cls.default_url)
        login = {"host": parts.hostname, "port": parts.port, "user": parts.username}
        found = {name: value for name, value in login.items() if value is not None}
        if parts.password:
            found["password"] = unquote(parts.password)
        return found

    @classmethod
    @abstractmethod
    def connection_to(cls, database: str) -> Any:
        """Return a connection that commits each statement."""

    @classmethod
    @contextmanager
    def run(cls, database: str) -> Iterator[Any]:
        """A function that runs SQL in *database*."""
        with closing(cls.connection_to(database)) as connection:
            yield connection.cursor().execute

    @classmethod
    def administration(cls) -> str:
        """The database from which others are made."""
        return urlsplit(os.environ.get(cls.variable) or cls.default_url).path[1:]

    @classmethod
    def schema(cls) -> list[str]:
        text = data.SCHEMA
        for word, other in cls.words.items():
            text = text.replace(word, other)
        return [statement for statement in text.split(";") if statement.strip()]

    @classmethod
    def drop(cls, database: str) -> None:
        with cls.run(cls.administration()) as run:
            run(f"DROP DATABASE IF EXISTS {database}")

    @classmethod
    @abstractmethod
    def fill(cls, database: str, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Put *rows* into *table*."""

    @classmethod
    def finish(cls, database: str) -> None:
        """Do what a freshly filled database needs."""

    def connect(self, *, shared: bool = False) -> Any:
        # On a server connections always are.
        return self.connection_to(self.database)

    def close(self) -> None:
        self.drop(self.database)


class PostgresqlPlace(ServerPlace):
    dialect = "postgresql"
    variable = "DOVETAIL_TEST_POSTGRESQL"
    default_url = "postgresql://root@127.0.0.1/test"
    driver = "postgresql+psycopg"
    words: ClassVar[dict[str, str]] = {
        "id INTEGER NOT NULL PRIMARY KEY": "id INTEGER GENERATED BY DEFAULT AS IDENTITY "
        "PRIMARY KEY",
        "FLOAT": "DOUBLE PRECISION",
        "DATETIME": "TIMESTAMP",
    }

    @classmethod
    def connection_to(cls, database: str) -> Any:
        psycopg = import_module("psycopg")
        return psycopg.connect(dbname=database, autocommit=True, **cls.login())

    def restore(self) -> None:
        with self.run(self.administration()) as run:
            run(f"DROP DATABASE IF EXISTS {self.database}")
            run(f"CREATE DATABASE {self.database} TEMPLATE {self._source}")

    @classmethod
    def fill(cls, database: str, table: str, rows: Iterable[Sequence[object]]) -> None:
        with closing(cls.connection_to(database)) as connection:
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            if table != "parent_tag":
                connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )

    @classmethod
    def finish(cls, database: str) -> None:
        with cls.run(database) as run:
            run("VACUUM ANALYZE")


class MariadbPlace(ServerPlace):
    dialect = "mariadb"
    variable = "DOVETAIL_TEST_MARIADB"
    default_url = "mariadb://root@127.0.0.1/test"
    driver = "mariadb+pymysql"
    module: ClassVar[str] = "pymysql"
    words: ClassVar[dict[str, str]] = {
        "id INTEGER NOT NULL PRIMARY KEY": "id INTEGER AUTO_INCREMENT PRIMARY KEY",
        "FLOAT": "DOUBLE",
        "DATETIME": "DATETIME(6)",
    }

    @classmethod
    def connection_to(cls, database: str) -> Any:
        module = import_module(cls.module)
        connection = module.connect(database=database, charset="utf8mb4", **cls.login())
        connection.autocommit(True)
        return connection

    def restore(self) -> None:
        with self.run(self.administration()) as run:
            run(f"DROP DATABASE IF EXISTS {self.database}")
            run(f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4")
        with closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SET foreign_key_checks = 0")
            for statement in self.schema():
                cursor.execute(statement)
            cursor.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s",
                (self._source,),
            )
            made = [name for (name,) in cursor.fetchall()]
            for name in made:
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} LIKE {self._source}.{name}")
                cursor.execute(f"INSERT INTO {name} SELECT * FROM {self._source}.{name}")
                cursor.execute(f"ANALYZE TABLE {name}")

    @classmethod
    def fill(cls, database: str, table: str, rows: Iterable[Sequence[object]]) -> None:
        rows = list(rows)
        marks = ", ".join(["%s"] * len(rows[0]))
        with closing(cls.connection_to(database)) as connection:
            connection.cursor().executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


class MysqlclientPlace(MariadbPlace):
    driver = "mariadb+mysqldb"
    module = "MySQLdb"


class Store(ABC):
    """The prepared databases of one run."""

    @abstractmethod
    def prepare(self, kind: str, scale: float) -> str:
        """Make the database *kind*, unless it is there; return what a place is opened with."""

    @abstractmethod
    def close(self) -> None:
        """Take all of them away."""


class SqliteStore(Store):
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-data-")

    def prepare(self, kind: str, scale: float) -> str:
        path = Path(self._folder.name) / f"{kind}.db"
        if not path.exists():
            with closing(sqlite3.connect(path)) as connection:
                connection.executescript(data.SCHEMA)
                for statement in data.STATEMENTS.get(kind, list)():
                    connection.execute(statement)
                for table, rows in data.DATABASES[kind](scale):
                    rows = list(rows)
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
                connection.commit()
                connection.execute("ANALYZE")
        return str(path)

    def close(self) -> None:
        self._folder.cleanup()


class ServerStore(Store):
    def __init__(self, place: type[ServerPlace]) -> None:
        self._place = place
        self._made: dict[str, str] = {}

    def prepare(self, kind: str, scale: float) -> str:
        if kind not in self._made:
            place = self._place
            database = _own_name()
            with place.run(place.administration()) as run:
                run(f"CREATE DATABASE {database}")
            self._made[kind] = database
            with place.run(database) as run:
                for statement in (*place.schema(), *data.STATEMENTS.get(kind, list)()):
                    run(statement)
            for table, rows in data.DATABASES[kind](scale):
                place.fill(database, table, rows)
            place.finish(database)
        return self._made[kind]

    def close(self) -> None:
        for database in self._made.values():
            self._place.drop(database)


PLACES: dict[str, type[SqlitePlace | ServerPlace]] = {
    "sqlite": SqlitePlace,
    "postgresql": PostgresqlPlace,
    "mariadb": MariadbPlace,
    "mariadb+mysqldb": MysqlclientPlace,
}


def store(name: str) -> Store:
    """The store of the database called *name*: a key of :data:`PLACES`."""
    place = PLACES[name]
    return ServerStore(place) if issubclass(place, ServerPlace) else SqliteStore()
