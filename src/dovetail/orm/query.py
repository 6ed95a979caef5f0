"""Query: the older way to write a SELECT of entities, with the session that runs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from dovetail.engine.result import Result
from dovetail.exc import InvalidRequestError
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.sql.columns import literal_column
from dovetail.sql.dml import delete, update
from dovetail.sql.functions import func
from dovetail.sql.naming import LABEL_STYLE_TABLENAME_PLUS_COL
from dovetail.sql.select import Select


class Query:
    """A SELECT of entities and columns, with the session that runs it.

    Each method returns a longer query; iteration, ``all()``, ``first()``, ``one()`` run it::

        session.query(User).filter(User.name == "ada").order_by(User.id).all()

    ``select()`` with ``session.execute()`` is today's way to write the same.
    """

    def __init__(self, entities: Any, session: Any = None) -> None:
        if not isinstance(entities, (tuple, list)):
            entities = (entities,)
        self.session = session
        self._statement: Any = Select(*entities)
        self._options: dict[str, Any] = {}
        self._params: dict[str, Any] = {}
        self._source: FromStatement | None = None

    def _with(self, statement: Any = None, **options: Any) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        if statement is not None:
            twin._statement = statement
        if options:
            twin._options = {**self._options, **options}
        return twin

    @property
    def statement(self) -> Any:
        """The SELECT that this query is."""
        return self._statement

    @property
    def whereclause(self) -> Any:
        """The criteria joined by AND, or None."""
        return self._statement.whereclause

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What the items of a row are: name, type, entity."""
        described: list[dict[str, Any]] = self._statement.column_descriptions
        return described

    def __str__(self) -> str:
        return str(self._labelled())

    def _labelled(self) -> Any:
        return self._statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    def __clause_element__(self) -> Any:
        return self._statement

    # Criteria ---------------------------------------------------------------------------------

    def filter(self, *criteria: Any) -> Self:
        """Rows for which all *criteria* hold besides those before."""
        return self._with(self._statement.where(*criteria))

    where = filter

    def filter_by(self, **values: Any) -> Self:
        """Rows whose attributes, of the last entity joined, equal *values*."""
        return self._with(self._statement.filter_by(**values))

    def order_by(self, *clauses: Any) -> Self:
        """Sorted by *clauses*; None takes the order away."""
        return self._with(self._statement.order_by(*clauses))

    def group_by(self, *clauses: Any) -> Self:
        """Grouped by *clauses*."""
        return self._with(self._statement.group_by(*clauses))

    def having(self, *criteria: Any) -> Self:
        """Groups for which *criteria* hold."""
        return self._with(self._statement.having(*criteria))

    def distinct(self, *columns: Any) -> Self:
        """Each row once."""
        return self._with(self._statement.distinct(*columns))

    def limit(self, limit: Any) -> Self:
        """At most *limit* rows."""
        return self._with(self._statement.limit(limit))

    def offset(self, offset: Any) -> Self:
        """Without the first *offset* rows."""
        return self._with(self._statement.offset(offset))

    def slice(self, start: int | None, stop: int | None) -> Self:
        """The rows from *start* to before *stop*, as slices of lists have it."""
        query = self
        if start:
            query = query.offset(start)
        if stop is not None:
            query = query.limit(max(0, stop - (start or 0)))
        return query

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            if item.step not in (None, 1) or (item.start or 0) < 0 or (item.stop or 0) < 0:
                return self.all()[item]
            return self.slice(item.start, item.stop).all()
        if item < 0:
            raise IndexError("negative indexes are not known for queries: sort the other way")
        return self.slice(item, item + 1).all()[0]

    # Entities -----------------------------------------------------------------------------------

    def join(self, target: Any, *props: Any, isouter: bool = False, full: bool = False) -> Self:
        """Joined to *target*: a relationship, an entity, or an entity and a condition."""
        onclause = props[0] if props else None
        return self._with(self._statement.join(target, onclause, isouter=isouter, full=full))

    def outerjoin(self, target: Any, *props: Any, full: bool = False) -> Self:
        """Joined by a LEFT OUTER JOIN."""
        return self.join(target, *props, isouter=True, full=full)

    def select_from(self, *froms: Any) -> Self:
        """Selected from *froms*."""
        return self._with(self._statement.select_from(*froms))

    def options(self, *options: Any) -> Self:
        """With loader options."""
        return self._with(self._statement.options(*options))

    def with_entities(self, *entities: Any) -> Self:
        """The same rows, giving *entities* in place of what it gave."""
        return self._with(self._statement.with_only_columns(*entities, maintain_column_froms=True))

    def add_columns(self, *columns: Any) -> Self:
        """With *columns* besides."""
        return self._with(self._statement.add_columns(*columns))

    add_entity = add_columns

    def correlate(self, *froms: Any) -> Self:
        """As a subquery, taking *froms* from the statement around it."""
        return self._with(self._statement.correlate(*froms))

    def union(self, *others: "Query") -> Self:
        """The rows of this and of *others*, each once."""
        return self._compound("union", others)

    def union_all(self, *others: "Query") -> Self:
        """The rows of this and of *others*."""
        return self._compound("union_all", others)

    def intersect(self, *others: "Query") -> Self:
        """The rows that this and *others* have."""
        return self._compound("intersect", others)

    def except_(self, *others: "Query") -> Self:
        """The rows that this has and *others* have not."""
        return self._compound("except_", others)

    def _compound(self, verb: str, others: Sequence["Query"]) -> Self:
        entity = self._entity()
        parts = getattr(self._statement, verb)(*[other._statement for other in others])
        inner = parts.subquery()
        aliased = EntityNode(entity.mapper, inner, inner)
        mapping = {
            column: inner.c[place]
            for place, column in enumerate(Select(entity).as_core().raw_columns)
        }
        aliased.translated.update(mapping)
        return self._with(Select(aliased))

    def _entity(self) -> EntityNode:
        raw = self._statement.raw_columns[0]
        if not isinstance(raw, EntityNode):
            raise InvalidRequestError("this query has no entity to begin with")
        return raw

    # How it runs --------------------------------------------------------------------------------

    def execution_options(self, **options: Any) -> Self:
        """With *options* for those who run it."""
        return self._with(self._statement.execution_options(**options), **options)

    def populate_existing(self) -> Self:
        """Rows overwrite what is in the identity map."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Self:
        """Fetched and built *count* rows at a time."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool) -> Self:
        """With or without a flush before it runs."""
        return self.execution_options(autoflush=setting)

    def with_for_update(self, **arguments: Any) -> Self:
        """Rows are locked; instances are read anew."""
        return self._with(
            self._statement.with_for_update(**arguments).execution_options(populate_existing=True)
        )

    def with_session(self, session: Any) -> Self:
        """The same query in another session."""
        twin = self._with()
        twin.session = session
        return twin

    def params(self, *args: Mapping[str, Any], **values: Any) -> Self:
        """With values for named parameters."""
        twin = self._with()
        twin._params = {**self._params, **(args[0] if args else {}), **values}
        return twin

    def from_statement(self, statement: Any) -> Self:
        """Instances of the query's entity from the rows of *statement*."""
        twin = self._with()
        twin._source = FromStatement(self._entity(), statement, self._options)
        return twin

    def _execute(self) -> Result[Any]:
        if self.session is None:
            raise InvalidRequestError(
                "this query has no session", hint="use session.query(), or with_session()"
            )
        if self._source is not None:
            result: Result[Any] = self.session.execute(self._source, self._params or None)
        else:
            result = self.session.execute(self._labelled(), self._params or None)
        return result

    @property
    def _is_single(self) -> bool:
        raw = self._statement.raw_columns
        return len(raw) == 1 and isinstance(raw[0], EntityNode)

    def _rows(self) -> Any:
        result = self._execute()
        # Rows of one entity are its instances, each once however many rows a join makes of it.
        return result.scalars().unique() if self._is_single else result

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows())

    def all(self) -> list[Any]:
        """All instances, or rows."""
        return list(self._rows().all())

    def first(self) -> Any:
        """The first, or None."""
        return self.limit(1)._rows().first() if self._source is None else self._rows().first()

    def one(self) -> Any:
        """The only one; NoResultFound or MultipleResultsFound where there is not one."""
        return self._rows().one()

    def one_or_none(self) -> Any:
        """The only one, or None; MultipleResultsFound where there are more."""
        return self._rows().one_or_none()

    def scalar(self) -> Any:
        """The first item of the only row, or None without rows."""
        row = self._execute().one_or_none()
        return None if row is None else row[0]

    def scalars(self) -> Any:
        """The first items of the rows."""
        return self._execute().scalars()

    def tuples(self) -> Result[Any]:
        """The rows, as tuples."""
        return self._execute()

    def count(self) -> int:
        """How many rows there are: ``SELECT count(*) FROM (this)``."""
        inner = self._statement.order_by(None).subquery()
        counted: Any = Select(func.count(literal_column("*"))).select_from(inner)
        count: int = self.session.execute(counted, self._params or None).scalar()
        return count

    def get(self, ident: Any) -> Any:
        """The instance with primary key *ident*, or None: see ``Session.get``."""
        options = dict(self._statement.execution_options_dict)
        return self.session.get(
            self._entity().mapper.class_,
            ident,
            options=self._statement.loader_options,
            populate_existing=bool(options.get("populate_existing")),
        )

    def exists(self) -> Any:
        """``EXISTS (this)``, for use in another query."""
        return (
            self._statement.order_by(None)
            .with_only_columns(literal_column("1"), maintain_column_froms=True)
            .exists()
        )

    def subquery(self, name: str | None = None) -> Any:
        """``(this) AS name``, to be selected from."""
        return self._statement.subquery(name)

    def cte(self, name: str | None = None, recursive: bool = False) -> Any:
        """``WITH name AS (this)``, to be selected from."""
        return self._statement.cte(name, recursive=recursive)

    def scalar_subquery(self) -> Any:
        """This as a value."""
        return self._statement.scalar_subquery()

    as_scalar = scalar_subquery

    def label(self, name: str) -> Any:
        """This as a value called *name*."""
        return self._statement.scalar_subquery().label(name)

    # Bulk ---------------------------------------------------------------------------------------

    def update(self, values: Mapping[Any, Any], synchronize_session: Any = "auto") -> int:
        """Update the rows of this query with *values*; return how many. Instances follow."""
        statement = self._bulk(update(self._statement.raw_columns[0]))
        named = {
            (key.key if isinstance(key, QueryableAttribute) else key): value
            for key, value in values.items()
        }
        return self._run_bulk(statement.values(named), synchronize_session)

    def delete(self, synchronize_session: Any = "auto") -> int:
        """Delete the rows of this query; return how many. Instances follow."""
        return self._run_bulk(
            self._bulk(delete(self._statement.raw_columns[0])), synchronize_session
        )

    def _bulk(self, statement: Any) -> Any:
        own = self._statement
        self._entity()
        if own.joins or own.limit_clause is not None or own.offset_clause is not None:
            raise InvalidRequestError(
                "a query with join(), limit() or offset() can't be updated or deleted",
                hint="use a subquery: filter(User.id.in_(…))",
            )
        return statement.where(*own.where_criteria) if own.where_criteria else statement

    def _run_bulk(self, statement: Any, synchronize: Any) -> int:
        result = self.session.execute(
            statement,
            self._params or None,
            execution_options={"synchronize_session": synchronize},
        )
        count: int = result.rowcount
        return count
