"""Engines on the PostgreSQL server of the tests.

A test runs on psycopg.  Those of a module that says ``EVERY_DRIVER = True`` run with each driver;
with one that awaits, the test's blocking code stands on the bridge of ``run_sync()``, so that each
of its requests is awaited by an event loop.
"""

import asyncio
import os
from itertools import count

import pytest

from dovetail import create_engine
from dovetail.ext.asyncio.bridge import run_blocking
from tests.servers import AWAITING_BACKENDS, BACKENDS, SERVERS

BLOCKING = [backend for backend in BACKENDS if backend.server == "postgresql"]
AWAITING = [backend for backend in AWAITING_BACKENDS if backend.server == "postgresql"]


def pytest_generate_tests(metafunc):
    if "driver" in metafunc.fixturenames:
        every = getattr(metafunc.module, "EVERY_DRIVER", False)
        drivers = [*BLOCKING, *AWAITING] if every else BLOCKING[:1]
        metafunc.parametrize("driver", drivers, indirect=True, ids=str, scope="module")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test on the bridge, where its driver awaits."""
    bridged = pyfuncitem.funcargs.get("bridged")
    if bridged is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    bridged(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names})
    return True


@pytest.fixture(scope="module")
def driver(request):
    """The driver of the test, as a backend."""
    request.param.require()
    return request.param


@pytest.fixture(scope="module")
def bridged(driver):
    """A function that calls another one, on the bridge where the driver awaits."""
    if driver in BLOCKING:
        yield lambda function, *arguments, **options: function(*arguments, **options)
        return
    with asyncio.Runner() as runner:
        yield lambda function, *arguments, **options: runner.run(
            run_blocking(function, *arguments, **options)
        )


@pytest.fixture
def in_threads(driver):
    """For tests with threads of their own, in which nothing awaits."""
    if driver not in BLOCKING:
        pytest.skip("an awaiting driver belongs to one event loop")


@pytest.fixture
def url(driver, bridged, databases, tmp_path):
    """The URL of an empty database."""
    return databases.url(driver, tmp_path)


@pytest.fixture
def make_engine(url, bridged):
    """A function that makes engines on one empty database."""
    made = []

    def make(address=url, **options):
        made.append(create_engine(address, **options))
        return made[-1]

    yield make
    for engine in made:
        bridged(engine.dispose)


@pytest.fixture
def engine(make_engine):
    """An engine on an empty database."""
    return make_engine()


@pytest.fixture(scope="module")
def shared(driver, bridged):
    """An engine on a database that the tests of a module share, and no others."""
    server = SERVERS["postgresql"]
    name = f"dovetail_shared_{os.getpid()}_{next(_numbers)}"
    with server.administration() as run:
        run(f"CREATE DATABASE {name}")
    engine = create_engine(server.url_for(name, driver.driver))
    yield engine
    bridged(engine.dispose)
    with server.administration() as run:
        run(f"DROP DATABASE {name} WITH (FORCE)")


_numbers = count()
