"""Engines on the PostgreSQL server of the tests."""

import os
from itertools import count

import pytest

from dovetail import create_engine
from tests.servers import AWAITING_BACKENDS, BACKENDS, SERVERS

_BACKEND = next(backend for backend in BACKENDS if backend.server == "postgresql")
AWAITING = [backend for backend in AWAITING_BACKENDS if backend.server == "postgresql"]


@pytest.fixture
def url(databases, tmp_path):
    """The URL of an empty database."""
    _BACKEND.require()
    return databases.url(_BACKEND, tmp_path)


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
def shared():
    """An engine on a database that the tests of a module share, and no others."""
    _BACKEND.require()
    server = SERVERS["postgresql"]
    name = f"dovetail_shared_{os.getpid()}_{next(_numbers)}"
    with server.administration() as run:
        run(f"CREATE DATABASE {name}")
    engine = create_engine(server.url_for(name, "psycopg"))
    yield engine
    engine.dispose()
    with server.administration() as run:
        run(f"DROP DATABASE {name} WITH (FORCE)")


_numbers = count()
