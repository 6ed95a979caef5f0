"""Which rows of a flush one statement changes, or deletes, together: their order is free."""

from collections.abc import Collection, Mapping
from typing import Any

from dovetail.compiler.compiled import Compiled
from dovetail.dialects.dialect import Dialect
from dovetail.dialects.set_based import Placed, SetBased
from dovetail.engine.connection import Connection
from dovetail.sql.constraints import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint
from dovetail.sql.expression.elements import BindParameter
from dovetail.sql.foreign_keys import ForeignKeyConstraint
from dovetail.sql.schema import Column, Table
from dovetail.steps import Steps

FEW_ROWS = 5
"""Up to so many go one by one: to make one statement of them takes as long."""

Bound = Mapping[BindParameter[Any], Any]


def frees_order_of_updates(table: object, columns: Collection[Column[Any]]) -> bool:
    """Whether rows of *table* may get new values in *columns* in any order."""
    return isinstance(table, Table) and not _are_kept_apart(table, columns)


def frees_order_of_deletes(table: object) -> bool:
    """Whether rows of *table* may go in any order: none refers to another."""
    return isinstance(table, Table) and not any(
        key.column.table is table for key in table.foreign_keys
    )


def updates_together(
    dialect: Dialect, table: object, compiled: Compiled, keys: Bound, values: Bound
) -> SetBased | None:
    """What makes one statement of many runs of *compiled*, an UPDATE of *table*, or None.

    *keys* and *values* have the columns by the parameters of *compiled*, which tell where their
    values stand in a row.
    """
    if not isinstance(table, Table) or not _is_plain(compiled, keys, values):
        return None
    written = set(values.values())
    left = [column for column in table.c if column.onupdate is not None and column not in written]
    if left or not written or _are_kept_apart(table, written):
        return None
    places = {bind: place for place, bind in enumerate(compiled.binds)}
    return dialect.set_based(table, _placed(keys, places), _placed(values, places))


def deletes_together(
    dialect: Dialect, table: object, compiled: Compiled, keys: Bound
) -> SetBased | None:
    """What makes one statement of many runs of *compiled*, a DELETE, or None.

    Rows that refer to each other go in their order.
    """
    if not isinstance(table, Table) or not _is_plain(compiled, keys, {}):
        return None
    if not frees_order_of_deletes(table):
        return None
    places = {bind: place for place, bind in enumerate(compiled.binds)}
    return dialect.set_based(table, _placed(keys, places), None)


def together_steps(
    connection: Connection,
    make: SetBased | None,
    rows: list[tuple[Any, ...]],
    compiled: Compiled,
) -> Steps[int | None]:
    """Run what *make* has for *rows* and return how many were found; None if nothing was sent.

    Listeners are told that it is *compiled*, which changes one row.
    """
    if make is None or len(rows) <= FEW_ROWS:
        return None
    statements = make(rows)
    if statements is None:
        return None
    count = 0
    for sql, parameters in statements:
        if connection.dispatch.listening:
            connection.tell(compiled)
        cursor = yield from connection.run_steps(sql, parameters)
        count += cursor.rowcount
    return count


def _placed(bound: Bound, places: Mapping[BindParameter[Any], int]) -> list[Placed]:
    return [Placed(column, places[bind]) for bind, column in bound.items()]


def _is_plain(compiled: Compiled, keys: Bound, values: Bound) -> bool:
    """Whether nothing but *keys* and *values*, as they are, is in the text of *compiled*."""
    if len(compiled.binds) != len(keys) + len(values):
        return False
    return all(
        column.type.bind_expression(bind) is None
        for bound in (keys, values)
        for bind, column in bound.items()
    )


def _are_kept_apart(table: Table, columns: Collection[Column[Any]]) -> bool:
    """Whether the rows of *table* may not be equal in some of *columns*.

    A value may go from one row to another then: their order counts.
    """
    for constraint in table.constraints:
        if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)):
            if any(column in columns for column in constraint.columns):
                return True
        elif not isinstance(constraint, (CheckConstraint, ForeignKeyConstraint)):
            return True
    for index in table.indexes:
        plain = [one for one in index.expressions if isinstance(one, Column)]
        if index.unique and (
            len(plain) < len(index.expressions) or any(one in columns for one in plain)
        ):
            return True
    return False
