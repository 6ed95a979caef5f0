"""``create_engine`` and its options."""

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import dovetail
from dovetail.dialects.driver import Driver, driver_class, register_driver
from dovetail.engine import create_engine, engine_from_config, make_url
from dovetail.exc import ArgumentError, NoDBAPILoaded, NoSuchModuleError, OperationalError
from dovetail.pool import (
    AsyncAdaptedQueuePool,
    NullPool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)

SOURCE = str(Path(dovetail.__file__).parent.parent)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("sqlite://", SingletonThreadPool),
        ("sqlite:///:memory:", SingletonThreadPool),
        ("sqlite:///file:x?mode=memory&uri=true", SingletonThreadPool),
        ("sqlite:///x.db", QueuePool),
        ("sqlite+aiosqlite://", StaticPool),
        ("sqlite+aiosqlite:///x.db", AsyncAdaptedQueuePool),
    ],
)
def test_the_pool_suits_the_database(url, kind):
    assert type(create_engine(url).pool) is kind


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(TypeError) as caught:
        create_engine("sqlite://", pool_sise=3)
    assert caught.value.hint == "did you mean 'pool_size'?"
    with pytest.raises(ArgumentError, match="NullPool takes no option 'max_overflow'"):
        create_engine("sqlite://", poolclass=NullPool, max_overflow=3)


@pytest.mark.usefixtures("own_drivers")
def test_a_missing_driver_says_what_to_install():
    class Ghost(Driver):
        dialect_name, name, module_name, package = "sqlite", "ghost", "ghostlite", "ghost-lite"

    register_driver("sqlite", "ghost", Ghost)

    with pytest.raises(NoDBAPILoaded) as caught:
        create_engine("sqlite+ghost://")
    assert caught.value.hint == "pip install ghost-lite"
    assert isinstance(caught.value, ImportError)
    assert caught.value.name == "ghostlite"


def test_a_host_in_a_sqlite_url_is_an_error():
    with pytest.raises(ArgumentError) as caught:
        create_engine("sqlite://shop.db")
    assert "sqlite:///relative.db" in caught.value.hint


