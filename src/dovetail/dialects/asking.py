"""What a dialect is asked about a database: ``dialect.has_table(connection, name)``.

An inspector asks the same, and remembers the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..steps import run_sync
from .reflection import Inquiry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..steps import Steps
    from .reflection import Fetcher, Reflection


Memory = dict[Any, Any]


class AskedConnection(Protocol):
    """What reaches the database: a connection of an engine."""

    @property
    def engine(self) -> Any: ...


class AskedDialect:
    """The part of a dialect that reads what a database contains.

    Each method takes a connection; *info_cache*, a dictionary, keeps what one answer of the server
    held besides.
    """

    def _asked(
        self,
        connection: AskedConnection,
        question: Callable[[Reflection], Callable[..., Steps[Any]]],
        *arguments: object,
        info_cache: Memory | None = None,
    ) -> Any:
        reflection: Reflection = connection.engine.backend.reflection
        fetcher: Any = connection
        this: Any = self
        inquiry: Fetcher = Inquiry(fetcher, this, {} if info_cache is None else info_cache)
        return run_sync(question(reflection)(inquiry, *arguments))

    def has_table(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> bool:
        """Tell whether there is a table or view *table_name*."""
        found = self._asked(
            connection, lambda r: r.has_table_steps, table_name, schema, info_cache=info_cache
        )
        return bool(found)

    def has_index(
        self,
        connection: AskedConnection,
        table_name: str,
        index_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> bool:
        """Tell whether *table_name* has an index *index_name*."""
        if not self.has_table(connection, table_name, schema, info_cache=info_cache):
            return False
        indexes = self.get_indexes(connection, table_name, schema, info_cache=info_cache)
        return any(index["name"] == index_name for index in indexes)

    def has_sequence(
        self,
        connection: AskedConnection,
        sequence_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> bool:
        """Tell whether there is a sequence *sequence_name*."""
        return sequence_name in self.get_sequence_names(connection, schema, info_cache=info_cache)

    def has_schema(
        self, connection: AskedConnection, schema_name: str, info_cache: Memory | None = None
    ) -> bool:
        """Tell whether there is a schema *schema_name*."""
        return schema_name in self.get_schema_names(connection, info_cache=info_cache)

    def get_schema_names(
        self, connection: AskedConnection, info_cache: Memory | None = None
    ) -> list[str]:
        """Return the names of all schemas."""
        return list(self._asked(connection, lambda r: r.schema_names_steps, info_cache=info_cache))

    def get_table_names(
        self,
        connection: AskedConnection,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[str]:
        """Return the names of all tables."""
        return list(
            self._asked(connection, lambda r: r.table_names_steps, schema, info_cache=info_cache)
        )

    def get_temp_table_names(
        self, connection: AskedConnection, info_cache: Memory | None = None
    ) -> list[str]:
        """Return the names of all temporary tables."""
        return list(
            self._asked(connection, lambda r: r.temp_table_names_steps, info_cache=info_cache)
        )

    def get_view_names(
        self,
        connection: AskedConnection,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[str]:
        """Return the names of all views."""
        return list(
            self._asked(connection, lambda r: r.view_names_steps, schema, info_cache=info_cache)
        )

    def get_materialized_view_names(
        self,
        connection: AskedConnection,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[str]:
        """Return the names of all materialized views."""
        names = self._asked(
            connection, lambda r: r.materialized_view_names_steps, schema, info_cache=info_cache
        )
        return list(names)

    def get_temp_view_names(
        self, connection: AskedConnection, info_cache: Memory | None = None
    ) -> list[str]:
        """Return the names of all temporary views."""
        return list(
            self._asked(connection, lambda r: r.temp_view_names_steps, info_cache=info_cache)
        )

    def get_sequence_names(
        self,
        connection: AskedConnection,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[str]:
        """Return the names of all sequences."""
        return list(
            self._asked(connection, lambda r: r.sequence_names_steps, schema, info_cache=info_cache)
        )

    def get_view_definition(
        self,
        connection: AskedConnection,
        view_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> str:
        """Return the text of *view_name*; NoSuchTableError is raised if there is none."""
        found = self._asked(
            connection, lambda r: r.view_definition_steps, view_name, schema, info_cache=info_cache
        )
        return str(found)

    def get_columns(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[dict[str, Any]]:
        """Return the columns of *table_name*; NoSuchTableError is raised if there is none."""
        return list(
            self._asked(
                connection, lambda r: r.columns_steps, table_name, schema, info_cache=info_cache
            )
        )

    def get_pk_constraint(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> dict[str, Any]:
        """Return the primary key of *table_name*: constrained_columns, name."""
        found = self._asked(
            connection, lambda r: r.primary_key_steps, table_name, schema, info_cache=info_cache
        )
        return dict(found)

    def get_foreign_keys(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[dict[str, Any]]:
        """Return the foreign keys of *table_name*."""
        found = self._asked(
            connection, lambda r: r.foreign_keys_steps, table_name, schema, info_cache=info_cache
        )
        return list(found)

    def get_indexes(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[dict[str, Any]]:
        """Return the indexes of *table_name*: name, column_names, unique."""
        return list(
            self._asked(
                connection, lambda r: r.indexes_steps, table_name, schema, info_cache=info_cache
            )
        )

    def get_unique_constraints(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[dict[str, Any]]:
        """Return the unique constraints of *table_name*: name, column_names."""
        steps = self._asked(
            connection,
            lambda r: r.unique_constraints_steps,
            table_name,
            schema,
            info_cache=info_cache,
        )
        return list(steps)

    def get_check_constraints(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> list[dict[str, Any]]:
        """Return the check constraints of *table_name*: name, sqltext."""
        steps = self._asked(
            connection,
            lambda r: r.check_constraints_steps,
            table_name,
            schema,
            info_cache=info_cache,
        )
        return list(steps)

    def get_table_comment(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> dict[str, Any]:
        """Return the comment of *table_name*; NotImplementedError where there are none."""
        found = self._asked(
            connection, lambda r: r.table_comment_steps, table_name, schema, info_cache=info_cache
        )
        return dict(found)

    def get_table_options(
        self,
        connection: AskedConnection,
        table_name: str,
        schema: str | None = None,
        info_cache: Memory | None = None,
    ) -> dict[str, Any]:
        """Return what *table_name* has besides, named as ``Table`` takes it."""
        found = self._asked(
            connection, lambda r: r.table_options_steps, table_name, schema, info_cache=info_cache
        )
        return dict(found)
