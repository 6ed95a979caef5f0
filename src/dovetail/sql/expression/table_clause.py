"""Tables known by name and columns alone."""

from __future__ import annotations

from typing import Any, cast

from ...exc import ArgumentError
from ..node import Walk
from .columns import ColumnCollection, NamedColumn
from .dml import Delete, Insert, Update
from .from_clause import FromClause


class TableClause(FromClause):
    """A table known by name and columns alone: ``table("user", column("id"))``."""

    __visit_name__ = "table"
    fullname: str
    implicit_returning = True

    def __init__(self, name: str, *columns: NamedColumn[Any], schema: str | None = None) -> None:
        self.name = name
        self.schema = schema
        self.fullname = f"{schema}.{name}" if schema else name
        self._columns = ColumnCollection()
        for column in columns:
            self.append_column(column)

    def append_column(self, column: NamedColumn[Any]) -> None:
        """Add *column*."""
        if column.table is not None and column.table is not self:
            raise ArgumentError(f"column {column.name!r} is in another table already")
        column.table = self
        cast("ColumnCollection[Any]", self._columns).add(column)

    def _forget(self) -> None:
        """Keep the columns: they are not computed."""

    @property
    def description(self) -> str:
        return str(self.name)

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)

    def insert(self) -> Insert:
        """Return an INSERT into this table."""
        return Insert(self)

    def update(self) -> Update:
        """Return an UPDATE of this table."""
        return Update(self)

    def delete(self) -> Delete:
        """Return a DELETE from this table."""
        return Delete(self)

    def __repr__(self) -> str:
        return f"table({self.name!r})"


def table(name: str, *columns: NamedColumn[Any], schema: str | None = None) -> TableClause:
    """Return a table known by name and columns alone."""
    return TableClause(name, *columns, schema=schema)
