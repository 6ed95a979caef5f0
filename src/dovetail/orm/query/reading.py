"""Running queries: instances, rows, counts; and queries as parts of other statements."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Generic, Self, SupportsIndex, TypeVar, overload

from dovetail.engine.result import FrozenResult, Result
from dovetail.engine.rows import Row
from dovetail.event import Dispatch, root
from dovetail.exc import ArgumentError, InvalidRequestError, NoResultFound
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.query.building import QueryBuilding
from dovetail.orm.query.events import QueryEvents
from dovetail.sql.expression.coercion import node_of
from dovetail.sql.expression.columns import literal_column
from dovetail.sql.expression.derived import CTE, Subquery
from dovetail.sql.expression.functions import func
from dovetail.sql.expression.naming import LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL
from dovetail.sql.expression.select import Select
from dovetail.sql.expression.select_base import Exists, ScalarSelect
from dovetail.sql.node import Executable, Node
from dovetail.sql.traversal import iterate

T = TypeVar("T")
V = TypeVar("V")


class ReadingQuery(QueryBuilding, Generic[T]):
    """A Query that can be run, and be put into other statements."""

    dispatch: ClassVar[Dispatch]

    # As a statement -----------------------------------------------------------------------------

    def _heard(self) -> Self:
        """This query, or what those who listen made of it."""
        query = self
        for listener in self.dispatch.before_compile:
            found = listener(query)
            if found is not None:
                query = found
        return query

    def _compiled(self) -> Any:
        """The SELECT that this query is, after those who listen have seen it."""
        query = self._heard() if self.dispatch.before_compile else self
        statement = query._selected
        if not statement.raw_columns:
            raise InvalidRequestError(
                "this query selects nothing", hint="name a class, or columns: session.query(User)"
            )
        return statement if query._eager else query._lazily(statement)

    def _bound(self) -> Any:
        """The SELECT with the values of ``params()`` in it."""
        if self._source is not None:
            raise InvalidRequestError(
                "a query with from_statement() is no part of another statement",
                hint="put its statement there: select(...).subquery()",
            )
        statement = self._compiled()
        return statement.params(dict(self._params)) if self._params else statement

    @property
    def statement(self) -> Any:
        """The SELECT that this query is, or what ``from_statement()`` was given."""
        if self._source is not None:
            return self._source.element
        return self._bound()

    @property
    def selectable(self) -> Any:
        """The SELECT that this query is, or what ``from_statement()`` was given."""
        return self.statement if self._source is not None else self.__clause_element__()

    def __clause_element__(self) -> Any:
        # By the names that a part of a UNION, or a subquery, has its columns by.
        return self._labelled(self._bound())

    @property
    def whereclause(self) -> Any:
        """The criteria joined by AND, or None."""
        return self._selected.whereclause

    def __str__(self) -> str:
        if self._source is not None:
            return str(self._source.element)
        statement = self._labelled(self._compiled())
        bind = getattr(self.session, "bind", None)
        return str(statement.compile(bind) if bind is not None else statement)

    def _labelled(self, statement: Any) -> Any:
        if self._labels:
            return statement
        return statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    def subquery(
        self, name: str | None = None, with_labels: bool = False, reduce_columns: bool = False
    ) -> Subquery:
        """``(this) AS name``, to be selected from.

        ``with_labels``     its columns are named after their tables too
        ``reduce_columns``  columns that another one equals are left out
        """
        statement = self._bound()
        if with_labels:
            statement = statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        if reduce_columns:
            statement = statement.reduce_columns()
        made: Subquery = statement.subquery(name)
        return made

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """``WITH name AS (this)``, to be selected from."""
        made: CTE = self._bound().cte(name, recursive=recursive, nesting=nesting)
        return made

    @overload
    def scalar_subquery(self: "ReadingQuery[Row[V, *tuple[Any, ...]]]") -> ScalarSelect[V]: ...
    @overload
    def scalar_subquery(self) -> ScalarSelect[Any]: ...
    def scalar_subquery(self) -> ScalarSelect[Any]:
        """This as a value."""
        made: ScalarSelect[Any] = self._bound().scalar_subquery()
        return made

    def label(self, name: str | None) -> Any:
        """This as a value called *name*."""
        return self._bound().scalar_subquery().label(name)

    def exists(self) -> Exists:
        """``EXISTS (this)``, for use in another query."""
        query = self
        if not self._selected.raw_columns:
            query = self._with(self._selected.add_columns(literal_column("1")))
        inner = query._bound().order_by(None)
        found: Exists = inner.with_only_columns(
            literal_column("1"), maintain_column_froms=True
        ).exists()
        return found

    # What a row is --------------------------------------------------------------------------------

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What the items of a row are: name, type, expression, entity."""
        described: list[dict[str, Any]] = []
        statement = self._selected
        if not self._labels:
            statement = statement.set_label_style(LABEL_STYLE_NONE)
        for item in statement.column_descriptions:
            entity = _entity_behind(item["expr"])
            described.append(
                {
                    "aliased": entity is not None and entity.alias is not None,
                    "entity": None if entity is None else entity.entity_namespace,
                    **item,
                }
            )
        return described

    @property
    def is_single_entity(self) -> bool:
        """Whether this query gives instances, and not rows."""
        raw = self._selected.raw_columns
        if self._tuples_only or len(raw) != 1:
            return False
        return _is_instance(raw[0]) or bool(getattr(raw[0], "single_entity", False))

    @property
    def lazy_loaded_from(self) -> Any:
        """The instance for whose attribute this query loads: none."""
        return None

    def _entity(self, verb: str = "this method") -> EntityNode:
        raw = self._selected.raw_columns
        if len(raw) != 1 or not isinstance(raw[0], EntityNode):
            raise InvalidRequestError(
                f"{verb} needs a query of a single mapped class", hint="session.query(User)"
            )
        return raw[0]

    # Running --------------------------------------------------------------------------------------

    @property
    def _session_in_use(self) -> Any:
        if self.session is None:
            raise InvalidRequestError(
                "this query has no session", hint="use session.query(), or with_session()"
            )
        return self.session

    def _execute(self) -> Result[*tuple[Any, ...]]:
        session = self._session_in_use
        source = self._source
        params = dict(self._params) or None
        if source is not None:
            statement: Any = source.execution_options(**self._options)
        else:
            # Rows have the names of the attributes; the text shown is labelled as users know it.
            statement = self._compiled()
        result: Result[*tuple[Any, ...]] = session.execute(statement, params)
        return result

    def _rows(self) -> Any:
        result = self._execute()
        batched = "yield_per" in self._options
        if self.is_single_entity:
            # Rows of one entity are its instances, each once however many rows a join makes of it.
            return result.scalars() if batched else result.scalars().unique()
        if batched:
            return result
        filters = [_is_instance(raw) for raw in self._selected.raw_columns]
        return result.unique(_telling_apart(filters)) if any(filters) else result

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows())

    def all(self) -> list[T]:
        """All instances, or rows.

        With the SQL that it sends::

            session.query(User).all()
            # SELECT user_account.id, user_account.name FROM user_account
        """
        return list(self._rows().all())

    @overload
    def __getitem__(self, item: slice) -> list[T]: ...
    @overload
    def __getitem__(self, item: SupportsIndex) -> T: ...
    def __getitem__(self, item: object) -> Any:
        """The rows of a slice, as a list, or one row; IndexError where there is none."""
        if isinstance(item, slice):
            start, stop, step = item.start, item.stop, item.step
            if isinstance(start, int) and isinstance(stop, int) and stop <= start:
                return []
            if (isinstance(start, int) and start < 0) or (isinstance(stop, int) and stop < 0):
                raise IndexError(_NEGATIVE)
            found = self if start is None and stop is None else self.slice(start, stop)
            return found.all()[::step] if step is not None else found.all()
        if not isinstance(item, SupportsIndex):
            raise TypeError(f"a query is indexed by numbers and slices, not by {item!r}")
        place = item.__index__()
        if place < 0:
            raise IndexError(_NEGATIVE)
        return self.slice(place, place + 1).all()[0]

    def first(self) -> T | None:
        """The first, or None.

        With the SQL that it sends::

            session.query(User).order_by(User.id).first()
            # SELECT user_account.id, user_account.name FROM user_account ORDER BY user_account.id
            #     LIMIT ?
        """
        if self._source is not None:
            rows = self._rows()
        else:
            query = self._heard() if self.dispatch.before_compile else self
            rows = query._with(query._selected.limit(1))._unheard()
        found: T | None = rows.first()
        return found

    def _unheard(self) -> Any:
        """The rows of this query, which those who listen have seen before."""
        quiet = self._with()
        quiet.__dict__["dispatch"] = _NOBODY
        return quiet._rows()

    def one(self) -> T:
        """The only one; NoResultFound or MultipleResultsFound where there is not one.

        With the SQL that it sends::

            session.query(User).filter(User.id == 1).one()
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
        """
        found: T = self._rows().one()
        return found

    def one_or_none(self) -> T | None:
        """The only one, or None; MultipleResultsFound where there are more."""
        found: T | None = self._rows().one_or_none()
        return found

    @overload
    def scalar(self: "ReadingQuery[Row[V, *tuple[Any, ...]]]") -> V | None: ...
    @overload
    def scalar(self) -> Any: ...
    def scalar(self) -> Any:
        """The only instance, or the first item of the only row; None without rows."""
        try:
            found: Any = self.one()
        except NoResultFound:
            return None
        return found if self.is_single_entity else found[0]

    def scalars(self) -> Any:
        """The first items of the rows."""
        return self._execute().scalars()

    def count(self) -> int:
        """How many rows there are: ``SELECT count(*) FROM (this)``.

        With the SQL that it sends::

            session.query(User).filter(User.name == "ada").count()
            # SELECT count(*) AS count_1 FROM (SELECT user_account.id AS user_account_id,
            #     user_account.name AS user_account_name FROM user_account WHERE user_account.name =
            #     ?) AS anon_1
        """
        self._refuse_after_source("count")
        inner = self._labelled(self._compiled()).order_by(None).subquery()
        counted: Any = Select(func.count(literal_column("*"))).select_from(inner)
        options = {name: v for name, v in self._options.items() if name != "yield_per"}
        if options:
            counted = counted.execution_options(**options)
        count: int = self._session_in_use.execute(counted, dict(self._params) or None).scalar()
        return count

    def from_statement(self, statement: Executable) -> Self:
        """The instances and columns that the query names, from the rows of *statement*."""
        self._refuse_unless_new("from_statement")
        statement = _rows_giving(statement)
        own = self._selected
        names = tuple(str(item["name"]) for item in self.column_descriptions)
        source = FromStatement(own.raw_columns, statement, self._options, own.loader_options, names)
        return self._with(_source=source)

    # Rows that are there already ------------------------------------------------------------------

    def _made_of(self, result: Iterable[Any]) -> Iterator[Any]:
        """Instances from the rows of *result*, which has the columns of the query's entity."""
        entity = self._entity("instances()")
        rows = list(result)
        names: list[str] = list(getattr(result, "keys", tuple)())
        places = [
            _place_of(entity.mapper.columns[key].name, names) for key in entity.mapper.primary_keys
        ]
        for row in rows:
            found = self.session.get(entity.mapper.class_, tuple(row[place] for place in places))
            if found is not None:
                yield found

    def _merged(self, iterator: Any, load: bool) -> Any:
        frozen = isinstance(iterator, FrozenResult)
        rows: Iterable[Any] = iterator.data if isinstance(iterator, FrozenResult) else iterator
        places = [
            place for place, raw in enumerate(self._selected.raw_columns) if _is_instance(raw)
        ]
        single = self.is_single_entity
        session = self.session
        made: list[Any] = []
        with session.no_autoflush:
            for row in rows:
                if single and not frozen:
                    made.append(None if row is None else session.merge(row, load=load))
                    continue
                items = list(row)
                for place in places:
                    if items[place] is not None:
                        items[place] = session.merge(items[place], load=load)
                made.append(tuple(items))
        return iterator.with_new_rows(made) if frozen else iter(made)


