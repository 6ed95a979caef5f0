"""What INSERT does about rows that are there already, as a part of the statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ...exc import ArgumentError
from ..arguments import ConditionArgument
from ..node import Node, Walk
from ..traversal import replace
from .coercion import criterion, node_of
from .elements import BindParameter, bindparam


class OnConflict(Node):
    """What both ways have in common: which rows they mean."""

    parts: ClassVar[tuple[str, ...]] = ("elements", "index_where")

    def __init__(
        self,
        constraint: Any = None,
        index_elements: Iterable[Any] | None = None,
        index_where: ConditionArgument = None,
    ) -> None:
        elements = list(index_elements) if index_elements is not None else []
        if constraint is not None and not isinstance(constraint, str):
            # A constraint or an index: its columns say the same, with or without a name.
            elements = list(_columns_of(constraint))
            index_where = index_where if index_where is not None else _where_of(constraint)
            constraint = None
        if constraint is not None and elements:
            raise ArgumentError("constraint= and index_elements= exclude each other")
        self.constraint = constraint
        self.elements: tuple[Any, ...] = tuple(
            e if isinstance(e, str) else node_of(e) for e in elements
        )
        self.index_where = (
            replace(criterion(index_where), _as_literal) if index_where is not None else None
        )

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.__visit_name__)
        key.append((self.constraint, len(self.elements), self.index_where is None))
        for element in self.elements:
            if isinstance(element, str):
                key.append(element)
            else:
                element.collect(walk)
        if self.index_where is not None:
            self.index_where.collect(walk)


def _as_literal(node: Node) -> Node | None:
    """Return a parameter of the condition of an index as a literal.

    A server that plans before it sees values can't tell that the index is meant.
    """
    if not isinstance(node, BindParameter) or node.required:
        return None
    return bindparam(None, node.value, node.type, expanding=node.expanding, literal_execute=True)


def _columns_of(constraint: object) -> Iterable[Any]:
    columns: Iterable[Any] | None = getattr(constraint, "columns", None)
    if columns is None:
        raise ArgumentError(
            f"constraint= takes a name, a constraint or an index; got {constraint!r}",
            hint="name columns by index_elements=[table.c.id]",
        )
    return columns


def _where_of(constraint: object) -> Any:
    options = getattr(constraint, "dialect_kwargs", {})
    return next((v for name, v in options.items() if name.endswith("_where")), None)


class OnConflictDoNothing(OnConflict):
    """ON CONFLICT … DO NOTHING."""

    __visit_name__ = "on_conflict_do_nothing"


class OnConflictDoUpdate(OnConflict):
    """ON CONFLICT … DO UPDATE SET …"""

    __visit_name__ = "on_conflict_do_update"
    parts = ("elements", "index_where", "values_", "where", "table")

    def __init__(
        self,
        table: object,
        constraint: object,
        index_elements: Iterable[Any] | None,
        index_where: ConditionArgument,
        values: dict[Any, Any],
        where: ConditionArgument,
    ) -> None:
        super().__init__(constraint, index_elements, index_where)
        if self.constraint is None and not self.elements:
            raise ArgumentError(
                "on_conflict_do_update() needs index_elements= or constraint=",
                hint="name the columns of the unique key: index_elements=[table.c.id]",
            )
        self.table: Any = table
        self.values_ = values
        self.where = criterion(where) if where is not None else None

    def collect(self, walk: Walk) -> None:
        super().collect(walk)
        key = walk.key
        key.append((len(self.values_), self.where is None))
        for name, value in self.values_.items():
            if isinstance(name, str):
                key.append(name)
            else:
                name.collect(walk)
            value.collect(walk)
        if self.where is not None:
            self.where.collect(walk)
