"""INSERT … ON CONFLICT: what servers of this syntax share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from ..exc import CompileError, did_you_mean
from .arguments import ConditionArgument
from .expression.conflict import OnConflictDoNothing, OnConflictDoUpdate
from .expression.dml import Insert


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


class ConflictInsert(Insert):
    """An INSERT that may say what to do about rows that are there already."""

    __slots__ = ()

    def on_conflict_do_nothing(
        self,
        constraint: object = None,
        index_elements: Iterable[Any] | None = None,
        index_where: ConditionArgument = None,
    ) -> Self:
        """Return a copy that leaves out the rows that are there already."""
        return self._with(post_values=OnConflictDoNothing(constraint, index_elements, index_where))

    def on_conflict_do_update(
        self,
        constraint: object = None,
        index_elements: Iterable[Any] | None = None,
        index_where: ConditionArgument = None,
        set_: object = None,
        where: ConditionArgument = None,
    ) -> Self:
        """Return a copy that changes the rows that are there already::

        insert(user).values(id=1, name="Ada").on_conflict_do_update(
            index_elements=[user.c.id], set_={"name": "Ada"}
        )
        """
        return self._with(
            post_values=OnConflictDoUpdate(
                self.table, constraint, index_elements, index_where, self.conflict_row(set_), where
            )
        )
