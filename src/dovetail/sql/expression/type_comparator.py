"""Operators that a type of the user's own gives to its expressions.

Nothing is asked of a type until the first class of such operators is made: then the builders
of :data:`.column_element.build` are replaced by those here, which ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from ..operators import NOT, Operator
from . import building
from .column_element import ColumnElement, build
from .elements import negation
from .operating import OPERATORS, REVERSED, Operating

T = TypeVar("T")

_METHODS: dict[Operator, str] = {}
for _name, _operator in OPERATORS.items():
    _METHODS.setdefault(_operator, _name)
_REVERSED = {operator: name for name, operator in REVERSED.items()}


class TypeComparator(Operating, Generic[T]):
    """The base of a type's ``comparator_factory``: its operators are those of the expressions.

    ``expr`` is the expression and ``type`` its type; ``super()`` leads to what the operator
    does otherwise.  Further methods become methods of the expressions::

        class Money(TypeDecorator):
            impl = Numeric

            class comparator_factory(TypeDecorator.Comparator):
                def __add__(self, other):
                    return func.add_money(self.expr, other)
    """

    finds_members: ClassVar[bool] = False
    """Whether a class has a ``__getattr__`` of its own, which expressions ask for their members."""
    _is_asked = False

    def __init__(self, expr: ColumnElement[Any]) -> None:
        self.expr = expr
        self.type = expr.type

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.finds_members = cls.__getattr__ is not TypeComparator.__getattr__
        _ask_from_now_on()

    def found_member(self, name: str) -> Any:
        """Return what ``__getattr__`` of a class derived from this one gives for *name*."""
        self._is_asked = True
        return getattr(self, name)

    def __clause_element__(self) -> Any:
        return self.expr

    def __getattr__(self, name: str) -> Any:
        # What is no operator: label(), cast(), op() and their like.
        if name.startswith("__") or name == "expr" or self._is_asked:
            raise AttributeError(name)
        return getattr(self.expr, name)

    def operate(self, op: Operator, *other: object, **modifiers: object) -> Any:
        """Apply *op* to the expression and to *other*, as it is for all types."""
        if modifiers.get("autoescape"):
            operands: tuple[Any, ...] = other
            options: dict[str, Any] = modifiers
            return building.pattern(self.expr, op, *operands, **options)
        return building.general(self.expr, op, *other, **modifiers)

    def reverse_operate(self, op: Operator, other: object, **modifiers: object) -> Any:
        """Apply *op* to *other* and to the expression, as it is for all types."""
        kind: Any = modifiers.pop("result_type", None)
        made = building.combine(self.expr, op, other, True)
        return made if kind is None else building.typed(made, kind)


def _own(element: ColumnElement[Any]) -> TypeComparator[Any] | None:
    """The operators that the type of *element* has, or None."""
    factory = element.type.comparator_factory
    if factory is None or not issubclass(factory, TypeComparator):
        return None
    made: TypeComparator[Any] = factory(element)
    return made


def _apply(own: TypeComparator[Any], op: Operator, *other: object, **modifiers: object) -> Any:
    name = _METHODS.get(op)
    if name is None:
        return own.operate(op, *other, **modifiers)
    given = {key: value for key, value in modifiers.items() if value not in (None, False)}
    return getattr(own, name)(*other, **given)


def _asking(builder: Callable[..., Any]) -> Callable[..., Any]:
    """*builder*, whose first parameters are an expression and an operator, asking the type."""

    def build_asking(
        left: ColumnElement[Any], op: Operator, *other: object, **modifiers: object
    ) -> Any:
        own = _own(left)
        if own is None:
            return builder(left, op, *other, **modifiers)
        return _apply(own, op, *other, **modifiers)

    return build_asking


def _combine(left: ColumnElement[Any], op: Operator, other: object, reverse: bool = False) -> Any:
    own = _own(left)
    if own is None:
        return building.combine(left, op, other, reverse)
    return getattr(own, _REVERSED[op])(other) if reverse else _apply(own, op, other)


def _pattern(
    left: ColumnElement[Any],
    op: Operator,
    other: object,
    escape: str | None = None,
    autoescape: bool = False,
) -> Any:
    own = _own(left)
    if own is None:
        return building.pattern(left, op, other, escape, autoescape)
    return _apply(own, op, other, escape=escape, autoescape=autoescape)


def _between(left: ColumnElement[Any], low: object, high: object, symmetric: bool = False) -> Any:
    own = _own(left)
    if own is None:
        return building.between(left, low, high, symmetric)
    return own.between(low, high, symmetric=symmetric)


def _unary(op: Operator, element: ColumnElement[Any]) -> Any:
    own = _own(element)
    return building.unary(op, element) if own is None else _apply(own, op)


def _join(op: Operator, left: object, right: object) -> Any:
    own = _own(left) if isinstance(left, ColumnElement) else None
    return building.join(op, left, right) if own is None else _apply(own, op, right)


def _negate(element: ColumnElement[Any]) -> Any:
    own = _own(element)
    return negation(element) if own is None else _apply(own, NOT)


def _ask_from_now_on() -> None:
    build.join = _join
    build.negate = _negate
    build.compare = _asking(building.compare)
    build.general = _asking(building.general)
    build.member = _asking(building.member)
    build.combine = _combine
    build.pattern = _pattern
    build.between = _between
    build.unary = _unary
