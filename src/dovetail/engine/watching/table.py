"""A watch as a table of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .seen import Seen
    from .statement import WatchedStatement

_HEADS = ("#", "ms", "rows", "plan", "where", "statement")
_RIGHT = 3
"""So many columns are numbers, which stand at the right."""


def table(seen: Seen, most: int) -> str:
    """Return *seen* as text: what it has cost, what is wrong, and *most* of the statements."""
    executions = seen.executions
    lines = [summary(seen), *(f"  {finding}" for finding in seen.findings)]
    if executions:
        lines += ["", *_lines([_HEADS, *map(_cells, executions[:most])])]
    if len(executions) > most:
        lines.append(f"and {len(executions) - most} more")
    return "\n".join(lines)


def summary(seen: Seen) -> str:
    """Return what *seen* has cost, in a line."""
    planned = [each for each in seen.statements if each.plan != "text"]
    found = sum(1 for each in planned if each.plan == "found")
    return (
        f"{_counted(seen.count, 'statement')}, {seen.seconds * 1000:.3g} ms in the database, "
        f"{_counted(seen.rows, 'row')}, {found} of {_counted(len(planned), 'plan')} found"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _cells(each: WatchedStatement) -> tuple[str, ...]:
    purpose = f" ({each.purpose})" if each.purpose else ""
    failed = "" if each.error is None else f" [{each.error}]"
    return (
        str(each.number),
        f"{each.seconds * 1000:.2f}",
        "" if each.rows is None else str(each.rows),
        each.plan if each.kind == "statement" else "",
        f"{each.place.file}:{each.place.line}",
        f"{shortened(each.sql)}{purpose}{failed}",
    )


def _lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in rows]


def _padded(row: tuple[str, ...], widths: Sequence[int]) -> list[str]:
    return [
        text.rjust(width) if place < _RIGHT else text.ljust(width)
        for place, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
