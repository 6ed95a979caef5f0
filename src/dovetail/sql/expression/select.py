"""SELECT and its unions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, TypeVarTuple, overload
from warnings import warn

from ...conventions import conventions
from ...exc import ArgumentError, DovetailDeprecationWarning, InvalidRequestError
from ..arguments import ColumnArgument, ConditionArgument, FromArgument, SortArgument
from ..node import Node, ReturnsRows
from .by_name import equal_by_name, standing_in
from .coercion import criterion, from_node, join_target, node_of
from .column_element import ColumnElement, Label
from .columns import columns_of
from .constructs import group_arguments
from .elements import and_
from .entity_types import C0, C1, C2, C3, C4, C5, C6, C7, T0, T1, T2, T3, T4, T5, T6, T7
from .extension import Extensible
from .froms import (
    JoinSpec,
    apply_joins,
    derived_froms,
    named_froms,
    reduced_columns,
    without_joined,
)
from .generative_select import GenerativeSelect
from .naming import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    SelectedColumn,
    described_columns,
    named_columns,
)
from .select_base import ScalarSelect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .from_clause import FromClause

R = TypeVar("R")
Ts = TypeVarTuple("Ts")
DISTINCT_ON = (
    "distinct(columns) is DISTINCT ON, which PostgreSQL alone has; "
    "today: statement.ext(postgresql.distinct_on(columns))"
)


class SelectedRows(ReturnsRows[*Ts]):
    """What SELECT and UNION have in common, for type checkers."""

    __slots__ = ()

    if TYPE_CHECKING:

        def union(self, *others: Node) -> CompoundSelect[*Ts]: ...
        def union_all(self, *others: Node) -> CompoundSelect[*Ts]: ...
        def except_(self, *others: Node) -> CompoundSelect[*Ts]: ...
        def except_all(self, *others: Node) -> CompoundSelect[*Ts]: ...
        def intersect(self, *others: Node) -> CompoundSelect[*Ts]: ...
        def intersect_all(self, *others: Node) -> CompoundSelect[*Ts]: ...
        @overload
        def scalar_subquery(self: SelectedRows[R, *tuple[Any, ...]]) -> ScalarSelect[R]: ...
        @overload
        def scalar_subquery(self) -> ScalarSelect[Any]: ...
        def scalar_subquery(self) -> Any: ...
        @overload
        def label(self: SelectedRows[R, *tuple[Any, ...]], name: str | None) -> Label[R]: ...
        @overload
        def label(self, name: str | None) -> Label[Any]: ...
        def label(self, name: str | None) -> Any: ...


class Select(SelectedRows[*Ts], Extensible, GenerativeSelect):
    """A SELECT: made by :func:`dovetail.select`, refined by methods that return copies."""

    __slots__ = ()
    __visit_name__ = "select"
    parts = (
        "raw_columns",
        "from_clauses",
        "joins",
        "where_criteria",
        "group_by_clauses",
        "having_criteria",
        "order_by_clauses",
        "limit_clause",
        "offset_clause",
        "fetch_clause",
        "distinct_on",
        "for_update_arg",
        "correlate_froms",
        "correlate_except_froms",
        "ctes",
        "nested_ctes",
        "extensions",
    )
    extension_positions = ("post_select", "pre_columns", "post_criteria", "post_body")

    raw_columns: tuple[Any, ...] = ()
    from_clauses: tuple[Any, ...] = ()
    joins: tuple[JoinSpec, ...] = ()
    where_criteria: tuple[Any, ...] = ()
    having_criteria: tuple[Any, ...] = ()
    distinct_on: bool | tuple[Any, ...] = False
    correlate_froms: tuple[Any, ...] | None = None
    correlate_except_froms: tuple[Any, ...] | None = None
    auto_correlate: bool = True
    prefixes: tuple[tuple[str, str], ...] = ()
    suffixes: tuple[tuple[str, str], ...] = ()
    hints: tuple[Any, ...] = ()

    def __init__(self, *columns: ColumnArgument) -> None:
        self.__dict__["raw_columns"] = columns_of(columns)

    # -- what is selected -------------------------------------------------------------------

    def named_columns(self) -> list[SelectedColumn]:
        memo = self.memo
        found: list[SelectedColumn] | None = memo.get("named")
        if found is None:
            found = memo["named"] = named_columns(self.raw_columns, self.label_style)
        return found

    @property
    def value_type(self) -> Any:
        first = self.raw_columns[0] if self.raw_columns else None
        if isinstance(first, ColumnElement):
            return first.type
        return super().value_type

    @property
    def inner_columns(self) -> Any:
        """The columns as they stand in this SELECT."""
        return iter(self.selected_columns)

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What the columns are: for each its name, type and expression."""
        return described_columns(self.raw_columns, self.label_style)

    def add_columns(self, *columns: ColumnArgument) -> Select[*tuple[Any, ...]]:
        """Return a copy with *columns* besides.

        With the SQL that it sends::

            statement = select(User.name).add_columns(User.id)
            session.execute(statement).all()
            # SELECT user_account.name, user_account.id FROM user_account
        """
        made: Select[*tuple[Any, ...]] = self._with(
            raw_columns=self.raw_columns + columns_of(columns)
        )
        return made

    def column(self, column: ColumnArgument) -> Select[*tuple[Any, ...]]:
        """Return a copy with *column* besides."""
        return self.add_columns(column)

    @overload
    def with_only_columns(
        self, e0: C0[T0], /, *, maintain_column_froms: bool = False
    ) -> Select[T0]: ...
    @overload
    def with_only_columns(
        self, e0: C0[T0], e1: C1[T1], /, *, maintain_column_froms: bool = False
    ) -> Select[T0, T1]: ...
    @overload
    def with_only_columns(
        self, e0: C0[T0], e1: C1[T1], e2: C2[T2], /, *, maintain_column_froms: bool = False
    ) -> Select[T0, T1, T2]: ...
    @overload
    def with_only_columns(
        self,
        e0: C0[T0],
        e1: C1[T1],
        e2: C2[T2],
        e3: C3[T3],
        /,
        *,
        maintain_column_froms: bool = False,
    ) -> Select[T0, T1, T2, T3]: ...
    @overload
    def with_only_columns(
        self,
        e0: C0[T0],
        e1: C1[T1],
        e2: C2[T2],
        e3: C3[T3],
        e4: C4[T4],
        /,
        *,
        maintain_column_froms: bool = False,
    ) -> Select[T0, T1, T2, T3, T4]: ...
    @overload
    def with_only_columns(
        self,
        e0: C0[T0],
        e1: C1[T1],
        e2: C2[T2],
        e3: C3[T3],
        e4: C4[T4],
        e5: C5[T5],
        /,
        *,
        maintain_column_froms: bool = False,
    ) -> Select[T0, T1, T2, T3, T4, T5]: ...
    @overload
    def with_only_columns(
        self,
        e0: C0[T0],
        e1: C1[T1],
        e2: C2[T2],
        e3: C3[T3],
        e4: C4[T4],
        e5: C5[T5],
        e6: C6[T6],
        /,
        *,
        maintain_column_froms: bool = False,
    ) -> Select[T0, T1, T2, T3, T4, T5, T6]: ...
    @overload
    def with_only_columns(
        self,
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
        maintain_column_froms: bool = False,
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]: ...
    @overload
    def with_only_columns(
        self, *columns: ColumnArgument, maintain_column_froms: bool = False
    ) -> Select[*tuple[Any, ...]]: ...
    def with_only_columns(
        self, *columns: ColumnArgument, maintain_column_froms: bool = False
    ) -> Any:
        """Return a copy with *columns* in place of those it has.

        With *maintain_column_froms* the tables of the former columns stay in FROM::

            statement = select(User).where(User.id > 1)
            session.scalars(statement.with_only_columns(User.name)).all()
            # SELECT user_account.name FROM user_account WHERE user_account.id > ?
        """
        base: Any = self
        if maintain_column_froms:
            # Classes stay classes: their rows are restricted, whatever is selected of them.
            base = self.select_from(*named_froms(self.raw_columns))
        made: Select[*tuple[Any, ...]] = base._with(raw_columns=columns_of(columns))
        return made

    def reduce_columns(self, only_synonyms: bool = True) -> Select[*tuple[Any, ...]]:
        """Return a copy without columns that equal others, by a foreign key or by ``==``.

        With *only_synonyms* a column is left out for one of its own name alone.
        """
        froms = self.get_final_froms()
        core = self.as_core()
        kept = reduced_columns(core.selected_columns, (*core.where_criteria, *froms), only_synonyms)
        made: Select[*tuple[Any, ...]] = core._with(from_clauses=tuple(froms), joins=())
        reduced: Select[*tuple[Any, ...]] = made.with_only_columns(*kept)
        return reduced

    def distinct(self, *columns: SortArgument) -> Self:
        """Return a copy with DISTINCT.

        With *columns*, ``DISTINCT ON (columns)`` where the server has it; that is deprecated,
        for ``ext(postgresql.distinct_on(...))``, which says whose it is.

        With the SQL that it sends::

            session.scalars(select(Order.user_id).distinct()).all()
            # SELECT DISTINCT orders.user_id FROM orders
        """
        if not columns:
            return self._with(distinct_on=True)
        warn(DISTINCT_ON, DovetailDeprecationWarning, stacklevel=2)
        return self._with_distinct_on(columns)

    def _with_distinct_on(self, columns: tuple[SortArgument, ...]) -> Self:
        """Return a copy with ``DISTINCT ON (columns)``, and those that it had."""
        previous = self.distinct_on if isinstance(self.distinct_on, tuple) else ()
        return self._with(distinct_on=previous + group_arguments(columns))

    # -- where from ---------------------------------------------------------------------------

    @property
    def columns_clause_froms(self) -> list[Any]:
        """The tables of the columns."""
        return derived_froms(self.as_core().raw_columns, (), ())

    def get_final_froms(self) -> list[Any]:
        """Return the FROM list as it is written, correlation aside."""
        core = self.as_core()
        explicit = apply_joins(core.raw_columns, core.from_clauses, core.joins)
        return without_joined(derived_froms(core.raw_columns, explicit, core.where_criteria))

    @property
    def froms(self) -> list[Any]:
        """The FROM list as it is written, correlation aside."""
        return self.get_final_froms()

    def as_sent(self) -> Any:
        """Return the SELECT of tables that a session sends: eager joins are in it."""
        planner = self.walk().planner
        return self if planner is None else planner.as_sent(self)

    def select_from(self, *froms: FromArgument) -> Self:
        """Return a copy with *froms* in FROM, before the tables of its columns.

        With the SQL that it sends::

            session.scalar(select(func.count()).select_from(User))
            # SELECT count(*) AS count_1 FROM user_account
        """
        return self._with(
            from_clauses=self.from_clauses + tuple(from_node(source) for source in froms)
        )

    def join(
        self,
        target: FromArgument,
        onclause: ConditionArgument = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Self:
        """Return a copy that joins *target*; without *onclause* the foreign keys decide.

        The left side is what the columns come from, or what was joined before::

            select(user).join(address)
            select(User).join(User.addresses)

        With the SQL that it sends::

            session.scalars(select(User.name).join(User.orders).where(Order.total > 20)).all()
            # SELECT user_account.name FROM user_account JOIN orders ON user_account.id =
            #     orders.user_id WHERE orders.total > ?
        """
        return self._join(target, onclause, None, isouter, full)

    def join_from(
        self,
        from_: FromArgument,
        target: FromArgument,
        onclause: ConditionArgument = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Self:
        """Return a copy that joins *target* to *from_*."""
        return self._join(target, onclause, from_node(from_, "join_from()"), isouter, full)

    def outerjoin(
        self, target: FromArgument, onclause: ConditionArgument = None, *, full: bool = False
    ) -> Self:
        """Return a copy with ``LEFT OUTER JOIN target``.

        With the SQL that it sends::

            session.execute(select(User.name, Order.total).outerjoin(User.orders)).all()
            # SELECT user_account.name, orders.total FROM user_account LEFT OUTER JOIN orders ON
            #     user_account.id = orders.user_id
        """
        return self._join(target, onclause, None, True, full)

    def outerjoin_from(
        self,
        from_: FromArgument,
        target: FromArgument,
        onclause: ConditionArgument = None,
        *,
        full: bool = False,
    ) -> Self:
        """Return a copy with ``LEFT OUTER JOIN target`` after *from_*."""
        return self._join(target, onclause, from_node(from_, "join_from()"), True, full)

    def _join(
        self,
        target: FromArgument,
        onclause: ConditionArgument,
        left: FromClause | None,
        isouter: bool,
        full: bool,
    ) -> Self:
        node = join_target(target)
        on = criterion(onclause) if onclause is not None else None
        spec = JoinSpec(node, on, left, isouter, full)
        return self._with(joins=(*self.joins, spec))

    # -- which rows ---------------------------------------------------------------------------

    def from_statement(self, statement: Node) -> ReturnsRows[*Ts]:
        """Make what is selected of the rows of *statement*, text for instance.

        The rows need the primary key of a class, and each column, under the name of the column::

            select(User).from_statement(text("SELECT * FROM user_account ORDER BY random()"))
        """
        planner: Any = self.walk().planner
        if planner is None:
            raise ArgumentError(
                "from_statement() needs a SELECT of mapped classes, or of their columns",
                hint="select(User).from_statement(...)",
            )
        made: ReturnsRows[*Ts] = planner.from_statement(
            self.raw_columns, statement, self.execution_options_dict, self.loader_options
        )
        return made

    def where(self, *criteria: ConditionArgument) -> Self:
        """Return a copy with *criteria* besides those it has, joined by AND.

        With the SQL that it sends::

            session.scalars(select(Order.id).where(Order.total > 10, Order.user_id == 1)).all()
            # SELECT orders.id FROM orders WHERE orders.total > ? AND orders.user_id = ?
        """
        for clause in criteria:
            if not isinstance(clause, ColumnElement):
                criteria = tuple(criterion(clause) for clause in criteria)
                break
        copy: Self = object.__new__(self.__class__)
        copy.__dict__ = {**self.__dict__, "where_criteria": self.where_criteria + criteria}
        return copy

    filter = where

    def filter_by(self, **values: object) -> Self:
        """Return a copy in which columns equal *values*, in whichever FROM they are.

        AmbiguousColumnError for a name that several of them have::

            session.scalars(select(User).filter_by(name="ada")).all()
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name =
            #     ?
        """
        return self.where(*equal_by_name(self._namespaces(), values)) if values else self

    def filter_last_by(self, **values: object) -> Self:
        """Return a copy in which columns of the last FROM equal *values*."""
        namespace = self._last_from().entity_namespace
        return self.where(*equal_by_name([namespace], values)) if values else self

    def _namespaces(self) -> list[Any]:
        """Where names are looked up: in each FROM once."""
        found: dict[int, Any] = {}
        targets = (*self.from_clauses, *(spec.target for spec in self.joins))
        for source in (*filter(None, map(_source_of, self.raw_columns)), *targets):
            namespace = source.entity_namespace
            found[id(getattr(namespace, "source", namespace))] = namespace
        return list(found.values()) or [self._last_from().entity_namespace]

    def _last_from(self) -> Any:
        if self.joins:
            return self.joins[-1].target
        if self.from_clauses:
            return self.from_clauses[0]
        for raw in self.raw_columns:
            found = _source_of(raw)
            if found is not None:
                return found
        for found in standing_in(self.raw_columns):
            return found
        raise InvalidRequestError(
            "filter_by() finds no table or entity in this statement",
            hint="use where(column == value), or select_from(table)",
        )

    @property
    def whereclause(self) -> ColumnElement[bool] | None:
        """The criteria joined by AND, or None."""
        return and_(*self.where_criteria) if self.where_criteria else None

    def having(self, *criteria: ConditionArgument) -> Self:
        """Return a copy with *criteria* on groups besides those it has.

        With the SQL that it sends::

            statement = select(Order.user_id).group_by(Order.user_id).having(func.count() > 1)
            session.scalars(statement).all()
            # SELECT orders.user_id FROM orders GROUP BY orders.user_id HAVING count(*) > ?
        """
        made = tuple(criterion(clause) for clause in criteria)
        return self._with(having_criteria=self.having_criteria + made)

    # -- as part of another statement -------------------------------------------------------

    def correlate(self, *froms: FromArgument | None) -> Self:
        """Return a copy that speaks of *froms* of the statement around it.

        Without this the compiler decides: what stands in FROM around a value is not
        repeated within.  ``correlate(None)`` repeats it::

            count = select(func.count(Order.id)).where(Order.user_id == User.id).correlate(User)
            session.execute(select(User.name, count.scalar_subquery())).all()
            # SELECT user_account.name, (SELECT count(orders.id) AS count_1 FROM orders WHERE
            #     orders.user_id = user_account.id) AS anon_1 FROM user_account
        """
        if len(froms) == 1 and froms[0] is None:
            return self._with(correlate_froms=(), auto_correlate=False)
        made = tuple(from_node(source) for source in froms)
        return self._with(correlate_froms=(self.correlate_froms or ()) + made, auto_correlate=False)

    def correlate_except(self, *froms: FromArgument | None) -> Self:
        """Return a copy that speaks of all FROMs of the statement around it but *froms*."""
        if len(froms) == 1 and froms[0] is None:
            return self._with(correlate_except_froms=(), auto_correlate=False)
        made = tuple(from_node(source) for source in froms)
        return self._with(
            correlate_except_froms=(self.correlate_except_froms or ()) + made,
            auto_correlate=False,
        )

    def prefix_with(self, *prefixes: str, dialect: str = "*") -> Self:
        """Return a copy with words after SELECT, for *dialect* alone if it is named."""
        return self._with(prefixes=self.prefixes + tuple((str(p), dialect) for p in prefixes))

    def suffix_with(self, *suffixes: str, dialect: str = "*") -> Self:
        """Return a copy with words at its end."""
        return self._with(suffixes=self.suffixes + tuple((str(s), dialect) for s in suffixes))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """Return a copy with a hint for the server."""
        return self._with(hints=(*self.hints, (None, text, dialect_name)))

    def with_hint(self, selectable: FromArgument, text: str, dialect_name: str = "*") -> Self:
        """Return a copy with a hint for one of its tables, in which ``%(name)s`` is its name.

        Written where *dialect_name* is the dialect, on servers that have such hints::

            select(user).with_hint(user, "USE INDEX (ix_user_name)", "mysql")
        """
        return self._with(hints=(*self.hints, (from_node(selectable), text, dialect_name)))


class CompoundSelect(SelectedRows[*Ts], GenerativeSelect):
    """``SELECT … UNION SELECT …`` and its like."""

    __slots__ = ()
    __visit_name__ = "compound_select"
    parts = ("selects", "order_by_clauses", "group_by_clauses", "limit_clause", "offset_clause")

    selects: Sequence[Any] = ()
    keyword: str = "UNION"

    def __init__(self, keyword: str, *selects: object) -> None:
        made = []
        for given in selects:
            node = node_of(given)
            if not getattr(node, "is_select_statement", False):
                raise ArgumentError(f"{keyword} is made of SELECTs; got {given!r}")
            made.append(node)
        self.__dict__["keyword"] = keyword
        self.__dict__["selects"] = made if conventions.unions_are_of_lists else tuple(made)

    def named_columns(self) -> list[SelectedColumn]:
        first = self.selects[0].as_core()
        named: list[SelectedColumn] = first.named_columns()
        return named

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What the columns are: for each its name, type and expression."""
        described: list[dict[str, Any]] = self.selects[0].column_descriptions
        return described


def labelled(source: FromArgument) -> Select[*tuple[Any, ...]]:
    """Return a SELECT of all columns of *source*, each called as its table and itself."""
    made: Select[*tuple[Any, ...]] = Select(source).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    return made.correlate(None)


def _source_of(raw: object) -> Any:
    """Return the entity, or the table, that *raw* is a column of; None for none."""
    if getattr(raw, "entity_namespace", None) is not None:
        return raw
    entity = getattr(raw, "owner", None)
    if getattr(entity, "entity_namespace", None) is not None:
        return entity
    found = derived_froms((raw,), (), ())
    return found[0] if found else None
