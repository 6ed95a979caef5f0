"""The nodes that operators make: parameters, constants, operations, lists of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from types import GeneratorType
from typing import Any, Generic, TypeVar, overload
from warnings import warn

from ...conventions import conventions
from ...exc import ArgumentError, DovetailDeprecationWarning
from ...types.basic import BOOLEANTYPE
from ...types.contract import NULLTYPE, TypeEngine, to_instance, value_types
from .. import operators as ops
from ..arguments import ConditionArgument
from ..node import Node, Walk
from ..operators import Operator
from .coercion import criterion
from .column_element import ColumnElement, Label
from .constants import FALSE, TRUE

T = TypeVar("T")
TE = TypeEngine[Any]

_BIND = "?"
_SAME = "same"
_NO_VALUE = object()


class BindParameter(ColumnElement[T]):
    """A value that is sent beside the text.

    ``key`` is the base of its name.  This class is for values met in expressions: each is a
    parameter of its own, with a number after the name.
    """

    __slots__ = ("key", "type", "value")
    __visit_name__ = "bindparam"

    unique: bool = True
    expanding: bool = False
    required: bool = False
    literal_execute: bool = False
    callable: Callable[[], Any] | None = None

    def __init__(self, key: str | None, value: object, type_: TE | None = None) -> None:
        self.key = key
        self.value = value
        # Subclasses of users leave it to the value.
        self.type = type_ if type_ is not None else value_types.type_of(value)

    @property
    def effective_value(self) -> Any:
        """The value, computed if a callable was given."""
        return self.value

    def collect(self, walk: Walk) -> None:
        numbers = walk.numbers
        key = walk.key
        if self in numbers:
            key.append(_SAME)
            key.append(numbers[self])
            return
        numbers[self] = len(numbers)
        key.append(_BIND)
        key.append(self.type.structure_key)
        key.append(self.key)
        walk.binds.append(self)

    def with_value(self, value: object) -> BindParameter[T]:
        """Return a parameter of the same name with another value."""
        return self._twin(value=value)

    def __repr__(self) -> str:
        return f"BindParameter({self.key!r}, {self.value!r}, type_={self.type!r})"


class ExpandingParameter(BindParameter[T]):
    """A list of values, written as as many parameters: for IN."""

    __slots__ = ()
    expanding = True

    def collect(self, walk: Walk) -> None:
        walk.key.append("[?]")
        BindParameter.collect(self, walk)


class NamedParameter(BindParameter[T]):
    """A parameter made by :func:`bindparam`, with all that may be said about one."""

    __slots__ = ("_value", "callable", "expanding", "literal_execute", "required", "unique")

    def __init__(
        self,
        key: str | None,
        value: object,
        type_: TE,
        unique: bool,
        required: bool,
        expanding: bool,
        callable_: Callable[[], Any] | None,
        literal_execute: bool,
    ) -> None:
        self.key = key
        self._value = value
        self.type = type_
        self.unique = unique
        self.required = required
        self.expanding = expanding
        self.callable = callable_
        self.literal_execute = literal_execute

    @property
    def value(self) -> Any:
        return self.callable() if self.callable is not None else self._value

    @value.setter
    def value(self, value: object) -> None:
        self._value = value

    @property
    def effective_value(self) -> Any:
        return self.value

    def collect(self, walk: Walk) -> None:
        walk.key.append((self.unique, self.expanding, self.required, self.literal_execute))
        BindParameter.collect(self, walk)
        if self.literal_execute and walk.key[-2] != _SAME:
            # The value stands in the text, so it is part of the structure.
            walk.key.append(repr(self.value))

    def with_value(self, value: object) -> NamedParameter[T]:
        return self._twin(_value=value, callable=None, required=False)


@overload
def bindparam(
    key: str | None,
    value: object = ...,
    type_: None = ...,
    unique: bool = ...,
    required: bool | None = ...,
    callable_: Callable[[], Any] | None = ...,
    expanding: bool = ...,
    literal_execute: bool = ...,
) -> BindParameter[Any]: ...
@overload
def bindparam(
    key: str | None,
    value: object = ...,
    *,
    type_: TypeEngine[T] | type[TypeEngine[T]],
    unique: bool = ...,
    required: bool | None = ...,
    callable_: Callable[[], Any] | None = ...,
    expanding: bool = ...,
    literal_execute: bool = ...,
) -> BindParameter[T]: ...
@overload
def bindparam(
    key: str | None,
    value: object,
    type_: TypeEngine[T] | type[TypeEngine[T]],
    unique: bool = ...,
    required: bool | None = ...,
    callable_: Callable[[], Any] | None = ...,
    expanding: bool = ...,
    literal_execute: bool = ...,
) -> BindParameter[T]: ...
@overload
def bindparam(
    key: str | None,
    value: object = ...,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = ...,
    unique: bool = ...,
    required: bool | None = ...,
    callable_: Callable[[], Any] | None = ...,
    expanding: bool = ...,
    literal_execute: bool = ...,
) -> BindParameter[Any]: ...
def bindparam(
    key: str | None,
    value: object = _NO_VALUE,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    unique: bool = False,
    required: bool | None = None,
    callable_: Callable[[], Any] | None = None,
    expanding: bool = False,
    literal_execute: bool = False,
) -> BindParameter[Any]:
    """Return a parameter to be filled in when the statement runs.

    Without a value it is *required*.  *expanding* is for lists after IN; *unique* gives the
    parameter a number after its name, so that two of one name may be in one statement::

        select(User).where(User.name == bindparam("name"))
    """
    if required is None:
        required = value is _NO_VALUE and callable_ is None
    if value is _NO_VALUE:
        value = None
    if type_ is None:
        sample = value
        if expanding and isinstance(value, Sequence) and value:
            sample = value[0]
        resolved: TE = value_types.type_of(sample) if sample is not None else NULLTYPE
    else:
        resolved = to_instance(type_)
    if key is None:
        unique = True
    return NamedParameter(
        key, value, resolved, unique, required, expanding, callable_, literal_execute
    )


@overload
def literal(
    value: object,
    type_: TypeEngine[T] | type[TypeEngine[T]],
    literal_execute: bool = False,
) -> BindParameter[T]: ...
@overload
def literal(value: T, type_: None = None, literal_execute: bool = False) -> BindParameter[T]: ...
def literal(
    value: object,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    literal_execute: bool = False,
) -> BindParameter[Any]:
    """Return *value* as a parameter, where Python alone would not make an expression of it.

    With the SQL that it sends::

        session.execute(select(User.name, literal("user").label("kind"))).all()
        # SELECT user_account.name, ? AS kind FROM user_account
    """
    if literal_execute:
        return bindparam(None, value, type_, literal_execute=True)
    resolved = to_instance(type_) if type_ is not None else value_types.type_of(value)
    return BindParameter(None, value, resolved)


_COMMUTATIVE = frozenset((ops.EQ, ops.NE, ops.ADD, ops.MUL))


class BinaryExpression(ColumnElement[T], Generic[T]):
    """``left operator right``.

    ``modifiers`` holds what an operator may have besides: the escape character of LIKE.
    """

    __slots__ = ("left", "modifier_pairs", "operator", "right", "type")
    __visit_name__ = "binary"
    parts = ("left", "right")
    operator: Operator
    left: Any
    right: Any
    """What the operator takes: a value, a list of values, two bounds, a SELECT."""

    def __init__(
        self,
        left: Node,
        right: Node,
        operator: Operator,
        type_: TE = BOOLEANTYPE,
        modifiers: tuple[tuple[str, Any], ...] = (),
    ) -> None:
        self.left = left
        self.right = right
        self.operator = operator
        self.type = type_
        self.modifier_pairs = modifiers

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.operator)
        if self.type is not BOOLEANTYPE:
            key.append(self.type.structure_key)
        if self.modifier_pairs:
            key.append(self.modifier_pairs)
        self.left.collect(walk)
        self.right.collect(walk)

    def compare(self, other: Node) -> bool:
        """Return whether *other* is the same, the sides of ``==``, ``+`` and their like aside."""
        if super().compare(other):
            return True
        return (
            isinstance(other, BinaryExpression)
            and other.operator is self.operator
            and self.operator in _COMMUTATIVE
            and self.left.compare(other.right)
            and self.right.compare(other.left)
        )

    def __bool__(self) -> bool:
        # Dictionaries and sets of columns compare them: equal is identical.  A column beside a
        # value is a criterion that 'and', 'or' or 'in' would silently lose.
        if self.right.__class__ is not BindParameter and self.left.__class__ is not BindParameter:
            if self.operator is ops.EQ:
                return self.left is self.right
            if self.operator is ops.NE:
                return self.left is not self.right
        elif conventions.comparisons_have_truth and self.operator in (ops.EQ, ops.NE):
            return self.operator is ops.NE
        return super().__bool__()

    @property
    def modifiers(self) -> Modifiers:
        """What the operator has besides, by name; programs may add to what they have just made."""
        return Modifiers(self)

    def modifier(self, name: str) -> Any:
        """Return the modifier called *name*, or None."""
        for found, value in self.modifier_pairs:
            if found == name:
                return value
        return None

    def negated(self) -> ColumnElement[bool] | None:
        """Return the opposite comparison, or None where there is none."""
        negation = self.operator.negation
        if negation is None:
            return None
        return BinaryExpression(self.left, self.right, negation, self.type, self.modifier_pairs)


class Modifiers(MutableMapping[str, Any]):
    """The modifiers of an expression, by name; what is written here is written into it."""

    def __init__(self, expression: BinaryExpression[Any]) -> None:
        self.expression = expression

    def __getitem__(self, name: str) -> Any:
        return dict(self.expression.modifier_pairs)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.expression.modifier_pairs)

    def __len__(self) -> int:
        return len(self.expression.modifier_pairs)

    def __setitem__(self, name: str, value: object) -> None:
        self._keep({**dict(self.expression.modifier_pairs), name: value})

    def __delitem__(self, name: str) -> None:
        kept = dict(self.expression.modifier_pairs)
        del kept[name]
        self._keep(kept)

    def __repr__(self) -> str:
        return repr(dict(self))

    def _keep(self, modifiers: dict[str, Any]) -> None:
        # Around what forbids to assign: the expression is the caller's, and new.
        object.__setattr__(self.expression, "modifier_pairs", tuple(modifiers.items()))


class UnaryExpression(ColumnElement[T]):
    """An operator with one operand, before or after it."""

    __slots__ = ("element", "operator", "type")
    __visit_name__ = "unary"
    parts = ("element",)
    operator: Operator
    element: Any

    def __init__(self, element: Node, operator: Operator, type_: TE) -> None:
        self.element = element
        self.operator = operator
        self.type = type_

    def collect(self, walk: Walk) -> None:
        walk.key.append("unary")
        walk.key.append(self.operator)
        self.element.collect(walk)


class ExpressionList(ColumnElement[Any]):
    """Expressions with an operator between them: the arguments of a function, ``x AND y``."""

    __slots__ = ("clauses", "operator", "type")
    __visit_name__ = "clauselist"
    parts = ("clauses",)
    operator: Operator

    def __init__(
        self, clauses: Iterable[Any], operator: Operator = ops.COMMA, type_: TE = NULLTYPE
    ) -> None:
        self.clauses = tuple(clauses)
        self.operator = operator
        self.type = type_

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append("list")
        key.append(self.operator)
        key.append(len(self.clauses))
        for clause in self.clauses:
            clause.collect(walk)

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def __bool__(self) -> bool:
        return ColumnElement.__bool__(self)


class ClauseList(ExpressionList):
    """Expressions that are given one by one, for elements of one's own::

    class greatest(ColumnElement):
        def __init__(self, *values):
            self.values = ClauseList(*values)
    """

    __slots__ = ()

    def __init__(self, *clauses: object, operator: Operator = ops.COMMA) -> None:
        super().__init__(map(criterion, clauses), operator)


ExpressionClauseList = ExpressionList
"""The name that users know."""


class BooleanClauseList(ExpressionList):
    """``a AND b AND c``, or with OR.  Empty, it says nothing and is left out."""

    __slots__ = ()
    __visit_name__ = "boolean_list"

    def __init__(self, clauses: Iterable[Any], operator: Operator) -> None:
        super().__init__(clauses, operator, BOOLEANTYPE)

    def compare(self, other: Node) -> bool:
        """Return whether *other* is the same, in whatever order."""
        if not isinstance(other, BooleanClauseList) or other.operator is not self.operator:
            return False
        left = list(other.clauses)
        for clause in self.clauses:
            place = next((n for n, one in enumerate(left) if clause.compare(one)), None)
            if place is None:
                return False
            del left[place]
        return not left


class Chain(ExpressionList):
    """``a + b + c``: operands of one operator that may be grouped in any way.

    They lie side by side, however many there are: a tree of them would soon be too deep.
    """

    __slots__ = ()
    __visit_name__ = "chain"

    def collect(self, walk: Walk) -> None:
        walk.key.append(self.type.structure_key)
        super().collect(walk)


class Grouping(ColumnElement[T]):
    """``(element)``: parentheses of the user's own."""

    __slots__ = ("element", "type")
    __visit_name__ = "grouping"
    parts = ("element",)

    def __init__(self, element: Node) -> None:
        self.element = element
        self.type = getattr(element, "type", NULLTYPE)

    def collect(self, walk: Walk) -> None:
        walk.key.append("()")
        self.element.collect(walk)


