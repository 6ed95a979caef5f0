"""How PostgreSQL explains a statement: EXPLAIN (FORMAT JSON)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

from ..explained import Explaining, PlanNode


class PostgresqlExplaining(Explaining):
    """The plan of PostgreSQL, with its costs; with ``analyze`` also what it has really taken."""

    def text(self, sql: str, *, analyze: bool) -> str:
        """Return what asks for the plan of *sql*; with *analyze* it is run, too."""
        options = "ANALYZE, FORMAT JSON" if analyze else "FORMAT JSON"
        return f"EXPLAIN ({options}) {sql}"

    def read(self, rows: Sequence[Sequence[Any]]) -> PlanNode:
        """Return the plan that *rows* tell: one value of JSON, which drivers may have read."""
        told = rows[0][0]
        if isinstance(told, str | bytes):
            told = loads(told)
        return _node(told[0]["Plan"])


def _node(told: Mapping[str, Any]) -> PlanNode:
    return PlanNode(
        told["Node Type"],
        table=told.get("Alias") or told.get("Relation Name"),
        index=told.get("Index Name"),
        rows=told.get("Plan Rows"),
        cost=told.get("Total Cost"),
        is_scan=told["Node Type"] == "Seq Scan",
        detail={name: value for name, value in told.items() if name != "Plans"},
        children=tuple(_node(each) for each in told.get("Plans", ())),
    )


explaining = PostgresqlExplaining()