def test_no_connection_is_opened_before_the_first_use(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/no/such/folder.db")

    with pytest.raises(OperationalError) as caught:
        engine.connect()
    assert "does the folder exist" in caught.value.hint


def test_connect_args_and_query_reach_the_driver(tmp_path):
    path = tmp_path / "x y.db"
    writable = create_engine(f"sqlite:///{path}")
    writable.connect().close()
    writable.dispose()
    read_only = create_engine(f"sqlite:///{path}?mode=ro&uri=true&timeout=0.5")

    with read_only.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("CREATE TABLE u (id INTEGER)")
    read_only.dispose()
    with pytest.raises(ArgumentError, match="not a float"):
        create_engine("sqlite:///x?timeout=long")
    with pytest.raises(ArgumentError, match="knows no URL option mode"):
        create_engine("sqlite:///x?mode=ro")


def test_a_creator_opens_the_connections(tmp_path):
    opened = []

    def creator():
        opened.append(sqlite3.connect(tmp_path / "c.db"))
        return opened[-1]

    engine = create_engine("sqlite://", creator=creator)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")

    assert len(opened) == 1
    assert opened[0].isolation_level is None
    engine.dispose()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has no autocommit mode before 3.12")
@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("given", ["creator", "connect_args"])
def test_an_autocommit_mode_of_the_driver_is_put_off(tmp_path, mode, given):
    path = tmp_path / "a.db"
    options = {
        "creator": lambda: sqlite3.connect(path, autocommit=mode),
        "connect_args": {"autocommit": mode},
    }
    engine = create_engine(f"sqlite:///{path}", **{given: options[given]})

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")
        connection.rollback()
        raw = connection.connection.driver_connection
        assert (raw.autocommit, raw.in_transaction) == (sqlite3.LEGACY_TRANSACTION_CONTROL, False)
    engine.dispose()

    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT id FROM t").fetchall() == [(1,)]


def test_a_config_is_read_from_text(tmp_path):
    engine = engine_from_config(
        {
            "db.url": f"sqlite:///{tmp_path}/x.db",
            "db.pool_size": "3",
            "db.pool_timeout": "0.5",
            "db.pool_pre_ping": "true",
            "db.echo": "false",
            "other": "1",
        },
        prefix="db.",
    )

    assert engine.pool.size() == 3
    assert engine.pool.timeout() == 0.5
    assert not engine.echo


def test_an_engine_describes_itself():
    engine = create_engine(make_url("sqlite:///:memory:"))

    assert (engine.name, engine.driver) == ("sqlite", "pysqlite")
    assert repr(engine) == "Engine(sqlite:///:memory:)"


def test_options_of_an_engine_are_a_variant_that_shares_the_pool(engine):
    variant = engine.execution_options(isolation_level="AUTOCOMMIT", mine=5)

    assert variant.pool is engine.pool
    assert engine.get_execution_options() == {}
    with variant.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t (name) VALUES ('kept')")
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "SERIALIZABLE"
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1


def test_hidden_parameters_are_not_logged(caplog):
    engine = create_engine("sqlite://", echo=True, hide_parameters=True)
    with caplog.at_level(logging.INFO, "dovetail.engine"), engine.connect() as connection:
        connection.exec_driver_sql("SELECT ?", ("secret",))
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("SELECT ? FROM nowhere", ("secret",))
    engine.dispose()

    assert "secret" not in caplog.text
    assert "secret" not in str(caught.value)
    assert "create_all" in caught.value.hint


def test_the_level_of_all_connections_can_be_given(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/x.db", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        connection.commit()
        connection.execution_options(isolation_level="SERIALIZABLE")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id FROM t").scalars().all() == [2]
    engine.dispose()


def test_echo_writes_to_standard_output_where_nobody_has_set_up_logging():
    program = (
        "from dovetail import create_engine\n"
        "engine = create_engine('sqlite://', echo=True, echo_pool='debug')\n"
        "with engine.begin() as connection: connection.exec_driver_sql('SELECT 5')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )

    assert done.stderr == ""
    for words in ("dovetail.engine.sqlite:// BEGIN", "SELECT 5", "COMMIT", "opened"):
        assert words in done.stdout


@pytest.mark.usefixtures("own_drivers")
def test_no_more_drivers_are_imported_than_the_first_that_is_installed():
    class Absent(Driver):
        module_name = "no_such_package"

    class Present(Driver):
        module_name = "sqlite3"

    register_driver("made up", "absent", Absent)
    assert driver_class("made up") is Absent
    register_driver("made up", "present", Present)
    register_driver("made up", "broken", "nowhere:Nothing")

    assert driver_class("made up") is Present
    with pytest.raises(NoSuchModuleError, match="'broken' of made up cannot be loaded"):
        driver_class("made up", "broken")


@pytest.mark.usefixtures("own_drivers")
def test_the_driver_of_a_url_without_one_blocks_or_awaits_as_asked():
    class Awaiting(Driver):
        module_name = "sqlite3"
        is_async = True

    class Blocking(Driver):
        module_name = "sqlite3"
        awaiting = "sister"

    class Absent(Driver):
        module_name = "no_such_package"
        is_async = True

    register_driver("made up", "awaiting", Awaiting)
    assert driver_class("made up") is Awaiting
    register_driver("made up", "blocking", Blocking)
    register_driver("made up", "sister", Absent)

    assert driver_class("made up") is Blocking
    assert driver_class("made up", awaits=True) is Awaiting
    assert driver_class("made up", "awaiting") is Awaiting
    assert driver_class("made up", "blocking") is Blocking
    assert driver_class("made up", "blocking", awaits=True) is Absent
