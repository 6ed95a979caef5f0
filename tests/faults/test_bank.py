"""Many transfers at once between few accounts: no money comes or goes, each is done once.

``DOVETAIL_TEST_TRANSFERS`` says how many there are.
"""

import asyncio
import os
import threading
from random import Random

import pytest

import dovetail as dv
from dovetail.exc import DBAPIError
from dovetail.ext.asyncio import async_sessionmaker, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from tests.servers import AWAITING_BACKENDS, BACKENDS

WORKERS = 6
ACCOUNTS = 3
TRANSFERS = int(os.environ.get("DOVETAIL_TEST_TRANSFERS", "240"))
START = 1_000_000
MODULES = {"sqlite3", "psycopg", "pymysql", "aiosqlite", "asyncpg", "asyncmy"}


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "bank_account"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]


class Transfer(Base):
    __tablename__ = "bank_transfer"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int]


def transfer(session, number):
    """Read two balances, and write what they are to be: lost, if somebody does so meanwhile."""
    chance = Random(number)
    source, target = chance.sample(range(1, ACCOUNTS + 1), 2)
    amount = chance.randrange(1, 100)
    giving, taking = session.get_one(Account, source), session.get_one(Account, target)
    giving.balance, taking.balance = giving.balance - amount, taking.balance + amount
    session.add(Transfer(id=number, amount=amount))
    return number


def expected():
    """The balances after all transfers, whatever their order."""
    balances = dict.fromkeys(range(1, ACCOUNTS + 1), START)
    for number in range(TRANSFERS):
        chance = Random(number)
        source, target = chance.sample(range(1, ACCOUNTS + 1), 2)
        amount = chance.randrange(1, 100)
        balances[source] -= amount
        balances[target] += amount
    return balances


@pytest.fixture
def bank(backend_url):
    """The engine of a bank."""
    engine = dv.create_engine(backend_url, pool_size=WORKERS)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Account(id=n, balance=START) for n in range(1, ACCOUNTS + 1))
        session.commit()
    yield engine
    engine.dispose()


def state(engine):
    """The balances, and the numbers of the transfers that are noted."""
    with Session(engine) as session:
        balances = dict(session.execute(dv.select(Account.id, Account.balance)).all())
        return balances, sorted(session.scalars(dv.select(Transfer.id)))


def in_threads(one):
    """Call ``one(number)`` for each transfer, in threads; return those that it has confirmed."""
    confirmed = []
    start = threading.Barrier(WORKERS)

    def work(worker):
        start.wait(30)
        for number in range(worker, TRANSFERS, WORKERS):
            answer = one(number)
            if answer is not None:
                confirmed.append(answer)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(confirmed)


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

    def one(number):
        try:
            with factory.begin() as session:
                return transfer(session, number)
        except DBAPIError as error:
            assert error.retry_scope != "never"
            return None

    confirmed = in_threads(one)
    assert len(confirmed) < TRANSFERS
    assert state(bank)[1] == confirmed


@pytest.mark.parametrize("backend", [b for b in BLOCKING if b.server], ids=str)
def test_without_the_check_of_the_server_money_is_lost(bank, backend):
    """As above: what SERIALIZABLE is for."""
    factory = sessionmaker(bank)

    def deposit(session):
        account = session.get_one(Account, 1)
        account.balance = account.balance + 1

    in_threads(lambda _: factory.run(deposit, retries=1000, isolation_level="READ COMMITTED"))

    assert START < state(bank)[0][1] < START + TRANSFERS
