"""Columns of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..exc import ArgumentError, InvalidOption
from ..types.basic import INTEGERTYPE
from ..types.contract import TypeEngine, to_instance
from ..types.quoted import named
from .attach_events import LISTENED_TYPES, attach_type, heard_alike
from .attaching import replaced
from .constraints import CheckConstraint, Constraint, Index, UniqueConstraint
from .defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    FetchedValue,
    Identity,
    SchemaItem,
    Sequence,
    check_options,
)
from .dialect_options import DialectArguments, DialectKWArgs
from .expression.columns import ColumnClause
from .foreign_keys import ForeignKey
from .node import Walk

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from ..types.contract import TypeDialect

    T = TypeVar("T", default=Any)
else:
    # A default means something to type checkers alone.
    from typing import TypeVar

    T = TypeVar("T")

AutoIncrement = bool | Literal["auto", "ignore_fk"]


class Compiling(Protocol):
    """A compiler of definitions, as far as a rule of a constraint knows it."""

    @property
    def dialect(self) -> TypeDialect: ...


class _UnlessNative:
    """Whether a server lacks what a CHECK stands in for, by the name of the feature."""

    __slots__ = ("feature",)

    def __init__(self, feature: str) -> None:
        self.feature = feature

    def __call__(self, compiler: Compiling) -> bool:
        return not getattr(compiler.dialect.features, self.feature)


numbers_of_creation = count()
"""Numbers of columns, and of what is mapped, in the order in which they were made."""


class Column(DialectKWArgs, ColumnClause[T], SchemaItem):
    """A column of a table."""

    __visit_name__ = "column"
    bind_name: Any = None
    is_insert_sentinel: bool
    """Whether it tells returned rows apart: dovetail keeps their order without such a column."""
    is_omitted: bool
    """Whether statements have it only where it is named: see :func:`insert_sentinel`."""

    primary_key: bool
    foreign_keys: set[ForeignKey]
    nullable: bool
    default: Any
    onupdate: Any
    server_default: Any
    server_onupdate: Any

    def __init__(
        self,
        name: str | TypeEngine[T] | type[TypeEngine[T]] | SchemaItem | None = None,
        type_: TypeEngine[T] | type[TypeEngine[T]] | SchemaItem | None = None,
        /,
        *args: Any,
        autoincrement: AutoIncrement = "auto",
        comment: str | None = None,
        default: object = None,
        insert_default: object = None,
        doc: str | None = None,
        index: bool | None = None,
        info: dict[Any, Any] | None = None,
        key: str | None = None,
        nullable: bool | None = None,
        onupdate: object = None,
        primary_key: bool = False,
        quote: bool | None = None,
        server_default: object = None,
        server_onupdate: object = None,
        system: bool = False,
        unique: bool | None = None,
        insert_sentinel: bool = False,
        _omit_from_statements: bool = False,
        **dialect_options: Any,
    ) -> None:
        given: Any = name
        kind: Any = type_
        items: Iterable[Any] = args
        if not (isinstance(name, str) and isinstance(type_, TypeEngine)):
            given, kind, items = _name_and_type(name, type_, args)
        if "name" in dialect_options:
            given = dialect_options.pop("name")
        if "type_" in dialect_options:
            kind = dialect_options.pop("type_")
        self.creation_order = next(numbers_of_creation)
        self.name = given if quote is None or given is None else named(given, quote)
        self.key = self.bind_name = key if key is not None else given
        self.type = kind if isinstance(kind, TypeEngine) else to_instance(kind)
        self.table = None
        self.primary_key = primary_key
        self.nullable_is_given = nullable is not None
        self.nullable = nullable if nullable is not None else not primary_key
        self.index = index
        self.unique = unique
        self.system = system
        self.is_insert_sentinel = insert_sentinel
        self.is_omitted = _omit_from_statements
        self.doc = doc
        self.comment = comment
        self.autoincrement = autoincrement
        self.foreign_keys = set()
        self.identity: Identity | None = None
        self.computed: Computed | None = None
        self.dialect_kwargs = DialectArguments(dialect_options)
        if dialect_options:
            known = Column.__init__.__kwdefaults__ or ()
            if "foreign_key" in dialect_options:
                raise InvalidOption(
                    f"Column({given!r}) takes a foreign key without a name",
                    hint=f"ForeignKey({dialect_options['foreign_key']!r})",
                )
            check_options(f"Column({given!r})", dialect_options, known)
        self._waiting: list[Callable[[Any], None]] | None = None
        if info is not None:
            self.info = info
        self.default = self.onupdate = self.server_default = self.server_onupdate = None
        if insert_default is not None:
            if default is not None:
                raise ArgumentError(
                    f"Column({given!r}) takes default= or insert_default=, which are one, not both",
                    hint="leave one of them out",
                )
            default = insert_default
        if isinstance(self.type, LISTENED_TYPES):
            attach_type(self.type, self)
        if not (default is onupdate is server_default is server_onupdate is None):
            self._set_defaults(default, onupdate, server_default, server_onupdate)
        for item in items:
            if not isinstance(item, SchemaItem):
                raise ArgumentError(
                    f"Column({given!r}) takes a type, then keys, constraints and defaults; "
                    f"got {item!r}",
                    hint="a default is given by name: default=..., or server_default=...",
                )
            item.attach(self)

    def _set_defaults(
        self, default: object, onupdate: object, server_default: object, server_onupdate: object
    ) -> None:
        if default is not None:
            item = default if isinstance(default, SchemaItem) else ColumnDefault(default)
            item.attach(self)
        if onupdate is not None:
            item = onupdate if isinstance(onupdate, SchemaItem) else ColumnDefault(onupdate, True)
            item.attach(self)
        if server_default is not None:
            if not isinstance(server_default, FetchedValue):
                server_default = DefaultClause(server_default)
            server_default.attach(self)
        if server_onupdate is not None:
            if not isinstance(server_onupdate, FetchedValue):
                server_onupdate = DefaultClause(server_onupdate, for_update=True)
            server_onupdate.for_update = True
            server_onupdate.attach(self)

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)

    @cached_property
    def constraints(self) -> set[Constraint]:
        """The constraints that were given to the column alone."""
        return set()

    @property
    def lineage(self) -> tuple[Any, ...]:
        return (self,)

    @property
    def is_clause_element(self) -> bool:
        return True

    def when_attached(self, function: Callable[[Any], None]) -> None:
        """Call *function* with the table, now or when there is one."""
        if self.table is not None:
            function(self.table)
        elif self._waiting is None:
            self._waiting = [function]
        else:
            self._waiting.append(function)

    def _join(self, parent: Any) -> None:
        if self.name is None:
            raise ArgumentError("a column needs a name before it joins a table")
        if self.key is None:
            self.key = self.name
        # Its mapping may have named it since.
        self.bind_name = self.key
        if self.table is not None and self.table is not parent:
            raise ArgumentError(
                f"column {self.name!r} is in table {self.table.description!r} already",
                hint="make a new Column for the other table",
            )
        self.table = parent
        parent.put_column(self)
        waiting, self._waiting = self._waiting, None
        for function in waiting or ():
            function(parent)
        if self.index:
            Index(None, self, unique=bool(self.unique), _table=parent).of_column = True
        elif self.unique:
            made = UniqueConstraint(self.key)
            made.of_column = True
            made.attach(parent)
        if getattr(self.type, "create_constraint", False):
            self._add_type_constraint(parent)

    def _add_type_constraint(self, table: Any) -> None:
        """Add the CHECK that a Boolean or Enum asks for with ``create_constraint``."""
        kind: Any = self.type
        allowed = kind.enums if hasattr(kind, "enums") else [0, 1]
        name = getattr(kind, "name", None)
        check = CheckConstraint(self.in_(allowed), name=name, _type_bound=True)
        native = "native_enum_types" if hasattr(kind, "enums") else "supports_native_boolean"
        if getattr(kind, "native_enum", True):
            check.create_rule = _UnlessNative(native)
        check.attach(table)

    def references(self, column: Column[Any]) -> bool:
        """Return whether a foreign key of this column points to *column*."""
        return any(key.column is column for key in self.foreign_keys)

    def append_foreign_key(self, foreign_key: ForeignKey) -> None:
        """Add a foreign key."""
        foreign_key.attach(self)

    def copy(self, **changes: object) -> Column[T]:
        """Return an equal column that belongs to no table, foreign keys given as text too."""
        default, onupdate = self.default, self.onupdate
        server_default, server_onupdate = self.server_default, self.server_onupdate
        items: list[Any] = [key.copy() for key in self.foreign_keys if key.constraint is None]
        items += [
            key.copy()
            for key in self.foreign_keys
            if key.constraint is not None and not key.constraint.pending
        ]
        if self.computed is not None:
            items.append(Computed(self.computed.sqltext, self.computed.persisted))
            server_default = server_onupdate = None
        elif self.identity is not None:
            identity = Identity()
            identity.__dict__.update(self.identity.__dict__, column=None)
            items.append(identity)
            server_default = None
        arguments: dict[str, Any] = {
            "autoincrement": self.autoincrement,
            "comment": self.comment,
            "default": _again(default),
            "doc": self.doc,
            "index": self.index,
            "info": self.__dict__.get("info"),
            "key": self.key if self.key != self.name else None,
            "nullable": self._said_nullable(),
            "onupdate": _again(onupdate),
            "primary_key": self.primary_key,
            "server_default": _again(server_default),
            "server_onupdate": _again(server_onupdate),
            "system": self.system,
            "unique": self.unique,
            "insert_sentinel": self.is_insert_sentinel,
            "_omit_from_statements": self.is_omitted,
            **self.dialect_kwargs,
            **changes,
        }
        name = arguments.pop("name", self.name)
        type_ = arguments.pop("type_", self.type)
        if type_ is self.type and type_.has_state:
            type_ = type_.copy()
        made: Column[T] = type(self)(name, type_, *items, **arguments)
        made.creation_order = self.creation_order
        heard_alike(made, self)
        for check in sorted(self.constraints, key=lambda each: each.order):
            check.copied(replaced({id(self): made})).attach(made)
        return made

    def copy_for_table(self, **changes: object) -> Column[T]:
        """Return a copy for a copy of the table, which brings keys, constraints and indexes along.

        Foreign keys that are no part of a table yet, and checks of the column, are copied.
        """
        changes = {"index": None, "unique": None, **changes}
        keys = [key for key in self.foreign_keys if key.constraint is None]
        made = self.copy(**changes)
        made.foreign_keys.clear()
        made._waiting = None
        for key in keys:
            key.copy().attach(made)
        for check in made.constraints:
            made.when_attached(check.attach)
        return made

    def _said_nullable(self) -> bool | None:
        """Whether it takes NULL, where that was said here or by its constraints; or None."""
        is_usual = self.nullable is not self.primary_key
        return None if is_usual and not self.nullable_is_given else self.nullable

    def _twin(self, **changes: object) -> Column[T]:
        return self.copy(**changes)

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.type)]
        parts += [repr(key) for key in self.foreign_keys]
        if self.table is not None:
            parts.append(f"table=<{self.table.description}>")
        if self.key != self.name:
            parts.append(f"key={self.key!r}")
        if self.primary_key:
            parts.append("primary_key=True")
        if not self.nullable:
            parts.append("nullable=False")
        parts += [
            f"{name}={value!r}"
            for name in ("onupdate", "default", "server_default", "comment")
            if (value := getattr(self, name)) is not None
        ]
        return f"Column({', '.join(parts)})"

    def __str__(self) -> str:
        if self.table is not None:
            return f"{self.table.description}.{self.name}"
        return str(self.name)


def _name_and_type(name: object, type_: object, args: Iterable[Any]) -> tuple[Any, Any, list[Any]]:
    """Sort out the leading arguments of Column, of which each may be left out."""
    items = list(args)
    if name is not None and not isinstance(name, str):
        if type_ is not None:
            items.insert(0, type_)
        name, type_ = None, name
    if isinstance(type_, SchemaItem) and not _is_type(type_):
        items.insert(0, type_)
        type_ = None
    if type_ is None and items and _is_type(items[0]):
        type_ = items.pop(0)
    return name, type_, items


def _is_type(value: object) -> bool:
    if isinstance(value, TypeEngine):
        return True
    return isinstance(value, type) and issubclass(value, TypeEngine)


def _again(default: object) -> Any:
    """Return what makes the same default for another column."""
    if isinstance(default, ColumnDefault):
        return ColumnDefault(default.given, default.for_update)
    if isinstance(default, DefaultClause):
        return DefaultClause(default.arg, default.for_update, default.reflected)
    if isinstance(default, Sequence):
        return default
    if isinstance(default, FetchedValue):
        return FetchedValue(default.for_update)
    return default


def insert_sentinel(
    name: str | None = None,
    type_: Any = None,
    *,
    default: Any = None,
    omit_from_statements: bool = True,
) -> Column[Any]:
    """Return a column that other packages put returned rows into order by; it may be NULL.

    dovetail keeps the order without one: the column is there for tables that have it.  A SELECT
    of the table and an INSERT without values leave it out, unless *omit_from_statements* is
    false::

        Table("t", metadata, Column("id", Integer, primary_key=True), insert_sentinel("sentinel"))
    """
    return Column(
        name,
        INTEGERTYPE if type_ is None else type_,
        default=default,
        nullable=True,
        insert_sentinel=True,
        _omit_from_statements=omit_from_statements,
    )
