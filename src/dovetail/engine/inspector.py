"""The inspector: what a database contains, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exc import CircularDependencyError
from ..graph import sort
from ..inspection import inspects
from ..steps import run_sync
from .connection import Connection
from .engine import Engine
from .table_reader import TableReader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextlib import AbstractContextManager

    from ..dialects.reflection import Reflection
    from ..sql.schema import Table


class Inspector:
    """Reads tables, columns, keys and indexes of a database.

    Made by ``inspect(engine)`` or ``inspect(connection)``; answers are kept until
    :meth:`clear_cache`::

        for column in inspect(engine).get_columns("user"):
            print(column["name"], column["type"])
    """

    def __init__(self, bind: Engine | Connection) -> None:
        self.bind = bind
        self.engine: Engine = bind.engine
        self.dialect: Any = bind.dialect
        self.info_cache: dict[Any, Any] = {}
        self._reflection: Reflection = self.engine.backend.reflection

    @classmethod
    def from_engine(cls, bind: Engine | Connection) -> Inspector:
        """Return an inspector of *bind*."""
        return cls(bind)

    def _ask(self, steps: Callable[..., Generator[Any, Any, Any]], *arguments: Any) -> Any:
        key = (steps.__name__, *arguments)
        if key not in self.info_cache:
            bind = self.bind
            if isinstance(bind, Connection):
                self.info_cache[key] = run_sync(steps(bind, *arguments))
            else:
                with self._connection(bind) as connection:
                    self.info_cache[key] = run_sync(steps(connection, *arguments))
        return self.info_cache[key]

    def _connection(self, bind: Engine) -> AbstractContextManager[Connection]:
        return bind.connect()

    def clear_cache(self) -> None:
        """Forget all answers."""
        self.info_cache.clear()

    @property
    def default_schema_name(self) -> str | None:
        """The schema that tables without one belong to."""
        name: str | None = self._ask(self._reflection.default_schema_steps)
        return name

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Return the names of all schemas."""
        return list(self._ask(self._reflection.schema_names_steps))

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        """Tell whether there is a schema *schema_name*."""
        return schema_name in self.get_schema_names()

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether there is a table or view *table_name*."""
        return bool(self._ask(self._reflection.has_table_steps, table_name, schema))

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of all tables."""
        return list(self._ask(self._reflection.table_names_steps, schema))

    def get_temp_table_names(self, **kw: Any) -> list[str]:
        """Return the names of all temporary tables."""
        return list(self._ask(self._reflection.temp_table_names_steps))

    def get_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of all views."""
        return list(self._ask(self._reflection.view_names_steps, schema))

    def get_temp_view_names(self, **kw: Any) -> list[str]:
        """Return the names of all temporary views."""
        return list(self._ask(self._reflection.temp_view_names_steps))

    def get_view_definition(self, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """Return the text of *view_name*; NoSuchTableError is raised if there is none."""
        return str(self._ask(self._reflection.view_definition_steps, view_name, schema))

    def get_columns(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the columns of *table_name*: name, type, nullable, default.

        NoSuchTableError is raised if there is no such table.
        """
        return _copies(self._ask(self._reflection.columns_steps, table_name, schema))

    def get_pk_constraint(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return the primary key of *table_name*: constrained_columns, name."""
        return dict(self._ask(self._reflection.primary_key_steps, table_name, schema))

    def get_foreign_keys(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the foreign keys of *table_name*."""
        return _copies(self._ask(self._reflection.foreign_keys_steps, table_name, schema))

    def get_indexes(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the indexes of *table_name*: name, column_names, unique."""
        return _copies(self._ask(self._reflection.indexes_steps, table_name, schema))

    def has_index(
        self, table_name: str, index_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Tell whether *table_name* has an index *index_name*."""
        if not self.has_table(table_name, schema):
            return False
        return any(index["name"] == index_name for index in self.get_indexes(table_name, schema))

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the unique constraints of *table_name*: name, column_names."""
        return _copies(self._ask(self._reflection.unique_constraints_steps, table_name, schema))

    def get_check_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the check constraints of *table_name*: name, sqltext."""
        return _copies(self._ask(self._reflection.check_constraints_steps, table_name, schema))

    def get_table_comment(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return the comment of *table_name*; NotImplementedError where there are none."""
        return dict(self._ask(self._reflection.table_comment_steps, table_name, schema))

    def get_sequence_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of all sequences."""
        return list(self._ask(self._reflection.sequence_names_steps, schema))

    def reflect_table(
        self,
        table: Table,
        include_columns: Iterable[str] | None = None,
        exclude_columns: Iterable[str] = (),
        resolve_fks: bool = True,
    ) -> None:
        """Give *table* the columns, keys and indexes that it has in the database.

        NoSuchTableError is raised if there is no such table.  With *resolve_fks*, tables
        that it refers to are reflected too, into the same metadata.
        """
        TableReader(self, table, include_columns, exclude_columns, resolve_fks).read()

    def get_sorted_table_and_fkc_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Return the tables so ordered that what is referred to comes first.

        The foreign keys that cannot be honoured in that order stand at the end, beside None.
        """
        names = self.get_table_names(schema)
        keys = [
            (key["referred_table"], name, key["name"])
            for name in names
            for key in self.get_foreign_keys(name, schema)
        ]
        edges = [key for key in keys if key[0] != key[1]]
        late: list[tuple[str, str, str | None]] = []
        try:
            ordered = sort([edge[:2] for edge in edges], names)
        except CircularDependencyError as error:
            late = [edge for edge in edges if edge[:2] in error.edges]
            ordered = sort([edge[:2] for edge in edges if edge not in late], names)
        own = {
            name: [(k[1], k[2]) for k in keys if k[1] == name and k not in late] for name in names
        }
        return [*((name, own[name]) for name in ordered), (None, [(k[1], k[2]) for k in late])]


def _copies(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(each) for each in found]


@inspects(Inspector)
def _inspect_itself(inspector: Inspector) -> Inspector:
    return inspector


@inspects(Engine, Connection)
def _inspect(bind: Engine | Connection) -> Inspector:
    return Inspector(bind)
