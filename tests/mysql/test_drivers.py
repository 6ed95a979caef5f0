"""What connections of PyMySQL and mysqlclient do, on a running MariaDB."""

import subprocess
import sys
from importlib.util import find_spec
from textwrap import dedent
from types import SimpleNamespace

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
    select,
    text,
    update,
)
from dovetail.dialects.mysql.drivers import MysqlclientDriver, PymysqlDriver
from dovetail.pool import NullPool
from dovetail.steps import bridged
from tests.loop_thread import HOUSE, start_of_program

item = Table(
    "item", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(50))
)


@pytest.fixture
def items(engine):
    item.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(item), [{"name": f"item {n}"} for n in range(5)])
    return engine


def test_the_dialect_learns_what_the_server_is(engine):
    with engine.connect():
        dialect = engine.dialect

    assert dialect.is_mariadb
    assert dialect.server_version_info >= (10, 5)
    assert dialect.features.supports_insert_returning
    assert not dialect.features.supports_update_returning
    assert dialect.default_schema_name == engine.url.database
    assert engine.backend.default_isolation == "REPEATABLE READ"


def test_a_node_of_galera_has_no_two_phase_transactions():
    """So ``make test-galera`` finds it; this is what the driver makes of its answer."""
    version = {"version": "10.11.19-MariaDB"}

    def learned(**variables):
        steps = PymysqlDriver().server_steps(SimpleNamespace(fetch=None, rollback=None))
        next(steps)
        steps.send([*(version | variables).items()])
        steps.send([("test",)])
        with pytest.raises(StopIteration) as stopped:
            steps.send(None)
        return stopped.value.value.features

    assert learned(wsrep_on="ON")["supports_two_phase"] is False
    assert "supports_two_phase" not in learned(wsrep_on="OFF")
    assert "supports_two_phase" not in learned()


def test_a_mysql_url_that_meets_mariadb_speaks_to_mariadb(backend_url):
    engine = create_engine(backend_url.replace("mariadb+", "mysql+"))
    with engine.connect():
        assert engine.dialect.name == "mysql"
        assert engine.dialect.is_mariadb
        assert engine.dialect.features.supports_sequences
        assert engine.dialect.quote("returning") == "`returning`"
    engine.dispose()


def test_rows_are_lists_of_tuples_with_a_listener_too(items):
    seen = []
    event.listen(items, "before_cursor_execute", lambda *a: seen.append(a[2]))

    with items.connect() as connection:
        rows = connection.execute(select(item.c.id).order_by(item.c.id)).all()

    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    assert seen


def test_an_update_tells_the_rows_it_matched(items):
    with items.begin() as connection:
        same = connection.execute(update(item).values(name=item.c.name))
        one = connection.execute(update(item).where(item.c.id == 1).values(name="item 0"))
        many = connection.execute(
            update(item).where(item.c.id == bindparam("key")).values(name="x"),
            [{"key": 1}, {"key": 2}, {"key": 99}],
        )

    assert (same.rowcount, one.rowcount, many.rowcount) == (5, 1, 2)


def test_percent_signs_and_backslashes_travel(connection):
    hostile = "100% \\ ' \" ` %s %(x)s \\' \n \0 \x1a é 😀"

    assert connection.scalar(select(text(":x").bindparams(x=hostile))) == hostile
    assert connection.scalar(text("SELECT '100%'")) == "100%"
    assert connection.exec_driver_sql("SELECT %s, '%%'", (hostile,)).one() == (hostile, "%")


def test_without_any_parameters_percent_signs_are_as_they_stand(engine):
    with engine.connect().execution_options(no_parameters=True) as connection:
        assert connection.exec_driver_sql("SELECT '100%', '%%s'").one() == ("100%", "%%s")


