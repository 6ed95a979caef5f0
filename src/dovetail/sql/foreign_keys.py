"""Foreign keys: that of a column, and the constraint of several that it is part of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..exc import (
    ArgumentError,
    InvalidRequestError,
    NoReferencedColumnError,
    NoReferencedTableError,
    did_you_mean,
)
from .attaching import (
    Part,
    attach_with_columns,
    check_table,
)
from .constraints import (
    Constraint,
    column_or_name,
    options_of_dialects,
    table_column,
)
from .defaults import SchemaItem
from .dialect_options import DialectKWArgs
from .expression.columns import ColumnCollection
from .expression.from_clause import FromClause

if TYPE_CHECKING:
    pass


def _missing_table_hint(target: Any, table_name: str) -> str:
    if "." not in target:
        return f'name table and column: ForeignKey("{table_name}.id")'
    return (
        "it is the table's name that is needed, not the class's; and the module that defines "
        "the table must be imported"
    )


class ForeignKey(DialectKWArgs, SchemaItem):
    """Says of a column that it refers to another: ``ForeignKey("user.id")``."""

    __visit_name__ = "foreign_key"
    parent: Any = None
    constraint: Any = None

    def __init__(
        self,
        column: Any,
        _constraint: object = None,
        use_alter: bool = False,
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_options: object,
    ) -> None:
        self.target = column if isinstance(column, str) else column_or_name(column)
        self.use_alter = use_alter
        self.name = name
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.deferrable = deferrable
        self.initially = initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        self.dialect_kwargs = options_of_dialects(self, dialect_options)
        if _constraint is not None:
            self.constraint = _constraint
        if info is not None:
            self.info = info
        self._resolved: Any = None

    @property
    def target_fullname(self) -> str:
        """The target as text: ``schema.table.column``."""
        if isinstance(self.target, str):
            schema = self._default_schema() if self.target.count(".") == 1 else None
            return f"{schema}.{self.target}" if schema else self.target
        table = self.target.table
        return f"{table.fullname}.{self.target.key}" if table is not None else self.target.key

    def _default_schema(self) -> str | None:
        metadata = getattr(getattr(self.parent, "table", None), "metadata", None)
        schema: str | None = getattr(metadata, "schema", None)
        return schema

    @property
    def target_table_name(self) -> str:
        """The key of the target's table in the metadata."""
        return self.target_fullname.rpartition(".")[0]

    @property
    def column(self) -> Any:
        """The column referred to; NoReferenceError if it is not there (yet)."""
        found = self._resolved
        if found is None:
            found = self._resolved = self._find()
        return found

    def _find(self) -> Any:
        if not isinstance(self.target, str):
            return self.target
        table = getattr(self.parent, "table", None)
        if table is None:
            raise InvalidRequestError(
                f"the column with the foreign key to {self.target!r} is in no table yet"
            )
        table_name, _, column_name = self.target_fullname.rpartition(".")
        if not table_name:
            table_name, column_name = column_name, self.parent.key
        target = table.metadata.tables.get(table_name)
        if target is None:
            raise NoReferencedTableError(
                f"the foreign key of column '{table.description}.{self.parent.name}' refers to "
                f"table {table_name!r}, which the metadata does not have",
                table_name,
                hint=did_you_mean(table_name, table.metadata.tables)
                or _missing_table_hint(self.target, table_name),
            )
        found = None if self.link_to_name else target.c.get(column_name)
        if found is None:
            found = next((c for c in target.c if c.name == column_name), None)
        if found is None:
            raise NoReferencedColumnError(
                f"the foreign key of column '{table.description}.{self.parent.name}' refers to "
                f"column {column_name!r}, which table {table_name!r} does not have",
                table_name,
                column_name,
                hint=did_you_mean(column_name, target.c.keys()),
            )
        return found

    def references(self, table: FromClause) -> bool:
        """Return whether the target is a column of *table*."""
        return self.column.table is table

    def get_referent(self, table: FromClause) -> Any:
        """Return the column of *table* that stands for the target, or None."""
        return table.corresponding_column(self.column)

    def _join(self, parent: Any) -> None:
        if self.parent is not None and self.parent is not parent:
            raise InvalidRequestError("this ForeignKey belongs to another column already")
        self.parent = parent
        parent.foreign_keys.add(self)
        parent.when_attached(self._attach_to_table)

    def _attach_to_table(self, table: Any) -> None:
        if self.constraint is None:
            made = ForeignKeyConstraint(
                [],
                [],
                use_alter=self.use_alter,
                name=self.name,
                onupdate=self.onupdate,
                ondelete=self.ondelete,
                deferrable=self.deferrable,
                initially=self.initially,
                match=self.match,
                comment=self.comment,
                **self.dialect_kwargs,
            )
            made.elements = [self]
            self.constraint = made
            made.attach(table)
        table.foreign_key_added(self)

    def copy(self, *, schema: str | None = None, target: Any = None) -> ForeignKey:
        """Return the same reference for another column, to the table of the name in *schema*."""
        if target is None:
            target = self.target
            if schema is not None:
                table, _, column = self.target_fullname.rpartition(".")
                target = f"{schema}.{table.rpartition('.')[2]}.{column}"
        return ForeignKey(
            target,
            use_alter=self.use_alter,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self.dialect_kwargs,
        )

    def __repr__(self) -> str:
        return f"ForeignKey({self.target_fullname!r})"


