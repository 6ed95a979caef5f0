"""What asyncpg alone does: its options, its prepared statements, values that it would refuse."""

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from dovetail import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    bindparam,
    event,
    exc,
    insert,
    literal,
    make_url,
    select,
    text,
    update,
)
from dovetail.dialects.driver import driver_class
from dovetail.ext.asyncio import create_async_engine
from tests.private_servers import private_pgbouncer

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%item%'")


@pytest.fixture
def address(url):
    driver_class("postgresql", "asyncpg").load()
    return make_url(url).set(drivername="postgresql+asyncpg")


@pytest.fixture
def run(address):
    """A function that runs ``body(engine)`` in a loop, with options for the engine."""

    def perform(body, place=address, **options):
        async def main():
            engine = create_async_engine(place, **options)
            try:
                await body(engine)
            finally:
                await engine.dispose()

        asyncio.run(main())

    return perform


def arguments(url):
    return driver_class("postgresql", "asyncpg")().connect_arguments(make_url(url))[1]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://", {}),
        (
            "postgresql+asyncpg://ada:p%40ss%2F%3A%25%20w@db:99/shop",
            {"user": "ada", "password": "p@ss/:% w", "host": "db", "port": 99, "database": "shop"},
        ),
        (
            "postgresql+asyncpg:///d?host=/run/postgresql",
            {"database": "d", "host": "/run/postgresql"},
        ),
        (
            "postgresql+asyncpg:///d?host=a:5433&host=b&target_session_attrs=read-write",
            {
                "database": "d",
                "host": ["a", "b"],
                "port": [5433, 5432],
                "target_session_attrs": "read-write",
            },
        ),
        ("postgresql+asyncpg:///?host=a,b&port=1,2", {"host": ["a", "b"], "port": [1, 2]}),
        ("postgresql+asyncpg:///?host=a,b&port=7", {"host": ["a", "b"], "port": [7, 7]}),
        (
            "postgresql+asyncpg:///?ssl=require&command_timeout=1.5&statement_cache_size=0",
            {"ssl": "require", "command_timeout": 1.5, "statement_cache_size": 0},
        ),
        (
            "postgresql+asyncpg:///?timeout=3&prepared_statement_cache_size=7&application_name=x",
            {"timeout": 3.0, "prepared_statement_cache_size": 7, "application_name": "x"},
        ),
        ("postgresql+asyncpg:///?connect_timeout=4", {"timeout": 4.0}),
    ],
)
def test_urls(url, expected):
    assert arguments(url) == expected


@pytest.mark.parametrize(
    "query", ["host=a:b", "port=x", "command_timeout=soon", "prepared_statement_cache_size=x"]
)
def test_bad_urls(query):
    with pytest.raises(exc.ArgumentError):
        arguments(f"postgresql+asyncpg:///?{query}")


def test_what_the_driver_does_not_know_is_a_setting_of_the_server(run, address):
    async def body(engine):
        async with engine.connect() as connection:
            assert await connection.scalar(text("SHOW application_name")) == "x y"
            assert await connection.scalar(text("SHOW statement_timeout")) == "77ms"
            assert await connection.scalar(text("SHOW lock_timeout")) == "78ms"

    run(
        body,
        address.update_query_dict({"application_name": "x y"}),
        connect_args={"statement_timeout": 77, "server_settings": {"lock_timeout": "78"}},
    )


def test_an_encrypted_connection_that_the_server_cannot_give(run, address):
    async def body(engine):
        async with engine.connect() as connection:
            is_on = await connection.scalar(
                text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            )
            assert is_on

    async def refused(engine):
        with pytest.raises(exc.DBAPIError, match="SSL"):
            await engine.connect()

    async def asked(engine):
        async with engine.connect() as connection:
            return await connection.scalar(text("SHOW ssl"))

    def check(option):
        async def look():
            engine = create_async_engine(address)
            answer = await asked(engine)
            await engine.dispose()
            return answer

        has_ssl = asyncio.run(look()) == "on"
        run(body if has_ssl else refused, address.update_query_dict({option: "require"}))

    check("ssl")
    check("sslmode")


def test_sql_of_the_driver(run):
    async def body(engine):
        async with engine.connect() as connection:
            sent = connection.exec_driver_sql
            assert (await sent("SELECT 5 % 3")).scalar() == 2
            assert (await sent("SELECT $1::int + $2::int", (1, 2))).scalar() == 3
            result = await sent("CREATE TEMPORARY TABLE q (a int); INSERT INTO q VALUES (0)")
            assert not result.returns_rows
            assert (await sent("INSERT INTO q VALUES ($1)", [(1,), (2,)])).rowcount == 2
            assert (await sent("UPDATE q SET a = $1 WHERE a < $2;", [(3, 2), (4, 9)])).rowcount == 5
            assert (await sent("UPDATE q SET a = a + 1")).rowcount == 3
            assert (await sent("INSERT INTO q VALUES (8), (9) RETURNING a")).all() == [(8,), (9,)]
            assert (
                await sent("DELETE FROM q WHERE a = 8; DELETE FROM q WHERE a = 9")
            ).rowcount == 1
            assert (await sent("SELECT ';' || count(*)::text FROM q")).scalar() == ";3"
            with pytest.raises(exc.InterfaceError, match="by number"):
                await sent("SELECT %(a)s", {"a": 1})

    run(body)


