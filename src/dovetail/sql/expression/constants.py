"""NULL, true and false as expressions."""

from __future__ import annotations

from typing import Any, TypeVar

from ...types.basic import BOOLEANTYPE
from ..node import Walk
from .column_element import ColumnElement

T = TypeVar("T")


class _Constant(ColumnElement[T]):
    """NULL, true or false: one object each."""

    __slots__ = ()

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)

    def __reduce__(self) -> Any:
        return type(self)._instance, ()

    @classmethod
    def _instance(cls) -> _Constant[Any]:
        return _ONLY[cls]


class Null(_Constant[None]):
    """NULL."""

    __slots__ = ()
    __visit_name__ = "null"


class True_(_Constant[bool]):
    """True; ``1`` where the server has no booleans."""

    __slots__ = ()
    __visit_name__ = "true"
    type = BOOLEANTYPE


class False_(_Constant[bool]):
    """False; ``0`` where the server has no booleans."""

    __slots__ = ()
    __visit_name__ = "false"
    type = BOOLEANTYPE


NULL, TRUE, FALSE = Null(), True_(), False_()
_ONLY: dict[type[Any], _Constant[Any]] = {Null: NULL, True_: TRUE, False_: FALSE}


def null() -> Null:
    """Return NULL as an expression."""
    return NULL


def true() -> True_:
    """Return true as an expression."""
    return TRUE


def false() -> False_:
    """Return false as an expression."""
    return FALSE


def constant_of(value: object) -> ColumnElement[Any] | None:
    """Return the constant for *value*, or None where it is not None, True or False."""
    if value is None:
        return NULL
    if value is True:
        return TRUE
    return FALSE if value is False else None
