"""What all tests share: where the servers are, and how hard the property tests try."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "ci", settings.get_profile("default"), max_examples=1000, derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


@dataclass(frozen=True, slots=True)
class Server:
    """A database server that tests may use."""

    name: str
    default_url: str
    default_port: int

    @property
    def variable(self) -> str:
        return f"DOVETAIL_TEST_{self.name.upper()}"

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default_url

    def absence(self) -> str | None:
        """Why the server cannot be used, or None when something listens there."""
        parts = urlsplit(self.url)
        address = (parts.hostname or "127.0.0.1", parts.port or self.default_port)
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError as error:
            return (
                f"no {self.name} at {address[0]}:{address[1]} ({error}): "
                f"start one, or set {self.variable} to a database URL"
            )
        return None


SERVERS = {
    server.name: server
    for server in (
        Server("postgresql", "postgresql://dovetail:dovetail@127.0.0.1/dovetail_test", 5432),
        Server("mariadb", "mariadb://dovetail:dovetail@127.0.0.1/dovetail_test", 3306),
    )
}


@cache
def absence(name: str) -> str | None:
    return SERVERS[name].absence()


def servers_required() -> bool:
    return os.environ.get("DOVETAIL_REQUIRE_SERVERS") == "1"


@pytest.fixture
def server_url(request: pytest.FixtureRequest) -> str:
    """The URL of the server that the test is marked with: ``@pytest.mark.server("mariadb")``."""
    marker = request.node.get_closest_marker("server")
    assert marker is not None, "a test that asks for server_url names its server with a mark"
    name = marker.args[0]
    reason = absence(name)
    if reason and servers_required():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    return SERVERS[name].url
