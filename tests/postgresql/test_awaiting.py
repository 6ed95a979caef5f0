"""The drivers that await: what a cancellation, a listener and a lost connection leave behind."""

import asyncio
import time

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    event,
    exc,
    func,
    insert,
    select,
    text,
)
from dovetail.dialects import blocking_view
from dovetail.ext.asyncio import bridge, create_async_engine
from tests.postgresql.conftest import AWAITING

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))


@pytest.fixture(params=AWAITING, ids=str)
def run(request, url):
    """A function that runs ``body(make)`` in a loop; *make* makes awaiting engines."""
    request.param.require()
    address = url.replace("postgresql+psycopg:", f"{request.param.name}:")

    def perform(body):
        async def main():
            made = []

            def make(**options):
                made.append(create_async_engine(address, **options))
                return made[-1]

            try:
                await body(make)
            finally:
                for engine in made:
                    await engine.dispose()

        asyncio.run(main())

    return perform


async def sleepers(engine):
    """How many connections of other sessions are asleep in a statement."""
    async with engine.connect() as connection:
        return await connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%pg_sleep%'"
            )
        )


async def until_asleep(engine, number=1):
    end = time.monotonic() + 10
    while await sleepers(engine) != number:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_a_cancelled_statement_stops_on_the_server(run):
    async def body(make):
        engine, other = make(pool_size=1, max_overflow=0), make()

        async def work():
            async with engine.begin() as connection:
                await connection.execute(text("SELECT pg_sleep(30)"))

        task = asyncio.create_task(work())
        await until_asleep(other)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert time.monotonic() - began < 5
        assert await sleepers(other) == 0
        assert engine.pool.checkedout() == 0
        async with engine.begin() as connection:
            assert await connection.scalar(select(1)) == 1

    run(body)


def test_a_time_limit_in_a_block_leaves_the_transaction_to_be_rolled_back(run):
    async def body(make):
        engine = make()
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        async with engine.connect() as connection:
            await connection.execute(insert(item), {"id": 1, "name": "a"})
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await connection.execute(text("SELECT pg_sleep(30)"))
            await connection.rollback()
            await connection.execute(insert(item), {"id": 2, "name": "b"})
            await connection.commit()
            assert (await connection.scalars(select(item.c.id))).all() == [2]

    run(body)


@pytest.mark.parametrize("with_greenlet", [True, False])
def test_listeners_to_connect_run_sql(run, monkeypatch, with_greenlet):
    if not with_greenlet:
        monkeypatch.setattr(bridge, "greenlet", None)

    async def body(make):
        engine = make()

        @event.listens_for(engine.sync_engine, "connect")
        def set_up(connection, record):
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 77")
                cursor.execute("SELECT 5 AS five UNION SELECT 6 ORDER BY 1")
                assert cursor.description[0][0] == "five"
                assert cursor.fetchone() == (5,)
                assert list(cursor) == [(6,)]
            connection.commit()

        async with engine.connect() as connection:
            assert await connection.scalar(text("SHOW statement_timeout")) == "77ms"

    run(body)


@pytest.mark.parametrize("with_greenlet", [True, False])
def test_other_listeners_run_sql_where_there_are_greenlets(run, monkeypatch, with_greenlet):
    if not with_greenlet:
        monkeypatch.setattr(bridge, "greenlet", None)

    async def body(make):
        engine = make()
        met = []

        @event.listens_for(engine.sync_engine, "checkout")
        def look(connection, record, proxy):
            assert type(connection) is blocking_view.BlockingView
            try:
                met.append(connection.cursor().execute("SELECT 1").fetchall())
            except exc.MissingGreenlet:
                met.append("refused")

        async with engine.connect() as connection:
            assert await connection.scalar(select(1)) == 1
        assert met == [[(1,)] if with_greenlet else "refused"]

    run(body)


@pytest.mark.parametrize("level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_streams(run, level):
    async def body(make):
        numbers = select(func.generate_series(1, 1000).column_valued("n"))
        async with make(isolation_level=level).connect() as connection:
            async with connection.stream(numbers, execution_options={"yield_per": 100}) as result:
                assert len(await result.fetchmany(10)) == 10
                assert len([row async for row in result]) == 990
            assert await connection.scalar(select(1)) == 1

    run(body)


def test_a_lost_connection_is_replaced(run):
    async def body(make):
        engine, other = make(pool_pre_ping=True, pool_ping_after=0), make()
        async with engine.connect() as connection:
            number = await connection.scalar(select(func.pg_backend_pid()))
            async with other.connect() as killer:
                await killer.execute(select(func.pg_terminate_backend(number)))
            with pytest.raises(exc.Disconnected) as caught:
                await connection.execute(select(1))
            assert caught.value.retry_scope == "new_connection"
            await connection.rollback()
            number = await connection.scalar(select(func.pg_backend_pid()))
        async with other.connect() as killer:
            await killer.execute(select(func.pg_terminate_backend(number)))
        async with engine.connect() as connection:
            assert await connection.scalar(select(1)) == 1

    run(body)


@pytest.mark.parametrize("pause", [0, 0.2], ids=["at once", "once the driver knows"])
def test_a_connection_that_is_lost_before_its_commit_is_never_said_to_be_committed(run, pause):
    async def body(make):
        engine, other = make(), make()
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        async with engine.connect() as connection:
            number = await connection.scalar(select(func.pg_backend_pid()))
            await connection.execute(insert(item), {"id": 1, "name": "a"})
            async with other.connect() as killer:
                await killer.execute(select(func.pg_terminate_backend(number)))
            await asyncio.sleep(pause)
            with pytest.raises(exc.DBAPIError) as caught:
                await connection.commit()
            assert caught.value.connection_invalidated
            assert caught.value.outcome_unknown
        async with other.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(item)) == 0

    run(body)


def test_the_drivers_own_connection_is_awaited(run):
    async def body(make):
        engine = make(pool_size=1, max_overflow=0)
        raw = await engine.raw_connection()
        first = raw.driver_connection
        await raw.close()
        assert engine.pool.checkedout() == 0
        async with engine.connect() as connection:
            assert (await connection.get_raw_connection()).driver_connection is first
            await connection.invalidate()
            # Another one takes the place of what is lost.
            assert (await connection.get_raw_connection()).driver_connection is not first
            assert await connection.scalar(select(1)) == 1

    run(body)


def test_isolation_levels_and_modes(run):
    async def body(make):
        async with make(isolation_level="SERIALIZABLE").connect() as connection:
            assert await connection.scalar(text("SHOW transaction_isolation")) == "serializable"
        async with make().connect() as connection:
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            assert await connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
            assert await connection.scalar(text("SHOW transaction_read_only")) == "on"

    run(body)
