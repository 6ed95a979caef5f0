"""What a server tells of how it would run a statement: a tree of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dbapi import DriverParameters


@dataclass(slots=True)
class PlanNode:
    """A step of a server's plan.

    ``operation``  what is done, in the server's words: ``"Seq Scan"``, ``"SEARCH"``, ``"ref"``
    ``table``      the table or alias that is read, or None
    ``index``      the index that is used, or None
    ``rows``       how many rows the server expects, where it says so
    ``cost``       what the server thinks that it costs, with what is below; None where it is silent
    ``is_scan``    whether a whole table is read
    ``detail``     all that the server has said of it
    ``children``   the steps that it is made of
    """

    operation: str
    table: str | None = None
    index: str | None = None
    rows: float | None = None
    cost: float | None = None
    is_scan: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)
    children: Sequence[PlanNode] = ()

    def walk(self) -> Iterator[PlanNode]:
        """Yield this step, and all that are below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield a line for this step, and for all that are below it."""
        told = self.operation
        if self.table is not None and self.table not in told:
            told += f" on {self.table}"
        if self.index is not None and self.index not in told:
            told += f" using {self.index}"
        numbers = [("cost", self.cost), ("rows", self.rows)]
        said = ", ".join(f"{name} {value:g}" for name, value in numbers if value is not None)
        yield f"{'  ' * depth}{told}{f' ({said})' if said else ''}"
        for child in self.children:
            yield from child.lines(depth + 1)


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How the server would run a statement.  ``str()`` gives the tree, a line for each step.

    ``sql``         the statement that it is the plan of
    ``parameters``  its values
    ``tree``        the steps, a :class:`PlanNode`
    ``answer``      the rows that the server has answered, as they came
    """

    sql: str
    parameters: DriverParameters | None
    tree: PlanNode
    answer: Sequence[Sequence[Any]]

    @property
    def text(self) -> str:
        """The tree, a line for each step."""
        return "\n".join(self.tree.lines())

    @property
    def cost(self) -> float | None:
        """What the server thinks that it costs, in its own measure; None where it is silent."""
        return self.tree.cost

    @property
    def indexes(self) -> list[str]:
        """The indexes that are used, each once."""
        return list(dict.fromkeys(each.index for each in self.tree.walk() if each.index))

    @property
    def scans(self) -> list[str]:
        """The tables that are read from end to end, each once."""
        read = (each.table for each in self.tree.walk() if each.is_scan and each.table)
        return list(dict.fromkeys(read))

    def uses_index(self, name: str) -> bool:
        """Tell whether the index *name* is used."""
        return name in self.indexes

    def __str__(self) -> str:
        return self.text


class Explaining:
    """How a server explains a statement: each dialect has a module ``explain`` with its own."""

    def text(self, sql: str, *, analyze: bool) -> str:
        """Return what asks for the plan of *sql*; with *analyze* it is run, too.

        NotImplementedError is raised where the server can't do that.
        """
        raise NotImplementedError

    def read(self, rows: Sequence[Sequence[Any]]) -> PlanNode:
        """Return the plan that *rows* tell."""
        raise NotImplementedError
