"""INSERT … ON CONFLICT: what servers of this syntax share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVarTuple

from ..exc import ArgumentError, CompileError, did_you_mean
from .coercion import criterion, node_of
from .columns import ColumnCollection
from .dml import Insert, _row
from .element import ColumnElement
from .from_clause import Alias
from .node import Node, Walk

Ts = TypeVarTuple("Ts")


class _OnConflict(Node):
    parts: ClassVar[tuple[str, ...]] = ("elements", "index_where")

    def __init__(
        self,
        constraint: Any = None,
        index_elements: Iterable[Any] | None = None,
        index_where: Any = None,
    ) -> None:
        elements = list(index_elements) if index_elements is not None else []
        if constraint is not None and not isinstance(constraint, str):
            # A constraint or an index: its columns say the same, with or without a name.
            elements = list(constraint.columns)
            index_where = index_where if index_where is not None else _where_of(constraint)
            constraint = None
        if constraint is not None and elements:
            raise ArgumentError("constraint= and index_elements= exclude each other")
        self.constraint = constraint
        self.elements: tuple[Any, ...] = tuple(
            e if isinstance(e, str) else node_of(e) for e in elements
        )
        self.index_where = criterion(index_where) if index_where is not None else None

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.visit_name)
        key.append((self.constraint, len(self.elements), self.index_where is None))
        for element in self.elements:
            if isinstance(element, str):
                key.append(element)
            else:
                element.collect(walk)
        if self.index_where is not None:
            self.index_where.collect(walk)


def _where_of(constraint: Any) -> Any:
    options = getattr(constraint, "dialect_options", {})
    return next((v for name, v in options.items() if name.endswith("_where")), None)


class OnConflictDoNothing(_OnConflict):
    """ON CONFLICT … DO NOTHING."""

    visit_name = "on_conflict_do_nothing"


class OnConflictDoUpdate(_OnConflict):
    """ON CONFLICT … DO UPDATE SET …"""

    visit_name = "on_conflict_do_update"
    parts = ("elements", "index_where", "values_", "where", "table")

    def __init__(
        self,
        statement: Insert[*tuple[Any, ...]],
        constraint: Any,
        index_elements: Iterable[Any] | None,
        index_where: Any,
        set_: Any,
        where: Any,
    ) -> None:
        super().__init__(constraint, index_elements, index_where)
        if self.constraint is None and not self.elements:
            raise ArgumentError(
                "on_conflict_do_update() needs index_elements= or constraint=",
                hint="name the columns of the unique key: index_elements=[table.c.id]",
            )
        if isinstance(set_, ColumnCollection):
            set_ = dict(set_.items())
        if not isinstance(set_, Mapping) or not set_:
            raise ArgumentError("set_= takes a dictionary of columns, or their names, and values")
        self.table = statement.table
        self.values_ = _row(set_, statement)
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


def conflict_values(node: OnConflictDoUpdate) -> list[tuple[Any, Any]]:
    """Return the columns set and their values, those that a column's onupdate gives last."""
    columns = node.table.c
    found: dict[Any, Any] = {}
    for key, value in node.values_.items():
        column = columns.get(key if isinstance(key, str) else str(key.key))
        if column is None:
            raise CompileError(
                f"ON CONFLICT sets {key!r}, which is no column of {node.table.description!r}",
                hint=did_you_mean(str(key), columns.keys()),
            )
        found[column] = value
    return [(column, found[column]) for column in columns if column in found]


class ConflictInsert(Insert[*Ts]):
    """An INSERT that may say what to do about rows that are there already."""

    __slots__ = ()

    @property
    def excluded(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns of the row that could not be inserted."""
        memo: dict[str, Any] = self.__dict__.setdefault("excluded_alias", {})
        if "alias" not in memo:
            memo["alias"] = Alias(self.table, "excluded")
        columns: ColumnCollection[ColumnElement[Any]] = memo["alias"].c
        return columns

    def on_conflict_do_nothing(
        self,
        constraint: Any = None,
        index_elements: Iterable[Any] | None = None,
        index_where: Any = None,
    ) -> Self:
        """Return a copy that leaves out the rows that are there already."""
        return self._with(post_values=OnConflictDoNothing(constraint, index_elements, index_where))

    def on_conflict_do_update(
        self,
        constraint: Any = None,
        index_elements: Iterable[Any] | None = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
    ) -> Self:
        """Return a copy that changes the rows that are there already::

        insert(user).values(id=1, name="Ada").on_conflict_do_update(
            index_elements=[user.c.id], set_={"name": "Ada"}
        )
        """
        return self._with(
            post_values=OnConflictDoUpdate(
                self, constraint, index_elements, index_where, set_, where
            )
        )
