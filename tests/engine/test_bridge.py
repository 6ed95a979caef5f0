"""Blocking code that awaits: in greenlets, and in threads where there are none."""

import asyncio
import contextvars
import threading

import pytest

from dovetail import event, text
from dovetail.exc import MissingGreenlet
from dovetail.ext.asyncio import AsyncSession, bridge, create_async_engine
from dovetail.util import await_only, greenlet_spawn, in_greenlet
from dovetail.util.concurrency import await_only as the_same

pytestmark = pytest.mark.usefixtures("kind")


@pytest.fixture(params=["greenlet", "thread"])
def kind(request, monkeypatch):
    if request.param == "thread":
        monkeypatch.setattr(bridge, "greenlet", None)
    return request.param


def added(x, y=1):
    return await_only(asyncio.sleep(0, x + y))


def test_what_blocking_code_awaits_comes_back():
    async def main():
        assert await greenlet_spawn(added, 1, y=2) == 3
        assert await greenlet_spawn(lambda: 5) == 5

    asyncio.run(main())


def test_a_bridge_within_a_bridge():
    async def main():
        return await greenlet_spawn(lambda: await_only(greenlet_spawn(added, 5)))

    assert asyncio.run(main()) == 6


def test_many_bridges_within_bridges_at_a_time():
    async def main():
        return await asyncio.gather(
            *(greenlet_spawn(lambda: await_only(greenlet_spawn(added, 5))) for _ in range(64))
        )

    assert asyncio.run(main()) == [6] * 64


def test_it_is_known_where_one_may_await():
    async def main():
        assert not in_greenlet()
        assert await greenlet_spawn(in_greenlet)
        with pytest.raises(MissingGreenlet):
            await_only(asyncio.sleep(0))

    asyncio.run(main())
    assert the_same is await_only


def test_failures_go_both_ways():
    async def fail():
        raise KeyError("inside")

    def blocking():
        with pytest.raises(KeyError, match="inside"):
            await_only(fail())
        raise ZeroDivisionError

    async def main():
        with pytest.raises(ZeroDivisionError):
            await greenlet_spawn(blocking)

    asyncio.run(main())


def test_a_cancelled_task_is_cancelled_where_its_blocking_code_waits():
    log = []

    def blocking():
        try:
            await_only(asyncio.sleep(60))
        except asyncio.CancelledError:
            log.append("cancelled")
            await_only(asyncio.sleep(0.01))
            log.append("cleaned up")
            raise

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await greenlet_spawn(blocking)
        assert log == ["cancelled", "cleaned up"]

    asyncio.run(main())


def test_blocking_code_may_go_on_after_a_cancellation():
    def blocking():
        try:
            await_only(asyncio.sleep(60))
        except asyncio.CancelledError:
            return "all the same"

    async def main():
        task = asyncio.create_task(greenlet_spawn(blocking))
        await asyncio.sleep(0.02)
        task.cancel()
        assert await task == "all the same"

    asyncio.run(main())


def test_a_thread_that_computes_is_cancelled_at_its_next_request(kind):
    if kind == "greenlet":
        pytest.skip("no task runs while a greenlet computes")
    go_on = threading.Event()

    def blocking():
        assert go_on.wait(10)
        await_only(asyncio.sleep(0))

    async def main():
        task = asyncio.create_task(greenlet_spawn(blocking))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.sleep(0.02)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_context_variables_are_seen():
    variable = contextvars.ContextVar("variable")

    async def main():
        variable.set(5)
        assert await greenlet_spawn(variable.get) == 5

    asyncio.run(main())


def test_a_session_is_in_use_until_its_blocking_code_has_ended(tmp_path):
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) FROM n"
    )

    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        async with AsyncSession(engine) as session:
            task = asyncio.create_task(session.run_sync(lambda s: s.scalar(slow)))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await session.rollback()
            assert await session.scalar(text("SELECT 1")) == 1
        assert engine.pool.checkedout() == 0
        await engine.dispose()

    asyncio.run(main())


def test_a_listener_awaits_with_the_connection_of_the_driver(tmp_path):
    seen = []

    def connected(raw, record):
        seen.append(raw.run_async(lambda connection: connection.execute_fetchall("SELECT 5")))
        seen.append(type(raw.driver_connection).__module__.partition(".")[0])
        cursor = raw.cursor()
        cursor.execute("SELECT ?", (6,))
        seen.append(cursor.fetchone())
        cursor.close()

    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        event.listen(engine.sync_engine, "connect", connected)
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            cursor = await raw.driver_connection.execute("SELECT 7")
            assert await cursor.fetchone() == (7,)
        assert [list(map(tuple, seen[0])), *seen[1:]] == [[(5,)], "aiosqlite", (6,)]
        await engine.dispose()

    asyncio.run(main())
