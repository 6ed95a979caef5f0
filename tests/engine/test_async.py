"""The awaiting engine: the same behaviour behind ``await``."""

import asyncio
from time import sleep

import pytest

from dovetail import Column, Integer, MetaData, String, Table, create_engine, insert, select, text
from dovetail.dialects import driver
from dovetail.dialects.driver import register_driver
from dovetail.dialects.sqlite.drivers import SqliteDriver
from dovetail.event import listen, listens_for
from dovetail.exc import (
    InvalidRequestError,
    MissingGreenlet,
    MultipleResultsFound,
    NoResultFound,
    UniqueViolation,
)
from dovetail.ext.asyncio import (
    AsyncSession,
    async_engine_from_config,
    bridge,
    create_async_engine,
    create_async_pool_from_url,
)

INSERT = "INSERT INTO t (name) VALUES (?)"


async def names(connection):
    result = await connection.exec_driver_sql("SELECT name FROM t ORDER BY name")
    return result.scalars().all()


def test_transactions_and_savepoints(in_async):
    async def body(engine):
        async with engine.begin() as connection:
            await connection.exec_driver_sql(INSERT, ("a",))
            with pytest.raises(UniqueViolation):
                async with connection.begin_nested():
                    await connection.exec_driver_sql(INSERT, ("b",))
                    await connection.exec_driver_sql(INSERT, ("a",))
            assert connection.in_transaction()
        async with engine.connect() as connection:
            await connection.exec_driver_sql(INSERT, ("lost",))
            savepoint = await connection.begin_nested()
            await connection.exec_driver_sql(INSERT, ("lost too",))
            await savepoint.rollback()
            assert await names(connection) == ["a", "lost"]
            await connection.rollback()
            transaction = await connection.begin()
            assert transaction.is_active
            assert connection.get_transaction().sync_transaction is transaction.sync_transaction
            await transaction.rollback()
            assert await names(connection) == ["a"]

    in_async(body)


def test_a_connection_must_be_awaited(in_async):
    async def body(engine):
        connection = engine.connect()
        with pytest.raises(InvalidRequestError) as caught:
            await connection.exec_driver_sql("SELECT 1")
        assert "await engine.connect()" in caught.value.hint
        await (await connection).close()
        assert connection.closed

    in_async(body)


def test_a_blocking_driver_is_refused():
    with pytest.raises(InvalidRequestError) as caught:
        create_async_engine("sqlite+pysqlite://")
    assert caught.value.message == "the driver 'pysqlite' does not await"
    assert caught.value.hint == "name one that does: sqlite+aiosqlite"


@pytest.mark.usefixtures("own_drivers")
def test_a_database_without_awaiting_drivers_says_so():
    class Blocking(SqliteDriver):
        name = "blocking"

    for name in list(driver._drivers["sqlite"]):
        del driver._drivers["sqlite"][name]
    register_driver("sqlite", "blocking", Blocking)

    with pytest.raises(InvalidRequestError) as caught:
        create_async_engine("sqlite://")
    assert caught.value.hint == "no driver of sqlite does: make the engine with create_engine()"


@pytest.mark.parametrize(
    ("url", "blocking", "awaiting"),
    [
        ("sqlite://", ("pysqlite", False), "aiosqlite"),
        ("sqlite+aiosqlite://", ("aiosqlite", True), "aiosqlite"),
        ("postgresql://", ("psycopg", False), "psycopg"),
        ("postgresql+psycopg://", ("psycopg", False), "psycopg"),
        ("postgresql+psycopg_async://", ("psycopg", True), "psycopg"),
        ("postgresql+asyncpg://", ("asyncpg", True), "asyncpg"),
    ],
)
def test_who_makes_the_engine_decides_whether_its_driver_awaits(url, blocking, awaiting):
    pytest.importorskip(awaiting)
    engine = create_engine(url)
    assert (engine.driver, engine.is_async) == blocking
    assert create_async_engine(url).driver == awaiting
    assert create_async_engine(url).dialect.is_async
    assert async_engine_from_config({"sqlalchemy.url": url}).driver == awaiting
    assert create_async_pool_from_url(url).opener.backend.name == awaiting
    assert str(create_async_engine(url).url) == url


