"""What the tests of all examples send and count."""

import pytest

from tests.servers import Backend

BACKENDS = (
    Backend("sqlite+pysqlite", "sqlite3"),
    Backend("postgresql+psycopg", "psycopg", "postgresql"),
)


@pytest.fixture(params=BACKENDS, ids=str)
def url(request, databases, tmp_path):
    """The URL of an empty database, in a file or on a server."""
    request.param.require()
    return databases.url(request.param, tmp_path)
