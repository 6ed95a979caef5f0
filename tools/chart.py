"""Draws docs/images/performance.svg from the figures in docs/performance.md.

python tools/chart.py          # write it
python tools/chart.py --check  # say whether it is out of date, and write nothing

``make bench ARGS="--markdown docs/performance.md"`` takes the figures.
"""

import html
import re
import sys
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "performance.md"
CHART = DOCS / "images" / "performance.svg"
SHOWN = {
    "load 100k entities of 5 columns": "load 100,000 objects",
    "make, add, flush and commit 20k objects": "insert 20,000 objects",
    "lazy loading of the same, in a loop over the parents": "a loop over lazy relationships",
    "build and run a filtered, ordered, limited select": "a small query",
}
"""The operations that are drawn, as the page calls them, and as the chart does."""

_TIMES = re.compile(r"\(([\d.]+)x\)")
_WIDTH, _ROW, _HEAD, _LABELS, _BARS = 380, 20, 30, 92, 210


class Bar(NamedTuple):
    """How long a contender took, as a multiple of the driver's time."""

    contender: str
    times: float


def figures(page: str) -> dict[str, list[Bar]]:
    """Return the bars of each operation in the table for SQLite of *page*, quickest first."""
    table = page.split("<!-- figures: sqlite -->")[1].split("<!-- end of figures -->", maxsplit=1)[
        0
    ]
    head, _, *rows = (line for line in table.splitlines() if line.startswith("|"))
    names = [cell.strip() for cell in head.strip("|").split("|")]
    found = {}
    for row in rows:
        operation, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        bars = [
            Bar(name, float(times[1]))
            for name, cell in zip(names[1:], cells, strict=True)
            if (times := _TIMES.search(cell))
        ]
        found[operation.rpartition(", per ")[0]] = sorted(bars, key=lambda bar: bar.times)
    return found


def drawn(found: dict[str, list[Bar]]) -> str:
    """Return the chart: a panel for each operation, each with a scale of its own."""
    most = max(len(found[operation]) for operation in SHOWN)
    height = _HEAD + most * _ROW + 14
    parts = []
    for number, (operation, title) in enumerate(SHOWN.items()):
        x, y = (number % 2) * _WIDTH, (number // 2) * height
        parts.append(f'<g transform="translate({x} {y})">')
        parts += _panel(title, found[operation])
        parts.append("</g>")
    lines = (len(SHOWN) + 1) // 2
    total = lines * height + 22
    note = (
        "time as a multiple of what the bare sqlite3 driver takes for the same: shorter is better"
    )
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {total}" '
                f'role="img" aria-label="{note}">'
            ),
            "<style>",
            "text { font: 12px sans-serif; fill: #24292f }",
            ".title { font-weight: bold; font-size: 13px }",
            ".other { fill: #9aa4b0 } .own { fill: #0b7a75 }",
            (
                "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } "
                ".other { fill: #6e7681 } .own { fill: #2fb8ac } }"
            ),
            "</style>",
            *parts,
            f'<text x="8" y="{total - 8}">{note}</text>',
            "</svg>",
            "",
        ]
    )


def _panel(title: str, bars: list[Bar]) -> list[str]:
    longest = bars[-1].times
    parts = [f'<text class="title" x="8" y="18">{html.escape(title)}</text>']
    for place, bar in enumerate(bars):
        y = _HEAD + place * _ROW
        width = max(1.0, bar.times / longest * _BARS)
        kind = "own" if bar.contender == "dovetail" else "other"
        place_of_bar = f'x="{_LABELS + 6}" y="{y + 2}" width="{width:.1f}" height="14" rx="2"'
        parts += [
            f'<text x="{_LABELS}" y="{y + 13}" text-anchor="end">{bar.contender}</text>',
            f'<rect class="{kind}" {place_of_bar}/>',
            f'<text x="{_LABELS + 12 + width:.1f}" y="{y + 13}">{bar.times:g}x</text>',
        ]
    return parts


def chart() -> str:
    """Return the chart of today's figures."""
    return drawn(figures(PAGE.read_text(encoding="utf-8")))


def main(arguments: list[str]) -> int:
    """Write the chart, or with ``--check`` tell whether it is out of date."""
    text = chart()
    if CHART.exists() and CHART.read_text(encoding="utf-8") == text:
        return 0
    print(CHART.relative_to(DOCS.parent))
    if "--check" in arguments:
        return 1
    CHART.parent.mkdir(exist_ok=True)
    CHART.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
