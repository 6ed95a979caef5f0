"""Keys, checks and indexes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from ..exc import (
    ArgumentError,
    ConstraintColumnNotFoundError,
    InvalidRequestError,
    did_you_mean,
)
from ..types.quoted import named
from .attaching import (
    Part,
    attach_with_columns,
    check_table,
    options_of_tables,
    without_attributes,
)
from .conditional import ConditionalDDL
from .convention import Named
from .ddl import CreateIndex, DropIndex, SchemaBind, send
from .defaults import SchemaItem, check_options
from .dialect_options import DialectArguments, DialectKWArgs
from .expression.coercion import node_of
from .expression.columns import ColumnCollection
from .expression.from_clause import FromClause
from .expression.text import TextClause
from .traversal import iterate

if TYPE_CHECKING:
    from .expression.column_element import ColumnElement

_order = count()


def options_of_dialects(item: SchemaItem, options: dict[str, Any]) -> DialectArguments:
    """Return *options* of dialects, which *item* was given by names of the dialects."""
    check_options(type(item).__name__, options, ())
    return DialectArguments(options_of_tables(options))


class Constraint(DialectKWArgs, ConditionalDDL, Named, SchemaItem):
    """Base of all constraints of a table."""

    __visit_name__ = "constraint"
    table: Any = None
    type_bound: bool = False
    is_condition: ClassVar[bool] = False
    """Whether it names columns within a text, so that those of a copy of their table will do."""
    create_rule: Callable[[Any], object] | None = None
    """What CREATE TABLE asks whether it has the constraint, with its compiler; None: it has."""

    def __init__(
        self,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _create_rule: Callable[[Any], object] | None = None,
        **dialect_options: object,
    ) -> None:
        self.name = self.given_name = name
        if _create_rule is not None:
            self.create_rule = _create_rule
        self.deferrable = deferrable
        self.initially = initially
        self.comment = comment
        self.dialect_kwargs = options_of_dialects(self, dialect_options)
        self.order = next(_order)
        if info is not None:
            self.info = info

    @property
    def columns(self) -> ColumnCollection[Any]:
        """The columns it speaks of."""
        return ColumnCollection()

    @property
    def c(self) -> ColumnCollection[Any]:
        """The columns: ``columns`` under its short name."""
        return self.columns

    def contains_column(self, column: object) -> bool:
        """Return whether the constraint speaks of *column*."""
        return self.columns.contains_column(column)

    @property
    def parent(self) -> Any:
        """What it belongs to: its table, or the column that a CHECK was given to."""
        return self.table

    def attach(self, parent: object) -> None:
        if self.table is None or not isinstance(parent, FromClause):
            super().attach(parent)
        elif self.table is not parent:
            # One that is given to several tables, by a class above or a mixin.
            twin = self.copied(lambda part: part)
            if twin.table is not None:
                # That of its columns, to which it was added as what it is made of.
                twin.table.constraints.discard(twin)
                twin.table = None
            twin.check_parts(parent)
            twin.name = twin.given_name = self.given_name
            twin.attach(parent)

    def _join(self, parent: Any) -> None:
        self.resolve(parent)
        self.table = parent
        parent.constraints.add(self)
        self.take_name(parent)

    @property
    def parts_given(self) -> list[Any]:
        """The columns, names of columns and expressions that it was made of."""
        return []

    def check_parts(self, table: FromClause) -> None:
        """Refuse a *table* that has not the columns."""
        check_table(self, self.parts_given, table, by_name=self.is_condition)

    def resolve(self, table: Any) -> None:
        """Find the columns in *table*."""

    def copied(self, part_of: Part) -> Any:
        """Return the same constraint for another table, made of what *part_of* gives for parts."""
        raise InvalidRequestError(
            f"{self!r} can't be made for another table: {type(self).__name__} does not say how",
            hint=f"define {type(self).__name__}.copied(part_of), or give each table its own",
        )

    def _common(self) -> dict[str, Any]:
        """What a copy is given besides its columns."""
        return {
            "name": self.name_of_copies,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "info": self.__dict__.get("info"),
            **self.dialect_kwargs,
        }

    @property
    def shown_parts(self) -> list[str]:
        """The texts of what it is made of, as they stand in its own."""
        return []

    def __repr__(self) -> str:
        parts = list(self.shown_parts)
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class ColumnCollectionConstraint(Constraint):
    """A constraint on columns, given as themselves or by name."""

    def __init__(self, *columns: Any, **kw: Any) -> None:
        super().__init__(**kw)
        self.pending: list[Any] = [column_or_name(column) for column in columns]
        self._columns: ColumnCollection[Any] = ColumnCollection()
        attach_with_columns(self, self.pending)

    @property
    def columns(self) -> ColumnCollection[Any]:
        return self._columns

    @property
    def parts_given(self) -> list[Any]:
        return self.pending

    @property
    def _kept(self) -> list[Any]:
        """What was given, without the columns that have been taken out since."""
        if self.table is None:
            return self.pending
        names = {name for column in self._columns for name in (column.key, column.name)}
        return [one for one in self.pending if getattr(one, "key", one) in names]

    @property
    def column_keys(self) -> list[str]:
        """The names of the columns, as given."""
        return [c if isinstance(c, str) else c.key for c in self.pending]

    @property
    def shown_parts(self) -> list[str]:
        return [repr(column.key) for column in self] or list(map(repr, self.column_keys))

    def resolve(self, table: Any) -> None:
        check_table(self, self.pending, table)
        found = [
            table_column(table, item, self) if isinstance(item, str) else item
            for item in self.pending
        ]
        self._columns = ColumnCollection((str(column.key), column) for column in found)

    def copied(self, part_of: Part) -> Any:
        made = type(self)(*map(part_of, self._kept), **self._common())
        made.comment = self.comment
        return made

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def column_or_name(column: object) -> Any:
    if isinstance(column, str):
        return column
    node = node_of(column)
    if node is None:
        raise ArgumentError(f"a column or its name is needed; got {column!r}")
    return without_attributes(node)


def table_column(table: Any, name: str, owner: Any) -> Any:
    """Return the column called *name* by key, or by its name in SQL."""
    found = table.c.get(name)
    if found is None:
        found = next((column for column in table.c if column.name == name), None)
    if found is None:
        raise ConstraintColumnNotFoundError(
            f"{type(owner).__name__} names the column {name!r}, which table "
            f"{table.description!r} does not have",
            hint=did_you_mean(name, table.c.keys()),
        )
    return found


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """``PRIMARY KEY (columns)``."""

    __visit_name__ = "primary_key_constraint"

    def __init__(self, *columns: object, _implicit: bool = False, **kw: object) -> None:
        self.implicit = _implicit
        super().__init__(*columns, **kw)

    def resolve(self, table: Any) -> None:
        super().resolve(table)
        marked = [column for column in table.c if column.primary_key]
        if self._columns:
            for column in self._columns:
                column.primary_key = True
                if not column.nullable_is_given:
                    column.nullable = False
        else:
            self._columns = ColumnCollection((str(column.key), column) for column in marked)
        table.constraints.discard(table.primary_key)
        table.primary_key = self

    def add_column(self, column: ColumnElement[Any]) -> None:
        """Put *column*, which joins the table later, into the key."""
        self._columns.replace(column, str(column.key))

    def __getattr__(self, name: str) -> Any:
        # A primary key is asked like a collection of columns too: table.primary_key.c.
        if name in ("keys", "values", "items", "get", "corresponding_column"):
            return getattr(self._columns, name)
        if name == "c":
            return self._columns
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __getitem__(self, key: Any) -> Any:
        return self._columns[key]

    @property
    def autoincrement_column(self) -> Any:
        """The column that the server numbers, or None."""
        return self.table.autoincrement_column if self.table is not None else None


class UniqueConstraint(ColumnCollectionConstraint):
    """``UNIQUE (columns)``."""

    __visit_name__ = "unique_constraint"
    of_column: bool = False
    """Whether it stands for ``Column(unique=True)``."""


class CheckConstraint(Constraint):
    """``CHECK (sqltext)``."""

    __visit_name__ = "check_constraint"
    is_condition = True
    parts = ("sqltext",)
    column: Any = None
    """The column that it was given to, in whose definition it stands."""

    def __init__(
        self,
        sqltext: object,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        _type_bound: bool = False,
        **dialect_options: Any,
    ) -> None:
        super().__init__(name, deferrable, initially, info, **dialect_options)
        self.type_bound = _type_bound
        if isinstance(sqltext, str):
            self.sqltext: Any = TextClause(sqltext, ())
        else:
            self.sqltext = without_attributes(sqltext)
        if table is not None:
            self.attach(table)
        elif not _type_bound:
            attach_with_columns(self, self.parts_given)

    @property
    def columns(self) -> ColumnCollection[Any]:
        found = [part for part in iterate(self.sqltext) if part.__visit_name__ == "column"]
        return ColumnCollection((str(column.key), column) for column in found)  # type: ignore[attr-defined]

    def _join(self, parent: Any) -> None:
        if getattr(parent, "is_from", False):
            super()._join(parent)
            if self.is_inline:
                # It stands in the definition of its column, which has it.
                parent.constraints.discard(self)
        else:
            self.column = parent
            parent.constraints.add(self)
            parent.when_attached(self.attach)

    @property
    def parts_given(self) -> list[Any]:
        return [self.sqltext]

    @property
    def shown_parts(self) -> list[str]:
        return [repr(str(self.sqltext))]

    @property
    def is_inline(self) -> bool:
        """Whether it stands in the definition of a column."""
        return self.column is not None

    @property
    def parent(self) -> Any:
        return self.table if self.column is None else self.column

    def resolve(self, table: Any) -> None:
        self.check_parts(table)

    def copied(self, part_of: Part) -> Any:
        return CheckConstraint(part_of(self.sqltext), **self._common())


class Index(DialectKWArgs, ConditionalDDL, Named, SchemaItem):
    """``CREATE [UNIQUE] INDEX name ON table (expressions)``."""

    __visit_name__ = "index"
    table: Any = None
    of_column: bool = False
    """Whether its column brings it along: ``Column(index=True)``, or a listener that makes it."""

    def __init__(
        self,
        name: str | None,
        *expressions: Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[Any, Any] | None = None,
        _table: Any = None,
        _column_flag: bool = False,
        **dialect_options: Any,
    ) -> None:
        self.name = name if name is None else named(name, quote)
        self.unique = unique
        self.of_column = _column_flag
        self.dialect_kwargs = options_of_dialects(self, dialect_options)
        self.pending = [e if isinstance(e, str) else column_or_name(e) for e in expressions]
        self.expressions: list[Any] = []
        if info is not None:
            self.info = info
        if _table is not None:
            self.attach(_table)
        else:
            attach_with_columns(self, self.pending)

    @property
    def parts_given(self) -> list[Any]:
        """The columns, names of columns and expressions that it was made of."""
        return self.pending

    @property
    def columns(self) -> ColumnCollection[Any]:
        """The columns it speaks of."""
        found: list[Any] = [
            part
            for expression in self.expressions
            for part in iterate(expression)
            if part.__visit_name__ == "column"
        ]
        return ColumnCollection((str(column.key), column) for column in found)

    def attach(self, parent: Any) -> None:
        if self.table is None:
            super().attach(parent)
        elif self.table is not parent:
            raise ArgumentError(
                f"index {self.name!r} is on table {self.table.description!r} and cannot be "
                f"on {parent.description!r} too"
            )

    def _join(self, parent: Any) -> None:
        check_table(self, self.pending, parent)
        self.expressions = [
            table_column(parent, item, self) if isinstance(item, str) else item
            for item in self.pending
        ]
        self.table = parent
        parent.indexes.add(self)
        self.take_name(parent)

    def copied(self, part_of: Part) -> Index:
        """Return the same index for another table, made of what *part_of* gives for parts."""
        options = {name: part_of(value) for name, value in self.dialect_kwargs.items()}
        return Index(
            self.name_of_copies,
            *map(part_of, self.pending),
            unique=self.unique,
            info=self.__dict__.get("info"),
            **options,
        )

    def create(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send CREATE INDEX to *bind*, an engine or a connection."""
        send(bind, CreateIndex(self, if_not_exists=checkfirst))

    def drop(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send DROP INDEX to *bind*, an engine or a connection."""
        send(bind, DropIndex(self, if_exists=checkfirst))

    def __repr__(self) -> str:
        parts = [repr(self.name)]
        parts += [
            repr(part if isinstance(part, str) else getattr(part, "key", None) or str(part))
            for part in self.expressions or self.pending
        ]
        if self.unique:
            parts.append("unique=True")
        return f"Index({', '.join(parts)})"
