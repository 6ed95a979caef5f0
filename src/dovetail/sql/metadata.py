"""MetaData: all tables that belong together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..exc import ArgumentError, InvalidRequestError, did_you_mean
from ..graph import find_cycles, sort_as_subsets
from ..inspection import inspect
from ..types.contract import NULLTYPE
from ..types.quoted import named
from .attach_events import heard_alike
from .attaching import replaced
from .constraints import PrimaryKeyConstraint
from .convention import DEFAULT_CONVENTION
from .ddl import CheckFirst as CheckFirst, SchemaBind
from .defaults import SchemaItem, Sequence
from .foreign_keys import ForeignKey, ForeignKeyConstraint
from .schema import BLANK_SCHEMA as BLANK_SCHEMA, Table

if TYPE_CHECKING:
    from .constraints import Constraint

Compared_co = TypeVar("Compared_co", covariant=True)


class ComparedBind(Protocol[Compared_co]):
    """What a schema is compared with: an engine or a connection, or one that is awaited."""

    def schema_differences(
        self, metadata: MetaData, ignore: Collection[str] = ()
    ) -> Compared_co: ...


RETAIN_SCHEMA = object()
"""Given as the schema of a copy: the one that the table has."""


def schema_runner(bind: SchemaBind) -> Callable[..., None]:
    """Return what sends DDL to *bind*, an engine or a connection."""
    found: Callable[..., None] | None = getattr(bind, "run_schema", None)
    if found is None:
        raise ArgumentError(
            f"an Engine or a Connection is needed to create or drop tables, not {bind!r}",
            hint="metadata.create_all(engine); within a session, its session.connection()",
        )
    return found


def _nothing_to_read(
    missing: list[str], names: list[str], schema: str | None, views: bool
) -> InvalidRequestError:
    kinds = "table or view" if views else "table"
    place = f" in the schema {schema!r}" if schema else ""
    return InvalidRequestError(
        f"the database has no {kinds} {', '.join(map(repr, missing))}{place}",
        hint=did_you_mean(missing[0], names),
    )


class MetaData(SchemaItem):
    """Tables by name, with what they have in common: a schema, a naming convention."""

    __visit_name__ = "metadata"

    def __init__(
        self,
        schema: str | None = None,
        quote_schema: bool | None = None,
        naming_convention: Mapping[Any, Any] | None = None,
        info: dict[Any, Any] | None = None,
        *,
        bind: object = None,
    ) -> None:
        if bind is not None:
            raise ArgumentError(
                "MetaData(bind=) is not there any more: tables know no engine",
                hint="create_all(engine); of a session: Session(engine), or Session(binds={User: "
                "engine})",
            )
        if schema is not None and not isinstance(schema, str):
            raise ArgumentError("MetaData() takes a schema as text; a bind goes to create_all()")
        self.tables: dict[str, Table] = {}
        self.schema = schema if schema is None else named(schema, quote_schema)
        self.naming_convention: Mapping[Any, Any] = {
            **DEFAULT_CONVENTION,
            **(naming_convention or {}),
        }
        self._sequences: dict[str, Sequence] = {}
        self.types: list[Any] = []
        """Types that were given this metadata, to be created with its tables."""
        self._untyped: list[ForeignKey] = []
        if info is not None:
            self.info = info

    def __repr__(self) -> str:
        return f"MetaData({', '.join(self.tables)})"

    def __contains__(self, table: object) -> bool:
        key = table if isinstance(table, str) else getattr(table, "key", None)
        return key in self.tables

    # -- what tables tell ---------------------------------------------------------------------

    def table_added(self, table: Table) -> None:
        """Let columns that refer to *table* take their types from it, and others from these."""
        before = len(self._untyped) + 1
        while 0 < len(self._untyped) < before:
            before = len(self._untyped)
            waiting, self._untyped = self._untyped, []
            for key in waiting:
                self.foreign_key_added(key)

    def foreign_key_added(self, key: ForeignKey) -> None:
        """Give the column of *key*, if it has no type, that of its target, now or later."""
        if key.parent.type is not NULLTYPE:
            return
        target = None
        if not isinstance(key.target, str):
            target = key.target
        else:
            table = self.tables.get(key.target_table_name)
            if (
                table is not None
                and table.c.get(key.target_fullname.rpartition(".")[2]) is not None
            ):
                target = key.column
        if target is None or target.type is NULLTYPE:
            self._untyped.append(key)
        else:
            key.parent.type = target.type

    def add_sequence(self, sequence: Sequence) -> None:
        """Take in *sequence*, to be created with the tables."""
        name = f"{sequence.schema}.{sequence.name}" if sequence.schema else sequence.name
        self._sequences[name] = sequence

    @property
    def sequences(self) -> list[Sequence]:
        """The sequences that belong here, those of columns included, each name once."""
        found = {(s.schema, s.name): s for s in self._sequences.values()}
        for table in self.tables.values():
            for column in table.c:
                if isinstance(column.default, Sequence):
                    named = column.default
                    found.setdefault((named.schema, named.name), named)
        return list(found.values())

    # -- tables -------------------------------------------------------------------------------

    @property
    def sorted_tables(self) -> list[Table]:
        """The tables, each after those that it refers to, otherwise in the order of their keys."""
        return sort_tables(sorted(self.tables.values(), key=lambda table: table.key))

    def remove(self, table: Table) -> None:
        """Forget *table*."""
        self.tables.pop(table.key, None)

    def clear(self) -> None:
        """Forget all tables."""
        self.tables.clear()
        self._sequences.clear()
        self._untyped.clear()

    def create_all(
        self,
        bind: SchemaBind,
        tables: Iterable[Table] | None = None,
        checkfirst: bool | CheckFirst = True,
    ) -> None:
        """Create the tables that are not there yet, in the order that foreign keys ask for."""
        schema_runner(bind)(
            "create", self, list(tables) if tables is not None else None, bool(checkfirst)
        )

    def drop_all(
        self,
        bind: SchemaBind,
        tables: Iterable[Table] | None = None,
        checkfirst: bool | CheckFirst = True,
    ) -> None:
        """Drop the tables that are there, each before those that it refers to."""
        schema_runner(bind)(
            "drop", self, list(tables) if tables is not None else None, bool(checkfirst)
        )

    def reflect(
        self,
        bind: SchemaBind,
        schema: str | None = None,
        views: bool = False,
        only: Iterable[str] | Callable[[str, MetaData], bool] | None = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_options: Any,
    ) -> None:
        """Read the tables of the database that are not known yet.

        With *extend_existing* those that are known are read too: columns that they have already
        stay as they are where *autoload_replace* is false.  *dialect_options* are given to each
        table.

        :raises InvalidRequestError: the database has no table of a name that *only* gives
        """
        inspector = inspect(bind)
        schema = schema if schema is not None else self.schema
        inspector.read_all(schema)
        names = list(inspector.get_table_names(schema=schema))
        if views:
            names += inspector.get_view_names(schema=schema)
        if callable(only):
            names = [name for name in names if only(name, self)]
        elif only is not None:
            wanted = list(only)
            missing = sorted(set(wanted).difference(names))
            if missing:
                raise _nothing_to_read(missing, names, schema, views)
            names = [name for name in names if name in wanted]
        for name in names:
            key = f"{schema}.{name}" if schema else name
            if key not in self.tables or extend_existing:
                Table(
                    name,
                    self,
                    schema=schema or BLANK_SCHEMA,
                    autoload_with=inspector,
                    extend_existing=extend_existing,
                    autoload_replace=autoload_replace,
                    resolve_fks=resolve_fks,
                    **dialect_options,
                )

    def diff(
        self, bind: ComparedBind[Compared_co], *, ignore: Collection[str] = ("alembic_version",)
    ) -> Compared_co:
        """Return in what the database of *bind* differs from these tables: a list of Difference.

        What is compared: tables, columns with their types, NULL, defaults, computed values and
        comments, primary keys, foreign keys with what they do, unique and check constraints, and
        indexes.  Nothing is written.  A database that ``create_all()`` has made gives none::

            assert metadata.diff(engine) == []
            differences = await metadata.diff(async_engine)

        *bind* is an engine or a connection; of an awaiting one the answer is awaited.  Tables named
        in *ignore*, with their schema if they are in another than the default one, are passed over.
        Tables of schemas that none of these tables is in are not looked at.

        :raises ArgumentError: *bind* is something else
        :raises DBAPIError: the database cannot be asked
        """
        compare = getattr(bind, "schema_differences", None)
        if compare is None:
            raise ArgumentError(
                f"an Engine or a Connection is needed to compare tables with, not {bind!r}",
                hint="metadata.diff(engine); within a session, its session.connection()",
            )
        found: Compared_co = compare(self, ignore)
        return found

    # -- copies -------------------------------------------------------------------------------

    def copied_table(
        self,
        table: Table,
        schema: Any = RETAIN_SCHEMA,
        referred_schema_fn: Callable[..., str | None] | None = None,
        name: str | None = None,
    ) -> Table:
        """Return a copy of *table* that belongs to this metadata."""
        if schema is RETAIN_SCHEMA or schema is None:
            schema = table.schema or self.schema
        elif schema is BLANK_SCHEMA:
            schema = None
        copied_name: Any = name if name is not None else table.name
        key = f"{schema}.{copied_name}" if schema else str(copied_name)
        if key in self.tables:
            return self.tables[key]
        made = Table(
            copied_name,
            self,
            *[column.copy_for_table() for column in table.c],
            schema=schema or BLANK_SCHEMA,
            comment=table.comment,
            info=table.__dict__.get("info"),
            prefixes=table.prefixes,
            **table.dialect_kwargs,
        )
        heard_alike(made, table)
        _copy_constraints(table, made, referred_schema_fn)
        for column in table.c:
            # Read by those who ask; what they stand for has been copied.
            made.c[column.key].index = column.index
            made.c[column.key].unique = column.unique
        return made


def _copy_constraints(source: Table, target: Table, schema_of: Callable[..., Any] | None) -> None:
    part_of = replaced({id(column): target.c[column.key] for column in source.c})
    for constraint in sorted(source.constraints, key=lambda each: each.order):
        if isinstance(constraint, ForeignKeyConstraint):
            made = constraint.copy(_copied_targets(constraint, source, target, schema_of))
            made.attach(target)
        elif not _comes_with_columns(constraint):
            constraint.copied(part_of).attach(target)
    for index in source.indexes:
        if index.of_column and not any(column.index for column in index.columns):
            # A listener has made it for its column, and that of the copy.
            continue
        index.copied(part_of).attach(target)


def _comes_with_columns(constraint: Constraint) -> bool:
    """Return whether the columns of a table bring *constraint* along: those of a copy do too."""
    if isinstance(constraint, PrimaryKeyConstraint):
        return constraint.implicit and constraint.name is None
    is_inline: bool = getattr(constraint, "is_inline", False)
    return is_inline or constraint.type_bound


def _copied_targets(
    constraint: ForeignKeyConstraint,
    source: Table,
    target: Table,
    schema_of: Callable[..., Any] | None,
) -> list[str]:
    found = []
    for key in constraint.elements:
        table_name, _, column = key.target_fullname.rpartition(".")
        schema, _, bare = table_name.rpartition(".")
        if schema_of is not None:
            schema = schema_of(source, target.schema, constraint, schema or None) or ""
        elif table_name == source.key or schema == (source.schema or ""):
            schema = target.schema or ""
            bare = str(target.name) if table_name == source.key else bare
        found.append(f"{schema}.{bare}.{column}" if schema else f"{bare}.{column}")
    return found


def table_edges(
    tables: Iterable[Table], skip: Callable[[ForeignKeyConstraint], bool] | None = None
) -> Iterator[tuple[Table, Table]]:
    """Yield (referred, referring) for the foreign keys among *tables*."""
    listed = list(tables)
    known = set(listed)
    for table in listed:
        for source in table.made_of:
            if source in known and source is not table:
                yield source, table
        for constraint in table.foreign_key_constraints:
            if constraint.use_alter or (skip is not None and skip(constraint)):
                continue
            referred = constraint.referred_table
            if referred is not table and referred in known:
                yield referred, table


def sort_tables(
    tables: Iterable[Table],
    skip_fn: Callable[[ForeignKeyConstraint], bool] | None = None,
    extra_dependencies: Iterable[tuple[Table, Table]] = (),
) -> list[Table]:
    """Return *tables*, first those that refer to no other, then those that refer to these, and on.

    What may stand in any order stays in the one given.  Where tables refer to each other in a
    circle, the circle's foreign keys do not count.
    """
    listed = list(tables)
    edges = [*table_edges(listed, skip_fn), *extra_dependencies]
    circle = find_cycles(edges, listed)
    kept = [(a, b) for a, b in edges if not (a in circle and b in circle)]
    return [table for layer in sort_as_subsets(kept, listed) for table in layer]


def circular_constraints(tables: Iterable[Table]) -> set[ForeignKeyConstraint]:
    """Return the foreign keys that make tables refer to each other in a circle."""
    listed = list(tables)
    circle = find_cycles(list(table_edges(listed)), listed)
    return {
        constraint
        for table in circle
        for constraint in table.foreign_key_constraints
        if constraint.referred_table in circle and constraint.referred_table is not table
    }


def _in_order(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda constraint: constraint.order)


def sort_tables_and_constraints(
    tables: Iterable[Table],
    filter_fn: Callable[[ForeignKeyConstraint], bool | None] | None = None,
    extra_dependencies: Iterable[tuple[Table, Table]] = (),
) -> list[tuple[Table | None, list[ForeignKeyConstraint]]]:
    """Return pairs of table and the foreign keys to create with it; at the end the others.

    *filter_fn* says of a foreign key whether it is to come at the end, or None.
    """
    named = {c for t in tables for c in t.foreign_key_constraints if filter_fn and filter_fn(c)}
    listed = sort_tables(tables, named.__contains__, extra_dependencies)
    later = named | circular_constraints(listed)
    later |= {c for t in listed for c in t.foreign_key_constraints if c.use_alter}
    pairs: list[tuple[Table | None, list[ForeignKeyConstraint]]] = [
        (table, [c for c in _in_order(table) if c not in later]) for table in listed
    ]
    remaining = sorted(later, key=lambda c: (c.table.key, *c.column_keys))
    return [*pairs, (None, remaining)]
