"""Many transfers at once between few accounts: no money comes or goes, each is done once."""

import asyncio

import pytest

import dovetail as dv
from dovetail.ext.asyncio import async_sessionmaker, create_async_engine
from dovetail.orm import sessionmaker
from tests.faults.bank import (
    ACCOUNTS,
    START,
    TRANSFERS,
    WORKERS,
    Account,
    Base,
    deposit,
    expected,
    in_threads,
    once,
    open_accounts,
    state,
    transfer,
)
from tests.servers import AWAITING_BACKENDS, BACKENDS

MODULES = {"sqlite3", "psycopg", "pymysql", "aiosqlite", "asyncpg", "asyncmy"}


@pytest.fixture
def bank(backend_url):
    """The engine of a bank."""
    engine = dv.create_engine(backend_url, pool_size=WORKERS)
    open_accounts(engine)
    yield engine
    engine.dispose()


BLOCKING = [b for b in BACKENDS if b.module in MODULES]
AWAITING = [b for b in AWAITING_BACKENDS if b.module in MODULES]


@pytest.mark.parametrize("backend", BLOCKING, ids=str)
def test_nothing_is_lost_and_nothing_is_doubled(bank, backend):
    factory = sessionmaker(bank)

    confirmed = in_threads(
        lambda number: factory.run(
            lambda session: transfer(session, number), retries=1000, isolation_level="SERIALIZABLE"
        )
    )

    assert confirmed == list(range(TRANSFERS))
    assert state(bank) == (expected(), confirmed)


@pytest.mark.parametrize("backend", BLOCKING, ids=str)
def test_blocks_of_a_loop_lose_nothing_either(bank, backend):
    factory = sessionmaker(bank)

    def one(number):
        for attempt in factory.attempts(1000, isolation_level="SERIALIZABLE"):
            with attempt as session:
                answer = transfer(session, number)
        return answer

    assert in_threads(one) == list(range(TRANSFERS))
    assert state(bank) == (expected(), list(range(TRANSFERS)))


@pytest.mark.parametrize("backend", AWAITING, ids=str)
def test_tasks_lose_nothing(backend, databases, tmp_path):
    async def main():
        engine = create_async_engine(databases.url(backend, tmp_path), pool_size=WORKERS)
        factory = async_sessionmaker(engine)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add_all(Account(id=n, balance=START) for n in range(1, ACCOUNTS + 1))

        async def work(worker):
            for number in range(worker, TRANSFERS, WORKERS):
                await factory.run(
                    lambda session, number=number: session.run_sync(transfer, number),
                    retries=1000,
                    isolation_level="SERIALIZABLE",
                )

        await asyncio.gather(*(work(worker) for worker in range(WORKERS)))
        async with factory() as session:
            found = await session.run_sync(lambda session: state(session.connection()))
        await engine.dispose()
        return found

    assert asyncio.run(main()) == (expected(), list(range(TRANSFERS)))


@pytest.mark.parametrize("backend", BLOCKING, ids=str)
def test_without_running_again_transfers_are_refused(bank, backend):
    """The test of the tests above: they would see it."""
    factory = sessionmaker(bank, execution_options={"isolation_level": "SERIALIZABLE"})

    confirmed = in_threads(once(factory))
    assert len(confirmed) < TRANSFERS
    assert state(bank)[1] == confirmed


@pytest.mark.parametrize("backend", [b for b in BLOCKING if b.server], ids=str)
def test_without_the_check_of_the_server_money_is_lost(bank, backend):
    """As above: what SERIALIZABLE is for."""
    factory = sessionmaker(bank)

    in_threads(lambda _: factory.run(deposit, retries=1000, isolation_level="READ COMMITTED"))

    assert START < state(bank)[0][1] < START + TRANSFERS
