"""Pools under many threads and tasks, over a server that fails and dawdles at random."""

import asyncio
import contextlib
import logging
import random
import threading

import pytest

from dovetail.exc import TimeoutError as WaitedTooLong
from dovetail.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool
from dovetail.steps import run_async
from tests.engine.fakes import AwaitedServer, FakeError, FakeServer


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """What fails to close is logged with its traceback, thousands of times here."""
    caplog.set_level(logging.CRITICAL, "dovetail.pool")


def run_threads(count, work):
    errors = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def use(raw, user):
    assert raw.user is None, "a connection was lent twice"
    raw.user = user


def check_accounts(pool, server):
    assert pool.checkedout() == 0
    assert pool.holders() == []
    assert not pool._waiters
    assert pool.checkedin() == pool._open <= pool.size()
    assert len(server.open) == pool.checkedin()
    assert {record.driver_connection for record in pool._idle} == server.open


@pytest.mark.parametrize("options", [{}, {"use_lifo": True}, {"pre_ping": True, "ping_after": 0}])
def test_accounts_are_right_after_64_threads_over_a_bad_server(options):
    server = FakeServer(seed=1, slow=0.0006, connect=0.1, close=0.2, rollback=0.05)
    pool = QueuePool(server, pool_size=4, max_overflow=3, timeout=20, **options)
    most, lent = [0], set()
    lock = threading.Lock()

    def work(number):
        dice = random.Random(number)
        for _ in range(25):
            try:
                connection = pool.connect()
            except FakeError:
                continue
            raw = connection.driver_connection
            use(raw, number)
            with lock:
                lent.add(raw)
                most[0] = max(most[0], len(lent))
            what = dice.random()
            with lock:
                lent.discard(raw)
            raw.user = None
            if what < 0.1:
                raw.dead = True
                connection.invalidate()
            elif what < 0.15:
                connection.invalidate(soft=True)
            elif what < 0.2:
                connection.detach()
            elif what < 0.22:
                pool.dispose()
            connection.close()

    run_threads(64, work)

    assert most[0] <= 7
    check_accounts(pool, server)
    pool.dispose()
    assert server.open == set()


def test_accounts_are_right_where_waiters_give_up():
    server = FakeServer(seed=2, slow=0.001, connect=0.05)
    pool = QueuePool(server, pool_size=2, max_overflow=1, timeout=0.002, min_size=2)
    outcomes = []

    def work(number):
        for _ in range(20):
            try:
                with pool.connect() as connection:
                    raw = connection.driver_connection
                    use(raw, number)
                    raw.user = None
                outcomes.append("served")
            except WaitedTooLong:
                outcomes.append("late")
            except FakeError:
                outcomes.append("refused")

    run_threads(64, work)

    assert {"served", "late"} <= set(outcomes) <= {"served", "late", "refused"}
    check_accounts(pool, server)
    # Nobody's turn was lost: all the places can be had.
    server.chances.clear()
    held = [pool.connect() for _ in range(3)]
    assert pool.checkedout() == 3
    for connection in held:
        connection.close()


def test_who_waits_is_served_in_turn():
    pool = QueuePool(FakeServer(), pool_size=1, max_overflow=0, timeout=20)
    held, order = pool.connect(), []

    def work(number):
        with pool.connect():
            order.append(number)

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(pool._waiters) <= number:
            pass
    held.close()
    for thread in threads:
        thread.join(20)

    assert order == list(range(8))


@pytest.mark.parametrize("kind", [StaticPool, SingletonThreadPool, NullPool])
def test_other_pools_lose_no_connection_under_threads(kind):
    server = FakeServer(seed=3, slow=0.0003, connect=0.1, close=0.1, rollback=0.1)
    pool = kind(server)

    def work(number):
        for _ in range(20):
            try:
                with pool.connect() as connection:
                    # All share the one of a StaticPool, which anybody may have invalidated.
                    assert kind is StaticPool or connection.is_valid
                    if number == 3 and kind is not StaticPool:
                        connection.invalidate()
            except FakeError:
                pass

    run_threads(16, work)

    assert pool.holders() == []
    pool.dispose()
    if kind is not SingletonThreadPool:
        assert server.open == set()


