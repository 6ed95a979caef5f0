"""A watch as a page of HTML, which needs nothing but itself."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..pretty import pretty
from .findings import shortened
from .table import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .seen import Seen
    from .statement import WatchedStatement

MOST = 2000
"""So many statements are shown: a page with many more is of no use to anybody."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #667085; --paper: #ffffff;
  --card: #f5f6f8; --line: #dfe3e8; --query: #3b7dd8; --change: #c2762b; --control: #9aa3b0;
  --flush: #7a5cc4; --held: #e4e7ec; --bad: #b42318; --badcard: #fdeceb; --mark: #fff4c2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --paper: #14181f;
  --card: #1c222c; --line: #2e3642; --query: #6ea8f7; --change: #e8a55c; --control: #6b7686;
  --flush: #ab93ee; --held: #2a3240; --bad: #ff9a92; --badcard: #3a1f1f; --mark: #4a431d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: .25rem 0; white-space: pre-wrap; }
ul.findings { list-style: none; margin: 0; padding: 0; }
ul.findings li { background: var(--badcard); color: var(--bad); border-radius: 6px;
  padding: .4rem .7rem; margin: .35rem 0; overflow-wrap: anywhere; }
.lane { background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  margin: .5rem 0; padding: .4rem .6rem .6rem; }
.bars { position: relative; height: 14px; margin-top: 3px; }
.bars > * { position: absolute; top: 0; height: 14px; min-width: 2px; border-radius: 2px; }
.transaction { background: var(--held); } .flush { background: var(--flush); }
.query { background: var(--query); } .change { background: var(--change); }
.control { background: var(--control); } .failed { background: var(--bad); }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; }
.key span { display: inline-block; margin-right: 1rem; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.wide { width: 60%; min-width: 16rem; }
tr:target { background: var(--mark); } summary { cursor: pointer; }
"""


def page(seen: Seen) -> str:
    """Return *seen* as a page."""
    executions = seen.executions
    shown = executions[:MOST]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(summary(seen))}</title><style>{_STYLE}</style></head><body>",
        f'<h1>Statements</h1><p class="soft">{escape(summary(seen))}</p>',
        *_findings(seen.findings),
        *_timeline(shown, max(seen.now, 1e-6)),
        *_rows(shown),
    ]
    if len(executions) > MOST:
        parts.append(f'<p class="soft">and {len(executions) - MOST} more</p>')
    return "\n".join([*parts, "</body></html>", ""])


def _findings(findings: Sequence[str]) -> Iterable[str]:
    if not findings:
        return
    yield '<h2>Findings</h2><ul class="findings">'
    for each in findings:
        yield f"<li>{escape(shortened(each, 400))}</li>"
    yield "</ul>"


# The timeline: a lane for each connection, with rows of transactions, flushes and statements.


def _timeline(executions: Sequence[WatchedStatement], total: float) -> Iterable[str]:
    yield "<h2>Timeline</h2>"
    yield (
        '<p class="key soft"><span><i class="transaction"></i>transaction</span>'
        '<span><i class="flush"></i>flush</span><span><i class="query"></i>query</span>'
        '<span><i class="change"></i>change</span><span><i class="control"></i>BEGIN, COMMIT'
        '</span><span><i class="failed"></i>failed</span></p>'
    )
    lanes: dict[int, list[WatchedStatement]] = {}
    for each in executions:
        lanes.setdefault(each.connection, []).append(each)
    for connection, lane in lanes.items():
        yield f'<div class="lane"><span class="soft">{escape(_named(connection, lane))}</span>'
        yield from _spans(lane, "transaction", total)
        yield from _spans(lane, "flush", total)
        yield '<div class="bars">'
        for each in lane:
            tip = f"{each.seconds * 1000:.2f} ms  {each.place}\n{shortened(each.sql, 200)}"
            bar = _bar("a", _colour(each), each.started, each.seconds, total, tip)
            yield bar.replace("<a ", f'<a href="#s{each.number}" ', 1)
        yield "</div></div>"
    yield f'<div class="axis"><span>0</span><span>{total * 1000:.3g} ms</span></div>'


def _named(connection: int, lane: Sequence[WatchedStatement]) -> str:
    sessions = dict.fromkeys(each.session for each in lane if each.session is not None)
    noun = "session" if len(sessions) == 1 else "sessions"
    used = f", {noun} {', '.join(map(str, sessions))}" if sessions else ""
    return f"connection {connection}{used}"


def _spans(lane: Sequence[WatchedStatement], noun: str, total: float) -> Iterable[str]:
    """Yield a row with a bar for each transaction, or each flush, of *lane*."""
    groups: dict[object, list[WatchedStatement]] = {}
    for each in lane:
        number = getattr(each, noun)
        if number is not None:
            # Flushes are numbered within their session.
            groups.setdefault((number, each.session if noun == "flush" else None), []).append(each)
    yield '<div class="bars">'
    for group in groups.values():
        first, last = group[0], max(group, key=lambda each: each.started + each.seconds)
        seconds = last.started + last.seconds - first.started
        statements = sum(1 for each in group if each.kind == "statement")
        tip = f"{noun} {getattr(first, noun)}: {statements} statements, {seconds * 1000:.2f} ms"
        yield _bar("span", noun, first.started, seconds, total, tip)
    yield "</div>"


def _bar(tag: str, kind: str, started: float, seconds: float, total: float, tip: str) -> str:
    left = min(99.8, 100 * started / total)
    width = min(100 - left, 100 * seconds / total)
    style = f"left:{left:.3f}%;width:{width:.3f}%"
    return f'<{tag} class="{kind}" style="{style}" title="{escape(tip)}"></{tag}>'


def _colour(each: WatchedStatement) -> str:
    if each.error is not None:
        return "failed"
    if each.kind == "transaction":
        return "control"
    return "change" if each.is_change else "query"


# The statements.


def _rows(executions: Sequence[WatchedStatement]) -> Iterable[str]:
    yield '<h2>In order</h2><div class="scroll"><table><thead><tr>'
    yield from (f'<th class="number">{head}</th>' for head in ("#", "ms", "rows"))
    yield from (f"<th>{head}</th>" for head in ("plan", "where", "statement"))
    yield "</tr></thead><tbody>"
    for each in executions:
        yield _row(each)
    yield "</tbody></table></div>"


def _row(each: WatchedStatement) -> str:
    rows = "" if each.rows is None else str(each.rows)
    plan = each.plan if each.kind == "statement" else ""
    where = f"{escape(each.place.file)}:{each.place.line}"
    return (
        f'<tr id="s{each.number}"><td class="number">{each.number}</td>'
        f'<td class="number">{each.seconds * 1000:.2f}</td><td class="number">{rows}</td>'
        f"<td>{plan}</td><td><code>{where}</code><br>"
        f'<span class="soft">{escape(each.place.function)}</span></td>'
        f'<td class="wide">{_text(each)}</td></tr>'
    )


def _text(each: WatchedStatement) -> str:
    notes = [each.purpose, "" if each.error is None else f"failed: {each.error}"]
    if each.sets > 1:
        notes.append(f"{each.sets} sets of values")
    told = escape(", ".join(note for note in notes if note))
    note = f'<p class="soft">{told}</p>' if told else ""
    values = ""
    if each.parameters is not None:
        values = f"<pre>{escape(shortened(repr(each.parameters), 2000))}</pre>"
    whole = f"<pre>{escape(pretty(each.sql))}</pre>{values}"
    line = escape(shortened(each.sql, 160))
    return f"{note}<details><summary><code>{line}</code></summary>{whole}</details>"
