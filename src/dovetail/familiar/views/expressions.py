"""Views of operators and of expressions made with them."""

from __future__ import annotations

from typing import Any

from ...sql.elements import UnaryExpression
from ...sql.expression.elements import BooleanClauseList, LabelReference, and_, or_
from ...sql.operators import SORTING, Operator
from .table import Views

views = Views()

views.names(LabelReference, element="name")
views.values(BooleanClauseList, and_=staticmethod(and_), or_=staticmethod(or_))


@views.attribute(Operator)
def opstring(operator: Operator) -> str:
    """Return how *operator* is written."""
    return operator.text.strip()


@views.attribute(UnaryExpression, writes="operator")
def modifier(expression: UnaryExpression[Any]) -> Operator | None:
    """Return how rows are sorted, where that is what the expression says."""
    return expression.operator if expression.operator in SORTING else None
