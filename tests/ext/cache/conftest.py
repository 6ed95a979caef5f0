"""Regions in memory and in Redis, databases with a few tables, and a log of what is sent."""

import os
import socket
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from dogpile.cache import make_region

from dovetail import create_engine, event
from dovetail.ext.cache import Cache
from dovetail.orm import sessionmaker
from tests.ext.cache.models import Base, Team, User
from tests.servers import Backend, servers_required

REDIS = os.environ.get("DOVETAIL_TEST_REDIS") or "redis://127.0.0.1:6379/0"
BACKENDS = (
    Backend("sqlite+pysqlite", "sqlite3"),
    Backend("postgresql+psycopg", "psycopg", "postgresql"),
    Backend("mariadb+pymysql", "pymysql", "mariadb"),
)


def require_redis():
    if not os.environ.get("DOVETAIL_TEST_REDIS") and not servers_required():
        pytest.skip(f"no Redis: set DOVETAIL_TEST_REDIS to its URL, for example {REDIS}")
    parts = urlsplit(REDIS)
    try:
        socket.create_connection((parts.hostname, parts.port or 6379), timeout=1).close()
    except OSError as error:
        reason = f"no Redis at {REDIS} ({error}): start one, or set DOVETAIL_TEST_REDIS"
        if servers_required():
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def prefix():
    """What all names of this test begin with."""
    return f"dovetail-test-{uuid4().hex}"


def redis_region(**arguments):
    arguments = {"url": REDIS, "socket_timeout": 5, "thread_local_lock": False, **arguments}
    return make_region().configure("dogpile.cache.redis", arguments=arguments)


@pytest.fixture(params=["memory", "redis"])
def region(request, prefix):
    if request.param == "memory":
        yield make_region().configure("dogpile.cache.memory")
        return
    require_redis()
    region = redis_region()
    yield region
    forget(region, prefix)


def forget(region, prefix):
    """Delete what a test has put into Redis."""
    client = region.actual_backend.writer_client
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)
    client.close()


@pytest.fixture(params=BACKENDS, ids=str)
def backend(request):
    request.param.require()
    return request.param


@pytest.fixture
def url(backend, databases, tmp_path):
    return databases.url(backend, tmp_path)


@pytest.fixture
def engine(url):
    engine = create_engine(url)
    prepare(engine)
    yield engine
    engine.dispose()


def prepare(engine):
    """Make the tables; two users of one team are there, and one without."""
    if engine.url.get_backend_name() == "sqlite":
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            # Readers and a writer at the same time.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    Base.metadata.create_all(engine)
    with sessionmaker(engine).begin() as session:
        red = Team(id=1, name="red")
        session.add_all(
            [
                User(id=1, name="ada", team=red, settings={"tea": ["green"]}),
                User(id=2, name="bob", team=red),
                User(id=3, name="cyd"),
            ]
        )


@pytest.fixture
def cache(region, prefix):
    return Cache(region, prefix=prefix)


@pytest.fixture
def Session(engine, cache):
    """A factory of sessions that the cache serves."""
    factory = sessionmaker(engine)
    cache.attach(factory)
    return factory


@pytest.fixture
def sent(engine):
    """``with sent() as log``: the statements that are sent within, in ``log``."""

    @contextmanager
    def sent(count=None):
        log = []

        def note(connection, cursor, statement, parameters, context, executemany):
            log.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield log
        finally:
            event.remove(engine, "before_cursor_execute", note)
        if count is not None:
            assert len(log) == count, log

    return sent
