"""URLs with hostile parts, read and written as the oracle does it."""

import pytest
import sqlalchemy

import dovetail
from dovetail.exc import ArgumentError

TEXTS = [
    "sqlite://",
    "sqlite:////abs/p.db",
    "sqlite:///a%20b.db?x=a+b",
    "postgresql://u:p%40ss%2F%3A@h:5432/d",
    "postgresql+psycopg://u@h",
    "postgresql://:p@h/d",
    "postgresql://u:@h/d",
    "postgresql://u:p@[::1]:5432/d",
    "postgresql://u:p@[fe80::1%25eth0]/d",
    "postgresql:///d?host=/tmp&host=b",
    "postgresql://u:p@h/d?a=1&b=2&a=3",
    "postgresql://u:p:q@h/d",
    "postgresql://u:p/q@h/d",
    "postgresql://u:p?q@h/d",
    "postgresql://u:p?x=1@h/d",
    "postgresql://u:123/4@h/d",
    "postgresql://u:p#q@h/d",
    "postgresql://u:p@h/a@b",
    "postgresql://u:p@h/d?email=a@b",
    "postgresql://h/d?e=a:b@c",
    "postgresql://u%20x:p+q@h/d",
    "postgresql://u+x:p%2Bq@h/d",
    "postgresql://u:%zz@h/d",
    "mysql://u:p@h/d%2Fe?charset=utf8mb4",
    "postgresql://u:p@h/d?x=%26%3D",
    "postgresql://u:p@h?x=1",
    "postgresql://u:p@h/?x=1",
    "mssql+pyodbc://?odbc_connect=DRIVER%3D1",
    "postgresql://h:port/d",
    "postgresql://u:p@h1:1,h2:2/d",
    "my-db://h",
    "post gres://h",
    "http//x",
    "",
    "://",
]


def parts(url):
    return (
        *(url.drivername, url.username, url.password, url.host, url.port, url.database),
        dict(url.query),
    )


def outcome(body):
    try:
        answer = body()
    except (ArgumentError, sqlalchemy.exc.ArgumentError, ValueError, TypeError):
        return "refused"
    return parts(answer) if hasattr(answer, "drivername") else answer


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_alike(text):
    assert outcome(lambda: dovetail.make_url(text)) == outcome(lambda: sqlalchemy.make_url(text))


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written_is_read_again(text):
    try:
        url = dovetail.make_url(text)
    except ArgumentError:
        return
    assert dovetail.make_url(url.render_as_string(hide_password=False)) == url


U = "postgresql+psycopg://u:p@h:1/d?a=1&b=2&b=3"

CALLS = {
    "hostile": lambda u, c: c(
        "postgresql", "u@:", "p@:/?#[]%+ é", "h", 5, "d?f#", {"a": ["&", "="]}
    ),
    "no password": lambda u, c: c("postgresql", "u", None, "h"),
    "port text": lambda u, c: c("postgresql", port="12"),
    "port bad": lambda u, c: c("postgresql", port="x"),
    "port empty": lambda u, c: c("postgresql", port=""),
    "name none": lambda u, c: c(None),
    "name number": lambda u, c: c(5),
    "user number": lambda u, c: c("x", 5),
    "host number": lambda u, c: c("x", host=5),
    "database number": lambda u, c: c("x", database=5),
    "query number": lambda u, c: c("x", query={"a": 5}),
    "query numbers": lambda u, c: c("x", query={"a": [5]}),
    "query text": lambda u, c: c("x", query="a=b"),
    "query key": lambda u, c: c("x", query={5: "a"}),
    "password number": lambda u, c: str(c("x", "u", password=5)),
    "ipv6": lambda u, c: c("x", host="::1", port=3).render_as_string(),
    "set": lambda u, c: u.set(database="e", drivername="mysql"),
    "set unknown": lambda u, c: u.set(foo=1),
    "set query": lambda u, c: u.set(query={"z": "1"}),
    "set port": lambda u, c: u.set(port="x"),
    "string": lambda u, c: u.update_query_string("b=9&c=1"),
    "string appended": lambda u, c: u.update_query_string("b=9&c=1", append=True),
    "pairs": lambda u, c: u.update_query_pairs([("a", "2"), ("a", "3")]),
    "pairs appended": lambda u, c: u.update_query_pairs([("a", "2"), ("a", "3")], append=True),
    "pairs of lists": lambda u, c: u.update_query_pairs([("a", ["2", "4"])]),
    "dict": lambda u, c: u.update_query_dict({"a": ["7", "8"], "n": "1"}),
    "dict appended": lambda u, c: u.update_query_dict({"a": ["7", "8"], "n": "1"}, append=True),
    "dict of numbers": lambda u, c: u.update_query_dict({"a": 5}),
    "difference": lambda u, c: u.difference_update_query(["a", "zz"]),
    "normalized": lambda u, c: dict(u.normalized_query),
    "arguments": lambda u, c: u.translate_connect_args(),
    "arguments named": lambda u, c: u.translate_connect_args(username="user", database="db"),
    "names": lambda u, c: (u.get_backend_name(), u.get_driver_name()),
    "hidden": lambda u, c: str(c("x", "u", "secret", "h", query={"b": "2", "a": "1"})),
    "equal": lambda u, c: u == u.set(query={"b": ["2", "3"], "a": "1"}),
    "another": lambda u, c: u != 5,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_url_is_made_and_changed_alike(call):
    ours = outcome(lambda: call(dovetail.make_url(U), dovetail.URL.create))

    assert ours == outcome(lambda: call(sqlalchemy.make_url(U), sqlalchemy.URL.create))


@pytest.mark.parametrize("text", ["x//u:secret@h/d", "po st://u:secret@h/d", "x://u:s@secret@h:y/"])
def test_no_error_shows_the_password(text):
    with pytest.raises(ArgumentError) as caught:
        dovetail.make_url(text)

    assert "secret" not in str(caught.value)


def test_what_looks_like_a_password_in_the_query_is_none():
    url = dovetail.make_url("postgresql://h:5432/d?email=a@b")

    assert (url.username, url.host, url.port, url.query["email"]) == (None, "h", 5432, "a@b")
