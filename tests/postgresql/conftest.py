"""Engines on the PostgreSQL server of the tests.

A test runs on psycopg; those of a module that says ``EVERY_DRIVER = True`` run with each driver.
"""

import os
from itertools import count

import pytest

from dovetail import create_engine
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS, SERVERS

BLOCKING = [backend for backend in BACKENDS if backend.server == "postgresql"]
AWAITING = [backend for backend in AWAITING_BACKENDS if backend.server == "postgresql"]


def pytest_generate_tests(metafunc):
    if "driver" in metafunc.fixturenames:
        every = getattr(metafunc.module, "EVERY_DRIVER", False)
        drivers = [*BLOCKING, *AWAITING] if every else BLOCKING[:1]
        metafunc.parametrize("driver", drivers, indirect=True, ids=str, scope="module")


@pytest.fixture(scope="module")
def driver(request):
    """The driver of the test, as a backend; one that awaits is awaited in a thread beside."""
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def url(driver, databases, tmp_path):
    """The URL of an empty database."""
    return databases.url(driver, tmp_path)


@pytest.fixture
def make_engine(url):
    """A function that makes engines on one empty database."""
    made = []

    def make(address=url, **options):
        made.append(create_engine(address, **options))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(make_engine):
    """An engine on an empty database."""
    return make_engine()


@pytest.fixture(scope="module")
def shared(driver):
    """An engine on a database that the tests of a module share, and no others."""
    server = SERVERS["postgresql"]
    name = f"dovetail_shared_{os.getpid()}_{next(_numbers)}"
    with server.administration() as run:
        run(f"CREATE DATABASE {name}")
    engine = create_engine(server.url_for(name, driver.driver))
    yield engine
    engine.dispose()
    with server.administration() as run:
        run(f"DROP DATABASE {name} WITH (FORCE)")


_numbers = count()
