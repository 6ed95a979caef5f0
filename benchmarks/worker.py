"""One contender at one workload, in a process of its own; told by its parent when to run.

Started as ``python -m benchmarks.worker CONTENDER WORKLOAD DATABASE SCALE``.  It says in
one line of JSON that it is ready, or why it cannot be, and then answers each line that it
reads with the outcome of one round.
"""

import cProfile
import gc
import json
import os
import pstats
import shutil
import sys
import tempfile
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from benchmarks.contender import Contender, run_round
from benchmarks.contenders import CONTENDERS
from benchmarks.workloads import WORKLOADS, Workload


def contender_class(name: str) -> type[Contender]:
    module, _, attribute = CONTENDERS[name].partition(":")
    found: type[Contender] = getattr(import_module(f"benchmarks.contenders.{module}"), attribute)
    return found


class Station:
    """Keeps the database of one contender as its workload needs to find it."""

    def __init__(self, name: str, workload: Workload, source: Path, scale: float) -> None:
        self.workload = workload
        self.source = source
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self.path = Path(self._folder.name) / "work.db"
        shutil.copyfile(source, self.path)
        self._pristine = True
        self.contender = contender_class(name)(self.path, scale)

    def round(self) -> tuple[float, int | None]:
        if self.workload.writes and not self._pristine:
            self.contender.disconnect()
            shutil.copyfile(self.source, self.path)
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
        self._folder.cleanup()


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
    name, workload_name, source, scale = sys.argv[1:]
    workload = WORKLOADS[workload_name]
    # What a library prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        if not hasattr(contender_class(name), workload_name):
            print(json.dumps({"missing": "this library has no such thing"}), file=answers)
            return
        station = Station(name, workload, Path(source), float(scale))
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
