"""An engine for each driver of MariaDB, on an empty database of this worker."""

import pytest

from dovetail import create_engine
from tests.loop_thread import calls_to
from tests.servers import backends_of


@pytest.fixture(params=backends_of("mariadb"), ids=str)
def backend(request):
    """Each driver in turn; one that is absent is skipped.

    The requests of one that awaits are awaited in a thread beside the test.
    """
    request.param.require()
    with calls_to(request.param):
        yield request.param


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
