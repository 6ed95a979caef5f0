"""CREATE and DROP of a whole schema, and the events around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from ..compiler.ddl import schema_statements
from ..dialects.asking import reflection_for
from ..dialects.reflection import Inquiry
from ..event import Listeners, root
from ..sql.attach_events import AttachEvents
from ..sql.ddl import CreateTable, DropTable
from ..sql.defaults import SchemaItem
from ..sql.metadata import MetaData
from ..sql.schema import Table
from ..steps import run_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from ..dialects.dbapi import DriverParameters
    from ..event import Dispatch
    from ..sql.arguments import StatementArgument
    from ..steps import Steps


class Definer(Protocol):
    """What runs the statements: a connection."""

    @property
    def engine(self) -> Any: ...
    @property
    def dialect(self) -> Any: ...

    def fetch_steps(
        self, sql: str, parameters: DriverParameters = ()
    ) -> Steps[list[tuple[Any, ...]]]: ...
    def execute_steps(self, statement: StatementArgument) -> Steps[Any]: ...


class _TypesOfTable(Listeners):
    """Listeners of a table that is created, or was dropped, by a program of its own.

    Such a program calls them, ``table.dispatch.before_create(table, connection)``; the types that
    the server has for the table alone are created, or dropped, then.  One that makes several tables
    gives an object with a ``memo``, a dictionary, as ``_ddl_runner``: each type comes once then.
    """

    __slots__ = ()
    verb: str

    def __call__(self, *arguments: object, **details: object) -> None:
        target, connection = cast("tuple[object, Definer]", arguments)
        if isinstance(target, Table):
            existing: list[Any] | None = [] if details.get("checkfirst", False) else None
            memo: dict[Any, Any] = getattr(details.get("_ddl_runner"), "memo", {})
            known = memo.setdefault("types of tables", set())
            run_sync(self._steps(target, connection, existing, known))
        super().__call__(*arguments, **details)

    def _steps(
        self,
        table: Table,
        connection: Definer,
        existing: Collection[Any] | None,
        known: set[tuple[str | None, str]],
    ) -> Steps[None]:
        statements = yield from _types_steps(
            connection, self.verb, table.metadata, [table], existing
        )
        for statement in statements:
            name = (statement.element.schema, statement.element.name)
            if name not in known:
                known.add(name)
                yield from connection.execute_steps(statement)


class _BeforeCreate(_TypesOfTable):
    __slots__ = ()
    verb = "create"


class _AfterDrop(_TypesOfTable):
    __slots__ = ()
    verb = "drop"


class DDLEvents(AttachEvents):
    """What happens to tables.  Targets: a Table, a MetaData, or their classes.

    A ``DDL`` object may be the listener: it is executed.
    """

    kinds_of_listeners: ClassVar[Mapping[str, type[Listeners]]] = {
        "before_create": _BeforeCreate,
        "after_drop": _AfterDrop,
    }

    def before_create(self, target: object, connection: Definer) -> None:
        """Call before CREATE is sent for *target*."""

    def after_create(self, target: object, connection: Definer) -> None:
        """Call after CREATE was sent for *target*."""

    def before_drop(self, target: object, connection: Definer) -> None:
        """Call before DROP is sent for *target*."""

    def after_drop(self, target: object, connection: Definer) -> None:
        """Call after DROP was sent for *target*."""

    def column_reflect(self, inspector: object, table: Table, column_info: dict[str, Any]) -> None:
        """Call for each column that is reflected; *column_info* may be changed."""


root(DDLEvents, Table).adopt(SchemaItem.dispatch)
root(DDLEvents, MetaData).adopt(SchemaItem.dispatch)


def dispatch_of(target: Any) -> Dispatch:
    """Return the dispatch of a table or metadata."""
    dispatch: Dispatch = target.dispatch
    return dispatch


def schema_steps(
    connection: Definer,
    verb: str,
    target: Any,
    tables: Iterable[Any] | None,
    checkfirst: bool,
) -> Steps[None]:
    """Create or drop *target* over *connection*: a table, or *tables* of a MetaData."""
    metadata = target
    if isinstance(target, Table):
        metadata, tables = target.metadata, [target]
    listed = list(metadata.tables.values()) if tables is None else list(tables)
    existing = (yield from _existing_steps(connection, listed)) if checkfirst else None
    sequences = None
    if checkfirst and tables is None and connection.dialect.features.supports_sequences:
        sequences = yield from _sequences_steps(connection, metadata.sequences)
    statements = schema_statements(verb, metadata, tables, connection.dialect, existing, sequences)
    types = yield from _types_steps(connection, verb, metadata, tables, existing)
    statements = types + statements if verb == "create" else statements + types
    touched = [each.element for each in statements if isinstance(each, CreateTable | DropTable)]
    details = {"tables": touched, "checkfirst": checkfirst}
    if metadata is target:
        _tell(metadata, f"before_{verb}", connection, details)
    current = None
    for statement in statements:
        table = statement.element if isinstance(statement, CreateTable | DropTable) else None
        if table is not None:
            if current is not None:
                _tell(current, f"after_{verb}", connection, details)
            current = table
            _tell(table, f"before_{verb}", connection, details)
        yield from connection.execute_steps(statement)
    if current is not None:
        _tell(current, f"after_{verb}", connection, details)
    if metadata is target:
        _tell(metadata, f"after_{verb}", connection, details)


def _tell(target: object, name: str, connection: Definer, details: dict[str, Any]) -> None:
    dispatch = dispatch_of(target)
    if dispatch:
        for function in getattr(dispatch, name):
            function(target, connection, **details)


Named = tuple[str | None, str]
"""The schema, as it is declared, and the name of what a schema contains."""


def _existing_steps(connection: Definer, tables: list[Any]) -> Steps[set[Named]]:
    """Return the (schema, name) of the tables and views there are, where *tables* are."""
    dialect = connection.dialect
    if dialect.answers("has_table"):
        return _found(dialect.has_table, connection, tables)
    reflection = reflection_for(dialect, connection.engine.backend.reflection)
    inquiry = Inquiry(connection, dialect, {})
    existing: set[Named] = set()
    for schema in {table.schema for table in tables}:
        actual = dialect.schema_name(schema)
        names = yield from reflection.table_names_steps(inquiry, actual)
        views = yield from reflection.view_names_steps(inquiry, actual)
        existing.update((schema, name) for name in (*names, *views))
    return existing


def _sequences_steps(connection: Definer, sequences: Collection[Any]) -> Steps[set[Named]]:
    """Return the (schema, name) of the sequences there are, where *sequences* are."""
    dialect = connection.dialect
    if dialect.answers("has_sequence"):
        return _found(dialect.has_sequence, connection, sequences)
    reflection = reflection_for(dialect, connection.engine.backend.reflection)
    inquiry = Inquiry(connection, dialect, {})
    existing: set[Named] = set()
    for schema in {sequence.schema for sequence in sequences}:
        names = yield from reflection.sequence_names_steps(inquiry, dialect.schema_name(schema))
        existing.update((schema, name) for name in names)
    return existing


def _found(is_there: Callable[..., bool], connection: Definer, asked: Iterable[Any]) -> set[Named]:
    """Return the (schema, name) of those *asked* for of which a dialect says that they are."""
    schema_name = connection.dialect.schema_name
    return {
        (each.schema, each.name)
        for each in asked
        if is_there(connection, each.name, schema=schema_name(each.schema))
    }


def _types_steps(
    connection: Definer,
    verb: str,
    metadata: MetaData,
    tables: Iterable[Any] | None,
    existing: Collection[tuple[str | None, str]] | None,
) -> Steps[list[Any]]:
    """Return the statements for the types that have names of their own, where there are such.

    Types of *metadata* go with all its tables; others with the first table and the last.
    """
    everything = tables is None
    listed = list(metadata.tables.values()) if tables is None else list(tables)
    wanted = connection.dialect.named_types(listed, metadata if everything else None)
    if not wanted:
        return []
    if verb == "drop" and not everything:
        kept = {id(table) for table in listed}
        others = [table for table in metadata.tables.values() if id(table) not in kept]
        used = connection.dialect.named_types(others, metadata)
        names = {(each.schema, each.name) for each in used}
        wanted = [each for each in wanted if (each.schema, each.name) not in names]
    if existing is not None:
        present: set[tuple[str | None, str]] = set()
        for schema in {each.schema for each in wanted}:
            actual = connection.dialect.schema_name(schema)
            reflection = connection.engine.backend.reflection
            names = yield from reflection.type_names_steps(connection, actual)
            present.update((schema, name) for name in names)
        is_there = verb == "drop"
        wanted = [each for each in wanted if ((each.schema, each.name) in present) is is_there]
    return [(each.creator if verb == "create" else each.dropper)(each) for each in wanted]
