"""What only awaiting drivers do, on a running MariaDB: tasks, cancellations, sockets, options."""

import asyncio
import gc
import logging
import socket
import time
import warnings

import pytest

from dovetail import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    exc,
    func,
    insert,
    literal,
    select,
    text,
)
from dovetail.dialects.mysql.awaiting_drivers import AiomysqlDriver, AsyncmyDriver
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.steps import bridged
from tests.servers import AWAITING_BACKENDS

OWN = [backend for backend in AWAITING_BACKENDS if backend.server == "mariadb"]
PROCESSES = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE :sql"

item = Table(
    "item", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(50))
)


@pytest.fixture(params=OWN, ids=str)
def backend(request):
    """Each awaiting driver in turn, without a bridge."""
    request.param.require()
    return request.param


@pytest.fixture
def run(backend_url):
    """Run a coroutine function with an engine, and see that nothing stays borrowed."""

    def run(body, **options):
        async def whole():
            engine = create_async_engine(backend_url, **options)
            try:
                return await body(engine)
            finally:
                assert engine.pool.checkedout() == 0
                await engine.dispose()

        return asyncio.run(whole())

    return run


async def filled(engine):
    """Make a table with the rows 1 to 5."""
    async with engine.begin() as connection:
        await connection.run_sync(item.metadata.create_all)
        await connection.execute(insert(item), [{"name": f"item {n}"} for n in range(1, 6)])


