"""What a dialect is asked about a database: ``dialect.has_table(connection, name)``.

An inspector asks the same, and remembers the answers.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..steps import nothing, run_sync
from .reflection import Inquiry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..steps import Steps
    from .reflection import Fetcher, Reflection


Memory = dict[Any, Any]
Answer = TypeVar("Answer")


def remembering(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let *function*, a method of a dialect that answers a question, keep its answers.

    They are kept in the dictionary that it is called with as *info_cache*, by its name and its
    arguments; without one it is asked each time::

        class PebbleDialect(SqliteDialect):
            @remembering
            def get_indexes(self, connection, table_name, schema=None, **kw): ...
    """

    @wraps(function)
    def answer(
        dialect: object, connection: object, *arguments: object, **keywords: object
    ) -> Answer:
        memory: Any = keywords.get("info_cache")
        if memory is None:
            return function(dialect, connection, *arguments, **keywords)
        more = tuple((name, keywords[name]) for name in sorted(keywords) if name != "info_cache")
        key = (function.__name__, arguments, more)
        if key not in memory:
            memory[key] = function(dialect, connection, *arguments, **keywords)
        found: Answer = memory[key]
        return found

    return answer


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

    def answers(self, method: str) -> bool:
        """Tell whether the dialect, or a program, has its own *method* for a question."""
        own = getattr(type(self), method) is not getattr(AskedDialect, method)
        return own or method in vars(self)

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


METHODS = {
    "has_table_steps": "has_table",
    "schema_names_steps": "get_schema_names",
    "table_names_steps": "get_table_names",
    "temp_table_names_steps": "get_temp_table_names",
    "view_names_steps": "get_view_names",
    "materialized_view_names_steps": "get_materialized_view_names",
    "temp_view_names_steps": "get_temp_view_names",
    "sequence_names_steps": "get_sequence_names",
    "view_definition_steps": "get_view_definition",
    "columns_steps": "get_columns",
    "primary_key_steps": "get_pk_constraint",
    "foreign_keys_steps": "get_foreign_keys",
    "indexes_steps": "get_indexes",
    "unique_constraints_steps": "get_unique_constraints",
    "check_constraints_steps": "get_check_constraints",
    "table_comment_steps": "get_table_comment",
    "table_options_steps": "get_table_options",
}
"""The questions of a reflection, and the methods by which a dialect answers them."""


class OwnAnswers:
    """A reflection of which a dialect, of another package, answers questions by its methods."""

    def __init__(self, reflection: Reflection, answers: Mapping[str, Callable[..., Any]]) -> None:
        self._reflection = reflection
        for question, method in answers.items():
            setattr(self, question, _steps_of(question, method))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reflection, name)

    def many_steps(self, fetcher: Fetcher, kind: str, schema: str | None) -> Steps[None]:
        """Return None: the dialect is asked of each table."""
        yield from nothing


def _steps_of(question: str, method: Callable[..., Any]) -> Callable[..., Steps[Any]]:
    def steps(inquiry: Inquiry, *arguments: object) -> Steps[Any]:
        yield from nothing
        return method(inquiry.connection, *arguments, info_cache=inquiry.memory)

    steps.__name__ = question
    return steps


def reflection_for(dialect: AskedDialect, reflection: Reflection) -> Any:
    """Return *reflection*, or what answers as the methods do that *dialect* has of its own.

    They are those of its class, and those that a program has put on this one.
    """
    own = {
        question: getattr(dialect, name)
        for question, name in METHODS.items()
        if dialect.answers(name)
    }
    return OwnAnswers(reflection, own) if own else reflection
