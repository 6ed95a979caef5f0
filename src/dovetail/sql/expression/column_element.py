"""The base of all expressions that have a value: what Python's operators mean in SQL.

What operators make is built of expressions, further up: see :data:`build`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar, overload

from ...exc import InvalidRequestError
from ...inspection import inspects_itself
from ...types.contract import NULLTYPE, TypeEngine
from .. import operators as ops
from ..names import AnonymousName
from ..node import Node, Walk
from ..operators import Operator

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")
N = TypeVar("N", int, float, Decimal, str)
"""What stays of its type when it is added, subtracted, multiplied or divided with rest."""
TypeArgument = TypeEngine[V] | type[TypeEngine[V]]
"""A type, or its class where it needs no arguments."""
_Build = Callable[..., "ColumnElement[Any]"]


class _Builders:
    """Makes the expressions that operators stand for; :mod:`.wiring` fills it."""

    compare: _Build
    combine: _Build
    join: _Build
    pattern: _Build
    member: _Build
    between: _Build
    unary: _Build
    negate: _Build
    general: _Build
    cast: _Build
    collate: _Build
    index: _Build
    collection: _Build
    group: _Build
    bound: _Build


build = _Builders()


@inspects_itself
class ColumnElement(Node, Generic[T_co]):
    """An expression with a value: ``User.id``, ``5``, ``a.x + 1``, ``func.now()``.

    Python's operators make further expressions of it; nothing is computed.
    """

    __slots__ = ()

    type: TypeEngine[Any] = NULLTYPE
    operator: Any = None
    """The operator that this was made with: it decides about parentheses."""
    key: Any = None
    """The name under which it stands in a collection of columns, or None."""
    bind_name: Any = None
    """The name that a value compared with this gets as a parameter, or None."""
    table: Any = None
    primary_key: Any = False
    foreign_keys: Any = frozenset()

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        # Methods that the type adds: column.as_string() of a JSON column.
        if name.startswith("__") or name == "type":
            raise AttributeError(name)
        factory = self.type.comparator_factory
        if factory is not None and hasattr(factory, name):
            return getattr(factory(self), name)
        if factory is not None and getattr(factory, "finds_members", False):
            try:
                return factory(self).found_member(name)
            except AttributeError:
                pass
        raise AttributeError(
            f"neither {type(self).__name__!r} object nor its type {type(self.type).__name__} "
            f"has an attribute {name!r}"
        )

    def __bool__(self) -> bool:
        raise TypeError(
            "a SQL expression is neither true nor false\n"
            "  hint: use and_(), or_(), not_() or &, |, ~ in place of 'and', 'or', 'not'; "
            "column.in_([...]) in place of 'in'; column.between(a, b) in place of a < column < b; "
            "'is None' to ask whether an expression is given"
        )

    @property
    def lineage(self) -> tuple[Any, ...]:
        """This column and those that it stands for, the nearest first."""
        return (self,)

    @property
    def base_columns(self) -> frozenset[Any]:
        """The columns of tables that this one comes from; an expression comes from itself."""
        return frozenset(self.lineage[-1:])

    @property
    def proxy_set(self) -> frozenset[Any]:
        """This column and those that it stands for."""
        return frozenset(self.lineage)

    def shares_lineage(self, other: object) -> bool:
        """Return whether this and *other* come from the same column."""
        own = set(map(id, self.lineage))
        return any(id(column) in own for column in getattr(other, "lineage", (other,)))

    @property
    def comparator(self) -> Any:
        """The object with the methods that the type adds, or this expression itself."""
        factory = self.type.comparator_factory
        return factory(self) if factory is not None else self

    @property
    def expression(self) -> ColumnElement[T_co]:
        """This expression itself."""
        return self

    def __clause_element__(self) -> ColumnElement[T_co]:
        return self

    def operate(
        self, op: Operator | Callable[..., Any], *other: object, **modifiers: object
    ) -> Any:
        """Apply *op*, an operator or a function of Python's ``operator``, to this and *other*."""
        if not isinstance(op, Operator):
            return op(self, *other, **modifiers)
        return build.general(self, op, *other, **modifiers)

    def reverse_operate(self, op: Operator | Callable[..., Any], other: object) -> Any:
        """Apply *op* to *other* and to this."""
        if not isinstance(op, Operator):
            return op(other, self)
        return build.combine(self, op, other, True)

    # -- comparison -----------------------------------------------------------------------

    def __eq__(self, other: object) -> ColumnElement[bool]:  # type: ignore[override]
        return build.compare(self, ops.EQ, other)

    def __ne__(self, other: object) -> ColumnElement[bool]:  # type: ignore[override]
        return build.compare(self, ops.NE, other)

    def __lt__(self, other: object) -> ColumnElement[bool]:
        return build.compare(self, ops.LT, other)

    def __le__(self, other: object) -> ColumnElement[bool]:
        return build.compare(self, ops.LE, other)

    def __gt__(self, other: object) -> ColumnElement[bool]:
        return build.compare(self, ops.GT, other)

    def __ge__(self, other: object) -> ColumnElement[bool]:
        return build.compare(self, ops.GE, other)

    def is_(self, other: object) -> ColumnElement[bool]:
        """``this IS other``: for NULL, true and false."""
        return build.compare(self, ops.IS, other)

    def is_not(self, other: object) -> ColumnElement[bool]:
        """``this IS NOT other``."""
        return build.compare(self, ops.IS_NOT, other)

    def is_distinct_from(self, other: object) -> ColumnElement[bool]:
        """``this IS DISTINCT FROM other``: unequal, NULL being equal to NULL."""
        return build.compare(self, ops.IS_DISTINCT_FROM, other)

    def is_not_distinct_from(self, other: object) -> ColumnElement[bool]:
        """``this IS NOT DISTINCT FROM other``: equal, NULL being equal to NULL."""
        return build.compare(self, ops.IS_NOT_DISTINCT_FROM, other)

    def in_(self, other: object) -> ColumnElement[bool]:
        """``this IN (values)``: a list, an empty one too, or a SELECT."""
        return build.member(self, ops.IN, other)

    def not_in(self, other: object) -> ColumnElement[bool]:
        """``this NOT IN (values)``."""
        return build.member(self, ops.NOT_IN, other)

    def between(
        self, cleft: object, cright: object, symmetric: bool = False
    ) -> ColumnElement[bool]:
        """``this BETWEEN cleft AND cright``, both included."""
        return build.between(self, cleft, cright, symmetric)

    # -- text -----------------------------------------------------------------------------

    def like(self, other: object, escape: str | None = None) -> ColumnElement[bool]:
        """``this LIKE other``."""
        return build.pattern(self, ops.LIKE, other, escape)

    def ilike(self, other: object, escape: str | None = None) -> ColumnElement[bool]:
        """``this LIKE other``, upper and lower case being the same."""
        return build.pattern(self, ops.ILIKE, other, escape)

    def not_like(self, other: object, escape: str | None = None) -> ColumnElement[bool]:
        """``this NOT LIKE other``."""
        return build.pattern(self, ops.NOT_LIKE, other, escape)

    def not_ilike(self, other: object, escape: str | None = None) -> ColumnElement[bool]:
        """``this NOT LIKE other``, upper and lower case being the same."""
        return build.pattern(self, ops.NOT_ILIKE, other, escape)

    def startswith(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """``this LIKE other || '%'``; *autoescape* takes ``%`` and ``_`` in *other* literally."""
        return build.pattern(self, ops.STARTSWITH, other, escape, autoescape)

    def endswith(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """``this LIKE '%' || other``."""
        return build.pattern(self, ops.ENDSWITH, other, escape, autoescape)

    def contains(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """``this LIKE '%' || other || '%'``."""
        return build.pattern(self, ops.CONTAINS, other, escape, autoescape)

    def istartswith(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """Like :meth:`startswith`, upper and lower case being the same."""
        return build.pattern(self, ops.ISTARTSWITH, other, escape, autoescape)

    def iendswith(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """Like :meth:`endswith`, upper and lower case being the same."""
        return build.pattern(self, ops.IENDSWITH, other, escape, autoescape)

    def icontains(
        self, other: object, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[bool]:
        """Like :meth:`contains`, upper and lower case being the same."""
        return build.pattern(self, ops.ICONTAINS, other, escape, autoescape)

    def match(self, other: object, **kwargs: object) -> ColumnElement[bool]:
        """The server's own full-text match."""
        return build.general(self, ops.MATCH, other, **kwargs)

    def regexp_match(self, pattern: object, flags: str | None = None) -> ColumnElement[bool]:
        """Whether this matches a regular expression, in the server's own dialect of them."""
        return build.general(self, ops.REGEXP_MATCH, pattern, flags=flags)

    def regexp_replace(
        self, pattern: object, replacement: object, flags: str | None = None
    ) -> ColumnElement[Any]:
        """This with matches of a regular expression replaced."""
        return build.general(
            self, ops.REGEXP_REPLACE, pattern, replacement=replacement, flags=flags
        )

    def concat(self, other: object) -> ColumnElement[Any]:
        """``this || other``."""
        return build.combine(self, ops.CONCAT, other)

    def collate(self, collation: str, collation_schema: str | None = None) -> ColumnElement[T_co]:
        """``this COLLATE collation``."""
        return build.collate(self, collation, collation_schema)

    # -- arithmetic -----------------------------------------------------------------------

    @overload
    def __add__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __add__(self, other: object) -> ColumnElement[Any]: ...
    def __add__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.ADD, other)

    @overload
    def __radd__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __radd__(self, other: object) -> ColumnElement[Any]: ...
    def __radd__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.ADD, other, True)

    @overload
    def __sub__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __sub__(self, other: object) -> ColumnElement[Any]: ...
    def __sub__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.SUB, other)

    @overload
    def __rsub__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __rsub__(self, other: object) -> ColumnElement[Any]: ...
    def __rsub__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.SUB, other, True)

    @overload
    def __mul__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __mul__(self, other: object) -> ColumnElement[Any]: ...
    def __mul__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.MUL, other)

    @overload
    def __rmul__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __rmul__(self, other: object) -> ColumnElement[Any]: ...
    def __rmul__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.MUL, other, True)

    def __truediv__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.TRUEDIV, other)

    def __rtruediv__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.TRUEDIV, other, True)

    @overload
    def __floordiv__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __floordiv__(self, other: object) -> ColumnElement[Any]: ...
    def __floordiv__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.FLOORDIV, other)

    @overload
    def __rfloordiv__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __rfloordiv__(self, other: object) -> ColumnElement[Any]: ...
    def __rfloordiv__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.FLOORDIV, other, True)

    @overload
    def __mod__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __mod__(self, other: object) -> ColumnElement[Any]: ...
    def __mod__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.MOD, other)

    @overload
    def __rmod__(self: ColumnElement[N], other: ColumnElement[N] | N) -> ColumnElement[N]: ...
    @overload
    def __rmod__(self, other: object) -> ColumnElement[Any]: ...
    def __rmod__(self, other: object) -> ColumnElement[Any]:
        return build.combine(self, ops.MOD, other, True)

    def __neg__(self) -> ColumnElement[T_co]:
        return build.unary(ops.NEG, self)

    def __lshift__(self, other: object) -> ColumnElement[Any]:
        return build.general(self, ops.LSHIFT, other)

    def __rshift__(self, other: object) -> ColumnElement[Any]:
        return build.general(self, ops.RSHIFT, other)

    def bitwise_and(self, other: object) -> ColumnElement[Any]:
        """``this & other``, bit by bit."""
        return build.combine(self, ops.BITWISE_AND, other)

    def bitwise_or(self, other: object) -> ColumnElement[Any]:
        """``this | other``, bit by bit."""
        return build.combine(self, ops.BITWISE_OR, other)

    def bitwise_xor(self, other: object) -> ColumnElement[Any]:
        """``this ^ other``, bit by bit."""
        return build.combine(self, ops.BITWISE_XOR, other)

    def bitwise_not(self) -> ColumnElement[T_co]:
        """``~this``, bit by bit."""
        return build.unary(ops.BITWISE_NOT, self)

    def bitwise_lshift(self, other: object) -> ColumnElement[Any]:
        """``this << other``."""
        return build.combine(self, ops.LSHIFT, other)

    def bitwise_rshift(self, other: object) -> ColumnElement[Any]:
        """``this >> other``."""
        return build.combine(self, ops.RSHIFT, other)

    # -- logic ----------------------------------------------------------------------------

    def __and__(self, other: object) -> ColumnElement[bool]:
        return build.join(ops.AND, self, other)

    def __rand__(self, other: object) -> ColumnElement[bool]:
        return build.join(ops.AND, other, self)

    def __or__(self, other: object) -> ColumnElement[bool]:
        return build.join(ops.OR, self, other)

    def __ror__(self, other: object) -> ColumnElement[bool]:
        return build.join(ops.OR, other, self)

    def __invert__(self) -> ColumnElement[Any]:
        return build.negate(self)

    # -- containers -----------------------------------------------------------------------

    def __getitem__(self, index: object) -> ColumnElement[Any]:
        return build.index(self, index)

    def __contains__(self, other: object) -> bool:
        raise InvalidRequestError(
            "Python's 'in' has no meaning for SQL expressions", hint="use column.in_([...])"
        )

    __iter__: Any = None
    """An expression has no items of its own, ``column[index]`` or not."""

    def any_(self) -> ColumnElement[Any]:
        """``ANY (this)``: for one side of a comparison."""
        return build.collection(ops.ANY, self)

    def all_(self) -> ColumnElement[Any]:
        """``ALL (this)``: for one side of a comparison."""
        return build.collection(ops.ALL, self)

    # -- sorting, naming, types -------------------------------------------------------------

    def asc(self) -> ColumnElement[T_co]:
        """``this ASC``."""
        return build.unary(ops.ASC, self)

    def desc(self) -> ColumnElement[T_co]:
        """``this DESC``."""
        return build.unary(ops.DESC, self)

    def nulls_first(self) -> ColumnElement[T_co]:
        """``this NULLS FIRST``."""
        return build.unary(ops.NULLS_FIRST, self)

    def nulls_last(self) -> ColumnElement[T_co]:
        """``this NULLS LAST``."""
        return build.unary(ops.NULLS_LAST, self)

    def distinct(self) -> ColumnElement[T_co]:
        """``DISTINCT this``: within an aggregate function."""
        return build.unary(ops.DISTINCT, self)

    def params(self, __values: dict[str, Any] | None = None, **values: object) -> Self:
        """Return a copy whose parameters of these names have these values.

        With the SQL that it sends::

            cheap = Order.total < bindparam("most")
            session.scalars(select(Order.id).where(cheap.params(most=20))).all()
            # SELECT orders.id FROM orders WHERE orders.total < ?
        """
        bound: Any = build.bound(self, {**(__values or {}), **values})
        made: Self = bound
        return made

    def self_group(self, against: Operator | None = None) -> ColumnElement[T_co]:
        """Return this, in parentheses where it is made with an operator and needs them.

        They are needed as an operand of *against*, unless that binds less; where nothing is said
        of what it stands in, always::

            (column + 1).self_group()  # (column + 1)
            column.self_group()  # column
        """
        own = self.operator
        if own is None or own in ops.SORTING:
            return self
        if against is not None and not against.groups(own):
            return self
        return build.group(self)

    def label(self, name: str | None) -> Label[T_co]:
        """``this AS name``."""
        return Label(name, self)

    def cast(self, type_: TypeArgument[V]) -> ColumnElement[V]:
        """``CAST(this AS type)``."""
        return build.cast(self, type_)

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: TypeArgument[Any] | None = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], ColumnElement[Any]]:
        """Return a function that applies the operator written as *opstring*."""
        type_ = return_type() if isinstance(return_type, type) else return_type
        type_key = type_.structure_key if type_ is not None else None
        operator = ops.custom_operator(opstring, precedence, is_comparison, type_, type_key)
        return lambda other: build.combine(self, operator, other)

    def bool_op(
        self, opstring: str, precedence: int = 0, python_impl: Callable[..., Any] | None = None
    ) -> Callable[[Any], ColumnElement[Any]]:
        """Return a function that applies a comparison written as *opstring*."""
        return self.op(opstring, precedence, is_comparison=True)

    # Familiar former names.
    isnot = is_not
    notin_ = not_in
    notlike = not_like
    notilike = not_ilike
    isnot_distinct_from = is_not_distinct_from
    nullsfirst = nulls_first
    nullslast = nulls_last


