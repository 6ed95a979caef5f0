"""How MariaDB and MySQL explain a statement: EXPLAIN FORMAT=JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import loads
from typing import Any

from ..explained import Explaining, PlanNode


class MysqlExplaining(Explaining):
    """The plan as both servers tell it; costs where the version has them."""

    def text(self, sql: str, *, analyze: bool) -> str:
        """Return what asks for the plan of *sql*; MySQL runs nothing in this form."""
        if analyze:
            raise NotImplementedError
        return f"EXPLAIN FORMAT=JSON {sql}"

    def read(self, rows: Sequence[Sequence[Any]]) -> PlanNode:
        """Return the plan that *rows* tell: one value of JSON."""
        told = loads(rows[0][0])
        return _node("query_block", told["query_block"])


class MariadbExplaining(MysqlExplaining):
    """MariaDB can run the statement, and tell how many rows there really were."""

    def text(self, sql: str, *, analyze: bool) -> str:
        """Return what asks for the plan of *sql*; with *analyze* it is run, too."""
        return f"{'ANALYZE' if analyze else 'EXPLAIN'} FORMAT=JSON {sql}"


def _node(name: str, told: Mapping[str, Any]) -> PlanNode:
    access = told.get("access_type")
    costs = told.get("cost_info", told)
    cost = next((costs[key] for key in ("query_cost", "prefix_cost", "cost") if key in costs), None)
    rows = told.get("rows", told.get("rows_examined_per_scan"))
    return PlanNode(
        str(told.get("message", name) if access is None else access),
        table=told.get("table_name"),
        index=told.get("key"),
        rows=None if rows is None else float(rows),
        cost=None if cost is None else float(cost),
        is_scan=access == "ALL",
        detail={key: value for key, value in told.items() if not isinstance(value, dict | list)},
        children=tuple(_below(told)),
    )


def _below(told: Mapping[str, Any]) -> Iterator[PlanNode]:
    for name, value in told.items():
        if name == "cost_info":
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _unwrapped(name, each)


def _unwrapped(name: str, told: Mapping[str, Any]) -> Iterator[PlanNode]:
    """Yield the step *told*, or what is in it where it is but a shell, as of a table in a list."""
    inner = [value for value in told.values() if isinstance(value, dict)]
    if len(told) == 1 and inner:
        ((key, value),) = told.items()
        yield _node(key, value)
    else:
        yield _node(name, told)


explaining = MysqlExplaining()
explaining_mariadb = MariadbExplaining()
