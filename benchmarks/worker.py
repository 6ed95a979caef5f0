"""One contender at one workload, in a process of its own; told by its parent when to run.

Started as ``python -m benchmarks.worker CONTENDER WORKLOAD DATABASE SOURCE SCALE``.  It says in
one line of JSON that it is ready, or why it cannot be, and then answers each line that it
reads with the outcome of one round.
"""

import cProfile
import gc
import json
import os
import pstats
import sys
import traceback
import warnings
from importlib import import_module
from typing import Any, TextIO

from benchmarks.contender import Contender, run_round
from benchmarks.contenders import contenders_for
from benchmarks.places import PLACES, Place
from benchmarks.workloads import WORKLOADS, Workload


def contender_class(name: str, place: type[Place] | Place) -> type[Contender]:
    module, _, attribute = contenders_for(place.dialect)[name].partition(":")
    found: type[Contender] = getattr(import_module(f"benchmarks.contenders.{module}"), attribute)
    return found


class Station:
    """Keeps the database of one contender as its workload needs to find it."""

    def __init__(self, name: str, workload: Workload, place: Place, scale: float) -> None:
        self.workload = workload
        self.place = place
        self._pristine = True
        self.contender = contender_class(name, place)(place, scale)

    def round(self) -> tuple[float, int | None]:
        if self.workload.writes and not self._pristine:
            self.contender.disconnect()
            self.place.restore()
        self._pristine = False
        gc.collect()
        return run_round(self.contender, self.workload.name)

    def profile(self, rows: int) -> None:
        """Print where the measured part of one round spends its time."""
        work = getattr(self.contender, self.workload.name)()
        profile = cProfile.Profile()
        next(work)
        profile.enable()
        next(work)
        profile.disable()
        next(work, None)
        pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(rows)

    def close(self) -> None:
        self.contender.disconnect()
        self.place.close()


def serve(answers: TextIO, station: Station) -> None:
    """Do a round for every line that comes in."""

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    answer(ready=True, title=station.contender.title, version=station.contender.version())
    for _line in sys.stdin:
        try:
            figure, checksum = station.round()
        except Exception as error:
            traceback.print_exc()
            answer(error=f"{type(error).__name__}: {error}".splitlines()[0])
            return
        answer(figure=figure, checksum=checksum)


def main() -> None:
    name, workload_name, database, source, scale = sys.argv[1:]
    workload, place = WORKLOADS[workload_name], PLACES[database]
    # What a library prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        if not hasattr(contender_class(name, place), workload_name):
            print(json.dumps({"missing": "this library has no such thing"}), file=answers)
            return
        station = Station(name, workload, place(source), float(scale))
    except Exception as error:
        absent = isinstance(error, ModuleNotFoundError)
        if not absent:
            traceback.print_exc()
        print(json.dumps({"absent" if absent else "error": str(error)}), file=answers, flush=True)
        return
    try:
        serve(answers, station)
    finally:
        station.close()


if __name__ == "__main__":
    main()
