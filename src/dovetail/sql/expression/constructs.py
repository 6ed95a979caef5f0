"""Expressions with words of their own: CAST, CASE, EXTRACT, OVER, ANY, tuples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, TypedDict, TypeVar, Unpack

from ...exc import ArgumentError
from ...types.basic import INTEGERTYPE
from ...types.contract import NULLTYPE, TypeEngine, to_instance, value_types
from ...types.structured import TupleType
from .. import operators as ops
from ..arguments import ConditionArgument, SortArgument
from ..node import Walk
from ..operators import ASC, DESC, NULLS_FIRST, NULLS_LAST, Operator
from .building import kind_among, operand
from .coercion import criterion, node_of
from .column_element import ColumnElement, TypeArgument, build
from .columns import value_argument
from .elements import (
    BinaryExpression,
    BindParameter,
    ExpressionList,
    LabelReference,
    UnaryExpression,
)

T = TypeVar("T")


def sort_argument(argument: object) -> Any:
    """Return the node for one argument of ORDER BY or GROUP BY: text names a selected column."""
    if isinstance(argument, ColumnElement):
        return argument
    if isinstance(argument, str):
        return LabelReference(argument)
    node = node_of(argument)
    if node is None:
        raise ArgumentError(
            f"ORDER BY and GROUP BY take columns and their names; got {argument!r}",
            hint="order_by(User.name), or order_by(text('1')) for SQL",
        )
    if getattr(node, "is_select_statement", False):
        return node.scalar_subquery()  # type: ignore[attr-defined]
    return node


def group_arguments(arguments: Iterable[object]) -> tuple[Any, ...]:
    """Return the nodes for arguments of GROUP BY or DISTINCT ON: a table is its columns."""
    found: list[Any] = []
    for node in map(sort_argument, arguments):
        is_source = getattr(node, "is_from", False) and not isinstance(node, ColumnElement)
        found += node.c if is_source else (node,)
    return tuple(found)


def order_argument(argument: object) -> Any:
    """Return the node for one argument of ORDER BY, where a class or a table is not its columns."""
    node = sort_argument(argument)
    is_source = getattr(node, "is_from", False) or hasattr(node, "selectable")
    if is_source and not isinstance(node, ColumnElement):
        raise ArgumentError(
            f"ORDER BY takes columns, not classes or tables; got {argument!r}",
            hint=f"order_by({getattr(argument, '__name__', 'table.c')}.name)",
        )
    return node


class OrderByList(ExpressionList):
    """Expressions that sort together, as the columns of a composite do.

    What is asked of the list is asked of each: ``OrderByList([x, y]).desc()`` is
    ``x DESC, y DESC``.
    """

    __slots__ = ()

    def __init__(self, clauses: Iterable[Any]) -> None:
        found = [sort_argument(clause) for clause in clauses]
        if not found:
            raise ArgumentError("an OrderByList has one clause or more")
        super().__init__(found)

    def sorted_by(self, operator: Operator) -> OrderByList:
        """Return the list with *operator*, ``DESC`` for one, at each clause."""
        return OrderByList([sorted_by(clause, operator) for clause in self.clauses])

    def asc(self) -> OrderByList:
        """Return ``x ASC, y ASC``."""
        return self.sorted_by(ASC)

    def desc(self) -> OrderByList:
        """Return ``x DESC, y DESC``."""
        return self.sorted_by(DESC)

    def nulls_first(self) -> OrderByList:
        """Return ``x NULLS FIRST, y NULLS FIRST``."""
        return self.sorted_by(NULLS_FIRST)

    def nulls_last(self) -> OrderByList:
        """Return ``x NULLS LAST, y NULLS LAST``."""
        return self.sorted_by(NULLS_LAST)


def sorted_by(argument: object, operator: Operator) -> ColumnElement[Any]:
    """Return *argument* of ORDER BY with *operator*, ``DESC`` for one: each column of several."""
    element = order_argument(argument)
    of_each = getattr(type(element), "sorted_by", None)
    if of_each is not None:
        several: ColumnElement[Any] = of_each(element, operator)
        return several
    return UnaryExpression(element, operator, element.type)


def sort_arguments(
    arguments: SortArgument | Sequence[SortArgument] | None,
) -> tuple[Any, ...]:
    """Return the nodes for what may be one argument or a list of them."""
    if arguments is None:
        return ()
    if isinstance(arguments, list | tuple):
        return tuple(sort_argument(argument) for argument in arguments)
    return (sort_argument(arguments),)


class Cast(ColumnElement[T]):
    """``CAST(clause AS type)``."""

    __slots__ = ("clause", "type")
    __visit_name__ = "cast"
    parts = ("clause",)

    def __init__(self, clause: object, type_: TypeArgument[T]) -> None:
        self.type = to_instance(type_)
        self.clause = operand(clause, self.type)

    @property
    def name(self) -> Any:
        """The name of what is cast, which the result keeps."""
        return getattr(self.clause, "name", None)

    def collect(self, walk: Walk) -> None:
        walk.key.append(self.__visit_name__)
        walk.key.append(self.type.structure_key)
        self.clause.collect(walk)


class TryCast(Cast[T]):
    """``TRY_CAST(clause AS type)``: NULL for what cannot be cast."""

    __slots__ = ()
    __visit_name__ = "try_cast"


class TypeCoerce(Cast[T]):
    """An expression that Python takes to be of another type; the SQL is unchanged."""

    __slots__ = ()
    __visit_name__ = "type_coerce"

    def __init__(self, clause: object, type_: TypeArgument[T]) -> None:
        self.type = to_instance(type_)
        made = operand(clause, self.type)
        if isinstance(made, BindParameter) and made.type is not self.type:
            made = made._twin(type=self.type)
        self.clause = made


def cast(expression: object, type_: TypeArgument[T]) -> Cast[T]:
    """Return ``CAST(expression AS type_)``.

    With the SQL that it sends::

        session.scalars(select(cast(Order.total, String))).all()
        # SELECT CAST(orders.total AS VARCHAR) AS total FROM orders
    """
    return Cast(expression, type_)


def try_cast(expression: object, type_: TypeArgument[T]) -> TryCast[T]:
    """Return ``TRY_CAST(expression AS type_)``, on servers that have it."""
    return TryCast(expression, type_)


def type_coerce(expression: object, type_: TypeArgument[T]) -> TypeCoerce[T]:
    """Return *expression* with Python's side of *type_*, and no CAST."""
    return TypeCoerce(expression, type_)


