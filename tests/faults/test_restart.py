"""A server that stops, or crashes, and starts again while many write to it."""

import time
from contextlib import ExitStack

import pytest

import dovetail as dv
from tests.faults.conftest import REMOTE
from tests.faults.ledger import WORKERS, token_table, workers
from tests.loop_thread import calls_to
from tests.private_servers import private_mariadb, private_postgresql

RESTARTS = 3
START = {"postgresql": private_postgresql, "mariadb": private_mariadb}


# These stand for the fixtures of the other faults: nothing else may use a server that stops.
@pytest.fixture(params=REMOTE)
def backend(request):
    request.param.require_driver()
    with calls_to(request.param):
        yield request.param


@pytest.fixture(scope="module")
def private():
    """A function that gives the server of the tests of this module, by its name."""
    with ExitStack() as stack:
        running = {}

        def server(name):
            if name not in running:
                running[name] = stack.enter_context(START[name]())
            return running[name]

        yield server


@pytest.fixture
def server(backend, private):
    return private(backend.server)


@pytest.fixture
def engine(backend, server):
    place = server.url.partition("://")[2]
    engine = dv.create_engine(f"{backend}://{place}", pool_size=WORKERS)
    yield engine
    engine.dispose()


@pytest.fixture
def token(engine):
    token = token_table()
    token.metadata.drop_all(engine)
    token.metadata.create_all(engine)
    return token


def wait_for_more(ledger):
    """Return when the workers have written for a while."""
    enough = len(ledger.acknowledged) + 20 * WORKERS
    deadline = time.monotonic() + 20
    while len(ledger.acknowledged) < enough and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(ledger.acknowledged) >= enough


@pytest.mark.parametrize("end", ["stop", "crash"])
def test_every_acknowledged_commit_outlives_restarts(end, server, engine, token):
    with workers(engine, token) as ledger:
        wait_for_more(ledger)
        for _ in range(RESTARTS):
            getattr(server, end)()
            time.sleep(0.2)  # nothing listens
            server.start()
            wait_for_more(ledger)

    assert ledger.refused
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        ledger.check(connection.scalars(dv.select(token.c.id)).all())