def _base_name(element: Node) -> str:
    """What the name of a label without one begins with: that of a column, or of a function."""
    if getattr(element, "is_function", False) or element.__visit_name__ == "column":
        return str(getattr(element, "name", None) or "anon")
    return "anon"


class Label(ColumnElement[T]):
    """``element AS name``: in the columns of a SELECT; elsewhere it is its element."""

    __slots__ = ("element", "name", "type")
    __visit_name__ = "label"
    parts = ("element",)
    element: Any

    def __init__(
        self, name: str | AnonymousName | None, element: Node, type_: TypeEngine[Any] | None = None
    ):
        while isinstance(element, Label):
            element = element.element
        self.name = name if name is not None else AnonymousName(_base_name(element))
        self.element = element
        self.type = self.element.type if type_ is None else type_

    @property
    def key(self) -> Any:
        return self.name if isinstance(self.name, str) else None

    @property
    def operator(self) -> Operator | None:
        operator: Operator | None = self.element.operator
        return operator

    @property
    def foreign_keys(self) -> Any:
        return self.element.foreign_keys

    @property
    def base_columns(self) -> frozenset[Any]:
        """The columns of tables that its element comes from."""
        found: frozenset[Any] = self.element.base_columns
        return found

    @property
    def proxy_set(self) -> frozenset[Any]:
        """This, its element, and the columns that that one stands for."""
        found: frozenset[Any] = self.element.proxy_set | {self}
        return found

    @property
    def primary_key(self) -> Any:
        return self.element.primary_key

    def collect(self, walk: Walk) -> None:
        key, numbers = walk.key, walk.numbers
        key.append("label")
        if self in numbers:
            key.append(numbers[self])
            return
        number = numbers[self] = len(numbers)
        key.append(number)
        key.append(self.name if self.name.__class__ is str else collected_name(self.name, walk))
        key.append(self.type.structure_key)
        self.element.collect(walk)


def collected_name(name: str | AnonymousName, walk: Walk) -> Any:
    """Return what stands in a key for *name*: a number tells anonymous names apart."""
    if isinstance(name, AnonymousName):
        numbers = walk.numbers
        number = numbers.get(name)
        if number is None:
            number = numbers[name] = len(numbers)
        return ("anonymous", name.base, number)
    quote = getattr(name, "quote", None)
    return str(name) if quote is None else (str(name), str(quote))


ColumnOperators = ColumnElement
Operators = ColumnElement
SQLCoreOperations = ColumnElement
SQLColumnExpression = ColumnElement
ColumnExpressionArgument = ColumnElement[T] | Any
"""What methods take that want an expression: one, or an object that stands for one."""
