"""INSERT as SQLite has it: with ON CONFLICT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...sql.expression.conflict import OnConflictDoNothing, OnConflictDoUpdate
from ...sql.expression.dml import Insert as StandardInsert

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from ...sql.arguments import ConditionArgument, FromArgument


class Insert(StandardInsert):
    """An INSERT for SQLite, which knows unique keys by their columns and not by name."""

    __slots__ = ()

    def on_conflict_do_nothing(
        self,
        index_elements: Iterable[Any] | None = None,
        index_where: ConditionArgument = None,
        *,
        constraint: object = None,
    ) -> Self:
        """Return a copy that leaves out the rows that are there already.

        *constraint*, a constraint or an index, stands for its columns.
        """
        return self._with(post_values=OnConflictDoNothing(constraint, index_elements, index_where))

    def on_conflict_do_update(
        self,
        index_elements: Iterable[Any] | None = None,
        index_where: ConditionArgument = None,
        set_: object = None,
        where: ConditionArgument = None,
        *,
        constraint: object = None,
    ) -> Self:
        """Return a copy that changes the rows that are there already::

            insert(user).values(id=1, name="Ada").on_conflict_do_update(
                [user.c.id], set_={"name": "Ada"}
            )

        *constraint*, a constraint or an index, stands for its columns.

        :raises ArgumentError: there are no columns to know these rows by
        """
        return self._with(
            post_values=OnConflictDoUpdate(
                self.table, constraint, index_elements, index_where, self.conflict_row(set_), where
            )
        )


def insert(table: FromArgument) -> Insert:
    """Return an INSERT into *table* that may say ON CONFLICT."""
    return Insert(table)
