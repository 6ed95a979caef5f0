"""Schemas by their familiar path: tables, columns, constraints, and statements that define."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from typing import TYPE_CHECKING

from .later import names_later
from .sql.constraints import (
    CheckConstraint as CheckConstraint, ColumnCollectionConstraint as ColumnCollectionConstraint,
    Constraint as Constraint, Index as Index, PrimaryKeyConstraint as PrimaryKeyConstraint,
    UniqueConstraint as UniqueConstraint,
)
from .sql.convention import conv as conv
from .sql.ddl import (
    AddConstraint as AddConstraint, BaseDDLElement as BaseDDLElement, CreateColumn as CreateColumn,
    CreateIndex as CreateIndex, CreateSchema as CreateSchema, CreateSequence as CreateSequence,
    CreateTable as CreateTable, DDL as DDL, DDLElement as DDLElement,
    DropColumnComment as DropColumnComment, DropConstraint as DropConstraint,
    DropConstraintComment as DropConstraintComment, DropIndex as DropIndex,
    DropSchema as DropSchema, DropSequence as DropSequence, DropTable as DropTable,
    DropTableComment as DropTableComment, DropView as DropView,
    ExecutableDDLElement as ExecutableDDLElement, SetColumnComment as SetColumnComment,
    SetConstraintComment as SetConstraintComment, SetTableComment as SetTableComment,
)
from .sql.defaults import (
    CallableColumnDefault as CallableColumnDefault, ColumnDefault as ColumnDefault,
    Computed as Computed, DefaultClause as DefaultClause, FetchedValue as FetchedValue,
    Identity as Identity, ScalarElementColumnDefault as ScalarElementColumnDefault,
    SchemaItem as SchemaItem, Sequence as Sequence,
)
from .sql.foreign_keys import ForeignKey as ForeignKey, ForeignKeyConstraint as ForeignKeyConstraint
from .sql.metadata import (
    BLANK_SCHEMA as BLANK_SCHEMA, CheckFirst as CheckFirst, MetaData as MetaData,
    RETAIN_SCHEMA as RETAIN_SCHEMA, sort_tables as sort_tables,
    sort_tables_and_constraints as sort_tables_and_constraints,
)
from .sql.schema import Table as Table
from .sql.table_column import Column as Column, insert_sentinel as insert_sentinel
from .sql.typed_columns import Named as Named, TypedColumns as TypedColumns
from .sql.views import CreateTableAs as CreateTableAs, CreateView as CreateView

if TYPE_CHECKING:
    from .sql.difference import Difference as Difference

__getattr__, __dir__ = names_later(__name__, {
    "dovetail.sql.difference": (
        "Difference",
    ),
})