def test_arguments_that_dovetail_decides_about_are_refused(backend_url):
    for name in ("autocommit", "cursorclass"):
        engine = create_engine(backend_url, connect_args={name: True})
        with pytest.raises(exc.ArgumentError, match="would have no effect"):
            engine.connect()


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI"])
def test_literals_are_safe_under_every_sql_mode(backend_url, mode):
    engine = create_engine(backend_url, connect_args={"sql_mode": mode})
    hostile = "\\' OR 1=1 -- \\\\ ''"
    table = Table("m", MetaData(), Column("x", String(99), server_default=hostile, comment=hostile))
    with engine.begin() as connection:
        literal = select(item.c.name == hostile).compile(
            engine, compile_kwargs={"literal_binds": True}
        )
        table.create(connection)
        connection.exec_driver_sql("INSERT INTO m () VALUES ()")

        assert literal.string.count("OR 1=1") == 1
        assert connection.exec_driver_sql("SELECT x FROM m").scalar() == hostile
        assert connection.scalar(select(func.length(hostile))) == len(hostile)
        written = select(text(engine.dialect.literal_text(hostile).replace(":", "\\:")))
        assert connection.scalar(written) == hostile
    engine.dispose()


def test_isolation_levels_by_engine_and_by_connection(backend_url):
    engine = create_engine(backend_url, isolation_level="READ COMMITTED")
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "READ COMMITTED"
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        assert connection.get_isolation_level() == "SERIALIZABLE"
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "READ COMMITTED"
    engine.dispose()


def test_autocommit_commits_each_statement(items, other):
    with items.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(insert(item).values(name="now"))
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        with other.connect() as beside:
            assert beside.scalar(select(func.count()).select_from(item)) == 6
    with items.connect() as connection:
        connection.execute(insert(item).values(name="never"))
        assert connection.get_isolation_level() == "REPEATABLE READ"
    with other.connect() as beside:
        assert beside.scalar(select(func.count()).select_from(item)) == 6


def test_a_connection_comes_clean_out_of_the_pool(items, other):
    with items.connect() as connection:
        connection.execute(insert(item).values(name="left over"))
    with items.begin() as connection:
        connection.execute(insert(item).values(name="wanted"))
    with other.connect() as connection:
        names = set(connection.scalars(select(item.c.name)))

    assert "wanted" in names
    assert "left over" not in names


def test_a_ping_does_not_connect_again(engine):
    raw = engine.raw_connection()
    number = bridged(raw.driver.fetch("SELECT CONNECTION_ID()"))[0][0]
    with engine.connect() as connection:
        connection.exec_driver_sql(f"KILL {number}")
    with pytest.raises(engine.backend.errors):
        for _ in range(2):  # The first may meet what the server said before it hung up.
            bridged(raw.driver.ping())
    raw.invalidate()


def test_a_killed_connection_is_replaced(items):
    with items.connect() as connection, items.connect() as killer:
        number = connection.scalar(text("SELECT CONNECTION_ID()"))
        killer.exec_driver_sql(f"KILL {number}")
        with pytest.raises(exc.Disconnected) as caught:
            connection.execute(select(item))
        assert caught.value.connection_invalidated
        assert caught.value.retry_scope == "new_connection"
        connection.rollback()
        assert len(connection.execute(select(item)).all()) == 5


def test_a_stale_connection_is_noticed_by_pre_ping(backend_url):
    engine = create_engine(backend_url, pool_pre_ping=True, pool_ping_after=0)
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT CONNECTION_ID()"))
    admin = create_engine(backend_url, poolclass=NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"KILL {number}")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT CONNECTION_ID()")) != number
    engine.dispose()


# -- streams ----------------------------------------------------------------------------------


def test_an_unfinished_stream_is_closed_before_the_next_statement(items):
    with items.connect() as connection:
        result = connection.execution_options(yield_per=2).execute(select(item.c.id))
        assert len(result.fetchmany(2)) == 2

        assert connection.scalar(select(func.count()).select_from(item)) == 5


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_an_unfinished_stream_does_not_disturb_the_end(items, end):
    connection = items.connect()
    result = connection.execution_options(stream_results=True).execute(select(item.c.id))
    assert result.fetchone() is not None
    getattr(connection, end)()
    connection.close()
    with items.connect() as connection:
        assert len(connection.execute(select(item)).all()) == 5


