"""Compares random programs over random mappings with the oracle, for as long as one likes.

python tools/random_mappings.py --examples 20000 --seed 7 --processes 2
python tools/random_mappings.py --examples 2000 --server postgresql

Says how many examples were run, how many of them the oracle refused in the middle, and how many
ended otherwise here.  Each of these is printed as what reduces it to little, to be kept as a test.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import simplefilter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402

from tests.properties import comparing_schemas, schema_world, schemas  # noqa: E402
from tests.properties.comparing_schemas import MOST_CUT, Tally, compare  # noqa: E402
from tests.properties.reducing import smallest  # noqa: E402
from tests.servers import BACKENDS, Databases  # noqa: E402

CHUNK = 250
"""How many examples are drawn from one seed: Hypothesis remembers all of them."""

MOST_REDUCED = 1
"""How many of one seed are reduced: those that follow are much like these."""

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mariadb": "pymysql"}


class Run:
    """The examples that one process compares, and what came of them."""

    def __init__(self, url: str, alone: bool, reduces: bool) -> None:
        self.url, self.reduces = url, reduces
        self.strategies = (
            (schemas.alone, schemas.writes) if alone else (schemas.schemas, schemas.programs)
        )
        self.tally = Tally()
        self.differ = 0
        self.reduced: Counter[int] = Counter()

    def draw(self, chunk_seed: int, count: int) -> None:
        """Compare *count* examples that *chunk_seed* stands for."""

        @seed(chunk_seed)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(*self.strategies, schemas.reads)
        def run(schema: Any, program: Any, reads: Any) -> None:
            try:
                compare(schema, program, reads, self.tally, self.url)
            except Exception as error:
                self.differ += 1
                self._report(chunk_seed, (schema, program, reads), error)

        run()

    def _report(self, chunk_seed: int, example: Any, error: Exception) -> None:
        print(f"--- a difference, in the examples of seed {chunk_seed}", flush=True)
        self.reduced[chunk_seed] += 1
        if self.reduces and self.reduced[chunk_seed] <= MOST_REDUCED:
            example = smallest(example, lambda one: type(self._failure(one)) is type(error))
            error = self._failure(example) or error
        for name, part in zip(("schema", "program", "reads"), example, strict=True):
            print(f"{name} = {part!r}")
        print("".join(traceback.format_exception(error)[-3:])[-2500:], flush=True)

    def _failure(self, example: Any) -> Exception | None:
        try:
            compare(*example, Tally(), self.url)
        except Exception as error:
            return error
        return None


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of an empty database that is dropped in the end."""
    if server == "sqlite":
        yield "sqlite://"
        return
    driver = DRIVERS[server]
    backend = next(one for one in BACKENDS if one.server == server and one.driver == driver)
    databases = Databases()
    try:
        yield databases.url(backend, Path(tempfile.gettempdir()))
    finally:
        databases.close()


AUTOFLUSH = {"always": True, "overlap": "overlap"}


def work(arguments: argparse.Namespace, own: int) -> tuple[int, list[Any], int, int]:
    """Compare every chunk that is process *own*'s."""
    simplefilter("ignore")
    comparing_schemas.PACKAGE = arguments.package
    schema_world.OPTIONS.update(hold=arguments.hold, autoflush=AUTOFLUSH[arguments.autoflush])
    with database(arguments.server) as url:
        run = Run(url, arguments.alone, not arguments.whole)
        began = time.monotonic()
        for start in range(own * CHUNK, arguments.examples, CHUNK * arguments.processes):
            run.draw(arguments.seed * 100_000 + start, min(CHUNK, arguments.examples - start))
            print(
                f"process {own}: {run.tally.examples} examples, {len(run.tally.cut)} cut, "
                f"{run.differ} differ, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    return run.tally.examples, run.tally.cut, run.tally.uncertain, run.differ


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="other examples for each")
    parser.add_argument("--server", choices=tuple(DRIVERS), default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="one hierarchy, no relationships")
    parser.add_argument("--autoflush", choices=AUTOFLUSH, default="always", help="of the sessions")
    parser.add_argument("--hold", default="transaction", help='"statement": of the sessions here')
    parser.add_argument("--whole", action="store_true", help="print what differs as it was drawn")
    parser.add_argument("--package", default="dovetail", help="sqlalchemy compares it with itself")
    return parser.parse_args()


def main() -> int:
    arguments = parsed()
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        found = pool.starmap(
            work, [(arguments, own) for own in range(arguments.processes)], chunksize=1
        )
    examples, uncertain, differ = (sum(one[place] for one in found) for place in (0, 2, 3))
    cut = [one for _, cuts, _, _ in found for one in cuts]
    for step, error in cut[:20]:
        print(f"cut at {step!r:.100}: {error:.200}")
    print(
        f"seed {arguments.seed} on {arguments.server}: {examples} examples, {len(cut)} cut "
        f"({100 * len(cut) / max(examples, 1):.1f} %), {uncertain} uncertain, {differ} differ"
    )
    return 1 if differ or len(cut) > MOST_CUT * examples + 1 else 0


if __name__ == "__main__":
    sys.exit(main())
