"""What psycopg alone does: its addresses, its placeholders, its numbers."""

import subprocess
import sys
import textwrap
import threading

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    exc,
    func,
    insert,
    literal,
    literal_column,
    make_url,
    select,
    text,
)
from dovetail.dialects.postgresql.drivers import PsycopgDriver
from tests.servers import SERVERS

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))


@pytest.fixture
def items(engine):
    metadata.create_all(engine)
    return engine


def arguments(url):
    return PsycopgDriver().connect_arguments(make_url(url))[1]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://", {}),
        (
            "postgresql+psycopg://ada:p%40ss%2F%3A%25%20w@db:99/shop",
            {"user": "ada", "password": "p@ss/:% w", "host": "db", "port": 99, "dbname": "shop"},
        ),
        (
            "postgresql://ada@/shop?host=/run/postgresql",
            {"user": "ada", "dbname": "shop", "host": "/run/postgresql"},
        ),
        (
            "postgresql:///d?host=a:5432&host=b:5433&target_session_attrs=read-write",
            {
                "dbname": "d",
                "host": "a,b",
                "port": "5432,5433",
                "target_session_attrs": "read-write",
            },
        ),
        ("postgresql:///?host=a,b&port=1,2", {"host": "a,b", "port": "1,2"}),
        ("postgresql://h/?host=::1", {"host": "::1"}),
        (
            "postgresql:///?sslmode=require&application_name=x&prepare_threshold=3",
            {"sslmode": "require", "application_name": "x", "prepare_threshold": 3},
        ),
        ("postgresql:///?prepare_threshold=none", {}),
    ],
)
def test_urls(url, expected):
    assert arguments(url) == expected


@pytest.mark.parametrize("url", ["postgresql:///?host=a:b", "postgresql:///?prepare_threshold=x"])
def test_bad_urls(url):
    with pytest.raises(exc.ArgumentError):
        arguments(url)


def test_sql_of_the_driver(engine):
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        assert run("SELECT '100%%'").scalar() == "100%"
        assert run("SELECT '100%'").scalar() == "100%"
        free = {"no_parameters": True}
        assert run("SELECT '100%%'", execution_options=free).scalar() == "100%%"
        assert run("SELECT 5 % 3").scalar() == 2
        assert run("SELECT $1::int + $2::int", (1, 2)).scalar() == 3
        assert run("SELECT %s::int %% 3", (5,)).scalar() == 2
        assert run("SELECT %(a)s::int", {"a": 5}).scalar() == 5
        run("CREATE TEMPORARY TABLE q (a int)")
        assert run("INSERT INTO q VALUES (%s)", [(1,), (2,)]).rowcount == 2
        assert run("INSERT INTO q VALUES ($1)", [(3,), (4,)]).rowcount == 2
        assert run("UPDATE q SET a = a + 1").rowcount == 4
        found = connection.execute(text("SELECT '::' || '\\:x%' || :x\\:\\:text"), {"x": "%s"})
        assert found.scalar() == ":::x%%s"


def test_whole_numbers_of_any_size_share_a_prepared_statement(items):
    statement = select(literal_column("1")).where(item.c.id == bindparam("i", type_=Integer))
    with items.connect() as connection:
        for number in (1, 70_000, 2, 90_000, -5, 100_000, 3, 4):
            connection.execute(statement, {"i": number}).all()
        prepared = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%item%'"
        )
        assert prepared.scalar() == 1
        assert connection.scalar(select(literal(2**62) + 1)) == 2**62 + 1
        assert connection.exec_driver_sql("SELECT $1 + 1", (2**80,)).scalar() == 2**80 + 1


def test_many_rows_in_constant_memory(url):
    program = f"""
        import resource
        from dovetail import create_engine, func, select
        engine = create_engine({url!r})
        with engine.connect() as connection:
            rows = func.generate_series(1, 200_000).column_valued("n")
            statement = select(rows, func.repeat("x", 300))
            connection.execute(statement.limit(10)).all()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            count = 0
            result = connection.execution_options(yield_per=2000).execute(statement)
            for part in result.partitions():
                count += len(part)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert count == 200_000
        print(after - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )

    # All at once they take more than 70 MB.
    assert int(done.stdout) < 30_000


def test_creators(url):
    import psycopg

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    engine = create_engine("postgresql://", creator=lambda: psycopg.connect(plain))
    with engine.connect() as connection:
        assert connection.scalar(select(literal(5))) == 5
    engine.dispose()


def test_listeners_meet_the_drivers_connection(engine):
    import psycopg

    met = []
    event.listen(engine, "connect", lambda raw, record: met.append(raw))
    with engine.connect() as connection:
        connection.execute(select(1))

    assert isinstance(met[0], psycopg.Connection)


def test_threads_have_their_own_connections(items):
    def work(number):
        with items.begin() as connection:
            connection.execute(insert(item), {"name": str(number)})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with items.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(item)) == 8


def test_the_default_server_is_that_of_the_tests():
    assert SERVERS["postgresql"].default_port == 5432


def test_large_whole_numbers_in_lists(engine):
    given = [None, 0, 2**62, -(2**63), 2**31 - 1]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT $1::BIGINT[]", (given,)).scalar() == given
