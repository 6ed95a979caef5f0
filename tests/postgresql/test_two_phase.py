"""Transactions that are prepared first and committed then."""

import os
import subprocess
import sys
import textwrap

import pytest

from dovetail import create_engine, exc, make_url, text
from dovetail.orm import Session
from tests.private_servers import private_postgresql

EVERY_DRIVER = True


@pytest.fixture(scope="module")
def prepared_server(driver):
    """An engine on a server that allows prepared transactions, with a table ``t (name)``."""
    with private_postgresql(max_prepared_transactions=5) as server:
        engine = create_engine(make_url(server.url).set(drivername=driver.name))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (name text)"))
        yield engine
        engine.dispose()


def names(engine):
    with engine.connect() as connection:
        return connection.scalars(text("SELECT name FROM t ORDER BY name")).all()


INSERT = "INSERT INTO t VALUES ('{}')"


def test_prepared_and_committed_or_rolled_back(prepared_server):
    engine = prepared_server
    with engine.connect() as connection:
        transaction = connection.begin_twophase("one")
        connection.exec_driver_sql(INSERT.format("kept"))
        transaction.prepare()
        assert not connection.connection.driver.in_transaction()
        transaction.commit()
        transaction = connection.begin_twophase()
        connection.exec_driver_sql(INSERT.format("lost"))
        transaction.prepare()
        transaction.rollback()
        transaction = connection.begin_twophase()
        connection.exec_driver_sql(INSERT.format("lost"))
        transaction.rollback()
        with connection.begin_twophase():
            connection.exec_driver_sql(INSERT.format("unprepared"))
        assert not [name for name in connection.recover_twophase() if "crashed" not in name]

    assert {"kept", "unprepared"} <= set(names(engine))
    assert "lost" not in names(engine)


def test_a_session_of_two_phases(prepared_server):
    with Session(prepared_server, twophase=True) as session:
        session.execute(text(INSERT.format("of a session")))
        session.prepare()
        session.commit()
        session.execute(text(INSERT.format("given up")))
        session.prepare()
        session.rollback()
        session.execute(text(INSERT.format("not prepared")))
        session.commit()

    assert {"of a session", "not prepared"} <= set(names(prepared_server))
    assert "given up" not in names(prepared_server)


def test_a_crash_between_prepare_and_commit(prepared_server):
    engine = prepared_server
    blocking = engine.url.set(drivername="postgresql+psycopg")
    program = f"""
        import os
        from dovetail import create_engine
        engine = create_engine({blocking.render_as_string(False)!r})
        for name in ("it's one", "two"):
            connection = engine.connect()
            transaction = connection.begin_twophase("crashed " + name)
            connection.exec_driver_sql({INSERT!r}.format("crashed " + name.replace("'", "''")))
            transaction.prepare()
            kept = globals().setdefault("kept", [])
            kept.append(connection)
        os._exit(1)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, env=environment)

    with engine.connect() as connection:
        assert sorted(connection.recover_twophase()) == ["crashed it's one", "crashed two"]
        connection.commit_prepared("crashed it's one", recover=True)
        connection.rollback_prepared("crashed two", recover=True)
        assert connection.recover_twophase() == []
    assert "crashed it's one" in names(engine)
    assert "crashed two" not in names(engine)


def test_a_server_without_them_is_found_out_before_any_write(engine):
    with engine.connect() as connection:
        if connection.dialect.features.supports_two_phase:
            pytest.skip("the server of the tests allows prepared transactions")
        with pytest.raises(exc.InvalidRequestError, match="two-phase") as caught:
            connection.begin_twophase()
        assert "prepared" in caught.value.hint
        assert not connection.in_transaction()
