"""Runs contenders against each other: a fresh process for each, their rounds interleaved."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contenders import FLOOR, OWN
from benchmarks.places import store
from benchmarks.workloads import Workload

PATIENCE = 20.0
"""Seconds that one contender may spend on a workload before it needs no further round."""


@dataclass(slots=True)
class Score:
    """What one contender did in one workload."""

    title: str = ""
    version: str = ""
    best: float | None = None
    spent: float = 0.0
    checksums: set[int | None] = field(default_factory=set)
    problem: str | None = None
    wrong: bool = False
    """Whether its outcome differs from that of the bare driver."""


BEFORE = "before"
"""The name under which dovetail takes part a second time, as another checkout has it."""


class _Process:
    """The process of one contender at one workload; *checkout* is where ``before`` is found."""

    def __init__(
        self,
        name: str,
        workload: Workload,
        database: str,
        source: str,
        scale: float,
        checkout: Path | None = None,
    ) -> None:
        environment = dict(os.environ)
        if name == BEFORE:
            assert checkout is not None
            name, environment["PYTHONPATH"] = OWN, str(checkout / "src")
        self.score = Score(title=name)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.worker"),
                *(name, workload.name, database, source, str(scale)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        greeting = self._read()
        self.score.title = greeting.get("title", name)
        if checkout is not None:
            self.score.title = BEFORE
        self.score.version = greeting.get("version", "")
        self.score.problem = (
            greeting.get("missing") or greeting.get("absent") or greeting.get("error")
        )
        self.is_failure = "error" in greeting

    def _read(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended"}

    @property
    def wants_more(self) -> bool:
        return self.score.problem is None and self.score.spent < PATIENCE

    def round(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            self.score.problem, self.is_failure = answer["error"], True
            return
        figure = answer["figure"]
        best = self.score.best
        self.score.best = figure if best is None else min(best, figure)
        self.score.spent += figure
        self.score.checksums.add(answer["checksum"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


Scores = dict[str, dict[str, Score]]
"""By workload, then by contender."""


def compete(
    workloads: Iterable[Workload],
    contenders: Iterable[str],
    *,
    database: str = "sqlite",
    rounds: int,
    scale: float,
    tell: Callable[[str, str], None],
    before: Path | None = None,
) -> Scores:
    """Let *contenders* do *workloads*; *tell* hears of each that begins.

    With *before*, the root of another checkout, its dovetail is one more contender.
    """
    scores: Scores = {}
    checkouts: dict[str, Path | None] = dict.fromkeys(contenders)
    if before is not None:
        checkouts[BEFORE] = before
    with closing(store(database)) as prepared:
        for workload in workloads:
            tell(workload.title, "preparing")
            source = prepared.prepare(workload.data, scale)
            processes = {}
            for name, checkout in checkouts.items():
                processes[name] = _Process(name, workload, database, source, scale, checkout)
            for number in range(rounds):
                tell(workload.title, f"round {number + 1} of {rounds}")
                for process in processes.values():
                    if process.wants_more:
                        process.round()
            for process in processes.values():
                process.close()
            scores[workload.name] = {name: one.score for name, one in processes.items()}
            for process in processes.values():
                process.score.wrong = process.is_failure
            _compare(scores[workload.name])
    return scores


def _compare(scores: dict[str, Score]) -> None:
    """Mark those whose outcome is not what the floor's is, or the first one's without a floor."""
    done = {name: score for name, score in scores.items() if score.best is not None}
    if not done:
        return
    expected = done.get(FLOOR, next(iter(done.values()))).checksums
    for score in scores.values():
        if score.best is not None and score.checksums != expected:
            score.wrong = True
            score.problem = "another outcome than the driver's, or the first contender's"
