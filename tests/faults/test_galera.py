"""Transfers on a cluster of Galera, while one of its nodes stands still and another is killed.

``make test-galera`` runs them: nodes watch each other's clocks, and leave out one that is late, as
it may be beside other tests.  ``DOVETAIL_TEST_TRANSFERS`` says how many transfers there are.
"""

import os
import threading
import time
from itertools import count
from urllib.parse import urlsplit

import pytest

import dovetail as dv
from dovetail.exc import DBAPIError, InvalidRequestError
from dovetail.orm import Session, sessionmaker
from tests.faults.test_bank import (
    ACCOUNTS,
    START,
    TRANSFERS,
    WORKERS,
    Account,
    Base,
    Transfer,
    expected,
    in_threads,
    state,
    transfer,
)
from tests.private_servers import galera_cluster, wait_until_synced

pymysql = pytest.importorskip("pymysql")
pytestmark = pytest.mark.skipif(
    os.environ.get("DOVETAIL_TEST_GALERA") != "1",
    reason="a cluster of Galera wants a machine of its own: make test-galera",
)


def opener(nodes):
    """A function that connects to the nodes in turn, those left out that do not take changes."""
    numbers = count()

    def connect():
        first, lost = next(numbers), None
        for place in range(len(nodes)):
            node = nodes[(first + place) % len(nodes)]
            try:
                raw = pymysql.connect(
                    host="127.0.0.1",
                    port=urlsplit(node.url).port,
                    user="root",
                    database="test",
                    connect_timeout=1,
                    read_timeout=3,
                    write_timeout=3,
                    # A read waits until all is there that others have been told is committed.
                    init_command="SET SESSION wsrep_sync_wait = 1",
                )
                with raw.cursor() as cursor:
                    cursor.execute("SHOW STATUS LIKE 'wsrep_ready'")
                    if cursor.fetchone() == ("wsrep_ready", "ON"):
                        return raw
                raw.close()
            except pymysql.Error as error:
                lost = error
        raise lost or pymysql.OperationalError(1047, "no node takes changes")

    return connect


@pytest.fixture
def cluster():
    with galera_cluster() as nodes:
        yield nodes


def bank_on(nodes):
    """An engine that is connected to all *nodes* in turn, with the accounts as they begin."""
    engine = dv.create_engine("mariadb+pymysql://", creator=opener(nodes), pool_size=WORKERS)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Account(id=n, balance=START) for n in range(1, ACCOUNTS + 1))
        session.commit()
    return engine


def trouble(nodes, confirmed):
    """Freeze a node, let it come back, and kill another, each when so many are *confirmed*."""

    def wait_for(part):
        deadline = time.monotonic() + 120
        while len(confirmed) < TRANSFERS * part and time.monotonic() < deadline:
            time.sleep(0.01)

    wait_for(0.2)
    nodes[2].freeze()
    try:
        wait_until_synced(nodes[:2], 2)
        wait_for(0.5)
    finally:
        nodes[2].thaw()
    wait_until_synced(nodes, 3)
    wait_for(0.7)
    nodes[1].crash()


def test_nothing_is_lost_and_nothing_is_doubled(cluster):
    engine = bank_on(cluster)
    factory = sessionmaker(engine)
    confirmed = []

    def one(number):
        answer = factory.run(
            lambda session: transfer(session, number),
            retries=1000,
            isolation_level="SERIALIZABLE",
            verify=lambda session: session.get(Transfer, number) is not None,
        )
        confirmed.append(number)
        return answer

    troubles = threading.Thread(target=trouble, args=(cluster, confirmed))
    troubles.start()
    in_threads(one)
    troubles.join()

    assert sorted(confirmed) == list(range(TRANSFERS))
    engine.dispose()
    left = [cluster[0], cluster[2]]
    wait_until_synced(left, 2)
    for node in left:
        there = dv.create_engine(node.url, connect_args={"init_command": "SET wsrep_sync_wait = 1"})
        assert state(there) == (expected(), sorted(confirmed))
        there.dispose()


def test_the_test_sees_what_is_lost_without_running_again_and_without_the_check(cluster):
    engine = bank_on(cluster)
    factory = sessionmaker(engine, execution_options={"isolation_level": "SERIALIZABLE"})

    def once(number):
        try:
            with factory.begin() as session:
                return transfer(session, number)
        except DBAPIError as error:
            assert error.retry_scope != "never"
            return None

    confirmed = in_threads(once)
    assert len(confirmed) < TRANSFERS
    assert state(engine)[1] == confirmed

    def deposit(session):
        account = session.get_one(Account, 1)
        account.balance = account.balance + 1

    before = state(engine)[0][1]
    again = sessionmaker(engine)
    in_threads(lambda _: again.run(deposit, retries=1000, isolation_level="READ COMMITTED"))
    assert before < state(engine)[0][1] < before + TRANSFERS
    engine.dispose()


def test_a_node_takes_no_two_phase_transactions():
    with galera_cluster(nodes=1) as (node,):
        engine = dv.create_engine(node.url)
        Base.metadata.create_all(engine)
        with Session(engine, twophase=True) as session:
            session.add(Account(id=1, balance=START))
            with pytest.raises(InvalidRequestError, match="no two-phase transactions"):
                session.commit()
            session.rollback()
        assert state(engine) == ({}, [])
        engine.dispose()
