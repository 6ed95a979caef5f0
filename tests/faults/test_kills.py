"""Connections ended by the server while many work: nothing is lost, nothing is done twice."""

import gc
import time

import pytest

import dovetail as dv
from dovetail.exc import DBAPIError
from tests.faults.ledger import WORKERS, workers

SECONDS = 2.5
KILLS = 11
PATIENCE = 60
"""Seconds that a slow machine may take for so many."""

LIST = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' "
    "AND datname = current_database()",
    "mariadb": "SELECT id FROM information_schema.processlist "
    "WHERE db = database() AND id <> connection_id()",
}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL {}"}


@pytest.fixture
def victims(backend, backend_url):
    """The engine whose connections are ended."""
    arguments = {"application_name": "victim"} if backend.dialect == "postgresql" else {}
    engine = dv.create_engine(backend_url, connect_args=arguments, pool_size=WORKERS)
    yield engine
    engine.dispose()


def test_every_acknowledged_commit_is_there(backend, victims, direct, token):
    killed = 0
    began = time.monotonic()
    with (
        workers(victims, token) as ledger,
        direct.connect().execution_options(isolation_level="AUTOCOMMIT") as killer,
    ):
        while (spent := time.monotonic() - began) < PATIENCE:
            if spent > SECONDS and killed >= KILLS:
                break
            time.sleep(0.05)
            for number in killer.exec_driver_sql(LIST[backend.dialect]).scalars().all()[:2]:
                try:
                    killer.exec_driver_sql(KILL[backend.dialect].format(number))
                    killed += 1
                except DBAPIError:
                    pass  # it was gone already

    assert killed >= KILLS
    assert victims.pool.checkedout() == 0
    # Of the victims one may have been ended a moment ago, and not been used since.
    with direct.connect() as connection:
        ledger.check(connection.scalars(dv.select(token.c.id)).all())


def test_a_fetch_that_is_ended(backend, victims, direct, token):
    with direct.begin() as connection:
        connection.execute(dv.insert(token), [{"id": f"{n:036}"} for n in range(20_000)])
    with victims.connect().execution_options(yield_per=100) as connection:
        # More than the buffers on the way hold.
        result = connection.execute(dv.select(token.c.id, dv.literal("x" * 2000)))
        assert result.fetchone() is not None
        with direct.connect().execution_options(isolation_level="AUTOCOMMIT") as killer:
            for number in killer.exec_driver_sql(LIST[backend.dialect]).scalars().all():
                killer.exec_driver_sql(KILL[backend.dialect].format(number))
        with pytest.raises(DBAPIError) as caught:
            result.all()
        assert caught.value.connection_invalidated
    del connection, result, caught
    gc.collect()  # no driver may complain then
    with victims.connect() as connection:
        assert connection.scalar(dv.select(dv.func.count()).select_from(token)) == 20_000