_NEGATIVE = "negative indexes are not known for queries: sort the other way"
_NOBODY = Dispatch(QueryEvents)


def _rows_giving(statement: Executable) -> Any:
    """*statement* as something that gives rows when it runs; ArgumentError where it can't."""
    node = node_of(statement)
    if node is None or not (node.supports_execution and hasattr(node, "execution_options")):
        raise ArgumentError(
            f"from_statement() takes a statement that gives rows; got {statement!r}",
            hint="a select(), a text(), or an INSERT, UPDATE or DELETE with returning()",
        )
    return node


def _place_of(name: str, names: list[str]) -> int:
    if name not in names:
        raise InvalidRequestError(
            f"the rows have no column {name!r}, which tells instances apart",
            hint="select the primary key too",
        )
    return names.index(name)


def _is_instance(raw: object) -> bool:
    return isinstance(raw, EntityNode)


def _entity_behind(expression: object) -> EntityNode | None:
    """The class, or alias, that *expression*, an item of a row, speaks of first."""
    for node in iterate(expression) if isinstance(expression, Node) else ():
        if isinstance(node, QueryableAttribute):
            return node.owner
    return None


def _telling_apart(instances: list[bool]) -> Callable[[Any], Any]:
    """The function that says by what rows are told apart: instances by identity."""

    def key(row: Row[*tuple[Any, ...]]) -> Any:
        parts = [
            id(value) if is_instance else _hashable(value)
            for is_instance, value in zip(instances, row, strict=True)
        ]
        return tuple(parts)

    return key


def _hashable(value: object) -> Any:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


root(QueryEvents, ReadingQuery)
