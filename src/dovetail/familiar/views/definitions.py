"""Views of tables, of what they are made of, and of what reads them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ...dialects.postgresql.exclude import ExcludeConstraint
from ...engine.connection import Connection
from ...engine.inspector import Inspector
from ...sql.attaching import replaced
from ...sql.constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from ...sql.defaults import SchemaItem
from ...sql.expression.columns import ColumnClause, ProxyColumn
from ...sql.foreign_keys import ForeignKey, ForeignKeyConstraint
from ...sql.node import Node
from ...sql.schema import Table
from ...sql.table_column import Column
from ...types.contract import TypeEngine
from ...types.structured import (
    JSON,
    JSONIndexType,
    JSONIntIndexType,
    JSONPathType,
    JSONStrIndexType,
)
from ..definitions import NULL_UNSPECIFIED, SchemaEventTarget
from .table import ReadThrough, Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...sql.expression.columns import ColumnCollection
    from ...sql.metadata import MetaData

views = Views()

views.names(Table, _prefixes="prefixes", _autoincrement_column="autoincrement_column")


def _show_columns(table: Table, shown: ColumnCollection[Any]) -> None:
    if shown is table.c:
        vars(table).pop("columns_shown", None)
    else:
        vars(table)["columns_shown"] = shown


def columns(table: Table) -> ColumnCollection[Any]:
    """Return the columns that CREATE TABLE writes: others may be put there for its time."""
    shown: ColumnCollection[Any] = vars(table).get("columns_shown", table.c)
    return shown


views.replaces(Table, columns=property(columns, _show_columns))


views.names(PrimaryKeyConstraint, _autoincrement_column="autoincrement_column")
views.names(Constraint, _type_bound="type_bound", _create_rule="create_rule", _ddl_if="condition")
views.names(Index, _ddl_if="condition", _column_flag="of_column")
views.names(UniqueConstraint, _column_flag="of_column")
views.names(PrimaryKeyConstraint, _implicit_generated="implicit")
views.names(Index, c="columns", _columns="columns")
views.names(ColumnCollectionConstraint, ForeignKeyConstraint, Index, _pending_colargs="parts_given")
views.names(ForeignKeyConstraint, _columns="columns")
views.values(ForeignKeyConstraint, PrimaryKeyConstraint, CheckConstraint, _column_flag=False)
views.names(CheckConstraint, _pending_colargs="columns")
views.names(TypeEngine, _static_cache_key="structure_key")
views.values(TypeEngine, _variant_mapping=ReadThrough("_variants"))
views.values(
    JSON,
    JSONIndexType=JSONIndexType,
    JSONIntIndexType=JSONIntIndexType,
    JSONPathType=JSONPathType,
    JSONStrIndexType=JSONStrIndexType,
)


# A column without a table has no defaults, and one of an alias or a subquery none of its own.
_UNSAID = dict.fromkeys(("default", "onupdate", "server_default", "server_onupdate"))
_OF_TABLES = ("comment", "computed", "doc", "identity", "index", "unique")
views.values(ColumnClause, **_UNSAID)
views.values(
    ProxyColumn,
    **_UNSAID,
    **dict.fromkeys(_OF_TABLES),
    autoincrement="auto",
    constraints=frozenset(),
    system=False,
)


@views.method(Table)
def tometadata(table: Table, metadata: MetaData, schema: object = None) -> Table:
    """Return a copy of *table* for *metadata*: ``to_metadata()`` by its former name."""
    return table.to_metadata(metadata, schema)


@views.method(SchemaItem)
def _set_parent(item: SchemaItem, parent: Node, **_: object) -> None:
    """Become part of *parent*."""
    item.attach(parent)


@views.method(SchemaItem)
def _set_parent_with_dispatch(item: SchemaItem, parent: Node, **_: object) -> None:
    """Become part of *parent*."""
    item.attach(parent)


def _say_nullable(column: Column[Any], given: object) -> None:
    column.nullable_is_given = given is not NULL_UNSPECIFIED


@views.attribute(Column, writes=_say_nullable)
def _user_defined_nullable(column: Column[Any]) -> Any:
    """Return whether the column was told to take NULL, or that it was not told."""
    return column.nullable if column.nullable_is_given else NULL_UNSPECIFIED


@views.attribute(Table)
def _sorted_constraints(table: Table) -> list[Constraint]:
    """Return the constraints in the order in which they were made."""
    return sorted(table.constraints, key=lambda constraint: constraint.order)


# -- copies -----------------------------------------------------------------------------------


@views.method(Column, name="_copy")
def copy_of_column(column: Column[Any], **changes: object) -> Column[Any]:
    """Return a copy for another table, without what the constraints of this one bring."""
    changes.pop("schema", None)  # of the foreign keys, which it has not
    made = column.copy_for_table(index=column.index, unique=column.unique, **changes)
    if made.type is column.type and isinstance(made.type, SchemaEventTarget):
        # Programs change what such a type adds to its table.
        made.type = made.type.copy()
    return made


def _part_for(target: Table | None, source: Table | None) -> Callable[[Any], Any]:
    """Return what makes parts of a copy on *target*; on no table, of names alone."""
    columns = {} if source is None else {id(column): column for column in source.c}
    if target is not None:
        there = target.c
        return replaced({i: there[c.key] for i, c in columns.items() if c.key in there})
    return replaced({key: ColumnClause(c.name, c.type) for key, c in columns.items()})


@views.method(Constraint, name="_copy")
def copy_of_constraint(
    constraint: Constraint, *, target_table: Table | None = None, **_: object
) -> Any:
    """Return the constraint for *target_table*, or one that waits for a table."""
    by_name = target_table is None and isinstance(constraint, ColumnCollectionConstraint)
    part_of = _key_of if by_name else _part_for(target_table, constraint.table)
    return _named_as(constraint, constraint.copied(part_of))


def _key_of(part: object) -> Any:
    return part.key if isinstance(part, Column) else part


def _named_as(source: Constraint, made: Constraint) -> Any:
    made.name = made.given_name = source.name
    return made


@views.method(CheckConstraint, name="_copy")
def copy_of_check(
    constraint: CheckConstraint, *, target_table: Table | None = None, **_: object
) -> Any:
    """Return the constraint for *target_table*, or one that waits for a table."""
    made = constraint.copied(_part_for(target_table, constraint.table))
    made.type_bound, made.create_rule = constraint.type_bound, constraint.create_rule
    return _named_as(constraint, made)


@views.method(ForeignKeyConstraint, name="_copy")
def copy_of_references(
    constraint: ForeignKeyConstraint,
    *,
    schema: str | None = None,
    target_table: Table | None = None,
    **_: object,
) -> Any:
    """Return the constraint for a table called as *target_table* is; it waits for one."""
    targets = []
    for key in constraint.elements:
        own = target_table is not None and _table_key(key) == key.parent.table.key
        table_name = target_table.name if own and target_table is not None else None
        targets.append(_get_colspec(key, schema=schema, table_name=table_name))
    return _named_as(constraint, constraint.copy(targets))


@views.method(ForeignKey, name="_copy")
def copy_of_reference(key: ForeignKey, *, schema: str | None = None, **_: object) -> ForeignKey:
    """Return the same reference for another column."""
    return key.copy(schema=schema)


@views.attribute(ExcludeConstraint)
def _render_exprs(constraint: ExcludeConstraint) -> list[tuple[Any, str | None, str]]:
    """Return each element with its name and its operator."""
    return [
        (ColumnClause(what), what, operator)
        if isinstance(what, str)
        else (what, getattr(what, "name", None), operator)
        for what, operator in constraint.elements or constraint.pending
    ]


# -- foreign keys -----------------------------------------------------------------------------


class Target(NamedTuple):
    """What a foreign key refers to, by name."""

    schema: str | None
    table_name: str
    column_name: str | None


@views.attribute(ForeignKey)
def _colspec(key: ForeignKey) -> Any:
    """Return the target as it was given: a text or a column."""
    return key.target


@views.attribute(ForeignKey)
def target_column(key: ForeignKey) -> Any:
    """Return the target where a column was given, else None."""
    return None if isinstance(key.target, str) else key.target


@views.attribute(ForeignKey)
def target_tokens(key: ForeignKey) -> Target:
    """Return the names of the target."""
    if isinstance(key.target, str):
        names = key.target_fullname.split(".")
        if len(names) == 1:
            return Target(None, names[0], None)
        return Target(".".join(names[:-2]) or None, names[-2], names[-1])
    table = key.target.table
    if table is None:
        return Target(None, "", key.target.key)
    return Target(table.schema, table.name, key.target.key)


@views.attribute(ForeignKey)
def _column_tokens(key: ForeignKey) -> Target:
    """Return the names of the target."""
    return target_tokens(key)


@views.attribute(ForeignKey)
def target_table_key(key: ForeignKey) -> str | None:
    """Return the key of the target's table, None for a column without one."""
    if not isinstance(key.target, str) and key.target.table is None:
        return None
    names = target_tokens(key)
    return f"{names.schema}.{names.table_name}" if names.schema else names.table_name


