"""Tests make databases on servers that somebody has named for that, and on no others."""

import pytest

from tests.announce import VARIABLES, announcement
from tests.servers import SERVERS


@pytest.fixture
def unnamed(monkeypatch):
    """Nobody has named a server, or said that all are there for tests."""
    for name in (*VARIABLES, "DOVETAIL_REQUIRE_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("server", SERVERS.values(), ids=lambda server: server.name)
def test_a_server_that_nobody_has_named_is_not_looked_for(unnamed, server):
    unnamed.setattr("socket.create_connection", None)

    assert server.absence() == (
        f"no {server.name}: set {server.variable} to the URL of a database for tests to use, "
        f"for example {server.default_url}"
    )


@pytest.mark.parametrize("server", SERVERS.values(), ids=lambda server: server.name)
def test_a_server_that_is_named_is_looked_for_where_it_is(unnamed, server):
    unnamed.setenv(server.variable, f"{server.name}://ada@127.0.0.1:1/shop")

    assert f"no {server.name} at 127.0.0.1:1" in server.absence()


def test_what_is_about_to_happen_is_said(unnamed):
    unnamed.setenv("DOVETAIL_TEST_MARIADB", "mariadb://ada:secret@127.0.0.1/shop")

    told = announcement()

    assert "DOVETAIL_TEST_MARIADB: databases called dovetail… are made" in told
    assert "127.0.0.1/shop" in told
    assert "secret" not in told
    assert "skipped, since nothing is named: DOVETAIL_TEST_POSTGRESQL, DOVETAIL_TEST_REDIS" in told
    assert "make test-quick" in told


def test_where_all_are_required_the_usual_ones_are_used(unnamed):
    unnamed.setenv("DOVETAIL_REQUIRE_SERVERS", "1")

    told = announcement()

    assert "skipped" not in told
    assert all(name in told for name in VARIABLES)
