"""From what a database says of a table to a Table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..exc import NoReferencedTableError
from ..sql.constraints import CheckConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from ..sql.defaults import Computed, DefaultClause, Identity
from ..sql.dialect_options import DialectArguments
from ..sql.expression.text import verbatim
from ..sql.foreign_keys import ForeignKeyConstraint
from ..sql.schema import BLANK_SCHEMA, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Referred = tuple[Any, str, str | None]
"""A table that another refers to: the metadata that it is for, its name, its schema."""


class Describer(Protocol):
    """What describes tables: an inspector."""

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]: ...
    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]: ...
    def get_foreign_keys(
        self, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]: ...
    def get_indexes(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]: ...
    def get_unique_constraints(
        self, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]: ...
    def get_check_constraints(
        self, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]: ...
    def get_table_comment(self, table_name: str, schema: str | None = None) -> dict[str, Any]: ...
    def get_table_options(self, table_name: str, schema: str | None = None) -> dict[str, Any]: ...


class TableReader:
    """Fills one Table with what the database says of it."""

    def __init__(
        self,
        inspector: Describer,
        table: Table,
        include: Iterable[str] | None,
        exclude: Iterable[str],
        resolve: bool,
        describer: Describer | None = None,
        referred: list[Referred] | None = None,
    ) -> None:
        self.inspector = inspector
        self.describer = describer if describer is not None else inspector
        self.table = table
        self.include = None if include is None else frozenset(include)
        self.exclude = frozenset(exclude)
        self.resolve = resolve
        self.referred: list[Referred] = [] if referred is None else referred
        """The tables that are to be read after this one."""

    def read(self) -> None:
        """Read columns, then what speaks of them."""
        self.read_columns()
        self.read_primary_key()
        self.read_foreign_keys()
        self.read_indexes()
        self.read_constraints()
        self.read_comment()
        self.read_options()

    def _ask(self, method: Callable[..., Any]) -> Any:
        return method(self.table.name, schema=self.table.schema)

    def _has(self, names: Iterable[str | None]) -> bool:
        columns = self.table.c
        return all(name is not None and name in columns for name in names)

    def _columns(self, names: Iterable[str]) -> list[Any]:
        return [self.table.c[name] for name in names]

    def read_columns(self) -> None:
        """Add the columns that are wanted and not there yet."""
        told: tuple[Any, ...] = (self.table.metadata, self.table)
        listeners = [function for one in told for function in one.dispatch.column_reflect]
        for info in self._ask(self.describer.get_columns):
            name = info["name"]
            if name in self.exclude or (self.include is not None and name not in self.include):
                continue
            for function in listeners:
                function(self.inspector, self.table, info)
            self.table.append_column(_column(info))

    def read_primary_key(self) -> None:
        """Set the primary key, unless the user has given one."""
        found = self._ask(self.describer.get_pk_constraint)
        names = found["constrained_columns"]
        if names and not len(self.table.primary_key) and self._has(names):
            options = _options(found)
            key = PrimaryKeyConstraint(*self._columns(names), name=found["name"], **options)
            self.table.append_constraint(key)

    def read_foreign_keys(self) -> None:
        """Add the foreign keys and, if wanted, the tables that they point to."""
        given = {
            tuple(key.parent.name for key in constraint.elements)
            for constraint in self.table.foreign_key_constraints
        }
        for found in self._ask(self.describer.get_foreign_keys):
            names = found["constrained_columns"]
            if tuple(names) in given or not self._has(names):
                continue
            schema = found["referred_schema"]
            prefix = f"{schema}." if schema else ""
            referred = f"{prefix}{found['referred_table']}"
            if self.resolve and referred not in self.table.metadata.tables:
                self.referred.append((self.table.metadata, found["referred_table"], schema))
            targets = [f"{referred}.{name}" for name in found["referred_columns"]]
            self.table.append_constraint(
                ForeignKeyConstraint(names, targets, name=found["name"], **found["options"])
            )

    def read_referred(self) -> None:
        """Read the tables that foreign keys point to, and those that theirs point to.

        One after the other: a chain of references may be longer than Python calls go deep.
        """
        while self.referred:
            metadata, name, schema = self.referred.pop(0)
            if (f"{schema}.{name}" if schema else name) in metadata.tables:
                continue
            try:
                Table(name, metadata, schema=schema or BLANK_SCHEMA, autoload_with=self.inspector)
            except NoReferencedTableError:
                continue

    def read_indexes(self) -> None:
        """Add the indexes whose columns are there."""
        known = {index.name for index in self.table.indexes}
        for found in self._ask(self.describer.get_indexes):
            if found["name"] in known or found.get("duplicates_constraint"):
                continue
            if not self._has(name for name in found["column_names"] if name is not None):
                continue
            keys = [self._index_key(key, found) for key in found.get("expressions") or ()]
            keys = keys or [self._index_key(name, found) for name in found["column_names"]]
            if all(key is not None for key in keys):
                Index(
                    found["name"],
                    *keys,
                    unique=bool(found["unique"]),
                    _table=self.table,
                    **_options(found),
                )

    def _index_key(self, key: str | None, index: dict[str, Any]) -> Any:
        """Return one key of an index: a column, SQL as it is, either of them sorted."""
        if key is None:
            return None
        made = self.table.c[key] if key in index["column_names"] else verbatim(key)
        for word in index.get("column_sorting", {}).get(key, ()):
            made = getattr(made, word)() if hasattr(made, word) else made
        return made

    def read_constraints(self) -> None:
        """Add unique and check constraints."""
        for found in self._ask(self.describer.get_unique_constraints):
            names = found["column_names"]
            # What is a unique index too was read as one.
            if self._has(names) and not found.get("duplicates_index"):
                unique = UniqueConstraint(
                    *self._columns(names), name=found["name"], **_options(found)
                )
                self.table.append_constraint(unique)
        for found in self._ask(self.describer.get_check_constraints):
            check = CheckConstraint(
                verbatim(found["sqltext"]), name=found["name"], **_options(found)
            )
            self.table.append_constraint(check)

    def read_comment(self) -> None:
        """Set the comment, unless the user has given one."""
        if self.table.comment is None:
            try:
                self.table.comment = self._ask(self.describer.get_table_comment).get("text")
            except NotImplementedError:
                return

    def read_options(self) -> None:
        """Add the options that the dialect has for tables, where the user has given no others."""
        options = self._ask(self.describer.get_table_options)
        self.table.dialect_kwargs = DialectArguments({**options, **self.table.dialect_kwargs})


def _options(found: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a constraint or an index has besides."""
    options = dict(found.get("dialect_options") or {})
    options.update({name: found[name] for name in ("deferrable", "initially") if name in found})
    return {name: value for name, value in options.items() if not _is_empty(value)}


def _column(info: dict[str, Any]) -> Column[Any]:
    """Return the column that *info* describes."""
    items: list[Any] = []
    if info.get("computed"):
        items.append(Computed(info["computed"]["sqltext"], info["computed"].get("persisted")))
    elif info.get("identity"):
        identity = Identity(**info["identity"])
        identity.reflected = True
        items.append(identity)
    options: dict[str, Any] = {"nullable": info["nullable"]}
    if info.get("default") is not None and not items:
        options["server_default"] = DefaultClause(verbatim(str(info["default"])), _reflected=True)
    if "autoincrement" in info:
        options["autoincrement"] = info["autoincrement"]
    if info.get("comment") is not None:
        options["comment"] = info["comment"]
    if "key" in info:
        options["key"] = info["key"]
    made: Column[Any] = Column(info["name"], info["type"], *items, **options)
    return made


def _is_empty(option: object) -> bool:
    # An expression is not asked whether it equals anything.
    return option is None or (isinstance(option, list) and not option)
