"""Many threads on one SQLite file: who waits, who fails, what is lost.

::

    python -m benchmarks.contention

Each of eight threads does sixty transactions of the trade's kind: read a shop and a buyer, change
both, add a sale.  A transaction that fails is tried again, 25 times at the most.  The table says
for each way of doing it how many transactions a second went through, how many errors there were,
how many transactions were given up, and by how much the sums in the database differ from what was
acknowledged: a lost update.
"""

import argparse
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from time import perf_counter, sleep
from typing import Any

THREADS, TRANSACTIONS, TRIES = 8, 60, 25
SHOPS, BUYERS = 2, 20
SCHEMA = """
CREATE TABLE shop (id INTEGER PRIMARY KEY, taken INTEGER NOT NULL);
CREATE TABLE buyer (id INTEGER PRIMARY KEY, paid INTEGER NOT NULL);
CREATE TABLE sale (id INTEGER PRIMARY KEY, shop_id INTEGER, buyer_id INTEGER, amount INTEGER);
"""

Sale = Callable[[int, int, int], None]
"""One transaction: the shop, the buyer, the amount."""


@dataclass
class Outcome:
    """What came of one way."""

    seconds: float = 0.0
    errors: int = 0
    given_up: int = 0
    acknowledged: int = 0
    lost: int = 0

    @property
    def rate(self) -> float:
        return self.acknowledged / self.seconds


def driver(path: Path) -> tuple[Sale, Callable[[], None]]:
    """The bare driver, with the lock at BEGIN."""

    def sell(shop: int, buyer: int, amount: int) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            run = connection.execute
            run("BEGIN IMMEDIATE")
            (taken,) = run("SELECT taken FROM shop WHERE id = ?", (shop,)).fetchone()
            (paid,) = run("SELECT paid FROM buyer WHERE id = ?", (buyer,)).fetchone()
            run("UPDATE shop SET taken = ? WHERE id = ?", (taken + amount, shop))
            run("UPDATE buyer SET paid = ? WHERE id = ?", (paid + amount, buyer))
            run(
                "INSERT INTO sale (shop_id, buyer_id, amount) VALUES (?, ?, ?)",
                (shop, buyer, amount),
            )
            run("COMMIT")

    return sell, lambda: None


def sessions(
    package: str, *, locks: bool = False, **options: Any
) -> Callable[[Path], tuple[Sale, Callable[[], None]]]:
    """The Session of *package*; with *locks* the rows are read FOR UPDATE."""

    def made(path: Path) -> tuple[Sale, Callable[[], None]]:
        sa, orm = import_module(package), import_module(f"{package}.orm")
        base = orm.declarative_base()

        class Shop(base):  # type: ignore[valid-type, misc]
            __tablename__ = "shop"
            id = sa.Column(sa.Integer, primary_key=True)
            taken = sa.Column(sa.Integer)

        class Buyer(base):  # type: ignore[valid-type, misc]
            __tablename__ = "buyer"
            id = sa.Column(sa.Integer, primary_key=True)
            paid = sa.Column(sa.Integer)

        class Sold(base):  # type: ignore[valid-type, misc]
            __tablename__ = "sale"
            id = sa.Column(sa.Integer, primary_key=True)
            shop_id = sa.Column(sa.Integer)
            buyer_id = sa.Column(sa.Integer)
            amount = sa.Column(sa.Integer)

        engine = sa.create_engine(f"sqlite:///{path}", pool_size=THREADS, **options)

        def sell(shop: int, buyer: int, amount: int) -> None:
            with orm.Session(engine) as session:
                session.get(Shop, shop, with_for_update=locks or None).taken += amount
                session.get(Buyer, buyer).paid += amount
                session.add(Sold(shop_id=shop, buyer_id=buyer, amount=amount))
                session.commit()

        return sell, engine.dispose

    return made


WAYS: dict[str, Callable[[Path], tuple[Sale, Callable[[], None]]]] = {
    "driver, BEGIN IMMEDIATE": driver,
    "dovetail": sessions("dovetail"),
    "dovetail, FOR UPDATE": sessions("dovetail", locks=True),
    "dovetail, IMMEDIATE": sessions("dovetail", isolation_level="IMMEDIATE"),
    "SQLAlchemy": sessions("sqlalchemy"),
}


def compete(way: Callable[[Path], Any], journal: str) -> Outcome:
    """Let the threads do their transactions by *way*, on a new file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            connection.executescript(SCHEMA)
            connection.executemany(
                "INSERT INTO shop VALUES (?, 0)", [(n,) for n in range(1, SHOPS + 1)]
            )
            connection.executemany(
                "INSERT INTO buyer VALUES (?, 0)", [(n,) for n in range(1, BUYERS + 1)]
            )
            connection.commit()
        sell, end = way(path)
        outcome, lock, sums = Outcome(), Lock(), [0]

        def work(number: int) -> None:
            dice = Random(number)
            for _ in range(TRANSACTIONS):
                sale = dice.randint(1, SHOPS), dice.randint(1, BUYERS), dice.randint(1, 99)
                for turn in range(TRIES):
                    try:
                        sell(*sale)
                    except Exception as error:
                        if "locked" not in str(error) and "changed" not in str(error):
                            raise
                        with lock:
                            outcome.errors += 1
                        sleep(dice.random() * min(0.001 * 2**turn, 0.1))
                        continue
                    with lock:
                        outcome.acknowledged += 1
                        sums[0] += sale[2]
                    break
                else:
                    with lock:
                        outcome.given_up += 1

        threads = [Thread(target=work, args=(number,)) for number in range(THREADS)]
        began = perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcome.seconds = perf_counter() - began
        end()
        with closing(sqlite3.connect(path)) as connection:
            (taken,) = connection.execute("SELECT sum(taken) FROM shop").fetchone()
            (paid,) = connection.execute("SELECT sum(paid) FROM buyer").fetchone()
        outcome.lost = (sums[0] - taken) + (sums[0] - paid)
        return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contention")
    parser.add_argument("--rounds", type=int, default=3, help="the best of them is shown")
    options = parser.parse_args()
    print(f"{THREADS} threads x {TRANSACTIONS} transactions, {TRIES} tries; SQLite {_version()}\n")
    print("| journal | way | transactions/s | errors | given up | lost |")
    print("| --- | --- | --- | --- | --- | --- |")
    for journal in ("delete", "wal"):
        for name, way in WAYS.items():
            rounds = [compete(way, journal) for _ in range(options.rounds)]
            best = max(rounds, key=lambda outcome: outcome.rate)
            print(
                f"| {journal} | {name} | {best.rate:.0f} | {best.errors} | "
                f"{sum(each.given_up for each in rounds)} | {sum(each.lost for each in rounds)} |",
                flush=True,
            )
    return 0


def _version() -> str:
    return sqlite3.sqlite_version


if __name__ == "__main__":
    sys.exit(main())
