"""``coercions.expect(role, value)``: what stands for a value where the role says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exc import ArgumentError
from ..sql.attaching import without_attributes
from ..sql.elements import literal, literal_column, text
from ..sql.expression.coercion import criterion, node_of
from ..sql.expression.constants import constant_of
from ..sql.expression.elements import LabelReference
from ..sql.expression.select_base import SelectBase
from . import roles

if TYPE_CHECKING:
    from collections.abc import Callable

CONSTANTS = (None, True, False)


def expect(role: type[roles.Role], element: object, **_: object) -> Any:
    """Return what stands for *element* where *role* is meant: itself, or what is made of it.

    :raises ArgumentError: nothing can be made of it there
    """
    made = MAKERS.get(role, node_of)(element)
    if made is None or not (isinstance(made, role) or (role in TEXTS and isinstance(made, str))):
        raise ArgumentError(
            f"{role.__name__.removesuffix('Role')} is expected; got {element!r}",
            hint=(role.__doc__ or "").rstrip("."),
        )
    return made


def _constant(element: object) -> Any:
    """NULL, TRUE or FALSE where *element* is one of Python's, else None."""
    is_one = any(element is constant for constant in CONSTANTS)
    return constant_of(element) if is_one else None


def _value(element: object) -> Any:
    """An expression: of a value, a parameter."""
    node = _scalar(element)
    return literal(element) if node is None else node


def _labelled(element: object) -> Any:
    node = _value(element)
    return node if isinstance(node, roles.LabeledColumnExprRole) else node.label(None)


def _scalar(element: object) -> Any:
    constant = _constant(element)
    node = node_of(element) if constant is None else constant
    return node.scalar_subquery() if isinstance(node, SelectBase) else node


def _selected(element: object) -> Any:
    """What is selected: a number stands there as it is."""
    constant = _constant(element)
    if constant is not None:
        return constant
    return literal_column(str(element)) if isinstance(element, int | float) else node_of(element)


def _sorted(element: object) -> Any:
    """What sorts: a text is the name of what is selected."""
    return LabelReference(element) if isinstance(element, str) else _scalar(element)


def _defined(element: object) -> Any:
    return text(element) if isinstance(element, str) else without_attributes(_scalar(element))


def _key(element: object) -> Any:
    return element if isinstance(element, str) else node_of(element)


MAKERS: dict[type, Callable[[object], Any]] = {
    roles.ExpressionElementRole: _value,
    roles.WhereHavingRole: criterion,
    roles.OnClauseRole: criterion,
    roles.ColumnsClauseRole: _selected,
    roles.ConstExprRole: _constant,
    roles.LabeledColumnExprRole: _labelled,
    roles.OrderByRole: _sorted,
    roles.ByOfRole: _sorted,
    roles.DDLExpressionRole: _defined,
    roles.DDLConstraintColumnRole: _key,
    roles.DMLColumnRole: _key,
    roles.ColumnArgumentOrKeyRole: _key,
}
"""What is made of a value, by role; what is not here takes what it names, and nothing else."""

TEXTS = frozenset(
    (roles.DDLConstraintColumnRole, roles.DMLColumnRole, roles.ColumnArgumentOrKeyRole)
)
"""The roles that take the name of a column for the column."""
