"""Views of queries."""

from __future__ import annotations

from typing import Any

from ...inspection import inspect
from ...orm.query.query import Query
from ..entities import CompileState, QueryContext
from .table import Views

views = Views()

views.names(
    Query,
    _distinct="_selected._distinct",
    _distinct_on="_selected._distinct_on",
    _execution_options="_selected.execution_options_dict",
    _for_update_arg="_selected.for_update_arg",
    _from_obj="_selected._from_obj",
    _group_by_clauses="_selected.group_by_clauses",
    _having_criteria="_selected.having_criteria",
    _limit_clause="_selected.limit_clause",
    _offset_clause="_selected.offset_clause",
    _order_by_clauses="_selected._order_by_clauses",
    _propagate_attrs="_selected._propagate_attrs",
    _raw_columns="_selected.raw_columns",
    _statement="_source",
    _setup_joins="_selected._setup_joins",
    _where_criteria="_selected.where_criteria",
    _with_options="_selected.loader_options",
)


@views.method(Query)
def _statement_20(
    query: Query[Any], for_statement: bool = False, use_legacy_query_style: bool = True
) -> Any:
    """Return the statement that the query sends: a SELECT, or what ``from_statement()`` made."""
    return query._bound() if query._source is None else query._source


@views.method(Query)
def _compile_state(query: Query[Any], for_statement: bool = False) -> CompileState:
    """Return the query with its items; *for_statement* changes nothing here."""
    return CompileState(query)


@views.method(Query)
def _compile_context(query: Query[Any], for_statement: bool = False) -> QueryContext:
    """Return how the rows of the query are given out; *for_statement* changes nothing here."""
    return QueryContext(query)


@views.method(Query)
def _entity_from_pre_ent_zero(query: Query[Any]) -> Any:
    """Return the mapper of the first item, or what ``inspect()`` tells of its alias; or None."""
    described = query.column_descriptions
    entity = described[0]["entity"] if described else None
    return None if entity is None else inspect(entity)


@views.method(Query)
def _generate(query: Query[Any]) -> Query[Any]:
    """Return a copy."""
    return query._with()


@views.method(Query)
def _clone(query: Query[Any], **options: object) -> Query[Any]:
    """Return a copy."""
    return query._with()
