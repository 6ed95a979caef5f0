"""A bank: few accounts, many transfers between them at once, and what there is afterwards.

``DOVETAIL_TEST_TRANSFERS`` says how many there are.
"""

import os
import threading
from random import Random

import dovetail as dv
from dovetail.exc import DBAPIError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column

WORKERS = 6
ACCOUNTS = 3
TRANSFERS = int(os.environ.get("DOVETAIL_TEST_TRANSFERS", "240"))
START = 1_000_000


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


def open_accounts(engine):
    """Make the tables, and the accounts as they begin."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Account(id=n, balance=START) for n in range(1, ACCOUNTS + 1))
        session.commit()


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


def once(factory):
    """A function that tries a transfer without running it again: its number, or None."""

    def one(number):
        try:
            with factory.begin() as session:
                return transfer(session, number)
        except DBAPIError as error:
            assert error.retry_scope != "never"
            return None

    return one


def deposit(session):
    """Put one into the first account: lost, if somebody changes it between reading and writing."""
    account = session.get_one(Account, 1)
    account.balance = account.balance + 1
