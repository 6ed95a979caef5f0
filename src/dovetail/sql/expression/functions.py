"""SQL functions: ``func.anything(…)``, and what is known of the common ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, Unpack, overload

from ...exc import ArgumentError
from ...types.basic import (
    DATETIMETYPE,
    DATETYPE,
    INTEGERTYPE,
    NUMERICTYPE,
    STRINGTYPE,
    TIMETYPE,
)
from ...types.contract import TypeEngine, to_instance
from ...types.quoted import quoted_name
from ...types.structured import ARRAY
from ..arguments import ConditionArgument, SortArgument
from ..node import Walk
from ..operators import FUNCTION_COMPARES
from .building import kind_among, operand
from .column_element import ColumnElement
from .columns import ColumnClause, ColumnCollection
from .constructs import (
    Cast,
    Extract,
    FrameClause,
    FunctionFilter,
    Over,
    Window,
    WithinGroup,
    sort_arguments,
)
from .derived import TableValuedAlias
from .elements import BinaryExpression, BindParameter
from .from_clause import TableValuedColumn
from .select import Select

T = TypeVar("T")


class FunctionElement(ColumnElement[T]):
    """Base of all function calls.

    A subclass of one's own needs a ``name``, and a function under ``@compiles`` where the
    text is to be another than ``name(arguments)``.
    """

    __visit_name__ = "function"
    is_function: ClassVar[bool] = True
    parts = ("clauses",)
    name: Any = None
    packagenames: tuple[str, ...] = ()
    inherit_cache: ClassVar[bool | None] = None
    within_group_type: Any = None
    written_as: ClassVar[str | None] = None
    """The words in SQL, where they are not the name."""
    _kind_beside: Any = None
    """The type beside which plain values among the arguments stand."""

    def __init__(self, *clauses: object) -> None:
        self.clauses: tuple[Any, ...] = tuple(self._argument(clause) for clause in clauses)

    def _argument(self, value: object) -> Any:
        """Return one argument; a plain value becomes a parameter named for the function."""
        made = operand(value, self._kind_beside)
        if type(made) is BindParameter and made is not value:
            made.key = str(self.name) if self.name is not None else None
        return made

    @property
    def bind_name(self) -> Any:
        return self.name

    def membership_select(self) -> Any:
        """Return the rows, or the value, that this gives as IN looks in them."""
        return Select(self).scalar_subquery()

    @property
    def columns(self) -> ColumnCollection[Any]:
        """The one column of the rows that it gives, where it stands in FROM: itself."""
        return ColumnCollection([(str(self.name), self)])

    @property
    def c(self) -> ColumnCollection[Any]:
        """The columns: ``columns`` under its short name."""
        return self.columns

    @property
    def exported_columns(self) -> ColumnCollection[Any]:
        """The columns: the same as ``columns``."""
        return self.columns

    @property
    def clause_expr(self) -> tuple[Any, ...]:
        return self.clauses

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.__class__)
        key.append(self.packagenames)
        key.append(self.name)
        key.append(self.type.structure_key)
        key.append(len(self.clauses))
        for clause in self.clauses:
            clause.collect(walk)

    def over(
        self,
        *,
        partition_by: SortArgument | Sequence[SortArgument] | None = None,
        order_by: SortArgument | Sequence[SortArgument] | None = None,
        rows: tuple[int | None, int | None] | FrameClause | None = None,
        range_: tuple[Any, Any] | FrameClause | None = None,
        groups: tuple[int | None, int | None] | FrameClause | None = None,
        exclude: str | None = None,
    ) -> Over[T]:
        """``this OVER (PARTITION BY … ORDER BY …)``."""
        return Over(
            self,
            partition_by=partition_by,
            order_by=order_by,
            rows=rows,
            range_=range_,
            groups=groups,
            exclude=exclude,
        )

    def within_group(self, *order_by: SortArgument) -> WithinGroup[T]:
        """``this WITHIN GROUP (ORDER BY …)``."""
        return WithinGroup(self, *order_by)

    @overload
    def filter(self) -> Self: ...
    @overload
    def filter(
        self, criterion: ConditionArgument, /, *criteria: ConditionArgument
    ) -> FunctionFilter[T]: ...
    def filter(self, *criteria: ConditionArgument) -> Any:
        """``this FILTER (WHERE …)``."""
        return FunctionFilter(self, *criteria) if criteria else self

    def column_valued(
        self, name: str | None = None, joins_implicitly: bool = False
    ) -> TableValuedColumn:
        """Return this as a FROM whose only column it is."""
        return TableValuedAlias(self, (), name, scalar=True).column

    def table_valued(self, *columns: str | ColumnElement[Any], **kw: object) -> TableValuedAlias:
        """Return this as a FROM with *columns*."""
        return _table_valued(self, columns, kw)

    def scalar_table_valued(
        self, name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None
    ) -> FieldOfFunction[Any]:
        """``(this).name``: one field of the row that this gives, as a value."""
        return FieldOfFunction(self, name, type_)

    def alias(self, name: str | None = None, joins_implicitly: bool = False) -> TableValuedAlias:
        """Return this as a FROM with a name; ``.column`` is its row."""
        return _table_valued(self, (), {"name": name})

    def aggregate_order_by(self, *order_by: SortArgument) -> AggregateOrderBy[T]:
        """``this(arguments ORDER BY …)``: an aggregate that takes its rows in an order."""
        return AggregateOrderBy(self, *order_by)

    def as_comparison(self, left_index: int, right_index: int) -> FunctionAsBinary:
        """Return this as the comparison of two of its arguments, counted from 1.

        For the join condition of a relationship::

            primaryjoin = func.is_equal(parent.c.id, child.c.parent_id).as_comparison(1, 2)
        """
        return FunctionAsBinary(self, left_index, right_index)

    def select(self) -> Select[T]:
        """Return ``SELECT this``."""
        return Select(self)


def _table_valued(
    function: FunctionElement[Any], columns: tuple[Any, ...], options: dict[str, Any]
) -> TableValuedAlias:
    made = [ColumnClause(c) if isinstance(c, str) else c for c in columns]
    ordinality = options.get("with_ordinality")
    if ordinality is not None:
        made.append(ColumnClause(ordinality, INTEGERTYPE))
    alias = TableValuedAlias(function, made, options.get("name"))
    alias.ordinality = ordinality is not None
    return alias


class AggregateOrderBy(ColumnElement[T]):
    """``element(arguments ORDER BY …)``."""

    __slots__ = ("element", "order_by")
    __visit_name__ = "aggregateorderby"
    parts = ("element", "order_by")

    def __init__(self, element: ColumnElement[Any], *order_by: SortArgument) -> None:
        if not order_by:
            raise ArgumentError("aggregate_order_by() needs something to order by")
        self.element = element
        self.order_by = sort_arguments(order_by)

    @property
    def type(self) -> TypeEngine[Any]:  # type: ignore[override]
        type_: TypeEngine[Any] = self.element.type
        return type_

    def over(self, **window: Unpack[Window]) -> Over[Any]:
        """Return this over a window."""
        return Over(self, **window)

    def filter(self, *criteria: ConditionArgument) -> Any:
        """Return this over those rows that fulfil *criteria*."""
        return FunctionFilter(self, *criteria) if criteria else self

    def collect(self, walk: Walk) -> None:
        walk.key.append(("aggregate order", len(self.order_by)))
        self.element.collect(walk)
        for clause in self.order_by:
            clause.collect(walk)


def aggregate_order_by(
    element: ColumnElement[Any], *order_by: SortArgument
) -> AggregateOrderBy[Any]:
    """Return the aggregate *element*, which takes its rows in this order."""
    return AggregateOrderBy(element, *order_by)


class FieldOfFunction(ColumnElement[T]):
    """``(function(…)).name``."""

    __slots__ = ("element", "name", "type")
    __visit_name__ = "field_of_function"
    parts = ("element",)

    def __init__(
        self,
        element: ColumnElement[Any],
        name: str,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    ) -> None:
        self.element = element
        self.name = name
        self.type = to_instance(type_)

    @property
    def key(self) -> str:
        return self.name

    def collect(self, walk: Walk) -> None:
        walk.key.append(("field", self.name, self.type.structure_key))
        self.element.collect(walk)


class FunctionAsBinary(BinaryExpression[bool]):
    """A function that compares two of its arguments."""

    __slots__ = ("function", "left_index", "right_index")
    __visit_name__ = "function_as_binary"

    def __init__(self, function: FunctionElement[Any], left_index: int, right_index: int) -> None:
        clauses = function.clauses
        for index in (left_index, right_index):
            if not 1 <= index <= len(clauses):
                raise ArgumentError(
                    f"as_comparison() counts arguments from 1; {function.name} has "
                    f"{len(clauses)}, and no number {index}"
                )
        super().__init__(clauses[left_index - 1], clauses[right_index - 1], FUNCTION_COMPARES)
        self.function = function
        self.left_index = left_index
        self.right_index = right_index

    def collect(self, walk: Walk) -> None:
        walk.key.append(("compares", self.left_index, self.right_index))
        for clause in (self.left, self.right):
            clause.collect(walk)
        walk.key.append((self.function.__class__, self.function.name))
        for number, clause in enumerate(self.function.clauses, 1):
            if number not in (self.left_index, self.right_index):
                clause.collect(walk)

    def arguments(self) -> list[Any]:
        """The arguments of the function, with both sides as they are now."""
        found = list(self.function.clauses)
        found[self.left_index - 1] = self.left
        found[self.right_index - 1] = self.right
        return found


class Function(FunctionElement[T]):
    """A function that is known by name alone."""

    def __init__(
        self,
        name: str,
        *clauses: object,
        type_: TypeEngine[T] | type[TypeEngine[T]] | None = None,
        packagenames: tuple[str, ...] | None = None,
    ) -> None:
        self.name = name
        super().__init__(*clauses)
        self.packagenames = tuple(packagenames or ())
        self.type = to_instance(type_)


_known: dict[str, type[ColumnElement[Any]]] = {"cast": Cast, "extract": Extract}
"""What stands for a function of a name; the first two are written otherwise than functions."""
_packages: dict[str, dict[str, type[ColumnElement[Any]]]] = {"_default": _known}


def register_function(identifier: str, fn: type[Any], package: str = "_default") -> None:
    """Let ``func.identifier(…)`` make a *fn*."""
    _packages.setdefault(package, {})[identifier.lower()] = fn


class GenericFunction(Function[T]):
    """Base of functions of which more is known than the name: the type of the result.

    A subclass registers itself under its class name, or its ``name`` or ``identifier``::

        class as_utc(GenericFunction):
            type = DateTime()
    """

    package: ClassVar[str] = "_default"
    identifier: ClassVar[str]
    _register: ClassVar[bool] = True

    def __init_subclass__(cls, **kw: object) -> None:
        super().__init_subclass__(**kw)
        own = vars(cls)
        if not own.get("_register", True):
            return
        if "name" not in own:
            cls.name = cls.__name__
        declared = own.get("type")
        if isinstance(declared, type):
            cls.type = to_instance(declared)
        cls.identifier = own.get("identifier", str(cls.name))
        register_function(cls.identifier, cls, cls.package)

    def __init__(self, *clauses: object, **kwargs: object) -> None:
        FunctionElement.__init__(self, *clauses)
        given = kwargs.get("type_")
        if given is not None:
            self.type = to_instance(given)


class AnsiFunction(GenericFunction[T]):
    """A function of the standard that is written without parentheses."""

    __visit_name__ = "ansi_function"
    _register = False


class ReturnTypeFromArgs(GenericFunction[T]):
    """A function whose result has the type of its first argument that has one."""

    _register = False

    def __init__(self, *clauses: object, **kwargs: object) -> None:
        super().__init__(*clauses, **kwargs)
        if "type_" not in kwargs:
            for clause in self.clauses:
                if clause.type.affinity != "null":
                    self.type = clause.type
                    break


class _ChoiceOfArgs(ReturnTypeFromArgs[T]):
    """A function that gives one of its arguments, which are all of one kind."""

    _register = False

    def __init__(self, *clauses: object, **kwargs: object) -> None:
        self._kind_beside = kind_among(clauses)
        super().__init__(*clauses, **kwargs)


class coalesce(_ChoiceOfArgs[Any]):
    """The first argument that is not NULL."""


class max(_ChoiceOfArgs[Any]):  # noqa: A001
    """The greatest value."""


class min(_ChoiceOfArgs[Any]):  # noqa: A001
    """The least value."""


class sum(ReturnTypeFromArgs[Any]):  # noqa: A001
    """The sum."""


class nullif(_ChoiceOfArgs[Any]):
    """NULL where both arguments are equal, else the first."""


class lower(GenericFunction[str]):
    """The text in lower case."""

    type = STRINGTYPE


class upper(GenericFunction[str]):
    """The text in upper case."""

    type = STRINGTYPE


class concat(GenericFunction[str]):
    """The arguments one after the other."""

    type = STRINGTYPE


class char_length(GenericFunction[int]):
    """The number of characters."""

    type = INTEGERTYPE


class length(GenericFunction[int]):
    """The number of characters."""

    type = INTEGERTYPE


class now(GenericFunction[Any]):
    """Date and time."""

    type = DATETIMETYPE


class random(GenericFunction[Any]):
    """A random number."""


class count(GenericFunction[int]):
    """The number of rows, or of values that are not NULL."""

    type = INTEGERTYPE

    def __init__(self, expression: object = None, **kwargs: object) -> None:
        if expression is None:
            expression = ColumnClause("*", is_literal=True)
        super().__init__(expression, **kwargs)


class pow(ReturnTypeFromArgs[Any]):  # noqa: A001
    """The first argument to the power of the second."""


class aggregate_strings(GenericFunction[str]):
    """The values one after the other, with a separator between them."""

    type = STRINGTYPE

    def __init__(self, clause: object, separator: object, **kwargs: object) -> None:
        super().__init__(clause, separator, **kwargs)

    def collect(self, walk: Walk) -> None:
        super().collect(walk)
        separator = self.clauses[-1]
        if isinstance(separator, BindParameter):
            # Some servers take a literal alone: it stands in the text, and is part of it.
            walk.key.append(("separator", separator.effective_value))


class grouping_sets(GenericFunction[Any]):
    """``GROUPING SETS (…)``, for GROUP BY; a set of several columns is a ``tuple_()``."""

    written_as = "GROUPING SETS"


class cube(GenericFunction[Any]):
    """``CUBE (…)``, for GROUP BY: all combinations."""

    written_as = "CUBE"


class rollup(GenericFunction[Any]):
    """``ROLLUP (…)``, for GROUP BY: totals for ever fewer columns."""

    written_as = "ROLLUP"


class array_agg(GenericFunction[Any]):
    """The values as an array."""

    def __init__(self, *clauses: object, **kwargs: object) -> None:
        super().__init__(*clauses, **kwargs)
        if "type_" not in kwargs and self.clauses:
            kind = self.clauses[0].type
            self.type = kind if isinstance(kind, ARRAY) else ARRAY(kind)


class _Rank(GenericFunction[Any]):
    _register = False


class rank(_Rank):
    """The rank of a row, with gaps."""

    type = INTEGERTYPE


class dense_rank(_Rank):
    """The rank of a row, without gaps."""

    type = INTEGERTYPE


class row_number(_Rank):
    """The number of a row within its partition."""

    type = INTEGERTYPE


class percent_rank(_Rank):
    """The relative rank of a row."""

    type = NUMERICTYPE


class cume_dist(_Rank):
    """The relative position of a row."""

    type = NUMERICTYPE


def _first_order_type(within: WithinGroup[Any]) -> TypeEngine[Any]:
    element = within.order_by[0]
    type_: TypeEngine[Any] = element.type
    return type_


class mode(GenericFunction[Any]):
    """The most frequent value."""

    within_group_type = staticmethod(_first_order_type)


class percentile_cont(GenericFunction[Any]):
    """A percentile, interpolated."""

    within_group_type = staticmethod(_first_order_type)


class percentile_disc(GenericFunction[Any]):
    """A percentile, one of the values."""

    within_group_type = staticmethod(_first_order_type)


class current_date(AnsiFunction[Any]):
    """Today."""

    type = DATETYPE


class current_time(AnsiFunction[Any]):
    """The time of day."""

    type = TIMETYPE


class current_timestamp(AnsiFunction[Any]):
    """Date and time."""

    type = DATETIMETYPE


class localtime(AnsiFunction[Any]):
    """The time of day."""

    type = TIMETYPE


class localtimestamp(AnsiFunction[Any]):
    """Date and time."""

    type = DATETIMETYPE


class sysdate(AnsiFunction[Any]):
    """Date and time."""

    type = DATETIMETYPE
    written_as = "sysdate"


class current_user(AnsiFunction[str]):
    """The database user."""

    type = STRINGTYPE


class session_user(AnsiFunction[str]):
    """The user of the session."""

    type = STRINGTYPE


class user(AnsiFunction[str]):
    """The user."""

    type = STRINGTYPE


class _FunctionGenerator:
    """``func``: any attribute is a function of that name, dots making packages."""

    def __init__(self, names: tuple[str, ...] = (), **options: object) -> None:
        self._names = names
        self._options = options

    if TYPE_CHECKING:
        # What the functions that everybody uses give.

        def max(self, expression: ColumnElement[T], **options: object) -> Function[T]: ...
        def min(self, expression: ColumnElement[T], **options: object) -> Function[T]: ...
        def sum(self, expression: ColumnElement[T], **options: object) -> Function[T]: ...
        def count(self, expression: object = ..., **options: object) -> Function[int]: ...
        def coalesce(
            self,
            first: ColumnElement[T | None] | ColumnElement[T] | T | None,
            *others: ColumnElement[Any] | T | None,
            **options: object,
        ) -> Function[T]: ...
        def nullif(
            self, expression: ColumnElement[T], value: object, **options: object
        ) -> Function[T]: ...
        def lower(self, *clauses: object, **options: object) -> Function[str]: ...
        def upper(self, *clauses: object, **options: object) -> Function[str]: ...
        def concat(self, *clauses: object, **options: object) -> Function[str]: ...
        def char_length(self, *clauses: object, **options: object) -> Function[int]: ...
        def length(self, *clauses: object, **options: object) -> Function[int]: ...
        def row_number(self, *clauses: object, **options: object) -> Function[int]: ...
        def rank(self, *clauses: object, **options: object) -> Function[int]: ...
        def dense_rank(self, *clauses: object, **options: object) -> Function[int]: ...
        def percent_rank(self, *clauses: object, **options: object) -> Function[float]: ...
        def cume_dist(self, *clauses: object, **options: object) -> Function[float]: ...
        def now(self, *clauses: object, **options: object) -> Function[dt.datetime]: ...
        def current_timestamp(
            self, *clauses: object, **options: object
        ) -> Function[dt.datetime]: ...
        def localtimestamp(self, *clauses: object, **options: object) -> Function[dt.datetime]: ...
        def current_date(self, *clauses: object, **options: object) -> Function[dt.date]: ...
        def current_time(self, *clauses: object, **options: object) -> Function[dt.time]: ...
        def localtime(self, *clauses: object, **options: object) -> Function[dt.time]: ...
        def current_user(self, *clauses: object, **options: object) -> Function[str]: ...
        def session_user(self, *clauses: object, **options: object) -> Function[str]: ...
        def sysdate(self, *clauses: object, **options: object) -> Function[dt.datetime]: ...
        def user(self, *clauses: object, **options: object) -> Function[str]: ...
        def aggregate_strings(
            self, clause: object, separator: object, **options: object
        ) -> Function[str]: ...
        def next_value(self, sequence: object, **options: object) -> Function[int]: ...
        def pow(
            self, expression: ColumnElement[T], *clauses: object, **options: object
        ) -> Function[T]: ...
        def array_agg(
            self, expression: ColumnElement[T], **options: object
        ) -> Function[list[T]]: ...

    def __getattr__(self, name: str) -> _FunctionGenerator:
        if name.startswith("__"):
            raise AttributeError(name)
        # func.and_ and the like: the underscore only keeps off Python's own word.
        name = name.removesuffix("_")
        return _FunctionGenerator((*self._names, name), **self._options)

    @overload
    def __call__(
        self, *clauses: object, type_: TypeEngine[T] | type[TypeEngine[T]], **kwargs: object
    ) -> Function[T]: ...
    @overload
    def __call__(self, *clauses: object, **kwargs: object) -> Function[Any]: ...
    def __call__(self, *clauses: object, **kwargs: object) -> Any:
        if not self._names:
            raise ArgumentError("func needs a name: func.count(…)")
        options = {**self._options, **kwargs}
        *packages, name = self._names
        known = _packages.get(packages[0] if len(packages) == 1 else "_default", {})
        cls = known.get(name.lower()) if len(packages) < 2 and (not packages or known) else None
        if packages and packages[0] not in _packages:
            cls = None
        if cls is not None:
            return cls(*clauses, **options)
        type_: Any = options.get("type_")
        return Function(name, *clauses, type_=type_, packagenames=tuple(packages))

    def __repr__(self) -> str:
        return f"<func {'.'.join(self._names)}>"


func = _FunctionGenerator()
"""Any SQL function: ``func.count(user.c.id)``, ``func.my_package.my_function(1)``."""

modifier = _FunctionGenerator(group=False)


def quoted_function(name: str) -> quoted_name:
    """Return a function's *name* that is always put into quotes."""
    return quoted_name(name, True)
