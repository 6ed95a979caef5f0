"""What is known of tables before they are read into ``Table`` objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..exc import NoSuchTableError

TableKey = tuple[str | None, str]
Many = dict[TableKey, list[dict[str, Any]]]
One = dict[TableKey, dict[str, Any]]


@dataclass
class ReflectionInfo:
    """What an inspector said of several tables, by (schema, table); it describes them itself."""

    columns: Many
    pk_constraint: dict[TableKey, dict[str, Any] | None]
    foreign_keys: Many
    indexes: Many
    unique_constraints: Many
    table_comment: dict[TableKey, dict[str, Any] | None]
    check_constraints: Many
    table_options: One
    unreflectable: dict[TableKey, Exception] = field(default_factory=dict)
    """The tables that could not be read, and why."""

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Return the columns of a table; NoSuchTableError is raised if it is not known."""
        key = (schema, table_name)
        if key in self.unreflectable:
            raise self.unreflectable[key]
        if not self.columns.get(key):
            raise NoSuchTableError(table_name)
        return self.columns[key]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """Return the primary key of a table."""
        found = self.pk_constraint.get((schema, table_name))
        return found or {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Return the foreign keys of a table."""
        return self.foreign_keys.get((schema, table_name)) or []

    def get_indexes(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Return the indexes of a table."""
        return self.indexes.get((schema, table_name)) or []

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the unique constraints of a table."""
        return self.unique_constraints.get((schema, table_name)) or []

    def get_check_constraints(
        self, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the check constraints of a table."""
        return self.check_constraints.get((schema, table_name)) or []

    def get_table_comment(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """Return the comment of a table."""
        return self.table_comment.get((schema, table_name)) or {"text": None}

    def get_table_options(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """Return what a table has besides."""
        return self.table_options.get((schema, table_name)) or {}
