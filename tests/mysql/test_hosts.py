"""Several servers in one URL."""

import socket

import pytest

from dovetail import create_engine, exc, text
from dovetail.dialects.mysql.hosts import read_hosts
from tests.private_servers import free_port


def place(url):
    """Host and port of *url*, and what stands around them."""
    start, _, rest = url.partition("://")
    login, _, rest = rest.rpartition("@")
    host, _, database = rest.partition("/")
    name, _, port = host.partition(":")
    return f"{start}://{login}@/{database}", f"{name}:{port or 3306}"


@pytest.fixture
def url_with(backend_url):
    """A function that gives the URL with other servers before the one that is there."""
    around, server = place(backend_url)

    def url_with(*others):
        return f"{around}?" + "&".join(f"host={each}" for each in (*others, server))

    return url_with


def answer(url, **options):
    engine = create_engine(url, **options)
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT 7"))
    finally:
        engine.dispose()


def test_a_server_that_is_not_there_is_passed_over(url_with):
    assert answer(url_with(f"127.0.0.1:{free_port()}")) == 7


def test_a_server_that_does_not_answer_is_passed_over(url_with):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = url_with(f"127.0.0.1:{deaf.getsockname()[1]}")
        assert answer(url, connect_args={"connect_timeout": 1}) == 7


def test_the_error_names_each_server(backend):
    ports = free_port(), free_port()
    hosts = "&".join(f"host=127.0.0.1:{port}" for port in ports)
    with pytest.raises(exc.OperationalError, match="does the server run") as caught:
        answer(f"{backend}://root@/x?{hosts}")
    for port in ports:
        assert f"127.0.0.1:{port}: Can't connect" in str(caught.value)
    assert caught.value.retry_scope == "new_connection"


def test_a_server_that_refuses_the_user_is_the_last_that_is_asked(url_with):
    url = url_with().replace("root@", "nobody:secret@") + f"&host=127.0.0.1:{free_port()}"
    with pytest.raises(exc.OperationalError, match="user and password"):
        answer(url)


def test_a_socket_beside_several_hosts_is_refused(url_with):
    with pytest.raises(exc.ArgumentError, match="contradict"):
        answer(url_with("127.0.0.1:1"), connect_args={"unix_socket": "/run/x.sock"})


@pytest.mark.parametrize(
    ("values", "port", "found"),
    [
        (["a"], None, {"host": "a"}),
        (["a"], 3307, {"host": "a", "port": 3307}),
        (["a:3308"], 3307, {"host": "a", "port": 3308}),
        (["a", "b:3307"], None, {"host": ["a", "b"], "port": [3306, 3307]}),
        (["a,b:3307"], 3309, {"host": ["a", "b"], "port": [3309, 3307]}),
        (["::1"], None, {"host": "::1"}),
        (["[::1]:3307", "[::1]"], None, {"host": ["::1", "::1"], "port": [3307, 3306]}),
    ],
)
def test_hosts_of_a_url(values, port, found):
    assert read_hosts(values, port) == found


@pytest.mark.parametrize("value", ["", "a:b", ":3306", "a,,b", "[::1]:x"])
def test_what_is_no_host_is_refused(value):
    with pytest.raises(exc.ArgumentError, match="is not a host"):
        read_hosts([value], None)