def test_an_error_within_a_stream_leaves_the_connection_usable(items):
    with items.connect() as connection:
        with pytest.raises(exc.ProgrammingError):
            connection.execution_options(stream_results=True).execute(text("SELECT nothing"))
        assert len(connection.execute(select(item)).all()) == 5


def test_a_stream_that_is_killed_says_so(engine, other):
    with engine.connect() as connection, other.connect() as killer:
        number = connection.scalar(text("SELECT CONNECTION_ID()"))
        rows = connection.execution_options(yield_per=100).execute(
            text("SELECT seq, REPEAT('x', 200) FROM seq_1_to_1000000")
        )
        assert len(rows.fetchmany(10)) == 10
        killer.exec_driver_sql(f"KILL {number}")
        with pytest.raises(exc.Disconnected) as caught:
            for _ in rows:
                pass
    assert caught.value.connection_invalidated


def test_many_rows_are_streamed_in_constant_memory(backend, backend_url):
    program = f"""
        import resource
        from dovetail import create_engine, text
        {start_of_program(backend)}
        engine = create_engine({backend_url!r})
        with engine.connect() as connection:
            connection.execute(text("SELECT 1")).all()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            rows = connection.execution_options(yield_per=1000).execute(
                text("SELECT seq, repeat('x', 300) AS t FROM seq_1_to_200000")
                .columns()
            )
            total = 0
            for part in rows.partitions():
                total += len(part)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        engine.dispose()
        print(total, grown)
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        cwd=HOUSE,
    )
    total, grown = map(int, done.stdout.split())

    # All at once they take more than 70 MB.
    assert total == 200_000
    assert grown < 20_000, f"{grown} KiB more"


# -- addresses --------------------------------------------------------------------------------


def arguments(url, **options):
    engine = create_engine(url, **options)
    return engine.backend.connect_arguments(engine.url)[1]


@pytest.mark.parametrize(("driver", "module"), [("pymysql", "pymysql"), ("mysqldb", "MySQLdb")])
def test_the_query_of_a_url_is_converted(driver, module):
    pytest.importorskip(module)
    found = arguments(
        f"mysql+{driver}://ada:secret@db:3307/shop?charset=latin1&connect_timeout=3"
        "&unix_socket=/run/x.sock&local_infile=true&ssl_ca=/ca.pem&ssl_check_hostname=false"
    )

    assert found == {
        "host": "db",
        "port": 3307,
        "user": "ada",
        "password": "secret",
        "database": "shop",
        "charset": "latin1",
        "connect_timeout": 3,
        "unix_socket": "/run/x.sock",
        "local_infile": True,
        "ssl": {"ca": "/ca.pem", "check_hostname": False},
        "binary_prefix": True,
    }


def test_bad_options_are_told():
    with pytest.raises(exc.ArgumentError, match="did you mean 'charset'"):
        arguments("mysql+pymysql://h/db?charsett=utf8")
    with pytest.raises(exc.ArgumentError, match="is not a number"):
        arguments("mysql+pymysql://h/db?connect_timeout=soon")


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_urls_without_a_driver_take_one_that_is_installed(dialect, monkeypatch):
    installed = "mysqldb" if find_spec("MySQLdb") else "pymysql"

    assert create_engine(f"{dialect}://h/db").backend.name == installed
    assert create_engine(f"{dialect}://h/db").url.get_driver_name() == installed

    monkeypatch.setattr(MysqlclientDriver, "module_name", "no_such_module")

    assert create_engine(f"{dialect}://h/db").backend.name == "pymysql"

    monkeypatch.setattr(PymysqlDriver, "module_name", "none_either")
    with pytest.raises(exc.NoDBAPILoaded, match="'mysqldb'") as caught:
        create_engine(f"{dialect}://h/db")
    assert "pip install mysqlclient" in str(caught.value)
