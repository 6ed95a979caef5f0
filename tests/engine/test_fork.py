"""A child process leaves the connections of its parent alone."""

import os
import pickle

import pytest

from dovetail.engine import create_engine
from dovetail.exc import PendingRollbackError, ResourceClosedError
from dovetail.pool import QueuePool, SingletonThreadPool, StaticPool
from tests.engine.fakes import FakeServer

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def in_child(body):
    """Run *body* in a forked process and return what it returns."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = body()
        except BaseException as error:
            answer = repr(error)
        finally:
            os.write(writing, pickle.dumps(answer))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    return answer


@pytest.mark.parametrize("kind", [QueuePool, StaticPool, SingletonThreadPool])
def test_a_child_opens_connections_of_its_own(kind):
    server = FakeServer()
    pool = kind(server)
    pool.connect().close()
    lent = pool.connect()

    def child():
        with pool.connect() as connection:
            fresh = connection.driver_connection not in server.opened[:1]
        try:
            lent.cursor()
        except ResourceClosedError as error:
            refused = "parent" in error.message
        before = [list(raw.log) for raw in server.opened[:1]]
        lent.close()
        pool.dispose()
        untouched = [list(raw.log) for raw in server.opened[:1]] == before
        return fresh, refused, untouched, server.opened[0].closed

    assert in_child(child) == (True, True, True, False)
    assert lent.is_valid
    lent.close()


def test_a_connection_lent_to_the_parent_says_nothing_in_the_child(file_engine):
    engine = file_engine(pool_size=3)
    busy, fresh, detached = engine.connect(), engine.connect(), engine.connect()
    savepoint = busy.begin_nested()
    busy.exec_driver_sql("INSERT INTO t (name) VALUES ('parent')")
    detached.detach()
    raws = [each.connection.driver_connection for each in (busy, fresh, detached)]

    def child():
        said = []
        for raw in raws:
            raw.set_trace_callback(said.append)
        try:
            busy.exec_driver_sql("SELECT 1")
        except PendingRollbackError as error:
            refused = error.message
        savepoint.rollback()
        busy.rollback()
        busy.close()
        another = fresh.exec_driver_sql("SELECT 1").scalar()
        own = fresh.connection.driver_connection not in raws
        fresh.close()
        detached.close()
        engine.dispose()
        # Nothing was sent, and none was closed: their transactions can be seen still.
        return refused, another, own, said, raws[0].in_transaction

    refused, another, own, said, open_still = in_child(child)

    assert "lost inside a transaction" in refused
    assert (another, own, said, open_still) == (1, True, [], True)
    busy.commit()
    assert fresh.exec_driver_sql("SELECT name FROM t").scalars().all() == ["parent"]
    for each in (busy, fresh, detached):
        each.close()


def test_a_commit_in_the_child_is_refused(file_engine):
    engine = file_engine()
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t (name) VALUES ('parent')")

        def child():
            try:
                connection.commit()
            except PendingRollbackError:
                return "refused"

        assert in_child(child) == "refused"
        connection.commit()
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1


def test_a_child_that_ends_says_goodbye_over_no_connection_of_its_parent(tmp_path):
    script = tmp_path / "forks.py"
    script.write_text(
        "import os, sys\n"
        "from dovetail.pool import QueuePool\n"
        "class Polite:\n"
        "    def __init__(self): self.pid = os.getpid()\n"
        "    def rollback(self): pass\n"
        "    commit = close = rollback\n"
        "    def __del__(self):\n"
        "        if os.getpid() != self.pid: os.write(1, b'said goodbye ')\n"
        "pool = QueuePool(Polite)\n"
        "held = pool.connect()\n"
        "pool.connect().close()\n"
        "child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "else: sys.exit()\n"
    )
    import subprocess
    import sys

    import dovetail

    source = os.path.dirname(os.path.dirname(dovetail.__file__))
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
        check=True,
    )
    assert done.stdout == ""


def test_connections_forgotten_by_dispose_are_not_closed(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        raw = connection.connection.driver_connection

    engine.dispose(close=False)

    assert raw.execute("SELECT 1").fetchone() == (1,)
    assert engine.pool.checkedin() == 0
    raw.close()
