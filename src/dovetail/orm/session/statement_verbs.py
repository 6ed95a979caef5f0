"""Verbs of the Session that send a statement: for its rows, its scalars, its plan; and a Query."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack, overload

from dovetail.engine.cursor import CursorResult
from dovetail.engine.result import Result, ScalarResult
from dovetail.engine.rows import Row
from dovetail.orm.query import Query
from dovetail.orm.session.classic import classic_arguments
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.keywords import ClassicOptions, StatementOptions
from dovetail.orm.session.orm_execute import NO_OPTIONS
from dovetail.sql.arguments import ManyParameters, StatementArgument
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.expression.entity_types import (
    C0,
    C1,
    C2,
    C3,
    C4,
    C5,
    C6,
    C7,
    T0,
    T1,
    T2,
    T3,
    T4,
    T5,
    T6,
    T7,
)
from dovetail.sql.expression.text import TextClause
from dovetail.sql.node import ReturnsRows

if TYPE_CHECKING:
    from dovetail.dialects.explained import QueryPlan
    from dovetail.sql.expression.dml import ReturningChange

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class StatementVerbs:
    """Base class of Session: what sends a statement and hands back what it found."""

    __slots__ = ()

    _core: SessionCore
    _query_cls: Callable[..., Query[Any]]

    @overload
    def execute(
        self,
        statement: "ReturningChange[*Ts]",
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> CursorResult[*Ts]: ...
    @overload
    def execute(
        self,
        statement: UpdateBase | TextClause,
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> CursorResult[*tuple[Any, ...]]: ...
    @overload
    def execute(
        self,
        statement: ReturnsRows[*Ts],
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> Result[*Ts]: ...
    @overload
    def execute(
        self,
        statement: StatementArgument | None = None,
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> Result[*tuple[Any, ...]]: ...
    def execute(
        self,
        statement: StatementArgument | None = None,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **classic: Any,
    ) -> Result[*tuple[Any, ...]]:
        """Run *statement* and return its rows.

        *params* is a dictionary, or a list of them for many rows::

            for user, count in session.execute(select(User, func.count()).group_by(User)):
                ...

        ``mapper=``, ``clause=`` and ``bind=`` are classic for *bind_arguments*::

            rows = session.execute(select(User.name, Order.total).join(User.orders)).all()
            # SELECT user_account.name, orders.total FROM user_account JOIN orders ON
            #     user_account.id = orders.user_id
        """
        asked: Any = statement
        if classic or statement is None:
            asked, bind_arguments = classic_arguments(
                self._core, statement, bind_arguments, classic
            )
        core = self._core
        result: Result[*tuple[Any, ...]] = core.run(
            core.execute_steps(asked, params, execution_options, bind_arguments)
        )
        return result

    @overload
    def scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> ScalarResult[R]: ...
    @overload
    def scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        **options: Unpack[StatementOptions],
    ) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """Run *statement* and return the first item of each row: instances, for entities::

        session.scalars(select(User).where(User.name == "ada")).all()

        With the SQL that it sends::

            users = session.scalars(select(User).order_by(User.name)).all()
            # SELECT user_account.id, user_account.name FROM user_account ORDER BY user_account.name
        """
        result: Result[*tuple[Any, ...]] = self.execute(
            statement, params, execution_options=execution_options, bind_arguments=bind_arguments
        )
        return result.scalars()

    @overload
    def scalar(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> R | None: ...
    @overload
    def scalar(
        self,
        statement: StatementArgument | None = None,
        params: ManyParameters = None,
        **options: Unpack[ClassicOptions],
    ) -> Any: ...
    def scalar(
        self,
        statement: StatementArgument | None = None,
        params: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **classic: Any,
    ) -> Any:
        """The first item of the first row, or None without rows.

        With the SQL that it sends::

            count = session.scalar(select(func.count()).select_from(User))
            # SELECT count(*) AS count_1 FROM user_account
        """
        return self.execute(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **classic,
        ).scalar()

    @overload
    def query(self, entity: type[T], /) -> Query[T]: ...
    @overload
    def query(self, expression: ColumnElement[T0], /) -> Query[Row[T0]]: ...
    @overload
    def query(self, e0: C0[T0], e1: C1[T1], /) -> Query[Row[T0, T1]]: ...
    @overload
    def query(self, e0: C0[T0], e1: C1[T1], e2: C2[T2], /) -> Query[Row[T0, T1, T2]]: ...
    @overload
    def query(
        self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], /
    ) -> Query[Row[T0, T1, T2, T3]]: ...
    @overload
    def query(
        self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], /
    ) -> Query[Row[T0, T1, T2, T3, T4]]: ...
    @overload
    def query(
        self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], e5: C5[T5], /
    ) -> Query[Row[T0, T1, T2, T3, T4, T5]]: ...
    @overload
    def query(
        self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], e5: C5[T5], e6: C6[T6], /
    ) -> Query[Row[T0, T1, T2, T3, T4, T5, T6]]: ...
    @overload
    def query(
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
        *more: object,
    ) -> Query[Row[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]]: ...
    @overload
    def query(self, *entities: object, **keywords: Any) -> Query[Any]: ...
    def query(self, *entities: object, **keywords: Any) -> Query[Any]:
        """A Query of *entities*: the older way to write a SELECT.

        With the SQL that it sends::

            session.query(User).filter(User.name == "ada").all()
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name =
            #     ?
        """
        return self._query_cls(entities, self, **keywords)

    def explain(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        analyze: bool = False,
        **options: Unpack[StatementOptions],
    ) -> "QueryPlan":
        """Return how the server would run *statement*, as this session would send it.

        What is pending is flushed first, as before a query.  With *analyze* the server runs it,
        changes included.  InvalidRequestError is raised where the server can't do that::

            plan = session.explain(select(User).where(User.id == 5))
            assert plan.indexes == ["INTEGER PRIMARY KEY"]
            # EXPLAIN QUERY PLAN SELECT user_account.id, user_account.name FROM user_account
            #     WHERE user_account.id = ?
        """
        core = self._core
        plan: QueryPlan = core.run(
            core.explain_steps(statement, params, analyze=analyze, **options)
        )
        return plan