class Case(ColumnElement[T]):
    """``CASE WHEN … THEN … ELSE … END``."""

    __slots__ = ("else_", "type", "value", "whens")
    __visit_name__ = "case"
    parts = ("value", "whens", "else_")

    def __init__(self, whens: Sequence[tuple[Any, Any]], value: object, else_: object) -> None:
        self.value = operand(value, NULLTYPE) if value is not None else None
        kind = self.value.type if self.value is not None else None
        made = []
        result: TypeEngine[Any] | None = None
        among = kind_among((*(outcome for _, outcome in whens), else_))
        for condition, outcome in whens:
            test = criterion(condition) if kind is None else operand(condition, kind)
            then = operand(outcome, among if among is not None else result)
            made.append((test, then))
            if result is None and then.type.affinity != "null":
                result = then.type
        self.whens = tuple(made)
        beside = among if among is not None else result
        self.else_ = operand(else_, beside) if else_ is not None else None
        if result is None and self.else_ is not None:
            result = self.else_.type
        self.type = result if result is not None else NULLTYPE

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append("case")
        key.append((len(self.whens), self.value is None, self.else_ is None))
        if self.value is not None:
            self.value.collect(walk)
        for condition, outcome in self.whens:
            condition.collect(walk)
            outcome.collect(walk)
        if self.else_ is not None:
            self.else_.collect(walk)


def case(*whens: Any, value: object = None, else_: object = None) -> Case[Any]:
    """Return a CASE expression::

    case((user.c.age < 18, "minor"), (user.c.age < 65, "adult"), else_="senior")
    case({"a": 1, "b": 2}, value=user.c.grade, else_=0)

    With the SQL that it sends::

        size = case((Order.total > 20, "large"), else_="small")
        session.execute(select(Order.id, size)).all()
        # SELECT orders.id, CASE WHEN (orders.total > ?) THEN ? ELSE ? END AS anon_1 FROM orders
    """
    if len(whens) == 1 and isinstance(whens[0], Mapping):
        pairs: Sequence[Any] = list(whens[0].items())
    elif len(whens) == 1 and isinstance(whens[0], list):
        raise ArgumentError("case() takes its pairs one by one", hint="case((a, 1), (b, 2))")
    else:
        pairs = whens
    if not pairs:
        raise ArgumentError("case() needs at least one pair of condition and outcome")
    return Case(pairs, value, else_)