def test_an_assertion_pool_lends_to_one_even_while_that_one_connects():
    server = FakeServer(slow=0.002)
    pool = AssertionPool(server)
    outcomes = []

    def work(number):
        try:
            with pool.connect() as connection:
                use(connection.driver_connection, number)
                connection.driver_connection.user = None
            outcomes.append("served")
        except AssertionError as error:
            assert "checked out" in str(error)
            outcomes.append("refused")

    run_threads(16, work)

    assert "served" in outcomes
    assert len(server.opened) == 1
    pool.connect().close()


def test_accounts_are_right_after_tasks_were_cancelled():
    async def main(seed):
        server = AwaitedServer(seed, slow=0.002, connect=0.1, close=0.1, rollback=0.05, ping=0.05)
        pool = QueuePool(
            server, pool_size=3, max_overflow=2, timeout=0.05, pre_ping=True, ping_after=0
        )
        dice = random.Random(seed)
        outcomes = []

        async def work(number):
            for _ in range(8):
                try:
                    record = await run_async(pool.checkout_steps())
                except FakeError:
                    outcomes.append("refused")
                    continue
                except WaitedTooLong:
                    outcomes.append("late")
                    continue
                try:
                    raw = record.driver_connection
                    use(raw, number)
                    await asyncio.sleep(dice.random() * 0.001)
                    if dice.random() < 0.1:
                        await run_async(pool.invalidate_steps(record))
                finally:
                    raw.user = None
                    await run_async(pool.checkin_steps(record))
                outcomes.append("served")

        tasks = [asyncio.create_task(work(number)) for number in range(64)]
        for _ in tasks:
            await asyncio.sleep(0.0005)
            if dice.random() < 0.5:
                dice.choice(tasks).cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        kinds = {type(result) for result in results}
        assert kinds <= {type(None), asyncio.CancelledError, FakeError}, results
        assert asyncio.CancelledError in kinds
        assert "served" in outcomes
        check_accounts(pool, server)
        server.chances.clear()
        records = [await run_async(pool.checkout_steps()) for _ in range(5)]
        assert pool.checkedout() == 5
        for record in records:
            await run_async(pool.checkin_steps(record))
        await run_async(pool.dispose_steps())
        assert server.open == set()

    for seed in range(3):
        asyncio.run(main(seed))


def test_a_waiter_whose_event_loop_has_ended_is_passed_over():
    server = AwaitedServer()
    pool = QueuePool(server, pool_size=1, max_overflow=0, timeout=5)

    async def hold_and_wait():
        record = await run_async(pool.checkout_steps())
        waiting = run_async(pool.checkout_steps())
        # Begun by hand, and left in the middle, as by a loop that is stopped.
        waiting.send(None)
        return record, waiting

    async def give_back(record):
        await run_async(pool.checkin_steps(record))
        assert pool.checkedin() == 1

    record, waiting = asyncio.run(hold_and_wait())
    asyncio.run(give_back(record))
    waiting.close()

    assert (pool.checkedin(), pool.checkedout()) == (1, 0)


def test_a_task_that_is_cancelled_while_connections_are_warmed_keeps_none():
    async def main():
        server = AwaitedServer(slow=0.02)
        pool = QueuePool(server, pool_size=4, min_size=4)
        for seconds in (0.005, 0.015, 0.025, 0.035):
            task = asyncio.create_task(run_async(pool.checkout_steps()))
            await asyncio.sleep(seconds)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await run_async(pool.checkin_steps(await task))
            check_accounts(pool, server)
        record = await run_async(pool.checkout_steps())
        assert pool.checkedin() == 3
        await run_async(pool.checkin_steps(record))
        await run_async(pool.dispose_steps())
        assert server.open == set()

    asyncio.run(main())