class LabelReference(ColumnElement[Any]):
    """A name given as text in ORDER BY or GROUP BY: it must be that of a selected column."""

    __slots__ = ("name",)
    __visit_name__ = "label_reference"

    def __init__(self, name: str) -> None:
        self.name = name

    def collect(self, walk: Walk) -> None:
        walk.key.append("reference")
        walk.key.append(self.name)


def conjunction(operator: Operator, clauses: Sequence[Any]) -> ColumnElement[bool]:
    """Return *clauses* joined by AND or OR; constants among them are decided at once."""
    neutral, deciding = (TRUE, FALSE) if operator is ops.AND else (FALSE, TRUE)
    kept: list[Any] = []
    seen_neutral = False
    for clause in clauses:
        element = clause if isinstance(clause, ColumnElement) else criterion(clause)
        if isinstance(element, Grouping) and getattr(element.element, "operator", None) is operator:
            # Its parentheses say nothing here.
            element = element.element
        if element is deciding:
            return deciding
        if element is neutral:
            seen_neutral = True
        elif not isinstance(element, BooleanClauseList):
            kept.append(element)
        elif element.operator is operator:
            # In one row, not in a tree: criteria are added one by one in loops.
            kept += element.clauses
        elif element.clauses:
            kept.append(element)
    if len(kept) == 1:
        return kept[0]  # type: ignore[no-any-return]
    if not kept and seen_neutral:
        return neutral
    return BooleanClauseList(kept, operator)


