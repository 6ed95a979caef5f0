"""Making queries longer: criteria, order, limits, joins, what is selected."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, ClassVar, Literal, Self, TypeVar
from warnings import warn

from dovetail.exc import DovetailDeprecationWarning, InvalidRequestError
from dovetail.orm.loading.lockmode import lock_of
from dovetail.orm.loading.options import LoaderOption, lazyload
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.mapping.alias import aliased
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.strategies import STRATEGIES
from dovetail.orm.query.adaption import Adaption, as_subquery, union_of
from dovetail.sql.arguments import ColumnArgument, ConditionArgument, FromArgument
from dovetail.sql.expression.coercion import criterion, from_node, join_target, node_of
from dovetail.sql.expression.columns import columns_of
from dovetail.sql.expression.constructs import sort_argument
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.expression.naming import LABEL_STYLE_TABLENAME_PLUS_COL
from dovetail.sql.expression.select import DISTINCT_ON, Select
from dovetail.sql.node import Executable, Node

F = TypeVar("F", bound=Callable[..., Any])
_FALSE = (None, False)


def _before_limits(method: F) -> F:
    """Refuse *method* where LIMIT or OFFSET would change its meaning."""

    @wraps(method)
    def checked(self: Any, *arguments: object, **keywords: object) -> Any:
        self._refuse_after_source(method.__name__)
        statement = self._selected
        if self._asserts and (
            statement.limit_clause is not None or statement.offset_clause is not None
        ):
            name = method.__name__
            raise InvalidRequestError(
                f"Query.{name}() was called on a query that has LIMIT or OFFSET",
                hint=f"call {name}() first, or select from query.subquery()",
            )
        return method(self, *arguments, **keywords)

    return checked  # type: ignore[return-value]


def _before_source(method: F) -> F:
    """Refuse *method* on a query that has its statement from ``from_statement()``."""

    @wraps(method)
    def checked(self: Any, *arguments: object, **keywords: object) -> Any:
        self._refuse_after_source(method.__name__)
        return method(self, *arguments, **keywords)

    return checked  # type: ignore[return-value]


class QueryBuilding:
    """What a Query is made of, and the methods that return a longer one."""

    is_select: ClassVar[bool] = True
    is_dml: ClassVar[bool] = False
    is_insert: ClassVar[bool] = False
    is_update: ClassVar[bool] = False
    is_delete: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    is_from_statement: ClassVar[bool] = False
    runs_by_itself: ClassVar[bool] = True

    session: Any
    _selected: Any
    _options: Mapping[str, Any]
    _params: Mapping[str, Any]
    _source: FromStatement | None = None
    _adaption: Adaption | None = None
    _asserts = True
    _labels = False
    _tuples_only = False
    _eager = True

    def _compiled(self) -> Any:
        """The SELECT that this is: the next class knows."""
        return self._selected

    def _with(self, statement: Executable | None = None, **changes: object) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        if statement is not None:
            twin._selected = statement
        twin.__dict__.update(changes)
        return twin

    def _refuse_after_source(self, name: str) -> None:
        if self._source is not None and self._asserts:
            raise InvalidRequestError(
                f"Query.{name}() was called on a query with from_statement()",
                hint="the statement says what is selected: change that",
            )

    def _refuse_unless_new(self, name: str) -> None:
        """Refuse *name*, which says where rows come from, after what says more of them."""
        statement = self._selected
        said = any(
            (
                self._source is not None,
                self._froms_given,
                statement.joins,
                statement.where_criteria,
                statement.order_by_clauses,
                statement.group_by_clauses,
                statement.having_criteria,
                statement.distinct_on,
                statement.limit_clause is not None,
                statement.offset_clause is not None,
            )
        )
        if said and self._asserts:
            raise InvalidRequestError(
                f"Query.{name}() was called on a query that says more of its rows already",
                hint=f"call {name}() first",
            )

    def _adapted(self, node: Node) -> Any:
        """*node* as this query's rows have it: they may come from a subquery by now."""
        return node if self._adaption is None else self._adaption.node(node)

    def _clauses(self, clauses: tuple[Any, ...], convert: Callable[[Any], Any]) -> tuple[Any, ...]:
        if self._adaption is None:
            return clauses
        return tuple(self._adapted(convert(clause)) for clause in clauses)

    # Criteria ---------------------------------------------------------------------------------

    @_before_limits
    def filter(self, *criterion_: ConditionArgument) -> Self:
        """Rows for which all criteria hold besides those before.

        With the SQL that it sends::

            session.query(User).filter(User.name == "ada").all()
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name =
            #     ?
        """
        return self._with(self._selected.where(*self._clauses(criterion_, criterion)))

    def where(self, *criterion_: ConditionArgument) -> Self:
        """The same as :meth:`filter`."""
        return self.filter(*criterion_)

    @_before_limits
    def filter_by(self, **kwargs: object) -> Self:
        """Rows whose attributes, of the last entity joined, equal the values given.

        With the SQL that it sends::

            session.query(User).filter_by(name="ada").all()
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name =
            #     ?
        """
        if self._adaption is not None and not self._selected.joins:
            namespace = self._adaption.namespace
            return self.filter(*[getattr(namespace, key) == kwargs[key] for key in kwargs])
        return self._with(self._selected.filter_last_by(**kwargs))

    @_before_limits
    def order_by(self, *clauses: object) -> Self:
        """Sorted by *clauses*; None takes the order away.

        With the SQL that it sends::

            session.query(User).order_by(User.name.desc()).all()
            # SELECT user_account.id, user_account.name FROM user_account ORDER BY user_account.name
            #     DESC
        """
        if len(clauses) == 1 and any(clauses[0] is one for one in _FALSE):
            return self._with(self._selected.order_by(None))
        return self._with(self._selected.order_by(*self._clauses(clauses, sort_argument)))

    @_before_limits
    def group_by(self, *clauses: object) -> Self:
        """Grouped by *clauses*; None takes the groups away."""
        if len(clauses) == 1 and any(clauses[0] is one for one in _FALSE):
            return self._with(self._selected.group_by(None))
        return self._with(self._selected.group_by(*self._clauses(clauses, sort_argument)))

    @_before_limits
    def having(self, *having: ConditionArgument) -> Self:
        """Groups for which all criteria hold."""
        return self._with(self._selected.having(*self._clauses(having, criterion)))

    @_before_source
    def distinct(self, *expr: ColumnArgument) -> Self:
        """Each row once, or the first of each *expr* where the server has DISTINCT ON.

        *expr* is deprecated: ``query.ext(postgresql.distinct_on(...))`` says whose it is.
        """
        if not expr:
            return self._with(self._selected.distinct())
        warn(DISTINCT_ON, DovetailDeprecationWarning, stacklevel=3)
        named = tuple(self._clauses(expr, sort_argument))
        return self._with(self._selected._with_distinct_on(named))

    @_before_source
    def limit(self, limit: object) -> Self:
        """At most *limit* rows; None for all."""
        return self._with(self._selected.limit(limit))

    @_before_source
    def offset(self, offset: object) -> Self:
        """Without the first *offset* rows."""
        return self._with(self._selected.offset(offset))

    @_before_source
    def slice(self, start: int | None, stop: int | None) -> Self:
        """The rows from *start* to before *stop*, as slices of lists have it."""
        return self._with(self._sliced(start, stop))

    def _sliced(self, start: Any, stop: Any) -> Any:
        """The statement limited to a slice; the numbers may be expressions."""
        statement = self._selected
        held = getattr(statement.offset_clause, "value", None)
        if stop is not None:
            count = stop if start is None else stop - start
            statement = statement.limit(max(0, count) if isinstance(count, int) else count)
        if start is None or (isinstance(start, int) and start == 0):
            return statement
        return statement.offset(start + held if held else start)

    def params(self, _params: Mapping[str, Any] | None = None, /, **kw: object) -> Self:
        """With values for named parameters."""
        return self._with(_params={**self._params, **kw, **(_params or {})})

    # What is selected ----------------------------------------------------------------------------

    @_before_source
    def with_entities(self, *entities: object) -> Self:
        """The same rows, giving *entities* in place of what it gave."""
        statement = self._selected
        if self._adaption is not None:
            made = self._adaption.value(columns_of(entities))
            return self._with(statement._with(raw_columns=made))
        return self._with(statement.with_only_columns(*entities, maintain_column_froms=True))

    @_before_source
    def add_columns(self, *column: object) -> Self:
        """With columns besides."""
        made = columns_of(column)
        if self._adaption is not None:
            made = self._adaption.value(made)
        return self._with(self._selected.add_columns(*made))

    def add_entity(self, entity: object, alias: object = None) -> Self:
        """With *entity* besides; *alias* is what it is selected from."""
        return self.add_columns(entity if alias is None else aliased(entity, alias))

    def select_from(self, *from_obj: FromArgument) -> Self:
        """Selected from *from_obj*; ``join()`` goes on from there."""
        self._refuse_unless_new("select_from")
        made = self._clauses(from_obj, from_node)
        return self._with(self._selected.select_from(*made), _froms_given=True)

    _froms_given = False

    def options(self, *args: object) -> Self:
        """With loader options, or lists of them."""
        args = tuple(flat_options(args))
        if self._adaption is not None:
            args = tuple(
                self._adaption.option(one) if isinstance(one, LoaderOption) else one for one in args
            )
        source = self._source
        if source is not None:
            source = source.options(*args)
        return self._with(self._selected.options(*args), _source=source)

    def enable_eagerloads(self, value: bool) -> Self:
        """With or without joins, and further statements, for what is loaded eagerly."""
        return self._with(_eager=value)

    def correlate(self, *fromclauses: Any) -> Self:
        """As a subquery, taking *fromclauses* from the statement around it."""
        if len(fromclauses) == 1 and any(fromclauses[0] is one for one in _FALSE):
            return self._with(self._selected.correlate(None))
        return self._with(self._selected.correlate(*fromclauses))

    # Joins --------------------------------------------------------------------------------------

    @_before_limits
    def join(
        self, target: object, onclause: object = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """Joined to *target*: a relationship, an entity, or an entity and a condition.

        ::

            query.join(User.addresses)
            query.join(Address)  # by the only foreign key
            query.join(Address, User.addresses)
            query.join(Address, Address.user_id == User.id)

        With the SQL that it sends::

            session.query(User).join(User.orders).filter(Order.total > 20).all()
            # SELECT user_account.id, user_account.name FROM user_account JOIN orders ON
            #     user_account.id = orders.user_id WHERE orders.total > ?
        """
        if self._adaption is not None:
            target = self._adapted(join_target(target))
            onclause = None if onclause is None else self._adapted(criterion(onclause))
        return self._with(self._selected.join(target, onclause, isouter=isouter, full=full))

    def outerjoin(self, target: object, onclause: object = None, *, full: bool = False) -> Self:
        """Joined by a LEFT OUTER JOIN."""
        return self.join(target, onclause, isouter=True, full=full)

    def reset_joinpoint(self) -> Self:
        """With ``filter_by()`` and ``join()`` beginning at the first entity again."""
        statement = self._selected
        point = next((raw for raw in statement.raw_columns if isinstance(raw, EntityNode)), None)
        return self._with(statement if point is None else _PointedAt.at(statement, point))

    # Unions -------------------------------------------------------------------------------------

    def union(self, *q: object) -> Self:
        """The rows of this and of the others, each once."""
        return self._compound("union", q)

    def union_all(self, *q: object) -> Self:
        """The rows of this and of the others."""
        return self._compound("union_all", q)

    def intersect(self, *q: object) -> Self:
        """The rows that this and the others have, each once."""
        return self._compound("intersect", q)

    def intersect_all(self, *q: object) -> Self:
        """The rows that this and the others have."""
        return self._compound("intersect_all", q)

    def except_(self, *q: object) -> Self:
        """The rows that this has and the others have not, each once."""
        return self._compound("except_", q)

    def except_all(self, *q: object) -> Self:
        """The rows that this has and the others have not."""
        return self._compound("except_all", q)

    @_before_source
    def _compound(self, keyword: str, others: tuple[Any, ...]) -> Self:
        parts = [_part(one) for one in (self, *others)]
        source = union_of(keyword, parts)
        columns, adaption = as_subquery(self._selected, source, self._adaption)
        made: Any = Select(*columns).select_from(source)
        made = made._with(
            loader_options=tuple(adaption.option(one) for one in self._selected.loader_options),
            execution_options_dict=self._selected.execution_options_dict,
        )
        params = dict(self._params)
        for other in others:
            params.update(getattr(other, "_params", {}))
        return self._with(made, _adaption=adaption, _params=params, _froms_given=True)

    # Words ----------------------------------------------------------------------------------------

    def prefix_with(self, *prefixes: object, dialect: str = "*") -> Self:
        """With words after SELECT, for *dialect* alone if it is named."""
        return self._with(self._selected.prefix_with(*prefixes, dialect=dialect))

    def suffix_with(self, *suffixes: object, dialect: str = "*") -> Self:
        """With words at its end."""
        return self._with(self._selected.suffix_with(*suffixes, dialect=dialect))

    def with_hint(self, selectable: object, text: str, dialect_name: str = "*") -> Self:
        """With a hint for the server about *selectable*."""
        return self._with(self._selected.with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """With a hint for the server about the whole statement."""
        return self._with(self._selected.with_statement_hint(text, dialect_name))

    def ext(self, extension: object) -> Self:
        """With what *extension* adds: a clause of one server."""
        return self._with(self._selected.ext(extension))

    def set_label_style(self, style: object) -> Self:
        """With its columns named in another way."""
        return self._with(self._selected.set_label_style(style), _labels=True)

    @property
    def get_label_style(self) -> Any:
        """The way in which columns are named."""
        return self._selected.label_style if self._labels else LABEL_STYLE_TABLENAME_PLUS_COL

    def with_transformation(self, fn: Callable[[Any], Any]) -> Any:
        """What *fn* makes of this query."""
        return fn(self)

    # How it runs --------------------------------------------------------------------------------

    def execution_options(self, **kwargs: object) -> Self:
        """With options for those who run it."""
        statement = self._selected.execution_options(**kwargs)
        return self._with(statement, _options={**self._options, **kwargs})

    def get_execution_options(self) -> Mapping[str, Any]:
        """The options for those who run it."""
        return dict(self._options)

    def populate_existing(self) -> Self:
        """Rows overwrite what is in the identity map."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Self:
        """Fetched and built *count* rows at a time."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool | Literal["overlap"]) -> Self:
        """With or without a flush before it runs."""
        return self.execution_options(autoflush=setting)

    def enable_assertions(self, value: bool) -> Self:
        """With or without errors for criteria after a limit, and their like."""
        return self._with(_asserts=value)

    def only_return_tuples(self, value: bool) -> Self:
        """With rows, and not instances, where it has one entity."""
        return self._with(_tuples_only=value)

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: object = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """Rows are locked; instances are read anew."""
        statement = self._selected.with_for_update(
            nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share
        )
        return self._with(statement)._with(statement.execution_options(populate_existing=True))

    def with_lockmode(self, mode: str | None) -> Self:
        """Rows are locked, by the classic names: "read", "update", "update_nowait"."""
        if mode is None:
            return self
        return self.with_for_update(**lock_of(mode, "with_lockmode"))

    def with_session(self, session: object) -> Self:
        """The same query in another session."""
        return self._with(session=session)

    def _lazily(self, statement: Executable) -> Any:
        """*statement* without what is loaded eagerly."""
        kept = [one for one in statement.loader_options if not _loads_eagerly(one)]
        return statement._with(loader_options=(*kept, lazyload("*")))


def flat_options(options: Iterable[Any]) -> Iterator[Any]:
    """The loader options in *options*, where some may be lists of them."""
    for one in options:
        if isinstance(one, list | tuple | set | frozenset):
            yield from flat_options(one)
        else:
            yield one


def _loads_eagerly(option: LoaderOption) -> bool:
    found = [STRATEGIES.get(entry.strategy) for entry in option.entries]
    return any(strategy is not None and strategy.eager for strategy in found)


def _part(query: object) -> Any:
    """The SELECT that *query* is within a UNION."""
    statement: Any = query._compiled() if isinstance(query, QueryBuilding) else node_of(query)
    return statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)


class _PointedAt(Select[Any]):
    """A SELECT of which names are looked up in one of its entities, whatever was joined since."""

    __slots__ = ()

    @classmethod
    def at(cls, statement: Executable, entity: EntityNode) -> Any:
        """*statement* with names looked up in *entity*."""
        made = object.__new__(cls)
        made.__dict__.update(statement.__dict__, joinpoint=entity)
        return made

    def _last_from(self) -> Any:
        return self.__dict__["joinpoint"]

    def _join(
        self,
        target: FromArgument,
        onclause: ConditionArgument,
        left: FromClause | None,
        isouter: bool,
        full: bool,
    ) -> Any:
        made = object.__new__(Select)
        made.__dict__.update(self.__dict__)
        made.__dict__.pop("joinpoint")
        return made._join(target, onclause, left, isouter, full)
