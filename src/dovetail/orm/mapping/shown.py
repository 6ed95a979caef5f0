"""What a SELECT, or an alias, shows of the tables below it: rows are written there."""

from typing import Any

from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import ProxyColumn
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.schema import Column, Table

Path = tuple[Any, ...]
"""What stands in FROM on the way from a column down to that of a table."""


def shown_columns(selectable: FromClause) -> dict[Any, Any]:
    """The column of a table that each column of *selectable* shows as it is.

    Only of tables whose rows can be found: those whose whole primary key is shown. One that is
    read twice is left out, and so is a UNION: nothing tells which row is meant. Of two columns that
    show the same one, the first does. For tables and joins of them there is nothing to tell.
    """
    if isinstance(selectable, (Table, Join)):
        return {}
    ways: dict[Any, set[Path]] = {}
    shown: dict[Any, Any] = {}
    for column in selectable.c:
        below, path = _below(column)
        if isinstance(below, Column) and isinstance(below.table, Table):
            ways.setdefault(below.table, set()).add(path)
            shown.setdefault(below, column)
    return {
        column: below
        for below, column in shown.items()
        if len(ways[below.table]) == 1 and _is_found(below.table, shown)
    }


def _below(column: ColumnElement[Any]) -> tuple[Any, Path]:
    """What *column* stands for in the end, and the way to it."""
    path: list[Any] = []
    while isinstance(column, ProxyColumn) and not column.others:
        path.append(column.table)
        column = column.element
        while column.__visit_name__ == "label":
            column = column.element
    return column, tuple(path)


def _is_found(table: FromClause, shown: dict[Any, Any]) -> bool:
    """Whether rows of *table* can be found by what is *shown*."""
    return bool(len(table.primary_key)) and all(column in shown for column in table.primary_key)
