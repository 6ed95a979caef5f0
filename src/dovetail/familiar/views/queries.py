"""Views of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...orm.query.query import Query
from ..entities import CompileState
from .table import Views

if TYPE_CHECKING:
    from ...sql.elements import ColumnElement

views = Views()


@views.method(Query)
def _compile_state(query: Query[Any], for_statement: bool = False) -> CompileState:
    """Return the query with its items; *for_statement* changes nothing here."""
    return CompileState(query)


@views.attribute(Query)
def _order_by_clauses(query: Query[Any]) -> tuple[ColumnElement[Any], ...]:
    """Return what the rows are sorted by."""
    found: tuple[ColumnElement[Any], ...] = query.statement.order_by_clauses
    return found
