"""What a contender is, and the workloads that are the same text for all of them."""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Generator, Sequence
from random import Random
from typing import Any, ClassVar, NamedTuple

from benchmarks import data
from benchmarks.places import Place
from benchmarks.workloads import (
    ATTRIBUTE_OBJECTS,
    ATTRIBUTE_PASSES,
    GRAPH_CHILDREN,
    GRAPH_PARENTS,
    GRAPH_TAGS,
    MEMORY_OBJECTS,
    SHOP_CUSTOMERS,
    SHOP_DISTRICTS,
    SHOP_ITEMS,
    SHOP_TRANSACTIONS,
    scaled,
)

Work = Generator[None, None, int]
"""A workload: what stands before the first ``yield`` prepares, what stands between the
two is measured, and what comes after answers with a checksum of the outcome."""


class Order(NamedTuple):
    """A new-order transaction: what is bought."""

    number: int
    district: int
    customer: int
    lines: list[tuple[int, int]]
    """Pairs of item and quantity."""


class Payment(NamedTuple):
    """A payment transaction."""

    amount: int
    district: int
    customer: int


class Contender:
    """One library at work on one database.

    A subclass has a generator method for each workload that it can do.
    """

    title: ClassVar[str]
    import_statement: ClassVar[str]

    def __init__(self, place: Place, scale: float) -> None:
        self.place = place
        self.scale = scale

    def n(self, number: int) -> int:
        """The full-size *number* at the scale of this run."""
        return scaled(number, self.scale)

    def disconnect(self) -> None:
        """Let go of the database: it is about to be replaced."""

    def version(self) -> str:
        return ""

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        """Load *count* plain entities; the first part keeps alive what must live with them."""
        raise NotImplementedError

    # The same for all

    def attribute_get(self) -> Work:
        _keep, objects = self.loaded_plain(ATTRIBUTE_OBJECTS)
        yield
        for _ in range(ATTRIBUTE_PASSES):
            for one in objects:
                one.name
                one.email
                one.age
                one.score
                one.name
                one.name
                one.email
                one.age
                one.score
                one.name
        yield
        return len(objects)

    def attribute_set(self) -> Work:
        _keep, objects = self.loaded_plain(ATTRIBUTE_OBJECTS)
        yield
        for value in range(ATTRIBUTE_PASSES):
            for one in objects:
                one.age = value
                one.age = 1
                one.age = 2
                one.age = 3
                one.age = 4
                one.age = 5
                one.age = 6
                one.age = 7
                one.age = 8
                one.age = value
        yield
        return data.row_sum((one.age,) for one in objects)

    def memory(self) -> float:
        """Bytes that one loaded object takes, its values included."""
        self.loaded_plain(10)
        gc.collect()
        tracemalloc.start()
        keep = self.loaded_plain(self.n(MEMORY_OBJECTS))
        gc.collect()
        size, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size / len(keep[1])

    def import_time(self) -> float:
        """Seconds to import the library into a new interpreter, its bytecode being there."""
        program = (
            "import time; start = time.perf_counter()\n"
            f"{self.import_statement}\n"
            "print(time.perf_counter() - start)"
        )
        with tempfile.TemporaryDirectory(prefix="bytecode-") as folder:
            environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            answers = [
                subprocess.run(
                    [sys.executable, "-c", program],
                    capture_output=True,
                    text=True,
                    check=True,
                    env=environment,
                )
                for _ in range(3)
            ]
        return min(float(answer.stdout) for answer in answers)

    # Scripts that contenders follow

    def graph(self) -> list[tuple[str, list[tuple[str, int]], list[int]]]:
        """Parents to insert: a name, children (name, size), and three numbers of tags."""
        random = Random(7)
        return [
            (
                f"parent {number}",
                [(f"child {number}/{n}", n) for n in range(GRAPH_CHILDREN)],
                random.sample(range(GRAPH_TAGS), 3),
            )
            for number in range(self.n(GRAPH_PARENTS))
        ]

    def transactions(self) -> list[Order | Payment]:
        """What happens in the shop, the same on every run."""
        random = Random(11)
        script: list[Order | Payment] = []
        for number in range(self.n(SHOP_TRANSACTIONS)):
            district = random.randint(1, SHOP_DISTRICTS)
            customer = random.randint(1, SHOP_CUSTOMERS)
            if random.random() < 0.5:
                items = random.sample(range(1, SHOP_ITEMS + 1), random.randint(1, 9))
                lines = [(item, random.randint(1, 5)) for item in items]
                script.append(Order(number, district, customer, lines))
            else:
                script.append(Payment(random.randint(1, 500), district, customer))
        return script

    def plain_sum(self, objects: Sequence[Any]) -> int:
        return data.row_sum((o.id, o.name, o.email, o.age, o.score) for o in objects)

    def wide_sum(self, objects: Sequence[Any]) -> int:
        """Checks the values and the types of wide entities; an enumeration counts by its name."""
        return data.row_sum(
            (
                *(getattr(one, name) for name in data.WIDE_COLUMNS[:28]),
                *(format(getattr(one, f"price{n}"), ".2f") for n in range(2)),
                type(one.price0).__name__,
                getattr(one.color, "name", one.color),
                json.dumps(dict(one.extra)),
            )
            for one in objects
        )

    def family_sum(self, parents: Sequence[Any]) -> int:
        return data.row_sum(
            (parent.id, parent.name, *sorted((c.id, c.name, c.size) for c in parent.children))
            for parent in parents
        )


def run_round(contender: Contender, workload: str) -> tuple[float, int | None]:
    """Do *workload* once; return the seconds (or bytes) it took and its checksum."""
    work = getattr(contender, workload)()
    if isinstance(work, float):
        return work, None
    next(work)
    start = time.perf_counter()
    next(work)
    seconds = time.perf_counter() - start
    try:
        next(work)
    except StopIteration as stop:
        return seconds, stop.value
    raise RuntimeError(f"{workload} of {contender.title} yields more than twice")
