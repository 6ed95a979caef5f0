"""Views of dialects, pools and compiled statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.compiled import Compiled
from ...compiler.identifiers import IdentifierPreparer
from ...dialects.dialect import Dialect
from ...dialects.package_driver import speaker_of
from ...engine.context import ExecutionContext
from ...engine.create import pool_class
from ...engine.inspector import Inspector
from ...engine.opener import EngineOpener
from ...engine.pool.opener import CreatorOpener
from ...engine.pool.pool import Pool
from ...engine.pool.record import PooledConnection
from ...sql.ddl import ExecutableDDLElement
from ...sql.node import Node
from .table import Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...engine.connection import Connection
    from ...engine.url import URL
    from ...types.contract import Processor

views = Views()


@views.attribute(Compiled)
def sql_compiler(compiled: Compiled) -> Compiled:
    """Return what writes expressions for a compiled statement: itself."""
    return compiled


views.names(
    Compiled,
    positional="dialect.positional",
    preparer="dialect.identifier_preparer",
    process="compiler.process",
    render_literal_value="compiler.render_literal_value",
)
views.names(PooledConnection, connection="dbapi_connection")
views.names(ExecutionContext, identifier_preparer="dialect.identifier_preparer")
views.values(Dialect, execute_sequence_format=tuple)
# A text is doubled as a whole, when it is complete.
views.values(IdentifierPreparer, _double_percents=False)


@views.attribute(Dialect, writes="json_deserializer")
def _json_deserializer(dialect: Dialect) -> Any:
    """Return what reads JSON."""
    return dialect.json_deserializer


@views.attribute(Dialect, writes="json_serializer")
def _json_serializer(dialect: Dialect) -> Any:
    """Return what writes JSON."""
    return dialect.json_serializer


@views.attribute(ExecutionContext)
def rowcount(context: ExecutionContext) -> int:
    """Return how many rows the driver says that the statement has changed; -1 where it does not."""
    count: int = getattr(context.cursor, "rowcount", -1)
    return count


def _is_of(*verbs: str) -> Callable[[Compiled], bool]:
    def is_of(compiled: Compiled) -> bool:
        return compiled.statement.__visit_name__ in verbs

    return is_of


views.values(
    Compiled,
    isdelete=property(_is_of("delete")),
    isinsert=property(_is_of("insert")),
    isupdate=property(_is_of("update")),
)


@views.attribute(Compiled)
def is_ddl(compiled: Compiled) -> bool:
    """Return whether the statement defines."""
    return isinstance(compiled.statement, ExecutableDDLElement)


@views.attribute(Compiled)
def is_sql(compiled: Compiled) -> bool:
    """Return whether the statement is no definition."""
    return not is_ddl(compiled)


@views.attribute(Compiled)
def positiontup(compiled: Compiled) -> list[str] | None:
    """Return the names of the parameters in the order of the text; None where they have names."""
    if not compiled.dialect.positional:
        return None
    return [compiled.slots[place].name for place in compiled.places]


@views.attribute(Compiled)
def _bind_processors(compiled: Compiled) -> dict[str, Processor]:
    """Return what converts the values of parameters, of those that are converted, by name."""
    found = {}
    for slot in compiled.slots:
        processor = slot.type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
        if processor is not None:
            found[slot.name] = processor
    return found


@views.attribute(ExecutionContext)
def compiled_parameters(context: ExecutionContext) -> list[dict[str, Any]]:
    """Return the values that a compiled statement runs with, by name, a mapping for each row.

    They are as the driver is given them.  Without a compiled statement, values that have no names
    are left out.
    """
    compiled = context.compiled
    names = [] if compiled is None else [compiled.slots[place].name for place in compiled.places]
    rows: list[dict[str, Any]] = []
    for values in context.parameters:
        if isinstance(values, dict):
            rows.append(values)
        else:
            width = len(names) or len(values) or 1
            parts = (values[start : start + width] for start in range(0, len(values) or 1, width))
            rows += [dict(zip(names, part, strict=False)) for part in parts]
    return rows


def _get_pool_class(dialect: type[Dialect], url: URL) -> type[Pool]:
    """Return the class of the pool of an engine for the database at *url*."""
    return pool_class(speaker_of(dialect)(), url)


def _get_dialect_cls(dialect: type[Dialect], url: URL) -> type[Dialect]:
    """Return the dialect for *url*: itself."""
    return dialect


def _do_nothing(dialect: type[Dialect], *arguments: object) -> None:
    """Do nothing: it is for a dialect of another package to do something."""


views.values(
    Dialect,
    get_pool_class=classmethod(_get_pool_class),
    get_dialect_pool_class=classmethod(_get_pool_class),
    get_dialect_cls=classmethod(_get_dialect_cls),
    get_async_dialect_cls=classmethod(_get_dialect_cls),
    load_provisioning=classmethod(_do_nothing),
)


def _asked_of_all(question: str) -> Callable[..., Iterable[tuple[Any, Any]]]:
    """Return the method of a dialect that answers *question* for many tables."""

    def answer(
        dialect: Dialect, connection: Connection, **what: object
    ) -> Iterable[tuple[Any, Any]]:
        what.pop("info_cache", None)
        found = getattr(Inspector(connection), question)(**what)
        return list(found.items())

    return answer


views.values(
    Dialect,
    **{
        question: _asked_of_all(question)
        for question in (
            "get_multi_check_constraints",
            "get_multi_columns",
            "get_multi_foreign_keys",
            "get_multi_indexes",
            "get_multi_pk_constraint",
            "get_multi_table_comment",
            "get_multi_table_options",
            "get_multi_unique_constraints",
        )
    },
)


@views.method(Node)
def _compiler(node: Node, dialect: Dialect, **_: object) -> Any:
    """Return what writes statements, or definitions, for *dialect*."""
    is_definition = isinstance(node, ExecutableDDLElement)
    return (dialect.ddl_compiler if is_definition else dialect.statement_compiler)(dialect, None)


views.names(Pool, logger="_logger")


@views.attribute(Pool)
def _creator(pool: Pool) -> Callable[..., Any]:
    """Return what opens a connection of the driver."""
    opener = pool.opener
    if isinstance(opener, CreatorOpener):
        return opener.creator
    assert isinstance(opener, EngineOpener)
    return opener.open_raw
