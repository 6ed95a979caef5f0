"""The tables that the instances of one class are kept in: one, or several joined by their keys."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from dovetail.orm.mapping.join_condition import equated_columns
from dovetail.sql.from_clause import Join
from dovetail.sql.metadata import sort_tables
from dovetail.sql.schema import Table

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


def tables_of(selectable: Any) -> list[Any]:
    """The tables that *selectable*, a table or a join of some, is made of: referred ones first."""
    if isinstance(selectable, Join):
        return sort_tables([*tables_of(selectable.left), *tables_of(selectable.right)])
    return [selectable] if isinstance(selectable, Table) else []


def columns_of(selectable: Any) -> list[Any]:
    """The columns of *selectable*, those of joined tables one after the other."""
    if isinstance(selectable, Join):
        return [*columns_of(selectable.left), *columns_of(selectable.right)]
    return list(selectable.c)


def equated_within(selectable: Any) -> Pairs:
    """(column, column) of what the conditions of a join set equal."""
    if not isinstance(selectable, Join):
        return ()
    return (
        *equated_within(selectable.left),
        *equated_within(selectable.right),
        *equated_columns(selectable.onclause),
    )


def counterparts(column: Any, pairs: Pairs) -> set[Any]:
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


def _reads_only(mapper: Any) -> bool:
    """Whether *mapper*, or one above it in its hierarchy, has its rows in no table: a SELECT."""
    while tables_of(mapper.local_table):
        if mapper.inherits is None or mapper.concrete:
            return False
        mapper = mapper.inherits
    return True


def mapped_tables(mapper: Any) -> tuple[MappedTable, ...]:
    """The tables of *mapper*, those that others refer to first."""
    if _reads_only(mapper):
        return ()
    return tuple(_mapped_table(mapper, table) for table in mapper.tables)


def _mapped_table(mapper: Any, table: Any) -> MappedTable:
    columns = tuple(
        (key, column)
        for key, prop in mapper.column_attrs.items()
        if prop.is_column
        for column in prop.columns
        if column.table is table
    )
    pairs = mapper.equated
    key = tuple(
        (place, one)
        for place, column in enumerate(mapper.primary_key)
        for one in counterparts(column, pairs)
        if one.table is table and (one.primary_key or not len(table.primary_key))
    )
    # What the class declares to be its primary key need not be the table's.
    key = key or tuple(
        (place, one) for place, one in enumerate(mapper.primary_key) if one.table is table
    )
    copies: dict[tuple[str, str], None] = {}
    tables = mapper.tables
    for left, right in pairs:
        if left.table is table:
            left, right = right, left
        if right.table is not table or left.table not in tables[: tables.index(table)]:
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


def made_by_server(column: Any, generated: Any) -> bool:
    """True where the server fills *column* if it is given no value; *generated* is numbered."""
    default = column.default
    if default is not None:
        return bool(default.is_clause_element or default.is_sequence)
    return column is generated or column.server_default is not None
