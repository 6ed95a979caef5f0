"""INSERT as PostgreSQL has it: with ON CONFLICT."""

from __future__ import annotations

from typing import Any, TypeVarTuple

from ...sql.upsert import ConflictInsert

Ts = TypeVarTuple("Ts")


class Insert(ConflictInsert[*Ts]):
    """An INSERT for PostgreSQL."""

    __slots__ = ()


def insert(table: Any) -> Insert[*tuple[Any, ...]]:
    """Return an INSERT into *table* that may say ON CONFLICT."""
    return Insert(table)
