"""Deadlocks, lock timeouts, savepoints and two-phase transactions on a running MariaDB."""

import subprocess
import sys
from textwrap import dedent
from threading import Barrier, Thread
from time import sleep
from uuid import uuid4

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, exc, select, text, update
from tests.loop_thread import HOUSE, start_of_program
from tests.private_servers import private_mariadb

metadata = MetaData()
account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("amount", Integer),
)


@pytest.fixture
def accounts(engine):
    fill(engine)
    return engine


def fill(engine):
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(account.insert(), [{"id": n, "amount": 10} for n in (1, 2)])


def amounts(engine):
    with engine.connect() as connection:
        return list(connection.scalars(select(account.c.amount).order_by(account.c.id)))


def change(connection, key, amount):
    connection.execute(update(account).where(account.c.id == key).values(amount=amount))


def test_a_deadlock_ends_the_transaction_and_a_commit_is_refused(accounts):
    met = Barrier(2, timeout=20)
    outcomes = []

    def work(first, second):
        with accounts.connect() as connection:
            change(connection, first, 100 + first)
            met.wait()
            try:
                change(connection, second, 100 + first)
            except exc.Deadlock as error:
                with pytest.raises(exc.InvalidRequestError):
                    connection.commit()
                with pytest.raises(exc.PendingRollbackError):
                    change(connection, first, 0)
                connection.rollback()
                outcomes.append(error.retry_scope)
                change(connection, first, 7)
                connection.rollback()
            else:
                connection.commit()
                outcomes.append("won")

    threads = [Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["transaction", "won"]
    assert amounts(accounts) in ([101, 101], [102, 102])


def test_a_lock_timeout_leaves_what_was_done_before(accounts):
    with accounts.connect() as holder, accounts.connect() as connection:
        change(holder, 1, 1)
        connection.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 1")
        change(connection, 2, 2)
        with pytest.raises(exc.LockTimeout) as caught:
            change(connection, 1, 3)
        assert caught.value.retry_scope == "transaction"
        connection.commit()
    assert amounts(accounts) == [10, 2]


def test_nowait_and_skip_locked(accounts):
    with accounts.connect() as holder, accounts.connect() as connection:
        change(holder, 1, 1)
        with pytest.raises(exc.LockTimeout):
            connection.execute(select(account).with_for_update(nowait=True)).all()
        free = connection.scalars(select(account.c.id).with_for_update(skip_locked=True)).all()
    assert free == [2]


def test_savepoints_nest(accounts):
    with accounts.begin() as connection:
        change(connection, 1, 1)
        outer = connection.begin_nested()
        change(connection, 1, 2)
        inner = connection.begin_nested()
        change(connection, 1, 3)
        inner.rollback()
        outer.commit()
    assert amounts(accounts) == [2, 10]


def test_a_server_that_rolls_back_on_timeout_is_believed():
    with private_mariadb("--innodb-rollback-on-timeout=1") as server:
        engine = create_engine(server.url)
        fill(engine)
        with engine.connect() as holder, engine.connect() as connection:
            change(holder, 1, 1)
            connection.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 1")
            change(connection, 2, 2)
            with pytest.raises(exc.LockTimeout):
                change(connection, 1, 3)
            with pytest.raises(exc.InvalidRequestError):
                connection.commit()
        assert amounts(engine) == [10, 10]
        engine.dispose()


# -- two phases -------------------------------------------------------------------------------


@pytest.fixture
def xid(engine):
    """The name of a transaction; what a failed test leaves prepared would lock its tables."""
    xid = f"it's {uuid4().hex}"
    yield xid
    with engine.connect() as connection:
        for left in connection.recover_twophase():
            if left.startswith(xid):
                connection.rollback_prepared(left)


def test_a_prepared_transaction_is_committed(accounts, xid):
    with accounts.connect() as connection:
        transaction = connection.begin_twophase(xid)
        change(connection, 1, 1)
        transaction.prepare()
        assert xid in connection.recover_twophase()
        transaction.commit()
        assert xid not in connection.recover_twophase()
    assert amounts(accounts) == [1, 10]


@pytest.mark.parametrize("prepared", [True, False])
def test_a_two_phase_transaction_is_rolled_back(accounts, xid, prepared):
    with accounts.connect() as connection:
        transaction = connection.begin_twophase(xid)
        change(connection, 1, 1)
        if prepared:
            transaction.prepare()
        transaction.rollback()
        change(connection, 2, 5)
        connection.commit()
    assert amounts(accounts) == [10, 5]


def test_a_two_phase_transaction_is_committed_without_being_prepared(accounts, xid):
    with accounts.connect() as connection, connection.begin_twophase(xid):
        change(connection, 1, 1)
    assert amounts(accounts) == [1, 10]


def test_a_connection_returned_within_a_two_phase_transaction_is_clean(accounts, xid):
    connection = accounts.connect()
    connection.begin_twophase(xid)
    change(connection, 1, 1)
    connection.close()
    with accounts.begin() as connection:
        change(connection, 2, 5)
    assert amounts(accounts) == [10, 5]


def resolve(function, xid):
    """End a prepared transaction, when the server has seen that the process which began it died."""
    for wait in (0.05, 0.2, 1, 4):
        try:
            return function(xid)
        except exc.OperationalError as error:
            if "Unknown XID" not in str(error):
                raise
            sleep(wait)
    return function(xid)


@pytest.mark.parametrize("verb", ["commit", "rollback"])
def test_what_a_crash_leaves_is_recovered_and_resolved(accounts, backend, backend_url, xid, verb):
    program = f"""
        import os
        from dovetail import create_engine, text
        {start_of_program(backend)}
        connection = create_engine({backend_url!r}).connect()
        transaction = connection.begin_twophase({xid!r})
        connection.execute(text("UPDATE account SET amount = 99 WHERE id = 1"))
        transaction.prepare()
        os._exit(1)
    """
    done = subprocess.run([sys.executable, "-c", dedent(program)], check=False, cwd=HOUSE)
    assert done.returncode == 1

    with accounts.connect() as connection:
        assert xid in connection.recover_twophase()
        resolve(getattr(connection, f"{verb}_prepared"), xid)
        assert xid not in connection.recover_twophase()
    assert amounts(accounts) == [99 if verb == "commit" else 10, 10]


def test_a_deadlock_within_a_two_phase_transaction_leaves_a_clean_connection(accounts, xid):
    met = Barrier(2, timeout=20)
    outcomes = []

    def work(first, second):
        with accounts.connect() as connection:
            transaction = connection.begin_twophase(f"{xid} {first}")
            change(connection, first, first)
            met.wait()
            try:
                change(connection, second, first)
                transaction.commit()
                outcomes.append("won")
            except exc.Deadlock:
                transaction.rollback()
                assert connection.scalar(text("SELECT 1")) == 1
                outcomes.append("lost")

    threads = [Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["lost", "won"]
