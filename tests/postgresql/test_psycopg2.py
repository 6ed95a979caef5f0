"""What psycopg2 alone does: its addresses, its placeholders, its literals."""

import subprocess
import sys
import textwrap
import uuid
from ipaddress import ip_address

import pytest

from dovetail import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Uuid,
    create_engine,
    event,
    exc,
    insert,
    literal,
    make_url,
    select,
    text,
)
from dovetail.dialects import postgresql as pg
from dovetail.dialects.driver import driver_class


@pytest.fixture
def engine(url, make_engine):
    driver_class("postgresql", "psycopg2").load()
    return make_engine(make_url(url).set(drivername="postgresql+psycopg2"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+psycopg2://", {}),
        (
            "postgresql+psycopg2://ada:p%40ss%2F%3A%25%20w@db:99/shop",
            {"user": "ada", "password": "p@ss/:% w", "host": "db", "port": 99, "dbname": "shop"},
        ),
        (
            "postgresql+psycopg2:///d?host=a:5432&host=b:5433&target_session_attrs=read-write",
            {
                "dbname": "d",
                "host": "a,b",
                "port": "5432,5433",
                "target_session_attrs": "read-write",
            },
        ),
        (
            "postgresql+psycopg2:///?sslmode=require&application_name=x",
            {"sslmode": "require", "application_name": "x"},
        ),
    ],
)
def test_urls(url, expected):
    driver = driver_class("postgresql", "psycopg2")()
    assert driver.connect_arguments(make_url(url))[1] == expected


def test_sql_of_the_driver(engine):
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        assert run("SELECT %s::int %% 3", (5,)).scalar() == 2
        assert run("SELECT %(a)s::int", {"a": 5}).scalar() == 5
        assert run("SELECT $2::int - $1::int", (1, -2)).scalar() == -3
        assert run("SELECT '$1' || %s", ("x",)).scalar() == "$1x"
        assert run("SELECT '%' || $1", ("x",)).scalar() == "%x"
        free = {"no_parameters": True}
        assert run("SELECT 5 % 3", execution_options=free).scalar() == 2
        run("CREATE TEMPORARY TABLE q (a int)")
        assert run("INSERT INTO q VALUES (%s)", [(1,), (2,)]).rowcount == 2
        assert run("INSERT INTO q VALUES ($1)", [(3,), (4,)]).rowcount == 2
        assert run("UPDATE q SET a = a + 1").rowcount == 4
        found = connection.execute(text("SELECT '::' || '\\:x%' || :x\\:\\:text"), {"x": "%s"})
        assert found.scalar() == ":::x%%s"


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (-(2**15), SmallInteger()),
        (-(2**31), Integer()),
        (-(2**63), pg.BIGINT()),
        ([-(2**31), None, 5], pg.ARRAY(Integer)),
        (uuid.UUID(int=5), Uuid()),
        ([uuid.UUID(int=5), None], pg.ARRAY(Uuid)),
        (b"\x00'\\\xff", LargeBinary()),
        ([b"\x00'\\\xff"], pg.ARRAY(LargeBinary)),
        (True, pg.BOOLEAN()),
        (pg.MultiRange([pg.Range(1, 4), pg.Range(7, 9)]), pg.INT4MULTIRANGE()),
    ],
)
def test_values_are_written_as_literals_of_their_types(engine, value, type_):
    with engine.connect() as connection:
        found = connection.scalar(select(literal(value, type_)))
    assert found == value
    assert type(found) is type(value)


def test_addresses_are_read_and_written(engine):
    table = Table("hosts", MetaData(), Column("host", pg.INET), Column("hosts", pg.ARRAY(pg.INET)))
    one, other = ip_address("10.0.0.1"), ip_address("::1")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), {"host": one, "hosts": [one, other]})
        assert connection.execute(select(table)).one() == (one, [one, other])


def test_nothing_is_registered_for_the_whole_process(url):
    # In a process of its own: others than this library register what they need for all.
    program = """
        import sys
        import uuid

        import psycopg2
        from dovetail import Uuid, create_engine, literal, select

        five = uuid.UUID(int=5)
        engine = create_engine(sys.argv[1])
        with engine.connect() as connection:
            assert connection.scalar(select(literal(five, Uuid))) == five
            plain = psycopg2.connect(connection.connection.driver_connection.dsn)
        cursor = plain.cursor()
        cursor.execute(f"SELECT '{five}'::uuid, '10.0.0.1'::inet")
        assert cursor.fetchone() == (str(five), "10.0.0.1")
        try:
            cursor.execute("SELECT %s", (five,))
        except psycopg2.ProgrammingError as error:
            assert "adapt" in str(error)
            print("refused")
    """
    place = make_url(url).set(drivername="postgresql+psycopg2").render_as_string(False)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "refused\n", done.stderr


def test_what_cannot_be_sent_is_an_error_of_the_data(engine):
    with engine.connect() as connection:
        for value in ("a\x00b", "\ud800"):
            with pytest.raises(exc.DataError):
                connection.execute(select(literal(value)))
        assert connection.scalar(select(1)) == 1


def test_listeners_and_creators_meet_the_drivers_connection(url):
    import psycopg2

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(plain))
    met = []
    event.listen(engine, "connect", lambda raw, record: met.append(type(raw)))
    with engine.connect() as connection:
        assert connection.scalar(select(literal({"a": 1}, pg.JSONB))) == {"a": 1}
    assert met == [psycopg2.extensions.connection]
    engine.dispose()


def test_an_awaiting_engine_is_refused(url):
    from dovetail.ext.asyncio import create_async_engine

    with pytest.raises(exc.InvalidRequestError) as caught:
        create_async_engine(make_url(url).set(drivername="postgresql+psycopg2"))
    assert "postgresql+asyncpg" in caught.value.hint


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
def test_the_encoding_of_the_client_is_an_option_of_the_engine(url, make_engine, name):
    address = make_url(url).set(drivername=f"postgresql+{name}")
    with make_engine(address, client_encoding="latin1").connect() as connection:
        assert connection.scalar(text("SHOW client_encoding")) == "LATIN1"
        assert connection.scalar(select(literal("é"))) == "é"
    with pytest.raises(exc.ArgumentError, match="client_encoding is a string, not 8"):
        make_engine(address, client_encoding=8)
    with pytest.raises(exc.InvalidOption, match="client_encoding"):
        make_engine("sqlite://", client_encoding="utf8")


def test_options_that_ask_for_what_is_so_anyway_are_taken(engine, make_engine):
    asked = {"executemany_mode": "values_only", "executemany_batch_page_size": 50}
    with make_engine(engine.url, use_native_hstore=True, **asked).connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    with pytest.raises(exc.InvalidOption, match="executemany_mode"):
        make_engine("sqlite://", **asked)
