"""Writes scores for people: a table for the terminal, and one for a page."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from benchmarks.contenders import FLOOR, OWN
from benchmarks.runner import BEFORE, Score, Scores
from benchmarks.workloads import WORKLOADS, Workload

PEER = "sqlalchemy"


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
    done = [item for row in scores.values() for item in row.items() if item[1].version]
    titles = {name: name for name in names} | {name: score.title for name, score in done}
    with_before = BEFORE in names
    both = OWN in names and PEER in names
    head = ["one operation", *(titles[name] for name in names)]
    if both:
        head.append(f"{titles[OWN]} is faster than {titles[PEER]}")
    if with_before:
        head.append("now / before")
    rows = []
    for workload_name, row in scores.items():
        workload = WORKLOADS[workload_name]
        cells = [cell(workload, row.get(name), row.get(FLOOR), scale) for name in names]
        line = [f"{workload.title}, per {workload.operation}", *cells]
        if both:
            own, peer = row[OWN].best, row[PEER].best
            line.append(f"{peer / own:.1f}x" if own and peer else "-")
        if with_before:
            own, before = row[OWN].best, row[BEFORE].best
            line.append(f"{own / before:.2f}" if own and before else "-")
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


MARK = "<!-- figures: {} -->"
END = "<!-- end of figures -->"
"""On a page, the table of a database takes the place of what stands between these lines."""


def write_page(path: Path, scores: Scores, scale: float, database: str) -> None:
    """Write the table to the page at *path*, between the marks of *database*, or at its end."""
    mark_of_database = MARK.format(database)
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    above, mark, rest = page.partition(mark_of_database)
    if not mark and page:
        above = f"{page}\n"
    below = rest.partition(END)[2] or "\n"
    table = f"{markdown(scores, scale)}\n\nTaken with {surroundings(scores)}."
    path.write_text(f"{above}{mark_of_database}\n\n{table}\n\n{END}{below}", encoding="utf-8")


def surroundings(scores: Scores) -> str:
    """One line: on what the figures were taken."""
    found = [score for row in scores.values() for score in row.values() if score.version]
    versions = {score.title: score.version for score in found}
    libraries = ", ".join(f"{title} {version}" for title, version in versions.items())
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors; {libraries}"
    )


def problems(scores: Scores) -> Iterable[str]:
    for workload, row in scores.items():
        for score in row.values():
            if score.wrong:
                yield f"{score.title}, {workload}: {score.problem}"
