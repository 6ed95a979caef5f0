"""INSERT as SQLite has it: with ON CONFLICT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...sql.upsert import ConflictInsert

if TYPE_CHECKING:
    from ...sql.arguments import FromArgument


class Insert(ConflictInsert):
    """An INSERT for SQLite."""

    __slots__ = ()


def insert(table: FromArgument) -> Insert:
    """Return an INSERT into *table* that may say ON CONFLICT."""
    return Insert(table)
