"""Databases for the examples."""

import pytest

from dovetail import create_engine, event
from tests.examples.backends import BACKENDS


@pytest.fixture
def engine(backend_url):
    """An engine on an empty database: of each server, with each driver."""
    engine = create_engine(backend_url)
    yield engine
    assert engine.pool.checkedout() == 0
    engine.dispose()


@pytest.fixture
def sent(engine):
    """The statements that the engine has sent, without those that begin and end transactions."""
    statements = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    return statements


@pytest.fixture(params=BACKENDS, ids=str)
def url(request, databases, tmp_path):
    """The URL of an empty database, in a file or on a server."""
    request.param.require()
    return databases.url(request.param, tmp_path)