async def is_soon(connection, sql, expected):
    """Whether *sql* gives *expected* within two seconds."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        if await connection.scalar(text(sql)) == expected:
            return True
        await connection.rollback()
        await asyncio.sleep(0.02)
    return False


# -- statements -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
def test_bytes_are_safe_under_every_sql_mode(run, mode):
    hostile = b"\\' OR 1=1 -- \\\\ '' \x00\xff\n"

    async def body(engine):
        async with engine.connect() as connection:
            assert await connection.scalar(select(literal(hostile, LargeBinary))) == hostile
            (found,) = (await connection.exec_driver_sql("SELECT %s", (bytearray(hostile),))).one()
            assert found == hostile

    run(body, connect_args={"sql_mode": mode})


def test_warnings_of_the_server_are_neither_asked_for_nor_raised(run, caplog):
    async def body(engine):
        async with engine.connect() as connection:
            before = await connection.scalar(text("SHOW STATUS LIKE 'Questions'"))
            assert before
            assert await connection.scalar(text("SELECT 1 / 0")) is None
            result = await connection.execute(text("SELECT @@warning_count"))
            assert result.scalar() == 1  # SHOW WARNINGS would have left it, a statement not
            await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS w (a TINYINT)")
            await connection.exec_driver_sql("SET SESSION sql_mode = ''")
            await connection.exec_driver_sql("INSERT INTO w VALUES (1000)")
            streamed = await connection.stream(text("INSERT INTO w VALUES (1000)"))
            await streamed.close()
            assert await connection.scalar(text("SELECT COUNT(*) FROM w WHERE a = 127")) == 2

    with warnings.catch_warnings(), caplog.at_level(logging.ERROR):
        warnings.simplefilter("error")
        run(body)


def test_one_request_is_one_statement_unless_asked_for(run):
    async def refused(engine):
        async with engine.connect() as connection:
            with pytest.raises(exc.ProgrammingError):
                await connection.exec_driver_sql("SELECT 1; SELECT 2")

    async def allowed(engine):
        async with engine.connect() as connection:
            result = await connection.exec_driver_sql("SELECT 1; SELECT 2; SELECT 3")
            assert result.all() == [(1,)]
            assert await connection.scalar(text("SELECT 4")) == 4

    run(refused)
    run(allowed, connect_args={"client_flag": 1 << 16})


def test_what_a_procedure_gives_besides_its_first_rows_is_passed_over(run):
    async def body(engine):
        async with engine.connect() as connection:
            await connection.exec_driver_sql(
                "CREATE PROCEDURE three() BEGIN SELECT 1; SELECT 2; SELECT 3; END"
            )
            assert (await connection.execute(text("CALL three()"))).all() == [(1,)]
            assert await connection.scalar(text("SELECT 4")) == 4
            rows = await connection.stream(text("CALL three()"))
            assert await rows.all() == [(1,)]
            assert await connection.scalar(text("SELECT 5")) == 5

    run(body)


def test_an_error_after_the_first_rows_of_a_procedure_is_raised(run):
    async def body(engine):
        async with engine.connect() as connection:
            await connection.exec_driver_sql(
                "CREATE PROCEDURE late() BEGIN SELECT 1; SIGNAL SQLSTATE '45000'; END"
            )
            with pytest.raises(exc.DBAPIError):
                await connection.execute(text("CALL late()"))
            assert await connection.scalar(text("SELECT 4")) == 4

    run(body)


def test_many_rows_of_an_insert_go_together(run):
    name = "é'\\" + "x" * 4000

    async def body(engine):
        await filled(engine)
        table = Table("long", MetaData(), Column("id", Integer), Column("name", String(5000)))
        async with engine.begin() as connection:
            await connection.run_sync(table.create)
            await connection.execute(text("FLUSH LOCAL STATUS"))
            result = await connection.execute(
                insert(table), [{"id": n, "name": name} for n in range(1000)]
            )
            assert result.rowcount == 1000
            ((_, count),) = await connection.execute(text("SHOW STATUS LIKE 'Com_insert'"))
            assert 3 < int(count) < 8  # 4 MB, in parts of less than one
            found = select(func.count()).select_from(table).where(table.c.name == name)
            assert await connection.scalar(found) == 1000

    run(body)


# -- streams ----------------------------------------------------------------------------------


def test_an_error_in_the_middle_of_a_stream_leaves_the_connection_usable(run):
    sql = text("SELECT seq, REPEAT('x', 1000), SLEEP(seq > 900) FROM seq_1_to_999")

    async def body(engine):
        async with engine.connect() as connection:
            number = await connection.scalar(text("SELECT CONNECTION_ID()"))
            await connection.execute(text("SET SESSION max_statement_time = 0.3"))
            for _ in range(2):
                rows = await connection.stream(sql, execution_options={"yield_per": 3})
                assert len(await rows.fetchmany(3)) == 3
                with pytest.raises(exc.StatementTimeout):
                    await rows.all()
                assert await asyncio.wait_for(connection.scalar(text("SELECT 7")), 2) == 7
            assert await connection.scalar(text("SELECT CONNECTION_ID()")) == number

    run(body)


def test_a_stream_that_nobody_reads_stays_on_the_server(run):
    async def body(engine):
        async with engine.connect() as connection, engine.connect() as other:
            rows = await connection.stream(text("SELECT REPEAT('x', 1000) FROM seq_1_to_100000"))
            assert len(await rows.fetchmany(10)) == 10
            await asyncio.sleep(0.3)
            # 100 MB do not fit into the buffers on the way.
            state = (
                "SELECT state FROM information_schema.processlist WHERE info LIKE 'SELECT REPEAT%'"
            )
            assert await other.scalar(text(state)) in ("Sending data", "Writing to net")
            assert await connection.scalar(text("SELECT 8")) == 8

    run(body)


# -- cancellation -----------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 3], ids=["once", "three times"])
@pytest.mark.parametrize("streams", [False, True], ids=["fetched", "streamed"])
def test_a_statement_that_is_cancelled_ends_on_the_server(run, streams, times):
    async def work(engine):
        async with engine.begin() as connection:
            await connection.execute(insert(item).values(name="never"))
            sql = text("SELECT SLEEP(30), 'cancel me'")
            await (connection.stream(sql) if streams else connection.execute(sql))

    async def body(engine):
        await filled(engine)
        running = (
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%cancel me''%'"
        )
        async with engine.connect() as other:
            mine = running + " AND id <> CONNECTION_ID()"
            task = asyncio.create_task(work(engine))
            assert await is_soon(other, mine, 1)
            start = time.monotonic()
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - start < 2
            assert await is_soon(other, mine, 0)
            assert await other.scalar(select(func.count()).select_from(item)) == 5
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1

    run(body)


def test_a_task_cancelled_while_it_waits_for_a_lock_takes_none(run):
    change = item.update().where(item.c.id == 1)

    async def work(engine):
        async with engine.begin() as connection:
            await connection.execute(change.values(name="late"))

    async def body(engine):
        await filled(engine)
        async with engine.connect() as holder:
            await holder.execute(change.values(name="first"))
            task = asyncio.create_task(work(engine))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await holder.commit()
        async with asyncio.timeout(2), engine.begin() as connection:
            assert await connection.scalar(select(item.c.name).where(item.c.id == 1)) == "first"
            await connection.execute(change.values(name="free"))

    run(body)


def test_a_cancelled_task_ends_soon_where_the_server_cannot_be_told(run, backend, backend_url):
    """The second connection is accepted, and nobody answers."""

    async def body(engine):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            async with engine.connect() as connection:
                wire = connection.sync_connection._wire
                open_another = wire._open_another
                # As if the server had gone since.
                open_another.args[0]["host"] = "127.0.0.1"
                open_another.args[0]["port"] = deaf.getsockname()[1]
                task = asyncio.create_task(connection.execute(text("SELECT SLEEP(4)")))
                ticks = 0
                await asyncio.sleep(0.1)
                task.cancel()
                start = time.monotonic()
                while not task.done():
                    await asyncio.sleep(0.01)
                    ticks += 1
                assert time.monotonic() - start < 3.5
                assert ticks > 50, "the loop was held up"
                assert task.cancelled()

    run(body)


def test_a_connection_that_somebody_else_has_opened_is_given_up(run, backend, backend_url):
    """There is no second connection to stop its statement with; it is not used again."""

    async def body(engine):
        before = await own_number(engine)
        task = asyncio.create_task(slow(engine))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await own_number(engine) != before

    async def slow(engine):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT SLEEP(1)"))

    run(body, async_creator=creator(backend, backend_url))


async def own_number(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT CONNECTION_ID()"))


def creator(backend, url, **options):
    """A coroutine function that opens a connection of the package itself."""
    from dovetail.engine import make_url

    place = make_url(url)

    async def create():
        if backend.driver == "asyncmy":
            import asyncmy as module
        else:
            import aiomysql as module
        return await module.connect(
            host=place.host,
            port=place.port or 3306,
            user=place.username,
            password=place.password or "",
            db=place.database,
            charset="utf8mb4",
            **options,
        )

    return create


def test_a_connection_that_is_adopted_has_its_autocommit_put_off(run, backend, backend_url):
    async def body(engine):
        await filled(engine)
        async with engine.connect() as connection:
            await connection.execute(insert(item).values(name="never"))
            await connection.rollback()
            assert await connection.scalar(select(func.count()).select_from(item)) == 5

    run(body, async_creator=creator(backend, backend_url, autocommit=True))


# -- connections ------------------------------------------------------------------------------


def test_listeners_to_connect_may_run_statements(run):
    heard = []

    async def body(engine):
        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection, record):
            with connection.cursor() as cursor:
                cursor.execute("SET @greeting = %s", ("hello",))
                cursor.execute("SELECT 1 UNION SELECT 2")
                heard.append(cursor.fetchall())
            connection.commit()

        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT @greeting")) == "hello"

    run(body)
    assert heard == [[(1,), (2,)]]


def test_a_session_works_without_greenlet(run, monkeypatch):
    from dovetail.ext.asyncio import bridge

    monkeypatch.setattr(bridge, "greenlet", None)

    async def body(engine):
        await filled(engine)
        async with AsyncSession(engine) as session:
            await session.execute(insert(item).values(name="new"))
            await session.commit()
            count = select(func.count()).select_from(item)
            assert await session.run_sync(lambda blocking: blocking.scalar(count)) == 6

    run(body)


def test_a_connection_is_dropped_where_its_loop_has_ended(backend_url):
    engine = create_async_engine(backend_url)

    async def once():
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT 1"))

    assert asyncio.run(once()) == 1
    for record in engine.pool._idle_records():
        record.connection.terminate()
    del record
    gc.collect()  # nobody may complain then


def test_a_connection_of_a_loop_that_has_ended_is_replaced(backend_url):
    engine = create_async_engine(backend_url)

    async def once():
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT 1"))

    async def last():
        assert await once() == 1
        await engine.dispose()

    assert asyncio.run(once()) == 1
    assert asyncio.run(once()) == 1
    asyncio.run(last())
    gc.collect()  # nobody may complain then


def test_a_connection_that_is_used_in_another_loop_is_gone(backend_url):
    engine = create_async_engine(backend_url)

    async def opened():
        raw = await engine.raw_connection()
        await raw.driver.fetch("SELECT 1")
        return raw

    async def used(raw):
        with pytest.raises(engine.backend.errors, match="Lost connection"):
            await raw.driver.fetch("SELECT 2")
        await raw.invalidate()

    asyncio.run(used(asyncio.run(opened())))
    gc.collect()  # nobody may complain then


def test_a_connection_that_was_closed_says_so(run):
    async def body(engine):
        async with engine.connect() as connection:
            wire = connection.sync_connection._wire
            wire.terminate()
            with pytest.raises(exc.Disconnected):
                await connection.execute(text("SELECT 1"))
            await connection.rollback()
            assert await connection.scalar(text("SELECT 2")) == 2

    run(body)


def test_an_answer_that_cannot_be_read_gives_the_connection_up(run):
    """The rest of it must not be taken for the answer to the next statement."""

    async def body(engine):
        async with engine.connect() as connection:
            await connection.execute(text("SET NAMES latin1"))
            with pytest.raises(UnicodeDecodeError):
                await connection.execute(text("SELECT CHAR(233 USING latin1) FROM seq_1_to_5"))
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 3")) == 3

    run(body)


# -- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_url_without_a_driver_takes_one_that_is_installed(dialect, monkeypatch):
    for driver in (AsyncmyDriver, AiomysqlDriver):
        assert create_async_engine(f"{dialect}://h/db").driver == driver.name
        monkeypatch.setattr(driver, "module_name", "no_such_module")
    with pytest.raises(exc.NoDBAPILoaded, match="'asyncmy'") as caught:
        create_async_engine(f"{dialect}://h/db")
    assert "pip install asyncmy" in str(caught.value)


def test_the_query_of_a_url_is_converted(backend):
    engine = create_async_engine(
        f"mysql+{backend.driver}://ada:secret@db:3307/shop?charset=latin1&connect_timeout=3"
        "&read_timeout=4&unix_socket=/run/x.sock&local_infile=true&ssl_ca=/ca.pem"
        "&ssl_key_password=open&ssl_check_hostname=false"
    )

    assert engine.backend.connect_arguments(engine.url)[1] == {
        "host": "db",
        "port": 3307,
        "user": "ada",
        "password": "secret",
        "database": "shop",
        "charset": "latin1",
        "connect_timeout": 3,
        "read_timeout": 4,
        "unix_socket": "/run/x.sock",
        "local_infile": True,
        "ssl": {"ca": "/ca.pem", "password": "open", "check_hostname": False},
    }


@pytest.mark.parametrize(
    "option", ["binary_prefix=true", "write_timeout=1", "collation=utf8mb4_bin"]
)
def test_options_without_effect_are_refused(backend, option):
    with pytest.raises(exc.ArgumentError, match="knows no URL option"):
        create_async_engine(f"mariadb+{backend.driver}://h/db?{option}")


def test_bad_options_are_told(backend):
    with pytest.raises(exc.ArgumentError, match="did you mean 'charset'"):
        create_async_engine(f"mariadb+{backend.driver}://h/db?charsett=utf8")
    with pytest.raises(exc.ArgumentError, match="is not a number"):
        create_async_engine(f"mariadb+{backend.driver}://h/db?connect_timeout=soon")
    with pytest.raises(exc.ArgumentError, match="contradicts"):
        create_async_engine(f"mariadb+{backend.driver}://h/db?ssl=false&ssl_ca=x")


@pytest.mark.parametrize(
    "name", ["autocommit", "echo", "query_callback", "stmt_cache_size", "loop"]
)
def test_arguments_without_effect_are_refused(run, name):
    async def body(engine):
        with pytest.raises(exc.ArgumentError, match="would have no effect"):
            await engine.connect()

    run(body, connect_args={name: 1})


def test_what_a_connection_begins_with(run):
    async def body(engine):
        async with engine.connect() as connection:
            row = (await connection.execute(text("SELECT @hello, @@sql_mode"))).one()
            assert row == (1, "ANSI_QUOTES,NO_ZERO_DATE")
            await connection.rollback()
            assert await connection.scalar(text('SELECT 1 AS "a b"')) == 1

    run(
        body,
        connect_args={"init_command": "SET @hello = 1", "sql_mode": "ANSI_QUOTES,NO_ZERO_DATE"},
    )


def test_a_unix_socket(run):
    async def found(engine):
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT @@socket"))

    async def body(engine):
        async with engine.connect() as connection:
            host = await connection.scalar(text("SELECT USER()"))
            assert host.endswith("@localhost")

    place = run(found)
    run(body, connect_args={"unix_socket": place, "host": None})


@pytest.mark.parametrize("says", [b"", b"J\0\0\0\n5.5"], ids=["nothing", "half a greeting"])
def test_a_server_that_does_not_greet_is_given_up(backend, says):
    async def body():
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            engine = create_async_engine(
                f"mariadb+{backend.driver}://root@127.0.0.1:{deaf.getsockname()[1]}/x?connect_timeout=1"
            )
            start = time.monotonic()
            task = asyncio.create_task(engine.connect().start())
            peer, _ = await asyncio.to_thread(deaf.accept)
            with peer:
                peer.sendall(says)
                with pytest.raises(exc.OperationalError) as caught:
                    await task
            assert 0.9 < time.monotonic() - start < 3
            assert caught.value.retry_scope == "new_connection"
            await engine.dispose()

    asyncio.run(body())


def test_a_task_cancelled_while_it_connects_leaves_nothing_behind(run):
    async def connect(engine):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def body(engine):
        for turns in range(14):
            task = asyncio.create_task(connect(engine))
            for _ in range(turns):
                await asyncio.sleep(0.001 if turns > 8 else 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert engine.pool.checkedout() == 0
        await connect(engine)

    run(body)
    gc.collect()  # no transport may complain then


def test_answers_that_do_not_come_end_at_the_deadline(run):
    async def body(engine):
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT SLEEP(0.3)")) == 0
            start = time.monotonic()
            with pytest.raises(exc.Disconnected):
                await connection.execute(text("SELECT SLEEP(5)"))
            assert 0.9 < time.monotonic() - start < 2
            await connection.rollback()
            assert await connection.scalar(text("SELECT 2")) == 2

    run(body, connect_args={"read_timeout": 1})


def test_a_bridge_is_named_where_there_is_none(run):
    async def body(engine):
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            with pytest.raises(exc.MissingGreenlet):
                bridged(raw.driver.ping())

    run(body)
