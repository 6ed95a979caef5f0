"""The tables that the instances of one class are kept in: one, or several joined by their keys."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dovetail.orm.mapping.join_condition import equated_columns
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import ProxyColumn
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.metadata import sort_tables
from dovetail.sql.schema import Column, Table

Pairs = tuple[tuple[Any, Any], ...]


class MappedTable(NamedTuple):
    """What a mapper keeps in one of its tables.

    ``columns``  (attribute, column) of each mapped column of the table
    ``key``      (place in the mapper's primary key, column) of the columns that find a row
    ``copies``   (attribute, attribute): the second is given the value of the first, by which
                 rows of an earlier table are joined
    ``made``     attributes that the server fills where an instance has no value for them
    ``keeps_none``  attributes to which None is a value like others: the null of JSON
    """

    table: Any
    columns: tuple[tuple[str, Any], ...]
    key: tuple[tuple[int, Any], ...]
    copies: tuple[tuple[str, str], ...]
    made: frozenset[str]
    keeps_none: frozenset[str]


def tables_of(selectable: FromClause) -> list[Any]:
    """The tables that *selectable*, a table or a join of some, is made of: referred ones first."""
    if isinstance(selectable, Join):
        return sort_tables([*tables_of(selectable.left), *tables_of(selectable.right)])
    return [selectable] if isinstance(selectable, Table) else []


def columns_of(selectable: FromClause) -> list[Any]:
    """The columns of *selectable*, those of joined tables one after the other."""
    if isinstance(selectable, Join):
        return [*columns_of(selectable.left), *columns_of(selectable.right)]
    return list(selectable.c)


def equated_within(selectable: FromClause) -> Pairs:
    """(column, column) of what the conditions of a join set equal."""
    if not isinstance(selectable, Join):
        return ()
    return (
        *equated_within(selectable.left),
        *equated_within(selectable.right),
        *equated_columns(selectable.onclause),
    )


def counterparts(column: ColumnElement[Any], pairs: Pairs) -> set[Any]:
    """*column* and all that are equal to it by *pairs*."""
    found = {column}
    waiting = [column]
    while waiting:
        one = waiting.pop()
        for left, right in pairs:
            for here, there in ((left, right), (right, left)):
                if here is one and there not in found:
                    found.add(there)
                    waiting.append(there)
    return found


def without_repeats(columns: Iterable[Any], pairs: Pairs) -> tuple[Any, ...]:
    """*columns* without those that are equal to an earlier one."""
    kept: list[Any] = []
    for column in columns:
        equal = counterparts(column, pairs)
        if not any(one in equal for one in kept):
            kept.append(column)
    return tuple(kept)


def mapped_tables(mapper: MapperView) -> tuple[MappedTable, ...]:
    """The tables of *mapper*, those that others refer to first; none where a SELECT is above all.

    A hierarchy is not written in part.
    """
    tables: list[Any] = []
    for one in _levels(mapper):
        own = _written_tables(one.local_table)
        if not own:
            return ()
        tables = [*own, *tables]
    return tuple(_mapped_table(mapper, table, tables) for table in tables)


def shown_by_levels(mapper: MapperView) -> dict[Any, Any]:
    """The column of a table that each column shows which *mapper* reads from a SELECT."""
    found: dict[Any, Any] = {}
    for one in _levels(mapper):
        found |= shown_columns(one.local_table)
    return found


def _levels(mapper: Any) -> Iterator[Any]:
    """*mapper* and those above it that have a part of its rows in a table of their own."""
    while mapper is not None:
        if not mapper.single:
            yield mapper
        mapper = None if mapper.concrete else mapper.inherits


def _written_tables(selectable: FromClause) -> list[Any]:
    """The tables that rows of *selectable* are written to."""
    below = {column.table for column in shown_columns(selectable).values()}
    return sort_tables(below) if below else tables_of(selectable)


def _mapped_table(mapper: Any, table: Any, tables: list[Any]) -> MappedTable:
    shown = mapper.shown_columns

    def of_table(column: ColumnElement[Any]) -> Any:
        below = shown.get(column, column)
        return below if below.table is table else None

    columns = tuple(
        (key, below)
        for key, prop in mapper.column_attrs.items()
        if prop.is_column
        for column in prop.expressions
        if (below := of_table(column)) is not None
    )
    pairs = mapper.equated
    key = tuple(
        (place, below)
        for place, column in enumerate(mapper.primary_key)
        for one in counterparts(column, pairs)
        if (below := of_table(one)) is not None
        if below.primary_key or not len(table.primary_key)
    )
    # What the class declares to be its primary key need not be the table's.
    key = key or tuple(
        (place, below)
        for place, one in enumerate(mapper.primary_key)
        if (below := of_table(one)) is not None
    )
    copies: dict[tuple[str, str], None] = {}
    before = tables[: tables.index(table)]
    for left, right in pairs:
        if of_table(left) is not None:
            left, right = right, left
        if of_table(right) is None or shown.get(left, left).table not in before:
            continue
        source, target = mapper.column_keys.get(left), mapper.column_keys.get(right)
        if source is not None and target is not None and source != target:
            copies[source, target] = None
    generated = table.autoincrement_column
    made = frozenset(name for name, column in columns if made_by_server(column, generated))
    return MappedTable(table, columns, key, tuple(copies), made, none_kept(columns))


def none_kept(columns: Iterable[tuple[str, Any]]) -> frozenset[str]:
    """The attributes among *columns* to which None is a value."""
    return frozenset(name for name, column in columns if column.type.should_evaluate_none)


def made_by_server(column: ColumnElement[Any], generated: object) -> bool:
    """True where the server fills *column* if it is given no value; *generated* is numbered."""
    default = column.default
    if default is not None:
        return bool(default.is_clause_element or default.is_sequence)
    return column is generated or column.server_default is not None


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