@views.method(ForeignKey)
def _table_key(key: ForeignKey) -> str | None:
    """Return the key of the target's table, None for a column without one."""
    return target_table_key(key)


@views.method(ForeignKey)
def _get_colspec(
    key: ForeignKey, schema: str | None = None, table_name: str | None = None, **_: object
) -> str:
    """Return the target as text, in another *schema*, or another table of the same."""
    own_schema, own_table, column = target_tokens(key)
    if schema is not None:
        own_schema = schema
    names = (own_schema, table_name or own_table, column)
    return ".".join(name for name in names if name)


@views.attribute(ForeignKeyConstraint)
def _elements(constraint: ForeignKeyConstraint) -> dict[str, ForeignKey]:
    """Return the keys by the names of the columns."""
    return dict(zip(constraint.column_keys, constraint.elements, strict=True))


@views.attribute(ForeignKeyConstraint)
def _col_description(constraint: ForeignKeyConstraint) -> str:
    """Return the names of the columns."""
    return ", ".join(constraint.column_keys)


@views.attribute(ForeignKeyConstraint)
def _referred_schema(constraint: ForeignKeyConstraint) -> str | None:
    """Return the schema of the target."""
    return target_tokens(constraint.elements[0]).schema


# -- inspectors -------------------------------------------------------------------------------


@views.method(Inspector)
@contextmanager
def _operation_context(inspector: Inspector) -> Iterator[Connection]:
    """Yield a connection to what the inspector reads."""
    if isinstance(inspector.bind, Connection):
        yield inspector.bind
    else:
        with inspector.bind.connect() as connection:
            yield connection
