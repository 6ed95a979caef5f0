"""The contract of reflection: how a dialect reads what a database contains.

Each method is steps over something that can fetch.  What they return are the plain
dictionaries that an ``Inspector`` hands to its users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ..steps import nothing
from .spelling import Spelling

if TYPE_CHECKING:
    from ..compiler.target import CompilerDialect
    from ..steps import Steps
    from .dbapi import DriverParameters


class Fetcher(Protocol):
    """What runs the statements of reflection."""

    def fetch_steps(
        self, sql: str, parameters: DriverParameters = ()
    ) -> Steps[list[tuple[Any, ...]]]: ...


class Inquiry:
    """A fetcher that remembers, for as long as the inspector does that asks.

    One answer of a server may hold more than was asked for; *memory* is where a reflection keeps
    it.
    """

    __slots__ = ("connection", "dialect", "fetch_steps", "memory")

    def __init__(self, fetcher: Fetcher, dialect: CompilerDialect, memory: dict[Any, Any]) -> None:
        self.connection = fetcher
        self.fetch_steps = getattr(fetcher, "fetch_text_steps", fetcher.fetch_steps)
        self.dialect = dialect
        self.memory = memory


def memory_of(fetcher: Fetcher) -> dict[Any, Any]:
    """Return what is remembered for *fetcher*: nothing for one that is no inquiry."""
    memory: dict[Any, Any] = getattr(fetcher, "memory", {})
    return memory


class Reflection:
    """Reads the catalogue of one kind of database; subclasses do it."""

    spelling: ClassVar[Spelling] = Spelling()
    """How the server tells of what it was given."""

    def default_schema_steps(self, fetcher: Fetcher) -> Steps[str | None]:
        """Return the name of the schema that tables without one belong to."""
        raise NotImplementedError

    def schema_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all schemas."""
        raise NotImplementedError

    def has_table_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[bool]:
        """Tell whether *table* (or a view of that name) exists."""
        raise NotImplementedError

    def table_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all tables."""
        raise NotImplementedError

    def temp_table_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all temporary tables."""
        raise NotImplementedError

    def view_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all views."""
        raise NotImplementedError

    def temp_view_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all temporary views."""
        raise NotImplementedError

    def view_definition_steps(self, fetcher: Fetcher, view: str, schema: str | None) -> Steps[str]:
        """Return the text of *view*."""
        raise NotImplementedError

    def columns_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the columns of *table*: name, type, nullable, default, primary_key."""
        raise NotImplementedError

    def primary_key_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the primary key of *table*: constrained_columns, name."""
        raise NotImplementedError

    def foreign_keys_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the foreign keys of *table*."""
        raise NotImplementedError

    def indexes_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the indexes of *table*: name, column_names, unique."""
        raise NotImplementedError

    def unique_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the unique constraints of *table*: name, column_names."""
        raise NotImplementedError

    def check_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the check constraints of *table*: name, sqltext."""
        raise NotImplementedError

    def table_comment_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the comment of *table*; NotImplementedError where there are none."""
        raise NotImplementedError

    def table_options_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the options of *table*, named as ``Table`` takes them; none where none exist."""
        yield from nothing
        return {}

    def many_steps(
        self, fetcher: Fetcher, kind: str, schema: str | None
    ) -> Steps[dict[str, Any] | None]:
        """Return what the method ``<kind>_steps`` gives, for each table and view of *schema*.

        None where there is no quicker way than to ask for one after the other.
        """
        yield from nothing
        return None

    def materialized_view_names_steps(
        self, fetcher: Fetcher, schema: str | None
    ) -> Steps[list[str]]:
        """Return the names of all materialized views; none where the database has none."""
        yield from nothing
        return []

    def type_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of the types that users have made; none where there are none."""
        yield from nothing
        return []

    def sequence_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all sequences; none where the database has none."""
        yield from nothing
        return []
