"""An engine for each driver of MariaDB, on an empty database of this worker."""

import pytest

from dovetail import create_engine
from tests.servers import BACKENDS

OWN = [backend for backend in BACKENDS if backend.server == "mariadb"]


@pytest.fixture(params=OWN, ids=str)
def backend(request):
    """Each driver in turn; one that is absent is skipped."""
    request.param.require()
    return request.param


@pytest.fixture
def engine(backend_url):
    engine = create_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def other(backend_url):
    """A second engine on the same database."""
    engine = create_engine(backend_url)
    yield engine
    engine.dispose()
