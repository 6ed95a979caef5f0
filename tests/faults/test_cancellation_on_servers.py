"""A task is cancelled at each of its requests to a server, which stops what it does for it."""

import asyncio
import time

import pytest

from dovetail import insert, select, text
from dovetail.ext.asyncio import create_async_engine
from tests.faults.test_cancellation import Base, Owner, session_work, stopped
from tests.servers import AWAITING_BACKENDS, SERVERS

DRIVERS = [
    pytest.param(backend, id=str(backend))
    for backend in AWAITING_BACKENDS
    if backend.server is not None
]
SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mariadb": "SELECT sleep(60)"}
OTHERS = {
    "postgresql": "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'",
    "mariadb": "SELECT command, COALESCE(info, 'transaction') FROM information_schema.processlist "
    "LEFT JOIN information_schema.innodb_trx ON trx_mysql_thread_id = id "
    "WHERE db = DATABASE() AND id <> CONNECTION_ID() "
    "AND (command <> 'Sleep' OR trx_id IS NOT NULL)",
}
COUNT = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE()",
}
REQUESTS = (
    "begin",
    "commit",
    "execute",
    "execute_many",
    "fetch",
    "rollback",
    "set_isolation",
    "stream",
)


class Stopper:
    """Cancels the task that runs when it makes its request number *at*."""

    def __init__(self, at=None, late=False):
        self.at = at
        self.late = late
        """Whether the request is performed first, and its answer is what is lost."""
        self.verbs = []

    def installed(self, monkeypatch, kind):
        for name in REQUESTS:
            original = getattr(kind, name)
            if asyncio.iscoroutinefunction(original):
                monkeypatch.setattr(kind, name, self._stopping(name, original))

    def _stopping(self, name, original):
        async def request(connection, *arguments):
            self.verbs.append(name)
            if len(self.verbs) != self.at:
                return await original(connection, *arguments)
            task = asyncio.current_task()
            if self.late:
                answer = await original(connection, *arguments)
                task.cancel()
                await asyncio.sleep(0)
                return answer
            task.cancel()
            return await original(connection, *arguments)

        return request


async def connection_work(engine):
    """Every verb of a connection that awaits."""
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO owner VALUES (1, 'a'), (2, 'b')"))
        async with connection.begin_nested():
            await connection.execute(text("INSERT INTO owner VALUES (3, 'c')"))
    async with engine.connect() as connection:
        async with connection.stream(text("SELECT id FROM owner")) as result:
            async for _ in result:
                pass
        await connection.rollback()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        async with connection.stream(text("SELECT id FROM owner")) as result:
            assert await result.fetchone() is not None
        await connection.execute(text("UPDATE owner SET name = 'd'"))
    async with engine.execution_options(isolation_level="SERIALIZABLE").connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.rollback()
        await connection.execute(text("DELETE FROM owner"))
        await connection.commit()


@pytest.fixture(params=DRIVERS)
def backend(request):
    request.param.require()
    return request.param


@pytest.fixture
def server(backend, backend_url):
    """A function that runs SQL past the engines of the test."""
    database = backend_url.rpartition("/")[2]
    with SERVERS[backend.server].administration(database) as run:
        yield lambda sql: list(run(sql))


@pytest.fixture
def others(backend, server):
    """A function that tells what the connections of the test are at, save those at rest."""
    return lambda: server(OTHERS[backend.server])


async def check_clean(engine, others):
    """Nothing is borrowed, nothing is at work on the server, and the engine works."""
    assert engine.pool.checkedout() == 0
    # One that is gone may be ending still, on the server.
    end = time.monotonic() + 5
    while found := others():
        assert time.monotonic() < end, found
        await asyncio.sleep(0.01)
    async with engine.begin() as connection:
        owners = set(await connection.scalars(text("SELECT id FROM owner")))
        pets = await connection.scalar(text("SELECT count(*) FROM pet"))
        # Rows that were written together are there together.
        assert owners & {2, 3} in (set(), {2}, {2, 3})
        assert pets in (0, 2)
        await connection.execute(text("DELETE FROM pet"))
        await connection.execute(text("DELETE FROM owner"))


@pytest.mark.parametrize("late", [False, True], ids=["before the answer", "with the answer"])
@pytest.mark.parametrize("work", [session_work, connection_work])
def test_a_task_cancelled_at_any_request_leaves_nothing_behind(
    backend_url, others, monkeypatch, work, late
):
    async def main():
        engine = create_async_engine(backend_url, pool_size=1, max_overflow=0)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            kind = type(connection.sync_connection._wire)

        async def run(stopper):
            async with engine.connect():
                pass  # the connection is open: cancellation while connecting has its own test
            with monkeypatch.context() as patch:
                stopper.installed(patch, kind)
                was_stopped = await stopped(engine, work)
            try:
                await check_clean(engine, others)
            except AssertionError as error:
                error.add_note(f"{stopper.at} {stopper.verbs}")
                raise
            return was_stopped

        whole = Stopper()
        assert not await run(whole)
        assert len(whole.verbs) > 10
        for number in range(1, len(whole.verbs) + 1):
            assert await run(Stopper(number, late)), whole.verbs[number - 1]
        await engine.dispose()

    asyncio.run(main())


@pytest.mark.parametrize("times", [1, 3])
def test_a_statement_stops_on_the_server_with_its_task(backend, backend_url, others, times):
    async def main():
        engine = create_async_engine(backend_url, pool_size=1, max_overflow=0)

        async def work():
            async with engine.begin() as connection:
                await connection.execute(text(SLEEP[backend.server]))

        task = asyncio.create_task(work())
        end = time.monotonic() + 10
        while not any("sleep(60)" in query for _, query in others()):
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        began = time.monotonic()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 3
        assert engine.pool.checkedout() == 0
        while others():
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.01)
        async with engine.begin() as connection:
            assert await connection.scalar(select(1)) == 1
        await engine.dispose()

    asyncio.run(main())


def test_a_task_that_waits_for_a_lock_does_not_take_it_later(backend_url):
    async def main():
        engine = create_async_engine(backend_url)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(insert(Owner).values(id=1, name="a"))

        async def change():
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE owner SET name = 'late'"))

        async with engine.begin() as holder:
            await holder.execute(text("UPDATE owner SET name = 'b'"))
            task = asyncio.create_task(change())
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT name FROM owner")) == "b"
        await engine.dispose()

    asyncio.run(main())


def test_a_task_cancelled_while_it_connects_leaves_nothing_behind(backend, backend_url, server):
    async def connect(engine):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def main():
        engine = create_async_engine(backend_url)
        for turns in range(30):
            task = asyncio.create_task(connect(engine))
            for _ in range(turns):
                await asyncio.sleep(0.0005 if turns > 12 else 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert engine.pool.checkedout() == 0
            await engine.dispose()
        async with engine.begin() as connection:
            assert await connection.scalar(select(1)) == 1
        await engine.dispose()
        end = time.monotonic() + 5
        while server(COUNT[backend.server]) != [(1,)]:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)

    asyncio.run(main())
