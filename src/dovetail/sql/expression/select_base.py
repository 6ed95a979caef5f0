"""What every statement that gives rows can become: a subquery, a CTE, a value, a condition."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self, SupportsIndex, TypeVar
from warnings import warn

from ...exc import ArgumentError, DovetailDeprecationWarning
from ...inspection import inspects_itself
from ...types.basic import BOOLEANTYPE, INTEGERTYPE
from ...types.contract import NULLTYPE, TypeEngine, value_types
from .. import operators as ops
from ..arguments import ColumnArgument, ConditionArgument, FromArgument
from ..node import Executable, Node, Walk
from ..traversal import replace
from .building import operand
from .coercion import node_of
from .column_element import ColumnElement, Label
from .columns import ColumnClause, ColumnCollection
from .derived import CTE, Lateral, Subquery
from .elements import BindParameter
from .from_clause import Exported, statements
from .naming import SelectedColumn, exported_columns

T = TypeVar("T")


def bound_values(statement: Any, values: dict[str, Any]) -> Any:
    """Return *statement*, or a part of one, whose parameters have the *values* by their names."""

    def with_value(node: Node) -> Node | None:
        if isinstance(node, BindParameter) and node.key in values:
            return node.with_value(values[node.key])
        return None

    bound = replace(statement, with_value)
    if not bound.supports_execution or bound.walk().planner is None:
        return bound
    # What a class is mapped to may have parameters of these names too: its plan is asked.
    return bound._with(values_by_name={**named_values(bound), **values})


def named_values(statement: Node) -> dict[str, Any]:
    """The values by name that *statement* was given for what its classes are mapped to."""
    found: dict[str, Any] = getattr(statement, "__dict__", {}).get("values_by_name", {})
    return found


@inspects_itself
class SelectBase(Executable, Node):
    """Base of SELECT, of its unions, and of text that gives rows."""

    # Copies share __dict__'s content; what was computed from it stays behind.
    __slots__ = ("__dict__", "_memo")

    is_select = True
    is_select_statement = True
    returns_rows = True
    is_from = False
    name: Any = None

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        planner = self.walk().planner
        return self.reduce_plain() if planner is None else planner.reduce(self)

    @property
    def memo(self) -> dict[str, Any]:
        """What was computed of this statement: it never changes, so it holds."""
        try:
            return self._memo
        except AttributeError:
            self._memo: dict[str, Any] = {}
            return self._memo

    def _forget(self) -> None:
        if hasattr(self, "_memo"):
            del self._memo

    def walk(self) -> Walk:
        """Return what a pass over this statement collects; one pass serves every execution."""
        memo = self.memo
        found: Walk | None = memo.get("walk")
        if found is None:
            found = memo["walk"] = super().walk()
            named = self.__dict__.get("values_by_name")
            if named:
                # Those of an alias of what a class is mapped to are met here, too.
                found.binds = [
                    bind.with_value(named[bind.key]) if bind.key in named else bind
                    for bind in found.binds
                ]
        return found

    def as_core(self) -> Any:
        """Return this statement made of tables and columns alone: itself, if it is."""
        memo = self.memo
        found = memo.get("core")
        if found is None:
            planner = self.walk().planner
            found = memo["core"] = self if planner is None else planner.to_core(self)
        return found

    def named_columns(self) -> list[SelectedColumn]:
        """Return the columns of this statement, which is of tables alone, with their names."""
        raise NotImplementedError

    def export(self) -> list[Exported]:
        """Return the columns with the names under which others see them."""
        return exported_columns(self.as_core().named_columns())

    @property
    def selected_columns(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns of this SELECT, as they stand in it."""
        memo = self.memo
        found: ColumnCollection[Any] | None = memo.get("columns")
        if found is None:
            pairs = ((item.key, item.column) for item in self.export())
            found = memo["columns"] = ColumnCollection(pairs)
        return found

    @property
    def exported_columns(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns of this SELECT, as they stand in it."""
        return self.selected_columns

    @property
    def value_type(self) -> TypeEngine[Any]:
        """The type of the first column."""
        exported = self.as_core().named_columns()
        return exported[0].type if exported else NULLTYPE

    def is_derived_from(self, other: object) -> bool:
        """Return whether this is *other*."""
        return other is self

    def subquery(self, name: str | None = None) -> Subquery:
        """Return ``(this) AS name``, to be selected from.

        With the SQL that it sends::

            large = select(Order).where(Order.total > 10).subquery()
            statement = select(User.name, large.c.total).join(large, large.c.user_id == User.id)
            session.execute(statement).all()
            # SELECT user_account.name, anon_1.total FROM user_account JOIN (SELECT orders.id AS id,
            #     orders.user_id AS user_id, orders.total AS total FROM orders WHERE orders.total >
            #     ?) AS anon_1 ON anon_1.user_id = user_account.id
        """
        return Subquery(self, name)

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """Return ``(this) AS name``, to be selected from."""
        return Subquery(self, name)

    def implicit_subquery(self) -> Subquery:
        """Return the subquery that this is where a FROM was wanted."""
        memo = self.memo
        if "subquery" not in memo:
            memo["subquery"] = Subquery(self)
        found: Subquery = memo["subquery"]
        return found

    def lateral(self, name: str | None = None) -> Lateral:
        """Return ``LATERAL (this) AS name``."""
        return Lateral(self, name)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return ``WITH name AS (this)``, to be selected from.

        With the SQL that it sends::

            large = select(Order).where(Order.total > 10).cte("large")
            session.execute(select(func.sum(large.c.total))).scalar()
            # WITH large AS (SELECT orders.id AS id, orders.user_id AS user_id, orders.total AS
            #     total FROM orders WHERE orders.total > ?) SELECT sum(large.total) AS sum_1 FROM
            #     large
        """
        return CTE(self, name, recursive, nesting)

    def scalar_subquery(self) -> ScalarSelect[Any]:
        """Return this as a value: its only column of its only row.

        With the SQL that it sends::

            most = select(func.max(Order.total)).scalar_subquery()
            session.scalars(select(Order.id).where(Order.total == most)).all()
            # SELECT orders.id FROM orders WHERE orders.total = (SELECT max(orders.total) AS max_1
            #     FROM orders)
        """
        return ScalarSelect(self)

    def as_scalar(self) -> ScalarSelect[Any]:
        """Return this as a value: today's ``scalar_subquery()``."""
        warn(
            "as_scalar() is the spelling of 1.3: scalar_subquery()",
            DovetailDeprecationWarning,
            stacklevel=2,
        )
        return ScalarSelect(self)

    def grouped(self) -> ScalarSelect[Any]:
        """Return this in parentheses, as IN wants it."""
        return ScalarSelect(self)

    def label(self, name: str | None) -> Label[Any]:
        """Return this as a value called *name*."""
        return Label(name, ScalarSelect(self))

    def exists(self) -> Exists:
        """Return ``EXISTS (this)``.

        With the SQL that it sends::

            has_orders = select(Order.id).where(Order.user_id == User.id).exists()
            session.scalars(select(User.name).where(has_orders)).all()
            # SELECT user_account.name FROM user_account WHERE EXISTS (SELECT orders.id FROM orders
            #     WHERE orders.user_id = user_account.id)
        """
        return Exists(self)

    def params(self, __values: dict[str, Any] | None = None, **values: object) -> Self:
        """Return a copy whose parameters of these names have these values."""
        bound: Self = bound_values(self, {**(__values or {}), **values})
        return bound

    def union(self, *others: Node) -> Any:
        """``this UNION others``: the rows of all, each once.

        With the SQL that it sends::

            session.scalars(select(User.id).union(select(Order.id))).all()
            # SELECT user_account.id FROM user_account UNION SELECT orders.id FROM orders
        """
        return statements.compound("UNION", self, *others)

    def union_all(self, *others: Node) -> Any:
        """``this UNION ALL others``: the rows of all.

        With the SQL that it sends::

            session.scalars(select(User.id).union_all(select(Order.id))).all()
            # SELECT user_account.id FROM user_account UNION ALL SELECT orders.id FROM orders
        """
        return statements.compound("UNION ALL", self, *others)

    def except_(self, *others: Node) -> Any:
        """``this EXCEPT others``: the rows that the others do not have.

        With the SQL that it sends::

            session.scalars(select(User.id).except_(select(Order.user_id))).all()
            # SELECT user_account.id FROM user_account EXCEPT SELECT orders.user_id FROM orders
        """
        return statements.compound("EXCEPT", self, *others)

    def except_all(self, *others: Node) -> Any:
        """``this EXCEPT ALL others``."""
        return statements.compound("EXCEPT ALL", self, *others)

    def intersect(self, *others: Node) -> Any:
        """``this INTERSECT others``: the rows that all have.

        With the SQL that it sends::

            session.scalars(select(User.id).intersect(select(Order.user_id))).all()
            # SELECT user_account.id FROM user_account INTERSECT SELECT orders.user_id FROM orders
        """
        return statements.compound("INTERSECT", self, *others)

    def intersect_all(self, *others: Node) -> Any:
        """``this INTERSECT ALL others``."""
        return statements.compound("INTERSECT ALL", self, *others)


class ScalarSelect(ColumnElement[T]):
    """``(SELECT …)`` as a value."""

    __slots__ = ("element",)
    __visit_name__ = "scalar_select"
    parts = ("element",)
    element: Any

    def __init__(self, element: SelectBase) -> None:
        self.element = element

    @property
    def type(self) -> TypeEngine[Any]:  # type: ignore[override]
        type_: TypeEngine[Any] = self.element.value_type
        return type_

    def where(self, *criteria: ConditionArgument) -> ScalarSelect[Any]:
        """Return this with *criteria* besides."""
        return ScalarSelect(self.element.where(*criteria))

    def correlate(self, *froms: FromArgument | None) -> ScalarSelect[Any]:
        """Return this speaking of *froms* of the statement around it."""
        return ScalarSelect(self.element.correlate(*froms))

    def correlate_except(self, *froms: FromArgument | None) -> ScalarSelect[Any]:
        """Return this speaking of all FROMs of the statement around it but *froms*."""
        return ScalarSelect(self.element.correlate_except(*froms))

    def scalar_subquery(self) -> ScalarSelect[Any]:
        """Return this itself."""
        return self

    def membership_select(self) -> ScalarSelect[Any]:
        """Return this as IN wants it."""
        return self

    def collect(self, walk: Walk) -> None:
        walk.key.append("(select)")
        self.element.collect(walk)


class Exists(ColumnElement[bool]):
    """``EXISTS (SELECT …)``."""

    __slots__ = ("element",)
    __visit_name__ = "exists"
    parts = ("element",)
    element: Any
    operator = ops.EXISTS
    type = BOOLEANTYPE

    def __init__(self, element: SelectBase) -> None:
        self.element = element

    def where(self, *criteria: ConditionArgument) -> Exists:
        """Return this with *criteria* besides."""
        return Exists(self.element.where(*criteria))

    def select_from(self, *froms: FromArgument) -> Exists:
        """Return this with *froms* in its FROM."""
        return Exists(self.element.select_from(*froms))

    def correlate(self, *froms: FromArgument | None) -> Exists:
        """Return this speaking of *froms* of the statement around it."""
        return Exists(self.element.correlate(*froms))

    def correlate_except(self, *froms: FromArgument | None) -> Exists:
        """Return this speaking of all FROMs of the statement around it but *froms*."""
        return Exists(self.element.correlate_except(*froms))

    def select(self) -> Any:
        """Return ``SELECT EXISTS (…)``."""
        return statements.select(self)

    def collect(self, walk: Walk) -> None:
        walk.key.append("exists")
        self.element.collect(walk)


def exists(*arguments: ColumnArgument) -> Exists:
    """Return ``EXISTS (SELECT …)``: of a SELECT, of columns, or of ``*``::

    select(user).where(exists().where(address.c.user_id == user.c.id))

    With the SQL that it sends::

        session.scalars(select(User.name).where(exists().where(Order.user_id == User.id))).all()
        # SELECT user_account.name FROM user_account WHERE EXISTS (SELECT * FROM orders WHERE
        #     orders.user_id = user_account.id)
    """
    if len(arguments) == 1:
        only: Any = arguments[0]
        if isinstance(only, ScalarSelect):
            return Exists(only.element)
        if getattr(only, "is_select_statement", False):
            return Exists(only)
    if not arguments:
        return Exists(statements.select(ColumnClause("*", is_literal=True)))
    return Exists(statements.select(*arguments))


def row_limit(value: object) -> Any:
    """Return the expression for a LIMIT or OFFSET, or None for none."""
    if value is None or isinstance(value, ColumnElement):
        return value
    number = value if isinstance(value, int) else _whole_number(value)
    if number is None:
        return operand(value, INTEGERTYPE)
    return BindParameter(None, number, _type_of_number(number))


def row_offset(value: object) -> Any:
    """Return the expression for an OFFSET, or None for none."""
    if isinstance(value, int) and value < 0:
        raise ArgumentError(f"OFFSET takes no number below zero; got {value}")
    return row_limit(value)


def _type_of_number(number: int) -> TypeEngine[Any]:
    found = value_types.type_of(number)
    return INTEGERTYPE if isinstance(number, bool) else found


def _whole_number(value: Any) -> int | None:
    """Return the number that *value* is; None for an expression."""
    try:
        found: int = value.__index__()
        return found
    except AttributeError:
        pass
    if node_of(value) is not None:
        return None
    if isinstance(value, float | Decimal) and value == value // 1:
        return int(value)
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise ArgumentError(
        f"LIMIT and OFFSET take whole numbers; got {value!r}", hint="convert it: int(value)"
    )
