"""Statements written again for another FROM: ``ClauseAdapter(subquery).traverse(condition)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..sql.expression.column_element import ColumnElement
from ..sql.expression.from_clause import FromClause
from ..sql.traversal import ReplacingCloningVisitor
from .util.containers import PopulateDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..sql.node import Node


class ClauseAdapter(ReplacingCloningVisitor):
    """Puts the columns of *selectable* in the place of those that they stand for.

    *equivalents* has, for a column, others that may be looked for in its place; what *include_fn*
    denies or *exclude_fn* affirms stays as it is.  With *adapt_on_names* a column of the same name
    will do.  With *adapt_from_selectables* only what comes from one of these is looked at.
    """

    def __init__(
        self,
        selectable: FromClause,
        equivalents: Mapping[ColumnElement[Any], Iterable[ColumnElement[Any]]] | None = None,
        include_fn: Callable[[Any], bool] | None = None,
        exclude_fn: Callable[[Any], bool] | None = None,
        adapt_on_names: bool = False,
        anonymize_labels: bool = False,
        adapt_from_selectables: Iterable[FromClause] | None = None,
    ) -> None:
        self.selectable = selectable
        self.equivalents = equivalents or {}
        self.include_fn, self.exclude_fn = include_fn, exclude_fn
        self.adapt_on_names = adapt_on_names
        self.adapt_from_selectables = (
            None if adapt_from_selectables is None else frozenset(adapt_from_selectables)
        )
        if anonymize_labels:
            raise NotImplementedError("labels keep their names when a statement is adapted")

    def replace(self, elem: Node) -> Node | None:
        """Return what stands for *elem*, or None."""
        if isinstance(elem, FromClause):
            return self._source(elem)
        if not isinstance(elem, ColumnElement):
            return None
        if self.include_fn is not None and not self.include_fn(elem):
            return None
        if self.exclude_fn is not None and self.exclude_fn(elem):
            return None
        if self._is_elsewhere(elem):
            return None
        return self._column(elem, frozenset())

    def _source(self, source: FromClause) -> Node | None:
        wanted = self.adapt_from_selectables
        if wanted is not None and source not in wanted:
            return None
        if source is self.selectable or self.selectable.is_derived_from(source):
            return self.selectable
        return None

    def _is_elsewhere(self, column: ColumnElement[Any]) -> bool:
        """Return whether *column* comes from nothing that is to be adapted."""
        wanted = self.adapt_from_selectables
        if wanted is None:
            return False
        table = getattr(column, "table", None)
        return not any(table is one or one.is_derived_from(table) for one in wanted)

    def _column(
        self, column: ColumnElement[Any], seen: frozenset[ColumnElement[Any]]
    ) -> ColumnElement[Any] | None:
        if getattr(column, "table", None) is None and not hasattr(column, "lineage"):
            return None
        found: ColumnElement[Any] | None = self.selectable.corresponding_column(column)
        if found is None and column in self.equivalents and column not in seen:
            for other in self.equivalents[column]:
                found = self._column(other, seen | {column})
                if found is not None:
                    return found
        if found is None and self.adapt_on_names:
            found = self.selectable.c.get(getattr(column, "name", ""))
        return found


class ColumnAdapter(ClauseAdapter):
    """An adapter that keeps what became of each column: ``adapter.columns[column]``.

    What has no counterpart is None there with *adapt_required*, and itself otherwise.
    """

    def __init__(
        self,
        selectable: FromClause,
        equivalents: Mapping[ColumnElement[Any], Iterable[ColumnElement[Any]]] | None = None,
        adapt_required: bool = False,
        include_fn: Callable[[Any], bool] | None = None,
        exclude_fn: Callable[[Any], bool] | None = None,
        adapt_on_names: bool = False,
        adapt_from_selectables: Iterable[FromClause] | None = None,
    ) -> None:
        super().__init__(
            selectable,
            equivalents,
            include_fn,
            exclude_fn,
            adapt_on_names,
            adapt_from_selectables=adapt_from_selectables,
        )
        self.adapt_required = adapt_required
        self.columns: PopulateDict[Any, Any] = PopulateDict(self._adapted)

    def traverse(self, obj: object) -> Any:
        """Return *obj* with its columns adapted; a column is looked up."""
        return self.columns[obj] if isinstance(obj, ColumnElement) else super().traverse(obj)

    adapt_clause = traverse

    def _adapted(self, column: object) -> Any:
        found = super().traverse(column)
        return None if self.adapt_required and found is column else found
