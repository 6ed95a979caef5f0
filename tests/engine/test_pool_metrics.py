"""What a pool tells of itself, and how it keeps its queue short."""

import asyncio
import threading
import time

import pytest

import dovetail as dv
from dovetail.exc import TimeoutError as WaitedTooLong
from dovetail.ext.asyncio import create_async_engine


@pytest.fixture
def engine(tmp_path):
    engine = dv.create_engine(
        f"sqlite:///{tmp_path / 'm.db'}", pool_size=2, max_overflow=0, pool_timeout=5
    )
    yield engine
    engine.dispose()


def waiting_thread(engine):
    """A thread that borrows a connection, as soon as it gets one."""
    thread = threading.Thread(target=lambda: engine.connect().close())
    thread.start()
    return thread


def until(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_is_in_use_and_who_waits(engine):
    at_rest = engine.metrics
    assert (at_rest.in_use, at_rest.idle, at_rest.waiting, at_rest.limit) == (0, 0, 0, 2)
    assert at_rest.oldest == 0
    one, two = engine.connect(), engine.connect()
    thread = waiting_thread(engine)
    until(lambda: engine.metrics.waiting == 1)
    time.sleep(0.02)

    found = engine.metrics
    assert (found.in_use, found.idle, found.waits) == (2, 0, 0)
    assert found.longest_use > 0.02
    assert 0.02 < found.oldest_wait < found.longest_use < found.oldest

    one.close()
    thread.join()
    two.close()
    found = engine.metrics
    assert (found.in_use, found.idle, found.waiting, found.oldest_wait) == (0, 2, 0, 0.0)
    assert (found.waits, found.refused) == (1, 0)
    assert found.oldest > 0.02
    assert 0.02 < found.longest_wait == found.waited


def test_who_is_given_none_is_counted(tmp_path):
    engine = dv.create_engine(
        f"sqlite:///{tmp_path / 'm.db'}", pool_size=1, max_overflow=0, pool_timeout=0.02
    )
    with engine.connect(), pytest.raises(WaitedTooLong):
        engine.connect()
    assert (engine.metrics.waits, engine.metrics.refused) == (1, 1)
    engine.dispose()


def test_tasks_wait_too(tmp_path):
    async def main():
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{tmp_path / 'm.db'}", pool_size=1, max_overflow=0
        )
        async with engine.connect():
            task = asyncio.ensure_future(borrow(engine))
            await asyncio.sleep(0.05)
            assert engine.metrics.waiting == 1
            task.cancel()
            await asyncio.wait([task])
            assert (engine.metrics.waiting, engine.metrics.refused) == (0, 1)
        await borrow(engine)
        await engine.dispose()

    async def borrow(engine):
        async with engine.connect():
            pass

    asyncio.run(main())


def test_an_overloaded_queue_is_cut_short(tmp_path, monkeypatch):
    monkeypatch.setattr("dovetail.engine.pool.waits.INTERVAL", 0.05)
    engine = dv.create_engine(
        f"sqlite:///{tmp_path / 'm.db'}",
        pool_size=1,
        max_overflow=0,
        pool_timeout=5,
        pool_queue_target=0.01,
    )
    held = engine.connect()
    patient = waiting_thread(engine)  # it came before, and waits for pool_timeout
    until(lambda: engine.metrics.oldest_wait > 0.07)

    began = time.monotonic()
    with pytest.raises(WaitedTooLong, match="come again later"):
        engine.connect()
    assert time.monotonic() - began < 1

    held.close()
    patient.join()
    # Whoever finds nobody in the queue is as patient as ever.
    held = engine.connect()
    patient = waiting_thread(engine)
    time.sleep(0.04)
    held.close()
    patient.join()
    assert engine.metrics.refused == 1
    engine.dispose()


def test_without_a_target_all_are_patient(engine, monkeypatch):
    monkeypatch.setattr("dovetail.engine.pool.waits.INTERVAL", 0.0)
    one, two = engine.connect(), engine.connect()
    threads = [waiting_thread(engine) for _ in range(3)]
    until(lambda: engine.metrics.waiting == 3)
    time.sleep(0.05)
    one.close()
    two.close()
    for thread in threads:
        thread.join()
    assert engine.metrics.refused == 0


def test_pools_without_a_queue_say_so(tmp_path):
    engine = dv.create_engine(f"sqlite:///{tmp_path / 'm.db'}", poolclass=dv.pool.NullPool)
    with pytest.raises(dv.exc.InvalidRequestError, match="NullPool"):
        _ = engine.metrics


def test_the_numbers_add_up_under_load(engine):
    def work():
        for _ in range(50):
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = engine.metrics
    assert (found.in_use, found.waiting, found.refused) == (0, 0, 0)
    assert found.waits <= 400
    assert found.longest_wait <= found.waited
