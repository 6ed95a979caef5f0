"""Tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self, cast

from ..event import listen
from ..exc import ArgumentError, DuplicateColumnError, InvalidRequestError
from ..inspection import inspect
from ..types.quoted import named
from .attach_events import attach_told
from .constraints import Constraint, Index, PrimaryKeyConstraint
from .ddl import SchemaBind
from .defaults import SchemaItem, check_options
from .dialect_options import DialectArguments, DialectKWArgs
from .expression.columns import ColumnCollection
from .expression.table_clause import TableClause
from .foreign_keys import ForeignKey, ForeignKeyConstraint
from .table_column import Column as Column
from .typed_columns import typed_columns

if TYPE_CHECKING:
    from .expression.column_element import ColumnElement

BLANK_SCHEMA: Any = object()
"""Given as a schema: none, where the MetaData has one that tables would be in."""


class Table(DialectKWArgs, TableClause, SchemaItem):
    """A table: name, columns, constraints, held by a :class:`MetaData`.

    A class of columns may come first: see :class:`TypedColumns`.
    Asked for once more without columns, ``Table(name, metadata)`` gives the same object.
    """

    if TYPE_CHECKING:

        @property
        def c(self) -> ColumnCollection[Column[Any]]: ...
        @property
        def columns(self) -> ColumnCollection[Column[Any]]: ...

    metadata: Any
    is_view: bool = False
    creation: Any = None
    """The statement that makes this, where it is not CREATE TABLE."""
    removal: Any = None
    """The statement that drops this, where it is not DROP TABLE."""
    made_of: tuple[Any, ...] = ()
    """The tables that must be there before this."""
    primary_key: Any = None
    constraints: set[Constraint]
    indexes: set[Index]

    def __new__(cls, *args: Any, **kw: Any) -> Self:
        if not args and not kw:
            return object.__new__(cls)
        if len(args) < 2:
            raise ArgumentError("Table() takes a name, a MetaData and then columns")
        name, metadata, *items = args
        if "typed_columns_cls" in kw:
            raise TypeError("Table() takes a class of columns by position, after its MetaData")
        if not hasattr(metadata, "tables"):
            raise ArgumentError(
                f"Table({name!r}) needs a MetaData after its name; got {metadata!r}",
                hint=f"Table({name!r}, MetaData(), Column(...))",
            )
        schema = kw.get("schema")
        if schema is BLANK_SCHEMA:
            schema = None
        elif schema is None:
            schema = metadata.schema
        key = f"{schema}.{name}" if schema else str(name)
        if items and isinstance(items[0], type):
            items[:1] = typed_columns(items[0])
        existing: Self | None = metadata.tables.get(key)
        if existing is not None:
            found: Self = _existing(existing, items, kw)
            return found
        if kw.get("must_exist"):
            raise InvalidRequestError(f"table {key!r} is not defined")
        made = object.__new__(cls)
        made._build(name, metadata, schema, items, kw)
        return made

    def __init__(
        self,
        name: str,
        metadata: Any,
        /,
        *args: SchemaItem,
        schema: str | None = None,
        quote: bool | None = None,
        quote_schema: bool | None = None,
        autoload_with: object = None,
        autoload_replace: bool = True,
        include_columns: Iterable[str] | None = None,
        resolve_fks: bool = True,
        keep_existing: bool = False,
        extend_existing: bool = False,
        must_exist: bool = False,
        implicit_returning: bool = True,
        comment: str | None = None,
        info: dict[Any, Any] | None = None,
        prefixes: Iterable[str] | None = None,
        listeners: Iterable[Any] = (),
        **dialect_options: object,
    ) -> None:
        # All is done in __new__, which may give a table that exists.
        pass

    def _build(
        self, name: str, metadata: Any, schema: str | None, items: Any, kw: dict[str, Any]
    ) -> None:
        self.name = named(name, kw.get("quote"))
        self.schema = named(schema, kw.get("quote_schema")) if schema else None
        self.fullname = f"{schema}.{name}" if schema else str(name)
        self.metadata = metadata
        self.key = self.fullname
        self._columns = ColumnCollection()
        self.constraints = set()
        self.indexes = set()
        self.foreign_key_constraint_set: set[ForeignKeyConstraint] = set()
        self.comment = kw.get("comment")
        self.implicit_returning = kw.get("implicit_returning", True)
        self.prefixes = list(kw.get("prefixes") or ())
        if kw.get("info") is not None:
            self.info = kw["info"]
        options = {k: v for k, v in kw.items() if k not in _TABLE_ARGUMENTS}
        check_options(f"Table({name!r})", options, _TABLE_ARGUMENTS)
        self.dialect_kwargs = DialectArguments(options)
        self.primary_key = None
        for event, function in kw.get("listeners", ()):
            listen(self, event, function)
        attach_told(self, metadata, lambda _: self._fill(items, kw))

    def _fill(self, items: Iterable[Any], kw: dict[str, Any]) -> None:
        """Become a table of the metadata, with *items* and what is read."""
        PrimaryKeyConstraint(_implicit=True).attach(self)
        tables = self.metadata.tables
        tables[self.key] = self
        try:
            if kw.get("autoload_with") is not None:
                self._reflect(kw, items)
            self.append_items(items)
        except BaseException:
            tables.pop(self.key, None)
            raise
        self.metadata.table_added(self)

    def _reflect(self, kw: dict[str, Any], items: Iterable[Any]) -> None:
        given = {str(i.name) for i in items if isinstance(i, Column)}
        if not kw.get("autoload_replace", True):
            given.update(str(column.name) for column in self.c)
        inspect(kw["autoload_with"]).reflect_table(
            self,
            include_columns=kw.get("include_columns"),
            exclude_columns=given,
            resolve_fks=kw.get("resolve_fks", True),
        )

    def append_items(self, items: Iterable[Any]) -> None:
        """Add columns first, then what may speak of them."""
        given: list[Any] = []
        joined: list[Any] = []
        self._joined = joined
        try:
            for item in items:
                if isinstance(item, Column):
                    item.attach(self)
                elif isinstance(item, SchemaItem):
                    given.append(item)
                elif item is not None:
                    raise ArgumentError(
                        f"Table({self.name!r}) takes columns, constraints and indexes; "
                        f"got {item!r}",
                        hint=f"Column({item!r}, Integer)" if isinstance(item, str) else None,
                    )
        finally:
            del self._joined
        for item in (*given, *joined):
            item.attach(self)

    def attach_when_built(self, item: SchemaItem) -> None:
        """Attach *item*, whose columns are here now, after the columns that join with them."""
        joined: list[Any] | None = self.__dict__.get("_joined")
        if joined is None:
            item.attach(self)
        else:
            joined.append(item)

    def put_column(self, column: Column[Any], replace: bool = False) -> None:
        """Take *column* into the collection of columns."""
        columns: Any = self._columns
        existing = columns.get(str(column.key))
        if existing is not None and existing is not column:
            if not getattr(self, "extending", False) and not replace:
                raise DuplicateColumnError(
                    f"table {self.fullname!r} has a column {column.key!r} already",
                    hint="give key= where two columns have one name in Python, or "
                    "extend_existing=True to replace columns of a table that exists",
                )
            self._drop_traces(existing)
        columns.replace(column, str(column.key))
        if column.primary_key:
            if self.primary_key is not None and not self.primary_key.pending:
                self.primary_key.add_column(column)
        elif self.primary_key is not None and existing is not None:
            self.primary_key._columns = ColumnCollection(
                (str(c.key), c) for c in self.primary_key if c is not existing
            )

    def _drop_traces(self, column: Column[Any]) -> None:
        for key in column.foreign_keys:
            self.constraints.discard(key.constraint)
            self.foreign_key_constraint_set.discard(key.constraint)

    def foreign_key_added(self, key: ForeignKey) -> None:
        """Note a foreign key: its column may take its type from the target."""
        self.metadata.foreign_key_added(key)

    def append_column(self, column: ColumnElement[Any], replace_existing: bool = False) -> None:
        """Add *column* to this table."""
        is_extending = self.__dict__.get("extending", False)
        self.extending = is_extending or replace_existing
        try:
            column.attach(self)
        finally:
            self.extending = is_extending

    def append_constraint(self, constraint: Constraint) -> None:
        """Add *constraint* to this table."""
        constraint.attach(self)

    def add_is_dependent_on(self, table: Table) -> None:
        """Let *table* be created before this one, and dropped after it."""
        self.made_of = (*self.made_of, table)

    @property
    def foreign_keys(self) -> set[ForeignKey]:
        """The foreign keys of all columns."""
        return {key for column in self.c for key in column.foreign_keys}

    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]:
        """The foreign key constraints."""
        return {key.constraint for column in self.c for key in column.foreign_keys}

    @property
    def autoincrement_column(self) -> Column[Any] | None:
        """The column of the primary key that the server numbers, or None."""
        keys = list(self.primary_key)
        explicit = [c for c in keys if c.autoincrement in (True, "ignore_fk")]
        if explicit:
            return cast("Column[Any]", explicit[0])
        if len(keys) != 1:
            return None
        (only,) = keys
        is_numbered = (
            only.type.affinity == "integer"
            and only.autoincrement == "auto"
            and not only.foreign_keys
            and (only.server_default is None or only.identity is not None)
            and (only.default is None or only.default.is_sequence)
        )
        return only if is_numbered else None

    @property
    def description(self) -> str:
        return str(self.name)

    def create(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send CREATE TABLE to *bind*."""
        bind.run_schema("create", self, checkfirst=checkfirst)

    def drop(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send DROP TABLE to *bind*."""
        bind.run_schema("drop", self, checkfirst=checkfirst)

    def to_metadata(
        self,
        metadata: Any,
        schema: Any = None,
        referred_schema_fn: Callable[..., str | None] | None = None,
        name: str | None = None,
    ) -> Table:
        """Return a copy of this table that belongs to *metadata*."""
        made: Table = metadata.copied_table(self, schema, referred_schema_fn, name)
        return made

    def __repr__(self) -> str:
        columns = ", ".join(repr(column) for column in self.c)
        return f"Table({self.name!r}, {columns}, schema={self.schema!r})"

    def __str__(self) -> str:
        return self.fullname


_TABLE_ARGUMENTS = frozenset(
    {
        "schema",
        "quote",
        "quote_schema",
        "autoload_with",
        "autoload_replace",
        "include_columns",
        "resolve_fks",
        "keep_existing",
        "extend_existing",
        "must_exist",
        "implicit_returning",
        "comment",
        "info",
        "prefixes",
        "listeners",
    }
)


def _existing(existing: Any, items: list[Any], kw: dict[str, Any]) -> Any:
    """Return the table that exists already, extended where that is asked for."""
    if kw.get("keep_existing"):
        return existing
    if not kw.get("extend_existing"):
        if items:
            raise InvalidRequestError(
                f"table {existing.fullname!r} is defined already in this MetaData",
                hint="give extend_existing=True to add to it, or keep_existing=True to keep it",
            )
        kw = {name: value for name, value in kw.items() if name in ("comment", "info")}
    else:
        existing.extending = True
        try:
            if kw.get("autoload_with") is not None:
                existing._reflect(kw, items)
            existing.append_items(items)
        finally:
            existing.__dict__.pop("extending", None)
    if "comment" in kw:
        existing.comment = kw["comment"]
    if kw.get("info"):
        existing.info = {**existing.info, **kw["info"]}
    existing.dialect_kwargs.update({k: v for k, v in kw.items() if k not in _TABLE_ARGUMENTS})
    return existing
