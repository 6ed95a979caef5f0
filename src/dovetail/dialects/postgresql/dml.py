"""INSERT as PostgreSQL has it: with ON CONFLICT."""

from __future__ import annotations

from typing import Any

from ...sql.upsert import ConflictInsert


class Insert(ConflictInsert):
    """An INSERT for PostgreSQL."""

    __slots__ = ()


def insert(table: Any) -> Insert:
    """Return an INSERT into *table* that may say ON CONFLICT."""
    return Insert(table)