class Extract(ColumnElement[int]):
    """``EXTRACT(field FROM expr)``."""

    __slots__ = ("expr", "field")
    __visit_name__ = "extract"
    parts = ("expr",)
    type = INTEGERTYPE

    def __init__(self, field: str, expr: object) -> None:
        self.field = field
        self.expr = operand(expr, None)

    def collect(self, walk: Walk) -> None:
        walk.key.append("extract")
        walk.key.append(self.field)
        self.expr.collect(walk)


def extract(field: str, expr: object) -> Extract:
    """Return a *field* (``year``, ``month``, ``hour`` …) of a date or time."""
    return Extract(field, expr)


class Tuple(ColumnElement[Any]):
    """``(a, b)``."""

    __slots__ = ("clauses", "type")
    __visit_name__ = "tuple"
    parts = ("clauses",)

    def __init__(self, *clauses: object, types: Sequence[TypeArgument[Any]] | None = None) -> None:
        kinds = [to_instance(t) for t in types] if types is not None else [None] * len(clauses)
        self.clauses = tuple(
            operand(clause, kind) for clause, kind in zip(clauses, kinds, strict=True)
        )
        self.type = TupleType(*(clause.type for clause in self.clauses))

    def row_beside(self, values: Sequence[Any]) -> Tuple:
        """Return *values* as the row that this one is compared with."""
        if len(values) != len(self.clauses):
            raise ArgumentError(
                f"a row of {len(self.clauses)} columns is compared with {len(values)} values"
            )
        return Tuple(*values, types=[clause.type for clause in self.clauses])

    def collect(self, walk: Walk) -> None:
        walk.key.append("tuple")
        walk.key.append(len(self.clauses))
        for clause in self.clauses:
            clause.collect(walk)


def tuple_(*clauses: object, types: Sequence[TypeArgument[Any]] | None = None) -> Tuple:
    """Return ``(a, b)``, for comparing several columns at once.

    With the SQL that it sends::

        pairs = tuple_(Order.user_id, Order.total).in_([(1, 30), (2, 7)])
        session.scalars(select(Order.id).where(pairs)).all()
        # SELECT orders.id FROM orders WHERE (orders.user_id, orders.total) IN ((?, ?), (?, ?))
    """
    return Tuple(*clauses, types=types)


class CollectionAggregate(ColumnElement[T]):
    """``ANY (…)`` or ``ALL (…)``: one side of a comparison."""

    __slots__ = ("element", "operator", "type")
    __visit_name__ = "collection_aggregate"
    parts = ("element",)
    operator: Operator

    def __init__(self, operator: Operator, element: ColumnElement[Any]) -> None:
        self.operator = operator
        self.element = element
        kind = element.type
        self.type = getattr(kind, "item_type", kind)

    # Standing first, as it does in ``5 == any_(…)`` too: SQL wants it on the right.

    def _mirrored(self, operator: Operator, other: object) -> Any:
        return build.compare(operand(other, self.type), ops.MIRRORED[operator], self)

    def __eq__(self, other: object) -> Any:
        return self._mirrored(ops.EQ, other)

    def __ne__(self, other: object) -> Any:
        return self._mirrored(ops.NE, other)

    def __lt__(self, other: object) -> Any:
        return self._mirrored(ops.LT, other)

    def __le__(self, other: object) -> Any:
        return self._mirrored(ops.LE, other)

    def __gt__(self, other: object) -> Any:
        return self._mirrored(ops.GT, other)

    def __ge__(self, other: object) -> Any:
        return self._mirrored(ops.GE, other)

    __hash__ = ColumnElement.__hash__

    def collect(self, walk: Walk) -> None:
        walk.key.append(self.operator)
        self.element.collect(walk)


class CollationClause(ColumnElement[str]):
    """The name of a collation."""

    __slots__ = ("collation", "schema")
    __visit_name__ = "collation"

    def __init__(self, collation: str, schema: str | None = None) -> None:
        self.collation = collation
        self.schema = schema

    def collect(self, walk: Walk) -> None:
        walk.key.append("collation")
        walk.key.append(self.collation)
        walk.key.append(self.schema)


class Bound(NamedTuple):
    """One end of a window's frame."""

    words: str
    offset: Any = None


class Frame(NamedTuple):
    """The frame of a window: which rows around the present one belong to it."""

    unit: str
    bounds: tuple[Bound, Bound]
    exclude: str | None = None


class FrameClauseType(Enum):
    """What one end of a window's frame is counted from."""

    UNBOUNDED = "UNBOUNDED"
    CURRENT = "CURRENT ROW"
    PRECEDING = "PRECEDING"
    FOLLOWING = "FOLLOWING"


