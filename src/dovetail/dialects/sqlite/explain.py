"""How SQLite explains a statement: EXPLAIN QUERY PLAN."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..explained import Explaining, PlanNode

_STEP = re.compile(
    r"(?P<operation>SCAN|SEARCH)(?: TABLE)? (?P<table>\S+)(?: AS (?P<alias>\S+))?"
    r"(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?"
    r"(?:INDEX (?P<index>\S+)|(?P<key>INTEGER PRIMARY KEY)))?"
)


class SqliteExplaining(Explaining):
    """The steps of SQLite's planner; it tells no costs."""

    def text(self, sql: str, *, analyze: bool) -> str:
        """Return what asks for the plan of *sql*; SQLite runs nothing on the way."""
        if analyze:
            raise NotImplementedError
        return f"EXPLAIN QUERY PLAN {sql}"

    def read(self, rows: Sequence[Sequence[Any]]) -> PlanNode:
        """Return the plan that *rows* tell: (number, that of the step above, unused, words)."""
        nodes: dict[int, PlanNode] = {0: PlanNode("QUERY PLAN")}
        below: dict[int, list[PlanNode]] = {0: []}
        for number, above, _, words in rows:
            nodes[number] = node = _node(words)
            below[number] = []
            below.get(above, below[0]).append(node)
        for number, node in nodes.items():
            node.children = tuple(below[number])
        return nodes[0]


def _node(words: str) -> PlanNode:
    found = _STEP.match(words)
    if found is None:
        return PlanNode(words, detail={"detail": words})
    return PlanNode(
        words,
        table=found["alias"] or found["table"],
        index=found["index"] or found["key"],
        is_scan=found["operation"] == "SCAN" and not found["index"],
        detail={"detail": words},
    )


explaining = SqliteExplaining()
