"""What happens in the trade: the five transactions of a wholesaler, after the model of TPC-C.

Each warehouse has a script of its own and rows that no other one writes, so that the outcome
is the same in whatever order threads come to run.
"""

from collections.abc import Callable, Sequence
from random import Random
from threading import Thread
from typing import NamedTuple

from benchmarks.workloads import TRADE_AREAS, TRADE_BUYERS, TRADE_ITEMS, TRADE_WAREHOUSES

RECENT_SALES = 10
"""How many sales of an area the stock level looks at."""


class Sell(NamedTuple):
    """New order: a buyer takes items."""

    area: int
    buyer: int
    lines: list[tuple[int, int]]
    """Pairs of item and quantity."""


class Pay(NamedTuple):
    """Payment: it counts for buyer, area and warehouse."""

    area: int
    buyer: int
    amount: int


class Status(NamedTuple):
    """Order status: the last sale of a buyer, with its lines; reads only."""

    buyer: int


class Deliver(NamedTuple):
    """Delivery: the oldest sale of each area that waits for a carrier."""

    carrier: int


class Level(NamedTuple):
    """Stock level: how many items of recent sales are short; reads only."""

    area: int
    least: int


Step = Sell | Pay | Status | Deliver | Level
Trader = Callable[[int, Step], int]
"""Does one transaction of a warehouse; answers with what it read, or 0."""


def areas_of(warehouse: int) -> range:
    """The keys of the areas of *warehouse*."""
    return range((warehouse - 1) * TRADE_AREAS + 1, warehouse * TRADE_AREAS + 1)


def script(warehouse: int, length: int) -> list[Step]:
    """The transactions of *warehouse*, the same on every run."""
    random = Random(warehouse)
    steps: list[Step] = []
    for _ in range(length):
        area = random.choice(areas_of(warehouse))
        buyer = (area - 1) * TRADE_BUYERS + random.randint(1, TRADE_BUYERS)
        chance = random.random()
        if chance < 0.45:
            items = random.sample(range(1, TRADE_ITEMS + 1), random.randint(5, 15))
            steps.append(Sell(area, buyer, [(item, random.randint(1, 10)) for item in items]))
        elif chance < 0.88:
            steps.append(Pay(area, buyer, random.randint(1, 5000)))
        elif chance < 0.92:
            steps.append(Status(buyer))
        elif chance < 0.96:
            steps.append(Deliver(random.randint(1, 10)))
        else:
            steps.append(Level(area, random.randint(60, 95)))
    return steps


def scripts(transactions: int) -> list[list[Step]]:
    """The scripts of all warehouses, *transactions* in all."""
    length = max(1, transactions // TRADE_WAREHOUSES)
    return [script(warehouse, length) for warehouse in range(1, TRADE_WAREHOUSES + 1)]


def in_turns(all_steps: Sequence[Sequence[Step]], trader: Trader) -> list[int]:
    """Do the scripts on one thread, a step of each in turn; the sums of what was read."""
    sums = [0] * len(all_steps)
    for steps in zip(*all_steps, strict=True):
        for index, step in enumerate(steps):
            sums[index] += trader(index + 1, step)
    return sums


def on_threads(all_steps: Sequence[Sequence[Step]], traders: Sequence[Trader]) -> list[int]:
    """Do each script on a thread of its own; the sums of what was read."""
    sums = [0] * len(all_steps)
    failures: list[BaseException] = []

    def work(index: int) -> None:
        try:
            for step in all_steps[index]:
                sums[index] += traders[index](index + 1, step)
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=work, args=(index,)) for index in range(len(all_steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sums