class FrameClause:
    """The frame of a window, each end with its direction::

    func.sum(sale.c.amount).over(
        order_by=sale.c.day,
        range_=FrameClause(
            timedelta(days=7), None, FrameClauseType.PRECEDING, FrameClauseType.CURRENT
        ),
    )
    """

    def __init__(
        self,
        start: object,
        end: object,
        start_frame_type: FrameClauseType,
        end_frame_type: FrameClauseType,
    ) -> None:
        self.bounds = (
            _frame_bound(start, start_frame_type, "PRECEDING"),
            _frame_bound(end, end_frame_type, "FOLLOWING"),
        )


def _frame_bound(value: object, kind: FrameClauseType, unbounded: str) -> Bound:
    if kind in (FrameClauseType.PRECEDING, FrameClauseType.FOLLOWING):
        if value is None:
            raise ArgumentError(f"the end of a frame that is {kind.value} needs a value")
        return Bound(kind.value, operand(value, None))
    if value is not None:
        raise ArgumentError(f"the end of a frame that is {kind.value} takes no value")
    return Bound(f"UNBOUNDED {unbounded}" if kind is FrameClauseType.UNBOUNDED else kind.value)


def _bounds(given: object) -> tuple[Bound, Bound]:
    if isinstance(given, FrameClause):
        return given.bounds
    if not isinstance(given, tuple) or len(given) != 2:
        raise ArgumentError(f"the frame of a window is a pair of bounds; got {given!r}")
    return _bound(given[0], "PRECEDING"), _bound(given[1], "FOLLOWING")


def _bound(value: object, direction: str) -> Bound:
    """Return one bound: None is unbounded, 0 the present row, a negative number before it."""
    if value is None:
        return Bound(f"UNBOUNDED {direction}")
    if value == 0 and isinstance(value, int):
        return Bound("CURRENT ROW")
    if isinstance(value, int | float):
        return Bound("FOLLOWING" if value > 0 else "PRECEDING", operand(abs(value), None))
    return Bound(direction, operand(value, None))


class FrameOptions(TypedDict, total=False):
    """Which rows of a window an aggregate is computed over."""

    range_: tuple[Any, Any] | FrameClause | None
    rows: tuple[int | None, int | None] | FrameClause | None
    groups: tuple[int | None, int | None] | FrameClause | None
    exclude: str | None


class Window(FrameOptions, total=False):
    """What an aggregate is computed over."""

    partition_by: SortArgument | Sequence[SortArgument] | None
    order_by: SortArgument | Sequence[SortArgument] | None


class Over(ColumnElement[T]):
    """``element OVER (PARTITION BY … ORDER BY …)``."""

    __slots__ = ("element", "frame", "order_by", "partition_by")
    __visit_name__ = "over"
    parts = ("element", "partition_by", "order_by", "frame")

    def __init__(
        self,
        element: ColumnElement[Any],
        partition_by: SortArgument | Sequence[SortArgument] | None = None,
        order_by: SortArgument | Sequence[SortArgument] | None = None,
        range_: tuple[Any, Any] | FrameClause | None = None,
        rows: tuple[int | None, int | None] | FrameClause | None = None,
        groups: tuple[int | None, int | None] | FrameClause | None = None,
        exclude: str | None = None,
    ) -> None:
        self.element = element
        self.partition_by = sort_arguments(partition_by)
        self.order_by = sort_arguments(order_by)
        frames = [("RANGE", range_), ("ROWS", rows), ("GROUPS", groups)]
        given = [(unit, bounds) for unit, bounds in frames if bounds is not None]
        if len(given) > 1:
            raise ArgumentError("range_, rows and groups exclude each other")
        self.frame = Frame(given[0][0], _bounds(given[0][1]), exclude) if given else None

    @property
    def type(self) -> TypeEngine[Any]:  # type: ignore[override]
        type_: TypeEngine[Any] = self.element.type
        return type_

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append("over")
        key.append((len(self.partition_by), len(self.order_by), self.frame is None))
        self.element.collect(walk)
        if self.frame is not None:
            key.append((self.frame.unit, self.frame.exclude))
            for bound in self.frame.bounds:
                key.append(bound.words)
                if bound.offset is not None:
                    bound.offset.collect(walk)
        for clause in self.partition_by:
            clause.collect(walk)
        for clause in self.order_by:
            clause.collect(walk)


