"""When keys, checks and indexes join the table of the columns that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..exc import ArgumentError
from .node import Node
from .traversal import Replacing, iterate

if TYPE_CHECKING:
    from .expression.from_clause import FromClause

Part = Callable[[Any], Any]
"""What becomes of a part, a column's name or an expression, in a copy."""


def without_attributes(value: object) -> Any:
    """Return *value*, an expression or a container of some, with columns for mapped attributes."""
    return Replacing(_element).value(value)


def options_of_tables(options: dict[str, Any]) -> dict[str, Any]:
    """Return *options* of a dialect, of which each value may be, or hold, a mapped attribute."""
    return {name: without_attributes(_node(value)) for name, value in options.items()}


def _node(value: object) -> Any:
    if isinstance(value, list | tuple):
        return [_node(item) for item in value]
    source = getattr(value, "__clause_element__", None)
    return value if source is None or isinstance(value, type) else source()


def _element(part: Node) -> Node | None:
    source = getattr(part, "__clause_element__", None)
    found: Node | None = None if source is None else source()
    return None if found is part else found


def columns_within(parts: Iterable[Any]) -> list[Any]:
    """Return the columns of tables in *parts*, those that are in no table yet included."""
    return [
        node
        for part in parts
        if isinstance(part, Node)
        for node in iterate(part)
        if node.__visit_name__ == "column" and hasattr(node, "when_attached")
    ]


class Attached(Protocol):
    """What becomes a part of a table when all of its columns have: a constraint or an index."""

    name: Any
    table: Any

    def attach(self, parent: object) -> None:
        """Become part of *parent*."""
        ...


def attach_with_columns(item: Attached, parts: Iterable[Any]) -> None:
    """Attach *item* to the table of the columns in *parts*: now, or when the last has one."""
    columns = columns_within(parts)
    waiting = [column for column in columns if column.table is None]
    check_one_table(item, columns)
    for column in waiting:
        column.when_attached(partial(_attach_if_complete, item, columns))
    if columns and not waiting:
        item.attach(columns[0].table)


def _attach_if_complete(item: Attached, columns: list[Any], table: Any) -> None:
    if item.table is None:
        check_one_table(item, columns)
        if all(column.table is not None for column in columns):
            table.attach_when_built(item)


def check_one_table(item: Attached, columns: Iterable[Any]) -> None:
    """Refuse an *item* whose *columns* are in several tables."""
    tables = {id(c.table): c.table.description for c in columns if c.table is not None}
    if len(tables) > 1:
        names = " and ".join(map(repr, tables.values()))
        raise ArgumentError(
            f"{type(item).__name__} {item.name or ''} is made of columns of several tables: {names}"
        )


def check_table(
    item: Attached, parts: Iterable[Any], table: FromClause, *, by_name: bool = False
) -> None:
    """Refuse to attach *item* to a *table* that has not all the columns in *parts*.

    With *by_name* those of another table will do, which have their names in a text.
    """
    for column in columns_within(parts):
        if column.table is not table and not (by_name and column.table is not None):
            where = "no table" if column.table is None else repr(column.table.description)
            raise ArgumentError(
                f"{type(item).__name__} cannot be on table {table.description!r}: column "
                f"{column.name!r} is in {where}",
                hint="give columns of that table, or their names",
            )


def replaced(columns: dict[int, Any]) -> Part:
    """Return what puts *columns*, by the ids of those that they stand for, into a part."""

    def part_of(part: object) -> Any:
        if not isinstance(part, Node):
            return part
        return Replacing(lambda node: columns.get(id(node))).node(part)

    return part_of
