"""An engine and its event loops: one after the other, two at a time, one that has ended."""

import asyncio
import gc
import subprocess
import sys
import threading
import warnings

import pytest

from dovetail import text
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from tests.servers import AWAITING_BACKENDS


@pytest.fixture(params=AWAITING_BACKENDS, ids=str)
def backend(request):
    request.param.require()
    return request.param


@pytest.fixture(autouse=True)
def _garbage():
    """Collect what a test has left to the collector of garbage, before another test meets it."""
    yield
    with warnings.catch_warnings():
        # The packages of the drivers complain of connections that were never closed.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def numbers(engine, count):
    async def one(number):
        async with engine.connect() as connection:
            return await connection.scalar(text(f"SELECT {number}"))

    return await asyncio.gather(*(one(number) for number in range(count)))


def test_an_engine_works_in_one_event_loop_after_the_other(backend_url):
    engine = create_async_engine(backend_url, pool_size=2, max_overflow=0)
    for _ in range(3):
        assert asyncio.run(numbers(engine, 4)) == [0, 1, 2, 3]
        assert engine.pool.checkedout() == 0
        assert engine.pool.checkedin() == 2
    asyncio.run(engine.dispose())
    assert engine.pool.checkedin() == 0


def test_an_engine_works_in_two_event_loops_at_a_time(backend_url):
    engine = create_async_engine(backend_url, pool_size=2, max_overflow=0)
    answers = []

    async def many():
        for _ in range(10):
            assert await numbers(engine, 4) == [0, 1, 2, 3]
        return "done"

    threads = [
        threading.Thread(target=lambda: answers.append(asyncio.run(many()))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == ["done", "done"]
    assert engine.pool.checkedout() == 0
    asyncio.run(engine.dispose())


def test_a_connection_that_outlives_its_event_loop_is_given_up(backend_url):
    engine = create_async_engine(backend_url, pool_size=1, max_overflow=0)

    async def begin():
        connection = await engine.connect()
        await connection.scalar(text("SELECT 1"))
        return connection

    connection = asyncio.run(begin())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(connection.close())
        del connection
        gc.collect()
    assert engine.pool.checkedout() == 0
    assert asyncio.run(numbers(engine, 2)) == [0, 1]
    asyncio.run(engine.dispose())


def test_a_session_that_was_forgotten_gives_its_place_back(backend_url, caplog):
    engine = create_async_engine(backend_url, pool_size=1, max_overflow=0)

    async def forget():
        session = AsyncSession(engine)
        await session.scalar(text("SELECT 1"))

    async def main():
        await forget()
        gc.collect()
        assert await numbers(engine, 1) == [0]

    asyncio.run(main())
    assert "a connection was never closed" in caplog.text
    assert ".forget, " in caplog.text
    asyncio.run(engine.dispose())


PROGRAM = """
import asyncio
from dovetail import text
from dovetail.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine({url!r})

async def main():
    global session, connection
    connection = await engine.connect()
    await connection.execute(text("SELECT 1"))
    session = AsyncSession(engine)
    await session.execute(text("SELECT 2"))
    print("worked")

asyncio.run(main())
"""


def test_a_program_that_ends_with_open_connections_ends_quietly(backend_url):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(url=backend_url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "worked")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2
