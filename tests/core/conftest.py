"""Core on every server with every driver; ``DOVETAIL_TEST_PACKAGE=sqlalchemy`` tests the tests."""

import os
from importlib import import_module

import pytest

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")


@pytest.fixture(scope="session")
def sa():
    return import_module(PACKAGE)


@pytest.fixture
def engine(sa, backend_url):
    engine = sa.create_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def metadata(sa):
    return sa.MetaData()
