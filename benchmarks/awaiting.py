"""Many tasks on one server: what an awaiting session costs above the bare driver.

::

    python -m benchmarks.awaiting --db postgresql
    python -m benchmarks.awaiting --db mariadb --tasks 50 --rounds 40 --pool 20

Each of the tasks does its rounds, one after the other: take a session, get an object by its key,
change it, commit.  The bare driver takes a connection out of a queue of as many, and sends the
same four statements.  Rounds of all ways are interleaved and the best one counts; afterwards the
sum in the table is what was acknowledged, or the way has lost an update.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

OBJECTS_PER_TASK = 4
WARMING = 2
"""Rounds of each task before the clock starts."""
URLS = {
    "postgresql": "postgresql://root@127.0.0.1/test",
    "mariadb": "mariadb://root@127.0.0.1/test",
}

Change = Callable[[int], Awaitable[None]]
"""One round: the object of this key is read, changed, and committed."""
Way = Callable[[str, str, int], AbstractAsyncContextManager[Change]]
"""Makes what does rounds, for a URL, a table and the size of the pool."""


class Login(NamedTuple):
    """What a driver is told of the server."""

    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def of(cls, url: str) -> "Login":
        parts = urlsplit(url)
        port = parts.port or (5432 if parts.scheme.startswith("postgresql") else 3306)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname or "127.0.0.1", port, user, password, parts.path[1:])


@asynccontextmanager
async def _queue(
    connect: Callable[[], Awaitable[Any]], size: int, close: Callable[[Any], Any]
) -> AsyncIterator[asyncio.Queue[Any]]:
    """A queue of *size* connections."""
    free: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(size):
        free.put_nowait(await connect())
    try:
        yield free
    finally:
        while not free.empty():
            ended = close(free.get_nowait())
            if ended is not None:
                await ended


@asynccontextmanager
async def bare_asyncpg(url: str, table: str, size: int) -> AsyncIterator[Change]:
    """asyncpg, with prepared statements as it keeps them itself."""
    driver, login = import_module("asyncpg"), Login.of(url)
    async with _queue(lambda: driver.connect(**login._asdict()), size, lambda c: c.close()) as free:

        async def change(key: int) -> None:
            connection = await free.get()
            try:
                await connection.execute("BEGIN")
                row = await connection.fetchrow(
                    f"SELECT id, name, count FROM {table} WHERE id = $1", key
                )
                await connection.execute(
                    f"UPDATE {table} SET count = $1 WHERE id = $2", row[2] + 1, row[0]
                )
                await connection.execute("COMMIT")
            finally:
                free.put_nowait(connection)

        yield change


@asynccontextmanager
async def bare_psycopg(url: str, table: str, size: int) -> AsyncIterator[Change]:
    """psycopg 3, which sends BEGIN itself."""
    driver, login = import_module("psycopg"), Login.of(url)._asdict()
    login["dbname"] = login.pop("database")

    async with _queue(
        lambda: driver.AsyncConnection.connect(**login), size, lambda c: c.close()
    ) as free:

        async def change(key: int) -> None:
            connection = await free.get()
            try:
                cursor = await connection.execute(
                    f"SELECT id, name, count FROM {table} WHERE id = %s", (key,)
                )
                row = await cursor.fetchone()
                await connection.execute(
                    f"UPDATE {table} SET count = %s WHERE id = %s", (row[2] + 1, row[0])
                )
                await connection.commit()
            finally:
                free.put_nowait(connection)

        yield change


def bare_mysql(module: str) -> Way:
    """asyncmy or aiomysql, whose interfaces are one."""

    @asynccontextmanager
    async def made(url: str, table: str, size: int) -> AsyncIterator[Change]:
        driver, login = import_module(module), Login.of(url)._asdict()
        login["db"] = login.pop("database")
        async with _queue(
            lambda: driver.connect(**login, autocommit=False), size, lambda c: c.close()
        ) as free:

            async def change(key: int) -> None:
                connection = await free.get()
                try:
                    async with connection.cursor() as cursor:
                        await cursor.execute(
                            f"SELECT id, name, count FROM {table} WHERE id = %s", (key,)
                        )
                        row = await cursor.fetchone()
                        await cursor.execute(
                            f"UPDATE {table} SET count = %s WHERE id = %s", (row[2] + 1, row[0])
                        )
                    await connection.commit()
                finally:
                    free.put_nowait(connection)

            yield change

    return made


def sessions(package: str, driver: str) -> Way:
    """The AsyncSession of *package* over *driver*."""

    @asynccontextmanager
    async def made(url: str, table: str, size: int) -> AsyncIterator[Change]:
        sa, orm = import_module(package), import_module(f"{package}.orm")
        awaiting = import_module(f"{package}.ext.asyncio")
        base = orm.declarative_base()

        class Counted(base):  # type: ignore[valid-type, misc]
            __tablename__ = table
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.String(40))
            count = sa.Column(sa.Integer)

        scheme = urlsplit(url).scheme.partition("+")[0]
        engine = awaiting.create_async_engine(
            urlsplit(url)._replace(scheme=f"{scheme}+{driver}").geturl(),
            pool_size=size,
            max_overflow=0,
        )

        async def change(key: int) -> None:
            async with awaiting.AsyncSession(engine) as session:
                found = await session.get(Counted, key)
                found.count += 1
                await session.commit()

        try:
            yield change
        finally:
            await engine.dispose()

    return made


WAYS: dict[str, dict[str, tuple[Way, Way, Way]]] = {
    "postgresql": {
        "psycopg": (
            bare_psycopg, sessions("dovetail", "psycopg"), sessions("sqlalchemy", "psycopg")
        ),
        "asyncpg": (
            bare_asyncpg, sessions("dovetail", "asyncpg"), sessions("sqlalchemy", "asyncpg")
        ),
    },
    "mariadb": {
        "asyncmy": (
            bare_mysql("asyncmy"),
            sessions("dovetail", "asyncmy"),
            sessions("sqlalchemy", "asyncmy"),
        ),
        "aiomysql": (
            bare_mysql("aiomysql"),
            sessions("dovetail", "aiomysql"),
            sessions("sqlalchemy", "aiomysql"),
        ),
    },
}  # fmt: skip
"""By server and driver: the bare driver, dovetail, SQLAlchemy."""


async def compete(way: Way, url: str, table: str, tasks: int, rounds: int, pool: int) -> float:
    """Return the seconds that *tasks* take for their *rounds* by *way*; the pool is warm."""
    async with way(url, table, pool) as change:

        async def work(number: int, rounds: int) -> None:
            # No two tasks change one object: locks are not what is measured.
            for turn in range(rounds):
                await change(number + turn % OBJECTS_PER_TASK * tasks + 1)

        await asyncio.gather(*(work(number, WARMING) for number in range(tasks)))

        began = perf_counter()
        await asyncio.gather(*(work(number, rounds) for number in range(tasks)))
        return perf_counter() - began


def prepare(url: str, table: str, objects: int) -> Any:
    """Make *table* anew in the database at *url*; return what tells the sum of its counts."""
    sa = import_module("dovetail")
    engine = sa.create_engine(url)
    metadata = sa.MetaData()
    made = sa.Table(
        table,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40)),
        sa.Column("count", sa.Integer),
    )
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [{"id": n, "name": f"object {n}", "count": 0} for n in range(1, objects + 1)]
        connection.execute(made.insert(), rows)
    return engine, made, metadata


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.awaiting")
    parser.add_argument("--db", choices=WAYS, default="postgresql")
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--pool", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3, help="the best of them is shown")
    options = parser.parse_args()
    url = os.environ.get(f"DOVETAIL_TEST_{options.db.upper()}") or URLS[options.db]
    table = f"awaited_{os.getpid()}"
    print(f"{options.tasks} tasks x {options.rounds} rounds, a pool of {options.pool}; seconds\n")
    print("| driver | bare | dovetail | to bare | SQLAlchemy | SQLAlchemy to dovetail | lost |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for driver, ways in WAYS[options.db].items():
        engine, made, metadata = prepare(url, table, options.tasks * OBJECTS_PER_TASK)
        best = [float("inf")] * len(ways)
        for _ in range(options.turns):
            for place, way in enumerate(ways):
                took = asyncio.run(
                    compete(way, url, table, options.tasks, options.rounds, options.pool)
                )
                best[place] = min(best[place], took)
        rounds = options.tasks * (options.rounds + WARMING)
        with engine.connect() as connection:
            sa = import_module("dovetail")
            lost = rounds * options.turns * len(ways) - connection.scalar(
                sa.select(sa.func.sum(made.c.count))
            )
        metadata.drop_all(engine)
        engine.dispose()
        bare, ours, theirs = best
        print(
            f"| {driver} | {bare:.3f} | {ours:.3f} | {ours / bare:.2f} | {theirs:.3f} | "
            f"{theirs / ours:.2f} | {lost} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
