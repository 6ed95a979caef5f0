"""Writes scores for people: a table for the terminal, and one for a page."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from benchmarks.contenders import FLOOR
from benchmarks.runner import Score, Scores
from benchmarks.workloads import WORKLOADS, Workload

PEER = "sqlalchemy"
OWN = "dovetail"


def figure(workload: Workload, best: float, scale: float) -> str:
    """What one operation took, in a unit that fits."""
    if workload.unit == "B":
        return f"{best:,.0f} B"
    seconds = best / workload.count(scale)
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def cell(workload: Workload, score: Score | None, floor: Score | None, scale: float) -> str:
    if score is None or (score.best is None and not score.wrong):
        return "-"
    if score.best is None:
        return "failed"
    text = figure(workload, score.best, scale)
    if floor is not None and floor.best and floor is not score:
        text += f" ({score.best / floor.best:.1f}x)"
    return f"{text} WRONG" if score.wrong else text


def table(scores: Scores, scale: float) -> tuple[list[str], list[list[str]]]:
    """The head and the rows: a workload, what each contender took, and how far we are ahead."""
    names = list(dict.fromkeys(name for row in scores.values() for name in row))
    titles = {name: score.title for row in scores.values() for name, score in row.items()}
    both = OWN in names and PEER in names
    head = ["one operation", *(titles[name] for name in names)]
    if both:
        head.append(f"{titles[OWN]} is faster than {titles[PEER]}")
    rows = []
    for workload_name, row in scores.items():
        workload = WORKLOADS[workload_name]
        cells = [cell(workload, row.get(name), row.get(FLOOR), scale) for name in names]
        line = [f"{workload.title}, per {workload.operation}", *cells]
        if both:
            own, peer = row[OWN].best, row[PEER].best
            line.append(f"{peer / own:.1f}x" if own and peer else "-")
        rows.append(line)
    return head, rows


def terminal(scores: Scores, scale: float) -> str:
    head, rows = table(scores, scale)
    head[0] = "workload"
    for name, row in zip(scores, rows, strict=True):
        row[0] = f"{name} (per {WORKLOADS[name].operation})"
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
    lines = []
    for line in (head, ["-" * width for width in widths], *rows):
        first, *rest = (
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        lines.append("  ".join((first, *rest)))
    return "\n".join(lines)


def markdown(scores: Scores, scale: float) -> str:
    head, rows = table(scores, scale)
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


MARK = "<!-- figures -->"
"""On a page, the table takes the place of what stands below this line."""


def write_page(path: Path, scores: Scores, scale: float) -> None:
    """Write the table to the page at *path*, below its mark if it has one."""
    above = ""
    if path.exists() and MARK in path.read_text(encoding="utf-8"):
        above = path.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n\n"
    page = f"{above}{markdown(scores, scale)}\n\nTaken with {surroundings(scores)}.\n"
    path.write_text(page, encoding="utf-8")


def surroundings(scores: Scores) -> str:
    """One line: on what the figures were taken."""
    versions = {score.title: score.version for row in scores.values() for score in row.values()}
    libraries = ", ".join(f"{title} {version}" for title, version in versions.items() if version)
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors; {libraries}"
    )


def problems(scores: Scores) -> Iterable[str]:
    for workload, row in scores.items():
        for score in row.values():
            if score.wrong:
                yield f"{score.title}, {workload}: {score.problem}"
