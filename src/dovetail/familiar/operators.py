"""Questions about operators: functions that read what an operator knows of itself."""

from __future__ import annotations

from typing import Any, Final

from ..sql.expression.building import general
from ..sql.operators import (
    ADD,
    AND,
    EQ,
    GETITEM,
    JSON_GETITEM,
    JSON_PATH_GETITEM,
    MIRRORED,
    MUL,
    NE,
    NOT,
    OPERATORS,
    OR,
    SORTING,
    Operator,
)

operator_lookup: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    operator.__name__: (general, {}) for operator in OPERATORS.values()
}
"""What applies each operator to expressions, and the keywords that it is called with besides."""

_COMMUTATIVE = frozenset((EQ, NE, ADD, MUL))
_JOINING = frozenset((AND, OR, NOT))
_BRACKETS = frozenset((GETITEM, JSON_GETITEM, JSON_PATH_GETITEM))


def is_commutative(operator: Operator) -> bool:
    """Return whether the sides of *operator* may be exchanged."""
    return operator in _COMMUTATIVE


def is_associative(operator: Operator) -> bool:
    """Return whether it is all the same which of several of *operator* comes first."""
    return operator.is_associative


def is_boolean(operator: Operator) -> bool:
    """Return whether *operator* gives true or false."""
    return operator.is_comparison or operator in _JOINING


def is_natural_self_precedent(operator: Operator) -> bool:
    """Return whether *operator* below another of its kind needs no parentheses."""
    return operator.is_associative or operator in _BRACKETS


def is_ordering_modifier(operator: Operator) -> bool:
    """Return whether *operator* says how rows are sorted: DESC, NULLS LAST."""
    return operator in SORTING


def is_precedent(operator: Operator, against: Operator) -> bool:
    """Return whether *operator*, below *against*, needs parentheses."""
    if operator is against and is_natural_self_precedent(operator):
        return False
    return operator.precedence <= against.precedence


def mirror(operator: Operator) -> Operator:
    """Return what *operator* becomes when its sides are exchanged."""
    return MIRRORED.get(operator, operator)