def test_values_of_other_types_are_converted(run):
    day, moment = dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5)
    aware = moment.replace(tzinfo=dt.UTC)

    async def body(engine):
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SET TIME ZONE 'Asia/Tokyo'")

            async def ask(value, type_):
                return await connection.scalar(select(literal(value, type_)))

            assert await ask("5", Integer) == 5
            assert await ask(Decimal(5), Integer) == 5
            assert await ask(5, String) == "5"
            assert await ask(True, String) == "true"
            assert await ask(day, String) == "2020-01-02"
            assert await ask("1.50", Numeric) == Decimal("1.50")
            assert await ask("2020-01-02", Date) == day
            assert await ask("2020-01-02 03:04:05", DateTime) == moment
            assert await ask(["1", None, 2], ARRAY(Integer)) == [1, None, 2]
            assert (await connection.exec_driver_sql("SELECT $1::bool", ("off",))).scalar() is False
            # A moment with a zone loses it as it would on the server, and the other way round.
            assert await ask(aware, DateTime) == dt.datetime(2020, 1, 2, 12, 4, 5)
            tokyo = moment.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
            assert await ask(moment, DateTime(timezone=True)) == tokyo
            sent = await connection.exec_driver_sql("SELECT $1::timestamptz[]", ([moment, aware],))
            assert sent.scalar() == [tokyo, aware]
            with pytest.raises(exc.DataError) as caught:
                await ask("five", Integer)
            assert "'str' object" in str(caught.value)
            # Nobody has said that this is a text.
            with pytest.raises(exc.DataError, match="expected str, got int"):
                await connection.scalar(text("SELECT :a"), {"a": 5})
            asked = text("SELECT :a").bindparams(bindparam("a", type_=Integer))
            assert await connection.scalar(asked, {"a": 5}) == 5
            # Nothing was sent: the transaction goes on.
            assert await ask(True, Boolean) is True

    run(body)


def test_a_value_that_is_refused_can_be_hidden(run):
    async def body(engine):
        async with engine.connect() as connection:
            with pytest.raises(exc.DataError) as caught:
                await connection.execute(select(literal("swordfish", Integer)))
            assert "invalid input for query argument $1" in str(caught.value)
            assert "swordfish" not in str(caught.value)
            assert "swordfish" not in repr(caught.value)

    run(body, hide_parameters=True)


def test_a_uuid_is_one(run):
    async def body(engine):
        async with engine.connect() as connection:
            found = await connection.scalar(text("SELECT gen_random_uuid()"))
            assert isinstance(found, uuid.UUID)
            assert hash(found) == hash(uuid.UUID(str(found)))
            assert {found: 1}[uuid.UUID(str(found))] == 1

    run(body)


def test_many_sets_of_parameters_are_counted(run):
    many = update(item).where(item.c.id == bindparam("i")).values(name=bindparam("n"))

    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            await connection.execute(insert(item), [{"id": n, "name": "a"} for n in range(3)])
            sets = [{"i": n, "n": "b"} for n in range(5)]
            assert (await connection.execute(many, sets)).rowcount == 3
            # The first set is what tells that values are to be converted.
            sets = [{"i": str(n), "n": n} for n in range(2)]
            assert (await connection.execute(many, sets)).rowcount == 2
            names = select(item.c.name).order_by(item.c.id)
            assert (await connection.scalars(names)).all() == ["0", "1", "b"]

    run(body)


def test_a_statement_takes_as_many_parameters_as_the_driver(run):
    async def body(engine):
        assert engine.dialect.features.max_parameters == 32767
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            rows = [{"id": n, "name": "a"} for n in range(40_000)]
            assert (await connection.execute(insert(item), rows)).rowcount == 40_000
            found = select(item.c.id).where(item.c.id.in_(range(35_000)))
            assert len((await connection.scalars(found)).all()) == 35_000

    run(body)


@pytest.mark.parametrize(("size", "expected"), [(100, 5), (2, 2), (0, 0)])
def test_prepared_statements_are_kept_up_to_a_number(run, size, expected):
    async def body(engine):
        async with engine.connect() as connection:
            await connection.run_sync(metadata.create_all)
            for number in range(5):
                for _ in range(2):
                    await connection.execute(text(f"SELECT {number} FROM item"))
            await connection.execute(text("SELECT 1"))
            # What was let go is closed when the next statement is prepared.
            assert await connection.scalar(PREPARED) in (expected, expected + 1)

    run(body, connect_args={"prepared_statement_cache_size": size})


