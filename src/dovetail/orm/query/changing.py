"""UPDATE and DELETE of the rows of a query."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.query.reading import ReadingQuery
from dovetail.sql.expression.dml import delete, update
from dovetail.sql.expression.table_clause import TableClause

T = TypeVar("T")


class BulkUD:
    """What those who listen are told of an UPDATE or DELETE by a query.

    ``query``     the query whose rows it concerns
    ``session``   the session that runs it
    ``mapper``    the mapper of the rows; None for those of a table without a class
    ``result``    its result, once it has run
    ``rowcount``  how many rows it concerned, once it has run
    """

    verb = ""

    def __init__(self, query: Any) -> None:
        self.query = query
        self.session = query.session
        self.mapper = getattr(query._changed(self.verb), "mapper", None)
        self.result: Any = None
        self.rowcount: int | None = None

    @property
    def context(self) -> Any:
        """This itself: what older hooks are told of."""
        return self

    @property
    def statement(self) -> Any:
        """The statement without what ``synchronize_session`` adds."""
        return self.query._change(self)


class BulkUpdate(BulkUD):
    """What those who listen are told of ``query.update()``; ``values`` may be changed before."""

    verb = "update()"

    def __init__(
        self, query: object, values: dict[Any, Any], update_kwargs: Mapping[str, Any]
    ) -> None:
        super().__init__(query)
        self.values = values
        self.update_kwargs = update_kwargs


class BulkDelete(BulkUD):
    """What those who listen are told of ``query.delete()``."""

    verb = "delete()"

    def __init__(self, query: object, delete_kwargs: Mapping[str, Any]) -> None:
        super().__init__(query)
        self.delete_kwargs = delete_kwargs


class ChangingQuery(ReadingQuery[T]):
    """A Query whose rows can be updated and deleted."""

    def update(
        self,
        values: Mapping[Any, Any] | Iterable[tuple[Any, Any]],
        synchronize_session: str | bool = "auto",
        update_args: Mapping[str, Any] | None = None,
    ) -> int:
        """Update the rows of this query with *values*; return how many. Instances follow.

        ``synchronize_session``  how: "auto", "evaluate", "fetch", or False for not at all
        ``update_args``          ``preserve_parameter_order``, and options of one server

        InvalidRequestError for a query with joins, limits, order or groups::

            session.query(Order).filter(Order.id == 1).update({"total": 31})
            # UPDATE orders SET total=? WHERE orders.id = ?
        """
        given = dict(values.items() if isinstance(values, Mapping) else values)
        context = BulkUpdate(self, given, update_args or {})
        for listener in self.dispatch.before_compile_update:
            context.query = listener(context.query, context) or context.query
        return self._run_change(context, synchronize_session, "after_bulk_update")

    def delete(
        self, synchronize_session: str | bool = "auto", delete_args: Mapping[str, Any] | None = None
    ) -> int:
        """Delete the rows of this query; return how many. Instances follow.

        ``delete_args``  options of one server

        InvalidRequestError for a query with joins, limits, order or groups::

            session.query(Order).filter(Order.total < 10).delete()
            # DELETE FROM orders WHERE orders.total < ?
        """
        context = BulkDelete(self, delete_args or {})
        for listener in self.dispatch.before_compile_delete:
            context.query = listener(context.query, context) or context.query
        return self._run_change(context, synchronize_session, "after_bulk_delete")

    def _run_change(self, context: BulkUD, synchronize: object, event: str) -> int:
        query = context.query
        result = self._session_in_use.execute(
            context.statement,
            dict(query._params) or None,
            execution_options={"synchronize_session": synchronize},
        )
        context.result = result
        context.rowcount = count = result.rowcount
        for listener in getattr(self.session.dispatch, event):
            listener(context)
        return int(count)

    def _change(self, context: BulkUD) -> Any:
        """The UPDATE or DELETE that *context* tells of."""
        changed = self._changed(context.verb)
        self._refuse_more_than_criteria(context.verb)
        if isinstance(context, BulkUpdate):
            arguments = dict(context.update_kwargs)
            ordered = arguments.pop("preserve_parameter_order", False)
            named = {_name_of(key): value for key, value in context.values.items()}
            statement: Any = update(changed)
            if ordered:
                statement = statement.ordered_values(*named.items())
            elif named:
                statement = statement.values(named)
        else:
            arguments = dict(getattr(context, "delete_kwargs", {}))
            statement = delete(changed)
        if arguments:
            statement = statement.with_dialect_options(**arguments)
        if self._options:
            statement = statement.execution_options(**self._options)
        criteria = self._selected.where_criteria
        return statement.where(*criteria) if criteria else statement

    def _changed(self, verb: str) -> EntityNode | TableClause:
        """The class, or the table, whose rows are changed."""
        raw = self._selected.raw_columns
        if len(raw) == 1 and isinstance(raw[0], TableClause):
            return raw[0]
        return self._entity(verb)

    def _refuse_more_than_criteria(self, verb: str) -> None:
        own = self._selected
        more = {
            "limit()": own.limit_clause is not None,
            "offset()": own.offset_clause is not None,
            "order_by()": bool(own.order_by_clauses),
            "group_by()": bool(own.group_by_clauses),
            "distinct()": bool(own.distinct_on),
            "join(), select_from(), a union": bool(own.joins) or self._froms_given,
            "from_statement()": self._source is not None,
        }
        for what, is_there in more.items():
            if is_there:
                raise InvalidRequestError(
                    f"Query.{verb} can't be called on a query with {what}",
                    hint="use a subquery: filter(User.id.in_(…))",
                )


def _name_of(key: object) -> Any:
    if isinstance(key, QueryableAttribute):
        if key.prop is not None and key.prop.is_relationship:
            raise ArgumentError(
                f"{key} is a relationship: an UPDATE sets columns",
                hint="name the column that holds the foreign key",
            )
        return key.key
    return key