class WithinGroup(ColumnElement[T]):
    """``element WITHIN GROUP (ORDER BY …)``."""

    __slots__ = ("element", "order_by")
    __visit_name__ = "withingroup"
    parts = ("element", "order_by")

    def __init__(self, element: ColumnElement[Any], *order_by: SortArgument) -> None:
        self.element = element
        self.order_by = sort_arguments(order_by)

    @property
    def type(self) -> TypeEngine[Any]:  # type: ignore[override]
        within = getattr(self.element, "within_group_type", None)
        found = within(self) if within is not None else None
        type_: TypeEngine[Any] = found if found is not None else self.element.type
        return type_

    def over(self, **window: Unpack[Window]) -> Over[Any]:
        """Return this over a window."""
        return Over(self, **window)

    def filter(self, *criteria: ConditionArgument) -> FunctionFilter[Any]:
        """Return this over those rows that fulfil *criteria*."""
        return FunctionFilter(self, *criteria) if criteria else self  # type: ignore[return-value]

    def collect(self, walk: Walk) -> None:
        walk.key.append("within")
        walk.key.append(len(self.order_by))
        self.element.collect(walk)
        for clause in self.order_by:
            clause.collect(walk)


class FunctionFilter(ColumnElement[T]):
    """``element FILTER (WHERE …)``."""

    __slots__ = ("criteria", "element")
    __visit_name__ = "funcfilter"
    parts = ("element", "criteria")
    operator = ops.FILTER

    def __init__(self, element: ColumnElement[Any], *criteria: ConditionArgument) -> None:
        self.element = element
        self.criteria = tuple(criterion(c) for c in criteria)

    @property
    def type(self) -> TypeEngine[Any]:  # type: ignore[override]
        type_: TypeEngine[Any] = self.element.type
        return type_

    def filter(self, *criteria: ConditionArgument) -> FunctionFilter[T]:
        """Return this with *criteria* besides."""
        return FunctionFilter(self.element, *self.criteria, *criteria)

    def over(
        self,
        partition_by: SortArgument | Sequence[SortArgument] | None = None,
        order_by: SortArgument | Sequence[SortArgument] | None = None,
        **frame: Unpack[FrameOptions],
    ) -> Over[Any]:
        """Return this over a window."""
        return Over(self, partition_by=partition_by, order_by=order_by, **frame)

    def collect(self, walk: Walk) -> None:
        walk.key.append("filter")
        walk.key.append(len(self.criteria))
        self.element.collect(walk)
        for clause in self.criteria:
            clause.collect(walk)


def over(
    element: ColumnElement[Any],
    partition_by: SortArgument | Sequence[SortArgument] | None = None,
    order_by: SortArgument | Sequence[SortArgument] | None = None,
    **frame: Unpack[FrameOptions],
) -> Over[Any]:
    """Return *element* over a window."""
    return Over(element, partition_by=partition_by, order_by=order_by, **frame)


def within_group(element: ColumnElement[Any], *order_by: SortArgument) -> WithinGroup[Any]:
    """Return the aggregate *element* of ordered rows."""
    return WithinGroup(element, *order_by)


def funcfilter(func: ColumnElement[Any], *criteria: ConditionArgument) -> FunctionFilter[Any]:
    """Return the aggregate *func* of those rows that fulfil *criteria*."""
    return FunctionFilter(func, *criteria)


def values_list(values: Iterable[object]) -> ExpressionList:
    """Return *values* as a list of parameters and expressions."""
    return ExpressionList(operand(v, value_types.type_of(v)) for v in values)


def collated(
    element: ColumnElement[Any], name: str, schema: str | None = None
) -> BinaryExpression[Any]:
    """Return ``element COLLATE name`` of an *element* that is an expression."""
    return BinaryExpression(element, CollationClause(name, schema), ops.COLLATE, element.type)


def collate(
    expression: object, collation: str, collation_schema: str | None = None
) -> BinaryExpression[Any]:
    """Return ``expression COLLATE collation``."""
    element = expression if isinstance(expression, str) else value_argument(expression)
    return collated(operand(element, None), collation, collation_schema)


def any_(expr: object) -> CollectionAggregate[Any]:
    """Return ``ANY (expr)``, for one side of a comparison."""
    return CollectionAggregate(ops.ANY, operand(expr, None))


def all_(expr: object) -> CollectionAggregate[Any]:
    """Return ``ALL (expr)``, for one side of a comparison."""
    return CollectionAggregate(ops.ALL, operand(expr, None))