def test_names_of_prepared_statements_may_be_given(run):
    numbers = count()

    async def body(engine):
        async with engine.connect() as connection:
            assert await connection.scalar(select(literal(5))) == 5
            names = await connection.scalars(text("SELECT name FROM pg_prepared_statements"))
            assert set(names) == {f"mine_{n}" for n in range(next(numbers))}

    run(body, connect_args={"prepared_statement_name_func": lambda: f"mine_{next(numbers)}"})


def test_a_request_has_its_time(run):
    async def body(engine):
        async with engine.connect() as connection:
            with pytest.raises(exc.StatementTimeout) as caught:
                await connection.execute(text("SELECT pg_sleep(30)"))
            assert "command_timeout" in caught.value.hint
            assert not caught.value.connection_invalidated
            await connection.rollback()
            assert await connection.scalar(select(1)) == 1

    run(body, connect_args={"command_timeout": 0.2})


def test_a_statement_that_fits_no_more_is_prepared_anew_where_that_is_safe(run):
    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with alone.connect() as one, alone.connect() as two:
            statement = text("SELECT * FROM item")
            await one.execute(statement)
            await two.execute(text("ALTER TABLE item ADD COLUMN more int"))
            assert list((await one.execute(statement)).keys()) == ["id", "name", "more"]

    run(body)


def test_a_composite_type_that_has_changed_is_learned_anew(run):
    async def body(engine):
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with alone.connect() as one, engine.connect() as two, alone.connect() as other:
            await other.exec_driver_sql("CREATE TYPE pair AS (a int, b int)")
            await other.exec_driver_sql("CREATE TABLE pairs (p pair)")
            await other.exec_driver_sql("INSERT INTO pairs VALUES ((1, 2))")
            statement = text("SELECT p FROM pairs")
            for connection in (one, two):
                assert tuple(await connection.scalar(statement)) == (1, 2)
            await two.commit()
            await other.exec_driver_sql("ALTER TYPE pair ADD ATTRIBUTE c int")
            await other.exec_driver_sql("UPDATE pairs SET p = (1, 2, 3)")

            assert tuple(await one.scalar(statement)) == (1, 2, 3)
            with pytest.raises(exc.NotSupportedError) as caught:
                await two.scalar(statement)
            assert caught.value.retry_scope == "transaction"
            assert not caught.value.connection_invalidated
            await two.rollback()
            assert tuple(await two.scalar(statement)) == (1, 2, 3)

    run(body)


def test_notifications_reach_the_drivers_own_listeners(run):
    async def body(engine):
        heard = asyncio.Queue()
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with alone.connect() as one, alone.connect() as two:
            raw = (await one.get_raw_connection()).driver_connection
            await raw.add_listener("news", lambda *told: heard.put_nowait(told[2:]))
            await two.execute(text("NOTIFY news, 'hello'"))
            assert await asyncio.wait_for(heard.get(), 5) == ("news", "hello")

    run(body)


def test_listeners_may_set_codecs(run):
    async def body(engine):
        @event.listens_for(engine.sync_engine, "connect")
        def set_up(connection, record):
            connection.run_async(
                lambda raw: raw.set_type_codec(
                    "macaddr", schema="pg_catalog", encoder=str, decoder=str.upper
                )
            )

        async with engine.connect() as connection:
            found = await connection.scalar(text("SELECT macaddr '08:00:2b:01:02:0a'"))
            assert found == "08:00:2B:01:02:0A"

    run(body)


def test_creators(run, address):
    import asyncpg

    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"async_creator": lambda: asyncpg.connect(plain)}

    async def body(engine):
        async with engine.connect() as connection:
            assert await connection.scalar(select(literal({"a": 5}, JSON))) == {"a": 5}

    run(body, **options)


def test_tasks_share_the_connections_of_pgbouncer(run, address):
    async def work(engine, number):
        for _ in range(12):
            async with engine.begin() as connection:
                await connection.execute(insert(item), [{"name": f"n{number}"}, {"name": "x"}])
            async with engine.connect() as connection:
                named = select(item.c.name).where(item.c.name == f"n{number}")
                assert set(await connection.scalars(named)) == {f"n{number}"}

    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await asyncio.gather(*(work(engine, number) for number in range(4)))
        async with engine.connect() as connection:
            assert len((await connection.execute(select(item))).all()) == 4 * 12 * 2
            async with connection.stream(select(item)) as stream:
                assert len(await stream.all()) == 96
            prepared = await connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
            assert prepared == 0
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with alone.connect() as connection:
            assert len((await connection.execute(select(item))).all()) == 96

    with private_pgbouncer(address) as before:
        run(body, before, pooler="transaction", pool_size=8)
