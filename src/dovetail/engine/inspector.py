"""The inspector: what a database contains, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.asking import reflection_for
from ..dialects.reflection import Inquiry
from ..exc import CircularDependencyError
from ..graph import sort
from ..inspection import inspects_itself
from ..steps import run_sync
from .connection import Connection
from .described import Many, One, ReflectionInfo, TableKey
from .engine import Engine
from .kinds import ObjectKind, ObjectScope
from .table_reader import Referred, TableReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Sequence
    from contextlib import AbstractContextManager

    from ..dialects.reflection import Reflection
    from ..sql.schema import Table

KINDS = (
    "columns",
    "primary_key",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "table_comment",
)
"""What tables have."""


_TABLE = ObjectKind.TABLE
_DEFAULT = ObjectScope.DEFAULT


@inspects_itself
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
        self._referred: list[Referred] | None = None
        """The tables that are to be read for the one that is being read, if one is."""
        self._reflection: Reflection = reflection_for(self.dialect, self.engine.backend.reflection)

    @classmethod
    def from_engine(cls, bind: Engine | Connection) -> Inspector:
        """Return an inspector of *bind*."""
        return cls(bind)

    def _ask(
        self, steps: Callable[..., Generator[Any, Any, Any]], *arguments: object, **kw: object
    ) -> Any:
        _refuse(kw)
        key = (steps.__name__, *arguments)
        if key not in self.info_cache:
            self.info_cache[key] = self._run(steps, *arguments)
        return self.info_cache[key]

    def _run(self, steps: Callable[..., Generator[Any, Any, Any]], *arguments: object) -> Any:
        bind = self.bind
        if isinstance(bind, Connection):
            return run_sync(steps(self._inquiry(bind), *arguments))
        with self._connection(bind) as connection:
            return run_sync(steps(self._inquiry(connection), *arguments))

    def _inquiry(self, connection: Connection) -> Inquiry:
        return Inquiry(connection, self.dialect, self.info_cache)

    def __getattr__(self, name: str) -> Any:
        # What only some databases have: get_enums() asks the reflection's enums_steps().
        steps = getattr(self.__dict__["_reflection"], f"{name.removeprefix('get_')}_steps", None)
        if steps is None or not name.startswith("get_"):
            raise AttributeError(f"this {self.dialect.name} inspector has no {name!r}")

        def ask(*arguments: object, **named: object) -> Any:
            return self._ask(steps, *arguments, *named.values())

        return ask

    def read_all(self, schema: str | None = None) -> None:
        """Ask for all that the tables of *schema* have at once, where the database can answer.

        What is asked afterwards, table by table, is known already.
        """
        for kind in KINDS:
            found = self._run(self._reflection.many_steps, kind, schema)
            if found is None:
                return
            for name, value in found.items():
                self.info_cache[f"{kind}_steps", name, schema] = value

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

    def get_schema_names(self, **kw: object) -> list[str]:
        """Return the names of all schemas."""
        return list(self._ask(self._reflection.schema_names_steps, **kw))

    def has_schema(self, schema_name: str, **kw: object) -> bool:
        """Tell whether there is a schema *schema_name*."""
        return schema_name in self.get_schema_names(**kw)

    def has_table(self, table_name: str, schema: str | None = None, **kw: object) -> bool:
        """Tell whether there is a table or view *table_name*."""
        return bool(self._ask(self._reflection.has_table_steps, table_name, schema, **kw))

    def get_table_names(self, schema: str | None = None, **kw: object) -> list[str]:
        """Return the names of all tables."""
        return list(self._ask(self._reflection.table_names_steps, schema, **kw))

    def get_temp_table_names(self, **kw: object) -> list[str]:
        """Return the names of all temporary tables."""
        return list(self._ask(self._reflection.temp_table_names_steps, **kw))

    def get_view_names(self, schema: str | None = None, **kw: object) -> list[str]:
        """Return the names of all views."""
        return list(self._ask(self._reflection.view_names_steps, schema, **kw))

    def get_materialized_view_names(self, schema: str | None = None, **kw: object) -> list[str]:
        """Return the names of all materialized views."""
        return list(self._ask(self._reflection.materialized_view_names_steps, schema, **kw))

    def get_temp_view_names(self, **kw: object) -> list[str]:
        """Return the names of all temporary views."""
        return list(self._ask(self._reflection.temp_view_names_steps, **kw))

    def get_view_definition(self, view_name: str, schema: str | None = None, **kw: object) -> str:
        """Return the text of *view_name*; NoSuchTableError is raised if there is none."""
        return str(self._ask(self._reflection.view_definition_steps, view_name, schema, **kw))

    def get_columns(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> list[dict[str, Any]]:
        """Return the columns of *table_name*: name, type, nullable, default.

        NoSuchTableError is raised if there is no such table.
        """
        return _copies(self._ask(self._reflection.columns_steps, table_name, schema, **kw))

    def get_pk_constraint(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> dict[str, Any]:
        """Return the primary key of *table_name*: constrained_columns, name."""
        return dict(self._ask(self._reflection.primary_key_steps, table_name, schema, **kw))

    def get_foreign_keys(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> list[dict[str, Any]]:
        """Return the foreign keys of *table_name*."""
        return _copies(self._ask(self._reflection.foreign_keys_steps, table_name, schema, **kw))

    def get_indexes(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> list[dict[str, Any]]:
        """Return the indexes of *table_name*: name, column_names, unique."""
        return _copies(self._ask(self._reflection.indexes_steps, table_name, schema, **kw))

    def has_index(
        self, table_name: str, index_name: str, schema: str | None = None, **kw: object
    ) -> bool:
        """Tell whether *table_name* has an index *index_name*."""
        if not self.has_table(table_name, schema, **kw):
            return False
        return any(index["name"] == index_name for index in self.get_indexes(table_name, schema))

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> list[dict[str, Any]]:
        """Return the unique constraints of *table_name*: name, column_names."""
        return _copies(
            self._ask(self._reflection.unique_constraints_steps, table_name, schema, **kw)
        )

    def get_check_constraints(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> list[dict[str, Any]]:
        """Return the check constraints of *table_name*: name, sqltext."""
        return _copies(
            self._ask(self._reflection.check_constraints_steps, table_name, schema, **kw)
        )

    def get_table_comment(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> dict[str, Any]:
        """Return the comment of *table_name*; NotImplementedError where there are none."""
        return dict(self._ask(self._reflection.table_comment_steps, table_name, schema, **kw))

    def get_table_options(
        self, table_name: str, schema: str | None = None, **kw: object
    ) -> dict[str, Any]:
        """Return what *table_name* has besides, named as ``Table`` takes it: ``mysql_engine``."""
        return dict(self._ask(self._reflection.table_options_steps, table_name, schema, **kw))

    def has_sequence(self, sequence_name: str, schema: str | None = None, **kw: object) -> bool:
        """Tell whether there is a sequence *sequence_name*."""
        return sequence_name in self.get_sequence_names(schema, **kw)

    def has_type(self, type_name: str, schema: str | None = None, **kw: object) -> bool:
        """Tell whether there is a type *type_name*, made by a user."""
        return type_name in self._ask(self._reflection.type_names_steps, schema, **kw)

    def get_sequence_names(self, schema: str | None = None, **kw: object) -> list[str]:
        """Return the names of all sequences."""
        return list(self._ask(self._reflection.sequence_names_steps, schema, **kw))

    def reflect_table(
        self,
        table: Table,
        include_columns: Iterable[str] | None = None,
        exclude_columns: Iterable[str] = (),
        resolve_fks: bool = True,
        _reflect_info: ReflectionInfo | None = None,
    ) -> None:
        """Give *table* the columns, keys and indexes that it has in the database.

        NoSuchTableError is raised if there is no such table.  With *resolve_fks*, tables
        that it refers to are reflected too, into the same metadata.
        """
        outer = self._referred
        reader = TableReader(
            self, table, include_columns, exclude_columns, resolve_fks, _reflect_info, outer
        )
        if outer is not None:
            reader.read()
            return
        self._referred = reader.referred
        try:
            reader.read()
            reader.read_referred()
        finally:
            self._referred = None

    def get_sorted_table_and_fkc_names(
        self, schema: str | None = None, **kw: object
    ) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Return the tables so ordered that what is referred to comes first.

        The foreign keys that cannot be honoured in that order stand at the end, beside None.
        """
        return [
            (None if table is None else table[1], [(of[1], key) for of, key in keys])
            for table, keys in self.sort_tables_on_foreign_key_dependency((schema,), **kw)
        ]

    def sort_tables_on_foreign_key_dependency(
        self, consider_schemas: Collection[str | None] = (None,), **kw: object
    ) -> list[tuple[TableKey | None, list[tuple[TableKey, str | None]]]]:
        """Return the tables of several schemas, so ordered that what is referred to comes first.

        A table is (schema, name); beside it are its foreign keys, each with the table that has it.
        Those that cannot be honoured in that order stand at the end, beside None.
        """
        tables = [(s, name) for s in consider_schemas for name in self.get_table_names(s, **kw)]
        keys = [
            ((key["referred_schema"], key["referred_table"]), table, key["name"])
            for table in tables
            for key in self.get_foreign_keys(table[1], table[0])
        ]
        edges = [key for key in keys if key[0] != key[1]]
        late: list[tuple[TableKey, TableKey, str | None]] = []
        try:
            ordered = sort([edge[:2] for edge in edges], tables)
        except CircularDependencyError as error:
            late = [edge for edge in edges if edge[:2] in error.edges]
            ordered = sort([edge[:2] for edge in edges if edge not in late], tables)
        own = {
            table: [(k[1], k[2]) for k in keys if k[1] == table and k not in late]
            for table in tables
        }
        return [*((table, own[table]) for table in ordered), (None, [(k[1], k[2]) for k in late])]

    # Many tables at once: *kind* and *scope* say of which objects, *filter_names* of which of them
    # alone; names that there are none of are passed over.

    def _listed(self, schema: str | None, kind: ObjectKind, scope: ObjectScope) -> list[str]:
        """Return the names of all objects of *kind* and *scope*."""
        reflection, names = self._reflection, list[str]()
        if ObjectScope.DEFAULT in scope:
            if ObjectKind.TABLE in kind:
                names.extend(self._ask(reflection.table_names_steps, schema))
            if ObjectKind.VIEW in kind:
                names.extend(self._ask(reflection.view_names_steps, schema))
            if ObjectKind.MATERIALIZED_VIEW in kind:
                names.extend(self._ask(reflection.materialized_view_names_steps, schema))
        if ObjectScope.TEMPORARY in scope:
            if ObjectKind.TABLE in kind:
                names.extend(self._ask(reflection.temp_table_names_steps))
            if ObjectKind.VIEW in kind:
                names.extend(self._ask(reflection.temp_view_names_steps))
        return names

    def _multi(
        self,
        what: str,
        schema: str | None,
        filter_names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
        **kw: object,
    ) -> dict[TableKey, Any]:
        _refuse(kw)
        names = self._listed(schema, kind, scope)
        if filter_names is not None:
            names = [name for name in names if name in filter_names]
        found = (
            (self._run(self._reflection.many_steps, what, schema) or {}) if what in KINDS else {}
        )
        steps = getattr(self._reflection, f"{what}_steps")
        return {
            (schema, name): _copy(found[name] if name in found else self._ask(steps, name, schema))
            for name in names
        }

    def get_multi_columns(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> Many:
        """Return the columns of many tables, by (schema, table)."""
        return self._multi("columns", schema, filter_names, kind, scope, **kw)

    def get_multi_pk_constraint(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> One:
        """Return the primary keys of many tables, by (schema, table)."""
        return self._multi("primary_key", schema, filter_names, kind, scope, **kw)

    def get_multi_foreign_keys(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> Many:
        """Return the foreign keys of many tables, by (schema, table)."""
        return self._multi("foreign_keys", schema, filter_names, kind, scope, **kw)

    def get_multi_indexes(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> Many:
        """Return the indexes of many tables, by (schema, table)."""
        return self._multi("indexes", schema, filter_names, kind, scope, **kw)

    def get_multi_unique_constraints(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> Many:
        """Return the unique constraints of many tables, by (schema, table)."""
        return self._multi("unique_constraints", schema, filter_names, kind, scope, **kw)

    def get_multi_check_constraints(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> Many:
        """Return the check constraints of many tables, by (schema, table)."""
        return self._multi("check_constraints", schema, filter_names, kind, scope, **kw)

    def get_multi_table_comment(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> One:
        """Return the comments of many tables, by (schema, table)."""
        return self._multi("table_comment", schema, filter_names, kind, scope, **kw)

    def get_multi_table_options(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = _TABLE,
        scope: ObjectScope = _DEFAULT,
        **kw: object,
    ) -> One:
        """Return what many tables have besides, by (schema, table): ``mysql_engine``."""
        return self._multi("table_options", schema, filter_names, kind, scope, **kw)

    def has_multi_table(
        self, table_names: Sequence[str], schema: str | None = None, **kw: object
    ) -> dict[TableKey, bool]:
        """Tell which of *table_names* are tables or views, by (schema, table)."""
        return {(schema, name): self.has_table(name, schema, **kw) for name in table_names}


def _refuse(kw: dict[str, Any]) -> None:
    """Raise TypeError for keywords that no reflection here knows."""
    if kw:
        raise TypeError(f"an Inspector knows no option {', '.join(map(repr, kw))}")


def _copy(found: Any) -> Any:
    """Return a copy of what is kept, which the caller may change."""
    return dict(found) if isinstance(found, dict) else _copies(found)


def _copies(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(each) for each in found]
