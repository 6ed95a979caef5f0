"""What the inspector is asked for: kinds of object, and where they live."""

from __future__ import annotations

from enum import Flag
from typing import Any


class ObjectKind(Flag):
    """Kinds of object that have columns."""

    TABLE = 1
    VIEW = 2
    MATERIALIZED_VIEW = 4
    ANY_VIEW = VIEW | MATERIALIZED_VIEW
    ANY = TABLE | VIEW | MATERIALIZED_VIEW


class ObjectScope(Flag):
    """Whether objects last or are temporary."""

    DEFAULT = 1
    TEMPORARY = 2
    ANY = DEFAULT | TEMPORARY


class ReflectionDefaults:
    """What the inspector answers where there is nothing."""

    @classmethod
    def columns(cls) -> list[dict[str, Any]]:
        """Return no columns."""
        return []

    @classmethod
    def pk_constraint(cls) -> dict[str, Any]:
        """Return a primary key without columns."""
        return {"name": None, "constrained_columns": []}

    @classmethod
    def foreign_keys(cls) -> list[dict[str, Any]]:
        """Return no foreign keys."""
        return []

    @classmethod
    def indexes(cls) -> list[dict[str, Any]]:
        """Return no indexes."""
        return []

    @classmethod
    def unique_constraints(cls) -> list[dict[str, Any]]:
        """Return no unique constraints."""
        return []

    @classmethod
    def check_constraints(cls) -> list[dict[str, Any]]:
        """Return no check constraints."""
        return []

    @classmethod
    def table_options(cls) -> dict[str, Any]:
        """Return no options."""
        return {}

    @classmethod
    def table_comment(cls) -> dict[str, Any]:
        """Return a comment without text."""
        return {"text": None}
