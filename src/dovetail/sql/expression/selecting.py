"""``select()`` and its neighbours: how statements begin."""

from __future__ import annotations

from typing import Any, TypeVarTuple, overload

from ...exc import ArgumentError
from ...types.contract import to_instance
from ..arguments import ColumnArgument, ConditionArgument, SortArgument
from ..node import ReturnsRows
from ..operators import ASC, BITWISE_NOT, DESC, DISTINCT, NULLS_FIRST, NULLS_LAST, Operator
from .column_element import ColumnElement, Label, TypeArgument
from .columns import columns_of, value_argument
from .constructs import sort_argument, sorted_by
from .derived import CTE, Lateral, Subquery
from .dml_base import UpdateBase
from .elements import UnaryExpression, negation
from .entity_types import C0, C1, C2, C3, C4, C5, C6, C7, T0, T1, T2, T3, T4, T5, T6, T7
from .select import CompoundSelect, Select
from .select_base import SelectBase

Ts = TypeVarTuple("Ts")


@overload
def select(e0: C0[T0], /) -> Select[T0]: ...
@overload
def select(e0: C0[T0], e1: C1[T1], /) -> Select[T0, T1]: ...
@overload
def select(e0: C0[T0], e1: C1[T1], e2: C2[T2], /) -> Select[T0, T1, T2]: ...
@overload
def select(e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], /) -> Select[T0, T1, T2, T3]: ...
@overload
def select(
    e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], /
) -> Select[T0, T1, T2, T3, T4]: ...
@overload
def select(
    e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], e5: C5[T5], /
) -> Select[T0, T1, T2, T3, T4, T5]: ...
@overload
def select(
    e0: C0[T0],
    e1: C1[T1],
    e2: C2[T2],
    e3: C3[T3],
    e4: C4[T4],
    e5: C5[T5],
    e6: C6[T6],
    /,
) -> Select[T0, T1, T2, T3, T4, T5, T6]: ...
@overload
def select(
    e0: C0[T0],
    e1: C1[T1],
    e2: C2[T2],
    e3: C3[T3],
    e4: C4[T4],
    e5: C5[T5],
    e6: C6[T6],
    e7: C7[T7],
    /,
    *more: ColumnArgument,
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]: ...
@overload
def select(*entities: ColumnArgument) -> Select[*tuple[Any, ...]]: ...
def select(*entities: ColumnArgument) -> Any:
    """Return a SELECT of columns, tables or mapped classes::

    select(User).where(User.name == "Ada")
    select(user.c.id, func.count()).group_by(user.c.id)

    With the SQL that it sends::

        session.scalars(select(User).where(User.name == "ada")).all()
        # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name = ?
    """
    for entity in entities:
        if not isinstance(entity, ColumnElement):
            entities = columns_of(entities)
            break
    made: Any = object.__new__(Select)
    made.__dict__ = {"raw_columns": entities}
    return made


def union(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows of all *selects*, each once.

    With the SQL that it sends::

        session.scalars(union(select(User.id), select(Order.id))).all()
        # SELECT user_account.id FROM user_account UNION SELECT orders.id FROM orders
    """
    return CompoundSelect("UNION", *selects)


def union_all(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows of all *selects*.

    With the SQL that it sends::

        session.scalars(union_all(select(User.id), select(Order.id))).all()
        # SELECT user_account.id FROM user_account UNION ALL SELECT orders.id FROM orders
    """
    return CompoundSelect("UNION ALL", *selects)


def except_(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows of the first of *selects* that the others do not have."""
    return CompoundSelect("EXCEPT", *selects)


def except_all(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows of the first of *selects*, less those of the others, doubles counted."""
    return CompoundSelect("EXCEPT ALL", *selects)


def intersect(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows that all *selects* have."""
    return CompoundSelect("INTERSECT", *selects)


def intersect_all(*selects: ReturnsRows[*Ts]) -> CompoundSelect[*Ts]:
    """Return the rows that all *selects* have, doubles counted."""
    return CompoundSelect("INTERSECT ALL", *selects)


def Nullable(val: object) -> Any:  # noqa: N802 - the name that users know
    """Return *val* itself; type checkers take it to be NULL sometimes."""
    return val


def NotNullable(val: object) -> Any:  # noqa: N802 - the name that users know
    """Return *val* itself; type checkers take it to be never NULL."""
    return val


def asc(column: SortArgument) -> ColumnElement[Any]:
    """Return ``column ASC``."""
    return sorted_by(column, ASC)


def desc(column: SortArgument) -> ColumnElement[Any]:
    """Return ``column DESC``."""
    return sorted_by(column, DESC)


def nulls_first(column: SortArgument) -> ColumnElement[Any]:
    """Return ``column NULLS FIRST``."""
    return sorted_by(column, NULLS_FIRST)


def nulls_last(column: SortArgument) -> ColumnElement[Any]:
    """Return ``column NULLS LAST``."""
    return sorted_by(column, NULLS_LAST)


nullsfirst = nulls_first
nullslast = nulls_last


def bitwise_not(expr: SortArgument) -> ColumnElement[Any]:
    """Return ``~expr``, bit by bit."""
    return _unary(expr, BITWISE_NOT)


def distinct(expr: SortArgument) -> ColumnElement[Any]:
    """Return ``DISTINCT expr``, for an aggregate function."""
    element = sort_argument(expr)
    if not isinstance(element, ColumnElement):
        raise ArgumentError(
            f"distinct() takes a column or an expression; got {expr!r}",
            hint="name a column; select(...).distinct() is for whole rows",
        )
    return _unary(element, DISTINCT)


def _unary(column: SortArgument, operator: Operator) -> ColumnElement[Any]:
    element = sort_argument(column)
    return UnaryExpression(element, operator, element.type)


def not_(clause: ConditionArgument) -> ColumnElement[Any]:
    """Return ``NOT clause``, or its opposite where there is one.

    With the SQL that it sends::

        session.scalars(select(Order.id).where(not_(Order.total.between(10, 20)))).all()
        # SELECT orders.id FROM orders WHERE orders.total NOT BETWEEN ? AND ?
    """
    if isinstance(clause, SelectBase):
        return negation(clause.scalar_subquery())
    return ~clause if isinstance(clause, ColumnElement) else negation(clause)


def label(name: str, element: ColumnArgument, type_: TypeArgument[Any] | None = None) -> Label[Any]:
    """Return ``element AS name``."""
    made = to_instance(type_) if type_ is not None else None
    return Label(name, value_argument(element), made)


def between(
    expr: ColumnArgument, lower_bound: object, upper_bound: object, symmetric: bool = False
) -> ColumnElement[bool]:
    """Return ``expr BETWEEN lower_bound AND upper_bound``."""
    element: ColumnElement[Any] = value_argument(expr)
    return element.between(lower_bound, upper_bound, symmetric)


def lateral(selectable: SelectBase, name: str | None = None) -> Lateral:
    """Return ``LATERAL (selectable) AS name``."""
    made: Lateral = selectable.lateral(name)
    return made


def subquery(selectable: SelectBase, name: str | None = None) -> Subquery:
    """Return ``(selectable) AS name``."""
    made: Subquery = selectable.subquery(name)
    return made


def cte(
    selectable: SelectBase | UpdateBase, name: str | None = None, recursive: bool = False
) -> CTE:
    """Return ``WITH name AS (selectable)``."""
    made: CTE = selectable.cte(name, recursive)
    return made
