"""The command: ``python -m benchmarks --help``."""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from benchmarks import report
from benchmarks.contenders import CONTENDERS, FLOOR, contenders_for
from benchmarks.places import PLACES, store
from benchmarks.runner import compete
from benchmarks.worker import Station
from benchmarks.workloads import WORKLOADS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="The same work on dovetail, its peers and the bare driver, which is the floor. "
        "Each contender runs in a process of its own, rounds are interleaved, the best one counts, "
        "and outcomes are compared.",
    )
    parser.add_argument(
        "--only", action="append", metavar="WORKLOAD", choices=WORKLOADS, help="may be repeated"
    )
    parser.add_argument(
        "--contender", action="append", choices=CONTENDERS, help="may be repeated; default: all"
    )
    parser.add_argument(
        "--db", choices=PLACES, default="sqlite", help="where; servers are found as the tests do"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="0.1 for a tenth of the rows: a quick look"
    )
    parser.add_argument(
        "--before",
        type=Path,
        metavar="CHECKOUT",
        help="let the dovetail of another checkout take part, and print now / before",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table to a page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the bare figures")
    parser.add_argument(
        "--profile",
        type=int,
        nargs="?",
        const=30,
        metavar="ROWS",
        help="profile one contender at one workload instead",
    )
    parser.add_argument("--list", action="store_true", help="list the workloads")
    return parser.parse_args()


def profile(contender: str, workload_name: str, database: str, scale: float, rows: int) -> None:
    workload = WORKLOADS[workload_name]
    with closing(store(database)) as prepared:
        place = PLACES[database](prepared.prepare(workload.data, scale))
        station = Station(contender, workload, place, scale)
        station.round()
        station.contender.disconnect()
        place.restore()
        station.profile(rows)
        station.close()


def tell(title: str, stage: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{title}: {stage}", end="", file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    if options.list:
        for workload in WORKLOADS.values():
            print(f"{workload.name:16} {workload.title}")
        return 0
    if options.profile:
        if len(options.only or ()) != 1 or len(options.contender or ()) != 1:
            sys.exit("--profile needs one --only and one --contender")
        profile(options.contender[0], options.only[0], options.db, options.scale, options.profile)
        return 0
    workloads = [WORKLOADS[name] for name in options.only or WORKLOADS]
    if options.db != "sqlite" and not options.only:
        workloads = [workload for workload in workloads if workload.uses_database]
    contenders = list(options.contender or contenders_for(PLACES[options.db].dialect))
    if FLOOR not in contenders:
        contenders.insert(0, FLOOR)
    scores = compete(
        workloads,
        contenders,
        database=options.db,
        rounds=options.rounds,
        scale=options.scale,
        tell=tell,
        before=options.before and options.before.resolve(),
    )
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print(report.terminal(scores, options.scale))
    print()
    print(report.surroundings(scores))
    if options.markdown:
        report.write_page(options.markdown, scores, options.scale, options.db)
    if options.json:
        figures = {
            workload: {name: score.best for name, score in row.items()}
            for workload, row in scores.items()
        }
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    found = list(report.problems(scores))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
