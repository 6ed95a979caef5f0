"""URLs, with SQLAlchemy as the oracle."""

import copy
import pickle

import pytest
import sqlalchemy

from dovetail.engine import URL, make_url
from dovetail.exc import ArgumentError, NoSuchModuleError

URLS = [
    "sqlite://",
    "sqlite:///foo.db",
    "sqlite:////abs/foo.db",
    "sqlite:///",
    "sqlite:///foo%20bar.db",
    "sqlite:///foo.db?mode=ro&uri=true",
    "postgresql://u:p%40ss@h:5432/db?a=1&b=2&a=3",
    "postgresql+psycopg://u:p%2Fw@[::1]:99/db",
    "postgresql:///db",
    "postgresql://h",
    "postgresql://u@/db?host=/tmp",
    "postgresql://u:@h/db",
    "mysql+pymysql://root@localhost/x?charset=utf8mb4",
    "mariadb://us%2Ber:pa+ss@h/db",
]


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_read_and_written_as_the_oracle_does(text):
    ours, theirs = make_url(text), sqlalchemy.make_url(text)

    for part in ("drivername", "username", "password", "host", "port", "database"):
        assert getattr(ours, part) == getattr(theirs, part)
    assert dict(ours.query) == dict(theirs.query)
    assert str(ours) == str(theirs)
    assert ours.render_as_string(hide_password=False) == theirs.render_as_string(
        hide_password=False
    )


@pytest.mark.parametrize("text", [*URLS, "sqlite:///a%3Fb%2523.db"])
def test_a_url_survives_the_way_through_text_and_pickle(text):
    url = make_url(text)

    assert make_url(url.render_as_string(hide_password=False)) == url
    assert pickle.loads(pickle.dumps(url)) == url == copy.deepcopy(url)
    assert hash(pickle.loads(pickle.dumps(url))) == hash(url)


@pytest.mark.parametrize(
    "text", ["foo", "sqlite:/foo", "postgresql://u:pa/ss@h:1x/d", "", "://x", "x://h:port/d"]
)
def test_a_bad_url_says_how_to_write_one(text):
    with pytest.raises(ArgumentError) as caught:
        make_url(text)

    assert caught.value.hint


def test_no_message_shows_a_password():
    with pytest.raises(ArgumentError) as caught:
        make_url("postgresql://ada:sec/ret@host:x/d")

    assert "sec" not in str(caught.value)
    assert "secret" not in repr(make_url("postgresql://ada:secret@host/d"))


def test_parts_can_be_changed():
    url = make_url("postgresql://ada:secret@db/shop")

    assert url.set(database="test").database == "test"
    assert url.database == "shop"
    assert str(url.update_query_dict({"a": ["1", "2"]})).endswith("?a=1&a=2")
    assert str(url.update_query_string("a=1").update_query_string("a=2", append=True)).endswith(
        "?a=1&a=2"
    )
    assert url.update_query_string("a=1&b=2").difference_update_query(["a"]).query == {"b": "2"}
    with pytest.raises(TypeError, match="databse"):
        url.set(databse="x")


def test_parts_can_be_translated():
    url = URL.create("mysql", "ada", "s@cret", "db", 3306, "shop")

    assert url.translate_connect_args(username="user", database="db") == {
        "host": "db",
        "db": "shop",
        "user": "ada",
        "password": "s@cret",
        "port": 3306,
    }
    assert str(url.set(port=None)) == "mysql://ada:***@db/shop"


def test_unknown_databases_and_drivers_are_named():
    with pytest.raises(NoSuchModuleError) as caught:
        make_url("sqlit://").get_driver_class()
    assert caught.value.hint == "did you mean 'sqlite'?"
    with pytest.raises(NoSuchModuleError) as caught:
        make_url("sqlite+foo://").get_driver_class()
    assert "sqlite+aiosqlite" in caught.value.hint


def test_secrets_in_the_query_are_hidden_too():
    url = make_url("postgresql://h/d?password=hush&sslpassword=hush&user=ada&access_token=hush")

    for shown in (str(url), repr(url), url.render_as_string()):
        assert "hush" not in shown
    assert "user=ada" in str(url)
    assert url.render_as_string(hide_password=False).count("hush") == 3
