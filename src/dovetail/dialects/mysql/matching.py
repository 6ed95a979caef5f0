"""MATCH … AGAINST: searching in the words of text."""

from __future__ import annotations

from typing import Any, Self

from ...exc import ArgumentError
from ...sql.expression.coercion import node_of
from ...sql.expression.column_element import ColumnElement
from ...sql.expression.elements import BindParameter
from ...sql.node import Walk
from ...types.basic import MATCHTYPE, STRINGTYPE


class match(ColumnElement[Any]):
    """``MATCH (columns) AGAINST (against)``: a rank in SELECT and ORDER BY, a test in WHERE.

    The columns need a FULLTEXT index together::

        select(page).where(match(page.c.title, page.c.body, against="dove*").in_boolean_mode())
    """

    __visit_name__ = "mysql_match"
    parts = ("columns", "against")
    type = MATCHTYPE
    mode: str | None = None

    def __init__(self, *columns: object, against: object) -> None:
        if not columns:
            raise ArgumentError("match() needs the columns to look into")
        made = [node_of(column) for column in columns]
        if not all(isinstance(column, ColumnElement) for column in made):
            raise ArgumentError("match() takes columns", hint="match(t.c.title, against='word')")
        self.columns: tuple[Any, ...] = tuple(made)
        node = node_of(against) if not isinstance(against, str) else None
        self.against: Any = node if node is not None else BindParameter(None, against, STRINGTYPE)
        self.expands = False

    def _changed(self, **changes: object) -> Self:
        return self._twin(**changes)

    def in_boolean_mode(self) -> Self:
        """Return a copy that says IN BOOLEAN MODE: ``+must -mustnot begin*``."""
        return self._changed(mode="IN BOOLEAN MODE")

    def in_natural_language_mode(self) -> Self:
        """Return a copy that says IN NATURAL LANGUAGE MODE, which is usual."""
        return self._changed(mode="IN NATURAL LANGUAGE MODE")

    def with_query_expansion(self) -> Self:
        """Return a copy that says WITH QUERY EXPANSION: words found are looked for too."""
        return self._changed(expands=True)

    def collect(self, walk: Walk) -> None:
        walk.key.append("mysql match")
        walk.key.append((len(self.columns), self.mode, self.expands))
        for column in self.columns:
            column.collect(walk)
        self.against.collect(walk)
