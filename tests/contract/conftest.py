"""The contract on every server with every driver; ``DOVETAIL_TEST_PACKAGE=sqlalchemy`` tests it."""

import os
from importlib import import_module

import pytest

from tests.contract.oracle import NOT_OF_THE_ORACLE
from tests.servers import AWAITING_BACKENDS, BACKENDS

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")
"""``sqlalchemy`` runs what is common to both on the oracle: that tests these tests."""


@pytest.fixture(params=[*BACKENDS, *AWAITING_BACKENDS], ids=str)
def backend(request):
    """Each server with each of its drivers in turn, those that block and those that await."""
    request.param.require()
    return request.param


@pytest.fixture
def database_url(backend_url):
    return backend_url


@pytest.fixture
def leaves_tables():
    """The next test has an empty database."""
    return True


@pytest.fixture(scope="session")
def sa():
    return import_module(PACKAGE)


if PACKAGE != "dovetail":
    BLOCKING = {backend.dialect: backend.driver for backend in reversed(BACKENDS)}
    """The blocking driver in place of an awaiting one of the same dialect."""

    @pytest.fixture
    def make_engine(sa, backend, style, database_url):
        driver = BLOCKING[backend.dialect] if style == "awaiting" else backend.driver
        url = database_url.replace(f"+{backend.driver}", f"+{driver}")
        made = []

        def make_engine(**options):
            made.append(sa.create_engine(url, **options))
            return made[-1]

        yield make_engine
        for engine in made:
            engine.dispose()

    @pytest.fixture(autouse=True)
    def _not_of_the_oracle(request):
        names = {request.node.originalname, *(each.name for each in request.node.iter_parents())}
        for name in names & NOT_OF_THE_ORACLE.keys():
            pytest.skip(NOT_OF_THE_ORACLE[name])
