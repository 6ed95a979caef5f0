"""Transfers on a cluster of Galera, while one of its nodes stands still and another is killed.

``make test-galera`` runs them: nodes watch each other's clocks, and leave out one that is late, as
it may be beside other tests.  ``DOVETAIL_TEST_TRANSFERS`` says how many transfers there are.
"""

import os
import threading
import time
from contextlib import suppress
from itertools import count
from urllib.parse import urlsplit

import pytest

import dovetail as dv
from dovetail.exc import DBAPIError, InvalidRequestError
from dovetail.orm import Session, sessionmaker
from tests.faults.bank import (
    START,
    TRANSFERS,
    WORKERS,
    Account,
    Base,
    Transfer,
    deposit,
    expected,
    in_threads,
    once,
    open_accounts,
    state,
    transfer,
)
from tests.private_servers import galera_cluster, wait_until_synced

pymysql = pytest.importorskip("pymysql")
CLIENT = pytest.importorskip("pymysql.constants.CLIENT")
pytestmark = pytest.mark.skipif(
    os.environ.get("DOVETAIL_TEST_GALERA") != "1",
    reason="a cluster of Galera wants a machine of its own: make test-galera",
)

REST = 0.6
"""The part of all transfers after which the others wait until the node that was frozen is back."""


def connected(node):
    """A connection to *node*; OperationalError where it does not answer, or takes no changes."""
    raw = pymysql.connect(
        host="127.0.0.1",
        port=urlsplit(node.url).port,
        user="root",
        database="test",
        connect_timeout=1,
        read_timeout=3,
        write_timeout=3,
        # An UPDATE tells the rows that it has found, changed or not: flushes count on that.
        client_flag=CLIENT.FOUND_ROWS,
        # A read waits until all is there that others have been told is committed.
        init_command="SET SESSION wsrep_sync_wait = 1",
    )
    try:
        with raw.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'wsrep_ready'")
            if cursor.fetchone() != ("wsrep_ready", "ON"):
                raise pymysql.OperationalError(1047, "this node takes no changes")
    except BaseException:
        raw.close()
        raise
    return raw


def opener(nodes):
    """A function that connects to the nodes in turn, to the next one where that fails."""
    numbers = count()

    def connect():
        first = next(numbers)
        for place in range(len(nodes) - 1):
            with suppress(pymysql.Error):
                return connected(nodes[(first + place) % len(nodes)])
        return connected(nodes[(first - 1) % len(nodes)])

    return connect


@pytest.fixture
def cluster():
    with galera_cluster() as nodes:
        yield nodes


def bank_on(nodes):
    """An engine that is connected to all *nodes* in turn, with the accounts as they begin."""
    engine = dv.create_engine("mariadb+pymysql://", creator=opener(nodes), pool_size=WORKERS)
    open_accounts(engine)
    return engine


def trouble(nodes, confirmed, is_back):
    """Freeze a node, let it come back, and kill another, each when so many are *confirmed*."""

    def wait_for(part):
        deadline = time.monotonic() + 120
        while len(confirmed) < TRANSFERS * part:
            assert time.monotonic() < deadline, len(confirmed)
            time.sleep(0.01)

    try:
        wait_for(0.2)
        nodes[2].freeze()
        try:
            wait_until_synced(nodes[:2], 2)
            wait_for(0.4)
        finally:
            nodes[2].thaw()
        wait_until_synced(nodes, 3)
    finally:
        is_back.set()
    wait_for(REST + 0.05)
    nodes[1].crash()
    assert len(confirmed) < TRANSFERS, "the node was killed when all was done"


def test_nothing_is_lost_and_nothing_is_doubled(cluster):
    engine = bank_on(cluster)
    factory = sessionmaker(engine)
    confirmed = []
    is_back = threading.Event()

    def one(number):
        if number >= TRANSFERS * REST:
            is_back.wait()
        answer = factory.run(
            lambda session: transfer(session, number),
            retries=1000,
            isolation_level="SERIALIZABLE",
            verify=lambda session: session.get(Transfer, number) is not None,
        )
        confirmed.append(number)
        return answer

    troubles = threading.Thread(target=trouble, args=(cluster, confirmed, is_back))
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


def test_without_running_again_transfers_are_refused(cluster):
    """The test of the test above: it would see it."""
    engine = bank_on(cluster)
    factory = sessionmaker(engine, execution_options={"isolation_level": "SERIALIZABLE"})

    confirmed = in_threads(once(factory))

    assert len(confirmed) < TRANSFERS
    assert state(engine)[1] == confirmed
    _what_two_nodes_do_with_one_account(cluster)
    engine.dispose()


def _what_two_nodes_do_with_one_account(nodes):
    """What is read and then written is lost where the level lets it; SERIALIZABLE refuses it."""
    here, there = (dv.create_engine("mariadb+pymysql://", creator=opener([n])) for n in nodes[:2])
    for level in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
        before = state(there)[0][1]
        options = {"isolation_level": level}
        with Session(there, execution_options=options) as late:
            account = late.get_one(Account, 1)
            sessionmaker(here, execution_options=options).run(deposit)
            assert state(there)[0][1] == before + 1
            account.balance += 1
            if level == "SERIALIZABLE":
                with pytest.raises(DBAPIError) as refused:
                    late.commit()
                assert refused.value.retry_scope != "never"
            else:
                late.commit()
        assert state(here)[0][1] == before + 1, level
    for engine in (here, there):
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
