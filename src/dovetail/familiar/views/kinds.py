"""Views that say what a part of a statement is, each true of its kind alone."""

from __future__ import annotations

from ...sql.elements import (
    BindParameter,
    ClauseList,
    CollectionAggregate,
    ColumnElement,
    TextClause,
)
from ...sql.expression.constants import False_, Null, True_
from ...sql.expression.derived import Lateral
from ...sql.expression.dml_base import UpdateBase
from ...sql.expression.from_clause import FromClause, Join
from ...sql.expression.froms import from_objects
from ...sql.expression.functions import FunctionElement
from ...sql.expression.select import Select
from ...sql.expression.select_base import SelectBase
from ...sql.node import Node, ReturnsRows
from ...sql.schema import Column
from ...sql.selectable import Subquery, TableClause, TextualSelect
from .table import Views

views = Views()

_KINDS: dict[str, tuple[type, ...]] = {
    "_is_bind_parameter": (BindParameter,),
    "_is_clause_list": (ClauseList,),
    "_is_collection_aggregate": (CollectionAggregate,),
    "_is_column_element": (ColumnElement,),
    "_is_from_clause": (FromClause, FunctionElement),
    "_is_join": (Join,),
    "_is_lambda_element": (),
    "_is_lateral": (Lateral,),
    "_is_returns_rows": (FromClause, FunctionElement, SelectBase, UpdateBase, ReturnsRows),
    "_is_select_base": (SelectBase,),
    "_is_select_statement": (Select,),
    "_is_singleton_constant": (Null, True_, False_),
    "_is_subquery": (Subquery,),
    "_is_table": (TableClause,),
    "_is_text_clause": (TextClause,),
    "_is_textual": (TextClause, TextualSelect),
    "is_from_statement": (),
}

for _name, _kinds in _KINDS.items():
    views.values(Node, **{_name: False})
    if _kinds:
        views.values(*_kinds, **{_name: True})
views.values(TextClause, _is_column_element=False)


# Not of every statement or part: those of the user's own may keep something under these names.


@views.attribute(ColumnElement, FromClause, SelectBase)
def _from_objects(node: Node) -> list[FromClause]:
    """Return what *node* takes its values from: tables, aliases, subqueries."""
    return list(from_objects(node))


@views.attribute(SelectBase, UpdateBase)
def selectable(node: Node) -> Node:
    """Return *node*, which is a statement itself."""
    return node


@views.attribute(Column)
def _label(column: Column[object]) -> str | None:
    """Return the name of the column behind that of its table, None while it has no table."""
    table = column.table
    return None if table is None else f"{table.fullname.replace('.', '_')}_{column.name}"