class ForeignKeyConstraint(Constraint):
    """``FOREIGN KEY (columns) REFERENCES table (refcolumns)``."""

    __visit_name__ = "foreign_key_constraint"

    def __init__(
        self,
        columns: Iterable[Any],
        refcolumns: Iterable[Any],
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_options: Any,
    ) -> None:
        super().__init__(name, deferrable, initially, info, comment, **dialect_options)
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.use_alter = use_alter
        self.match = match
        self.pending = [column_or_name(column) for column in columns]
        targets = list(refcolumns)
        if len({c if isinstance(c, str) else id(c) for c in self.pending}) != len(targets):
            raise ArgumentError(
                "a ForeignKeyConstraint needs as many columns as referred columns, each once"
            )
        self.elements: list[ForeignKey] = [
            ForeignKey(target, self, use_alter, link_to_name=link_to_name) for target in targets
        ]
        if table is not None:
            self.attach(table)
        else:
            attach_with_columns(self, self.pending)

    @property
    def columns(self) -> ColumnCollection[Any]:
        found = [key.parent for key in self.elements if key.parent is not None]
        return ColumnCollection((str(column.key), column) for column in found)

    @property
    def parts_given(self) -> list[Any]:
        return self.pending

    @property
    def column_keys(self) -> list[str]:
        """The names of the columns that refer."""
        if self.pending:
            return [c if isinstance(c, str) else c.key for c in self.pending]
        return [key.parent.key for key in self.elements]

    @property
    def shown_parts(self) -> list[str]:
        return [repr(self.column_keys), repr([key.target_fullname for key in self.elements])]

    @property
    def referred_table(self) -> Any:
        """The table referred to."""
        return self.elements[0].column.table

    def resolve(self, table: Any) -> None:
        check_table(self, self.pending, table)
        for item, key in zip(self.pending, self.elements, strict=False):
            column = table_column(table, item, self) if isinstance(item, str) else item
            if key.parent is None:
                key.parent = column
                column.foreign_keys.add(key)
                table.foreign_key_added(key)
        table.foreign_key_constraint_set.add(self)

    def copied(self, part_of: Part) -> Any:
        return self._copy_of([part_of(c) for c in self.pending], [k.target for k in self.elements])

    def copy(self, targets: Sequence[str]) -> ForeignKeyConstraint:
        """Return the same reference for another table."""
        return self._copy_of(self.column_keys, targets)

    def _copy_of(self, columns: Sequence[Any], targets: Sequence[Any]) -> ForeignKeyConstraint:
        return ForeignKeyConstraint(
            columns,
            targets,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            use_alter=self.use_alter,
            link_to_name=any(key.link_to_name for key in self.elements),
            match=self.match,
            comment=self.comment,
            **self._common(),
        )
