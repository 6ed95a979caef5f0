"""Databases for the examples."""

import pytest

from tests.examples.backends import BACKENDS


@pytest.fixture(params=BACKENDS, ids=str)
def url(request, databases, tmp_path):
    """The URL of an empty database, in a file or on a server."""
    request.param.require()
    return databases.url(request.param, tmp_path)
