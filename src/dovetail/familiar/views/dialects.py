"""Views of dialects, pools and compiled statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.compiled import Compiled
from ...compiler.expressions import ExpressionCompiler
from ...dialects.dialect import Dialect
from ...dialects.driver import driver_of
from ...engine.create import pool_class
from ...engine.inspector import Inspector
from ...engine.opener import EngineOpener
from ...engine.pool.opener import CreatorOpener
from ...engine.pool.pool import Pool
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


views.names(Compiled, preparer="dialect.identifier_preparer", positional="dialect.positional")


views.also_takes(ExpressionCompiler, "visit_binary", "override_operator")


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


def _get_pool_class(dialect: type[Dialect], url: URL) -> type[Pool]:
    """Return the class of the pool of an engine for the database at *url*."""
    return pool_class(driver_of(dialect)(), url)


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
    return (dialect.ddl_compiler if is_definition else dialect.statement_compiler)(dialect)


@views.attribute(Pool)
def _creator(pool: Pool) -> Callable[..., Any]:
    """Return what opens a connection of the driver."""
    opener = pool.opener
    if isinstance(opener, CreatorOpener):
        return opener.creator
    assert isinstance(opener, EngineOpener)
    return opener.open_raw