@pytest.mark.parametrize("with_greenlet", [True, False])
def test_blocking_code_runs_in_a_bridge(in_async, monkeypatch, with_greenlet):
    if not with_greenlet:
        monkeypatch.setattr(bridge, "greenlet", None)

    def blocking(connection, name):
        connection.exec_driver_sql(INSERT, (name,))
        with pytest.raises(UniqueViolation):
            connection.exec_driver_sql(INSERT, (name,))
        return connection.exec_driver_sql("SELECT count(*) FROM t").scalar()

    async def body(engine):
        async with engine.begin() as connection:
            assert await connection.run_sync(blocking, "a") == 1
            with pytest.raises(ZeroDivisionError):
                await connection.run_sync(lambda connection: 1 / 0)
            with pytest.raises(MissingGreenlet):
                connection.sync_connection.exec_driver_sql("SELECT 1")

    in_async(body)


def test_a_cancelled_statement_leaves_the_pool_whole(in_async):
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
        "SELECT count(*) FROM n"
    )

    async def body(engine):
        async def work():
            async with engine.connect() as connection:
                await connection.exec_driver_sql(slow)

        task = asyncio.create_task(work())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with engine.connect() as connection:
            assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 1
        assert engine.pool.checkedout() == 0

    in_async(body, pool_size=1, max_overflow=0)


def test_what_a_blocking_end_has_stopped_can_be_closed_once_more(tmp_path):
    """As the connections are of a session that a program never closed."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"

    async def leave():
        session = AsyncSession(create_async_engine(url))
        await session.execute(text("CREATE TABLE t (id INTEGER)"))
        raw = await (await session.connection()).get_raw_connection()
        return session, raw.driver_connection

    with asyncio.Runner() as runner:
        session, aio = runner.run(leave())
        aio._tx.put_nowait((None, lambda: sleep(0.2)))  # its thread is not there yet
        with pytest.raises(MissingGreenlet):
            session.sync_session.close()
        runner.run(asyncio.wait_for(aio.close(), 5))
        aio._thread.join(5)

    assert not aio._thread.is_alive()


def test_listeners_see_an_awaiting_engine(in_async):
    seen = []

    async def body(engine):
        @listens_for(engine.sync_engine, "connect")
        def enforce(dbapi_connection, record):
            cursor = dbapi_connection.cursor()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

        listen(engine, "before_cursor_execute", lambda c, cur, sql, *_: seen.append(sql))
        await engine.dispose()
        async with engine.connect() as connection:
            result = await connection.exec_driver_sql("PRAGMA foreign_keys")
            assert result.scalar() == 1

    in_async(body)
    assert seen == ["PRAGMA foreign_keys"]


def test_a_database_in_memory_is_shared_by_tasks():
    async def main():
        engine = create_async_engine("sqlite+aiosqlite://")

        async def look():
            async with engine.connect() as connection:
                await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
                await connection.commit()

        await asyncio.gather(look(), look(), look())
        async with engine.connect() as connection:
            result = await connection.exec_driver_sql("SELECT name FROM sqlite_master")
            assert result.scalars().all() == ["t"]
        await engine.dispose()

    asyncio.run(main())


def test_rows_can_be_awaited_one_after_the_other(in_async):
    query = text("SELECT id, name FROM t ORDER BY id")

    async def body(engine):
        async with engine.begin() as connection:
            rows = [(number, str(number)) for number in range(1, 251)]
            await connection.exec_driver_sql("INSERT INTO t VALUES (?, ?)", rows)
            result = await connection.stream(query)
            assert [row.id async for row in result] == list(range(1, 251))
            async with connection.stream(query) as result:
                assert await result.fetchone() == (1, "1")
                assert await result.fetchmany(2) == [(2, "2"), (3, "3")]
                assert (await result.scalars("name").all())[:1] == ["4"]
            assert result.closed
            parts = (await connection.stream(query)).partitions(100)
            assert [len(part) async for part in parts] == [100, 100, 50]
            assert await (await connection.stream(query)).first() == (1, "1")
            assert await (await connection.stream(text("SELECT 5"))).scalar_one() == 5
            mappings = (await connection.stream(query)).mappings()
            assert await mappings.fetchone() == {"id": 1, "name": "1"}
            values = await connection.stream_scalars(text("SELECT 1 UNION ALL SELECT 1"))
            assert await values.unique().all() == [1]
            frozen = await (await connection.stream(query)).freeze()
            assert len(frozen().all()) == 250
            with pytest.raises(MultipleResultsFound):
                await (await connection.stream(query)).one()
            with pytest.raises(NoResultFound):
                await (await connection.stream(text("SELECT 1 WHERE 1 = 0"))).one()

    in_async(body)


def test_core_statements_are_awaited(in_async):
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))

    async def body(engine):
        async with engine.begin() as connection:
            result = await connection.execute(insert(table), {"name": "a"})
            assert result.inserted_primary_key == (1,)
            assert await connection.scalar(select(table.c.name)) == "a"
            assert (await connection.scalars(select(table.c.id))).all() == [1]

    in_async(body)
