"""The databases that tests run on: each server, each driver, and a database for each worker."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


@dataclass(frozen=True, slots=True)
class Server:
    """A database server that tests may use."""

    name: str
    default_url: str
    default_port: int

    @property
    def variable(self) -> str:
        return f"DOVETAIL_TEST_{self.name.upper()}"

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default_url

    def absence(self) -> str | None:
        """Why the server cannot be used, or None when something listens there.

        Tests make databases of their own: on a server that somebody has named for that, or where
        continuous integration has said that all are there for it, and on no other.
        """
        if not os.environ.get(self.variable) and not servers_required():
            return (
                f"no {self.name}: set {self.variable} to the URL of a database for tests to use, "
                f"for example {self.default_url}"
            )
        parts = urlsplit(self.url)
        address = (parts.hostname or "127.0.0.1", parts.port or self.default_port)
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError as error:
            return (
                f"no {self.name} at {address[0]}:{address[1]} ({error}): "
                f"start one, or set {self.variable} to a database URL"
            )
        return None

    def url_for(self, database: str, driver: str = "") -> str:
        """The URL of *database* on this server, through *driver*."""
        parts = urlsplit(self.url)
        scheme = parts.scheme.partition("+")[0] + (f"+{driver}" if driver else "")
        return parts._replace(scheme=scheme, path=f"/{database}").geturl()

    @contextmanager
    def administration(self, database: str | None = None) -> Iterator[Callable[[str], Any]]:
        """A function that runs SQL in *database*, each statement for itself."""
        parts = urlsplit(self.url)
        database = database or parts.path[1:]
        login = {
            "host": parts.hostname or "127.0.0.1",
            "port": parts.port or self.default_port,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
        }
        if self.name == "postgresql":
            import psycopg

            with psycopg.connect(dbname=database, autocommit=True, **login) as connection:
                yield connection.execute
        else:
            import pymysql

            connection = pymysql.connect(database=database, autocommit=True, **login)

            def run(sql: str) -> Any:
                with connection.cursor() as cursor:
                    cursor.execute(sql)
                    return cursor.fetchall()

            try:
                yield run
            finally:
                connection.close()


SERVERS = {
    server.name: server
    for server in (
        Server("postgresql", "postgresql://root@127.0.0.1/test", 5432),
        Server("mariadb", "mariadb://root@127.0.0.1/test", 3306),
    )
}


@cache
def absence(name: str) -> str | None:
    return SERVERS[name].absence()


def servers_required() -> bool:
    return os.environ.get("DOVETAIL_REQUIRE_SERVERS") == "1"


def require(server: str) -> None:
    """Skip the test where *server* is absent; fail it where servers are required."""
    reason = absence(server)
    if reason and servers_required():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@dataclass(frozen=True, slots=True)
class Backend:
    """One driver for one server, or for SQLite."""

    name: str
    module: str
    server: str | None = None

    @property
    def dialect(self) -> str:
        return self.name.partition("+")[0]

    @property
    def driver(self) -> str:
        return self.name.partition("+")[2]

    def require(self) -> None:
        """Skip the test where the driver or the server is absent; fail where it is required."""
        self.require_driver()
        if self.server is not None:
            require(self.server)

    def require_driver(self) -> None:
        if find_spec(self.module) is None:
            reason = f"the driver {self.module} is not installed"
            if servers_required():
                pytest.fail(reason)
            pytest.skip(reason)

    def __str__(self) -> str:
        return self.name


BACKENDS = (
    Backend("sqlite+pysqlite", "sqlite3"),
    Backend("postgresql+psycopg", "psycopg", "postgresql"),
    Backend("postgresql+psycopg2", "psycopg2", "postgresql"),
    Backend("mariadb+pymysql", "pymysql", "mariadb"),
    Backend("mariadb+mysqldb", "MySQLdb", "mariadb"),
)

AWAITING_BACKENDS = (
    Backend("sqlite+aiosqlite", "aiosqlite"),
    Backend("postgresql+psycopg_async", "psycopg", "postgresql"),
    Backend("postgresql+asyncpg", "asyncpg", "postgresql"),
    Backend("mariadb+asyncmy", "asyncmy", "mariadb"),
    Backend("mariadb+aiomysql", "aiomysql", "mariadb"),
)
"""The drivers that await: the one list that every test of awaiting code draws from."""


def backends_of(server: str) -> list[Backend]:
    """All drivers of *server*, those that block and those that await."""
    return [backend for backend in (*BACKENDS, *AWAITING_BACKENDS) if backend.server == server]


def _own_name() -> str:
    return f"dovetail_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


class Databases:
    """The databases of this worker: made at first use, emptied for each test, then dropped."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def url(self, backend: Backend, folder: Path) -> str:
        """The URL of an empty database; skips the test, or fails it, where there can be none."""
        backend.require()
        if backend.server is None:
            return f"{backend.name}:///{folder / 'test.db'}"
        server = SERVERS[backend.server]
        if server.name not in self._made:
            with server.administration() as run:
                run(f"CREATE DATABASE {_own_name()}")
            self._made.add(server.name)
        elif server.name == "postgresql":
            with server.administration(_own_name()) as run:
                _empty_postgresql(run)
        else:
            with server.administration() as run:
                run("SET lock_wait_timeout = 10")
                run(f"DROP DATABASE {_own_name()}")
                run(f"CREATE DATABASE {_own_name()}")
        return server.url_for(_own_name(), backend.driver)

    def close(self) -> None:
        for name in self._made:
            with SERVERS[name].administration() as run:
                run(f"DROP DATABASE {_own_name()}" + (" WITH (FORCE)" * (name == "postgresql")))


def _empty_postgresql(run: Callable[[str], Any]) -> None:
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    schemas = run(
        "SELECT quote_ident(nspname) FROM pg_namespace "
        "WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'"
    ).fetchall()
    for (schema,) in schemas:
        run(f"DROP SCHEMA {schema} CASCADE")
    run("CREATE SCHEMA public")
