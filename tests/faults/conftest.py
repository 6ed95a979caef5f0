"""Servers with a network that fails on demand."""

from urllib.parse import urlsplit

import pytest

import dovetail as dv
from tests.faults.ledger import token_table
from tests.faults.proxy import Proxy
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS, SERVERS

REMOTE = [
    pytest.param(backend, id=str(backend))
    for backend in (*BACKENDS, *AWAITING_BACKENDS)
    if backend.server
]


@pytest.fixture(params=REMOTE)
def backend(request):
    """Each driver in turn; the requests of one that awaits are awaited in a thread beside."""
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def proxy(backend):
    server = SERVERS[backend.server]
    parts = urlsplit(server.url)
    with Proxy(parts.hostname or "127.0.0.1", parts.port or server.default_port) as proxy:
        yield proxy


@pytest.fixture
def direct(backend_url):
    """An engine that goes past the proxy."""
    engine = dv.create_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(backend_url, proxy):
    """An engine that goes through the proxy, and waits one second for a reply."""
    engine = dv.create_engine(proxy.url(backend_url), connect_args={"read_timeout": 1})
    yield engine
    engine.dispose()


@pytest.fixture
def token(direct):
    """A table whose rows prove what was committed."""
    token = token_table()
    token.metadata.create_all(direct)
    return token