def and_(*clauses: ConditionArgument) -> ColumnElement[bool]:
    """Return ``a AND b AND c``.  ``and_()`` of nothing leaves no row out, and warns of it.

    With the SQL that it sends::

        session.scalars(select(Order.id).where(and_(Order.total > 10, Order.total < 20))).all()
        # SELECT orders.id FROM orders WHERE orders.total > ? AND orders.total < ?

    A generator alone gives the clauses, at least one.
    """
    if len(clauses) < 2:
        clauses = _generated("and_", clauses)
    return conjunction(ops.AND, clauses)


def or_(*clauses: ConditionArgument) -> ColumnElement[bool]:
    """Return ``a OR b OR c``.  ``or_()`` of nothing leaves no row out, and warns of it.

    With the SQL that it sends::

        session.scalars(select(Order.id).where(or_(Order.total < 10, Order.total > 20))).all()
        # SELECT orders.id FROM orders WHERE orders.total < ? OR orders.total > ?

    A generator alone gives the clauses, at least one.
    """
    if len(clauses) < 2:
        clauses = _generated("or_", clauses)
    return conjunction(ops.OR, clauses)


def _generated(name: str, clauses: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what a generator that is all of *clauses* gives, *clauses* where there is none."""
    if not clauses:
        warn(
            f"{name}() was given no condition, and leaves no row out: {name}(false(), *clauses) "
            f"for none, {name}(true(), *clauses) for all",
            DovetailDeprecationWarning,
            stacklevel=3,
        )
        return clauses
    if not isinstance(clauses[0], GeneratorType):
        return clauses
    given = tuple(clauses[0])
    if not given:
        raise ArgumentError(
            f"{name}() was given a generator that has nothing in it: no row would be left out",
            hint=f"{name}(false(), *clauses) for none, {name}(true(), *clauses) for all",
        )
    return given


def negation(element: object) -> ColumnElement[Any]:
    """Return NOT *element*, by the opposite operator where there is one."""
    while isinstance(element, Label):
        element = element.element
    if isinstance(element, BinaryExpression):
        opposite = element.negated()
        if opposite is not None:
            return opposite
    if element is TRUE:
        return FALSE
    if element is FALSE:
        return TRUE
    if isinstance(element, UnaryExpression) and element.operator is ops.NOT:
        operand: ColumnElement[Any] = element.element
        return operand
    if not isinstance(element, ColumnElement):
        raise ArgumentError(f"not_() needs a SQL expression; got {element!r}")
    return UnaryExpression(element, ops.NOT, BOOLEANTYPE)
