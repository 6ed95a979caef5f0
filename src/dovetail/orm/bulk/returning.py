"""RETURNING of entities: instances from the rows that a statement changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.engine.cursor import CursorResult
from dovetail.engine.returned_defaults import default_columns
from dovetail.engine.rows import Shape
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.options import LoaderOption, defer
from dovetail.orm.loading.plan import ReturnedRows
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.expression.select import Select
from dovetail.sql.traversal import iterate
from dovetail.steps import Steps


class Returning:
    """What a statement returns: to its user, and besides to those who keep instances in step.

    ``core``   the statement of tables
    ``asked``     whether the user wants rows
    ``defaults``  whether the user wants to be told, beside the result, what the server filled in
    ``reads``     whether there are rows to be read
    ``width``     how many values of a row are the user's
    """

    def __init__(
        self,
        session: BulkSession,
        connection: Connection,
        statement: UpdateBase,
        options: Mapping[str, Any],
        extra: Sequence[Any] = (),
    ) -> None:
        self.session = session
        self.connection = connection
        self.populate = bool(options.get("populate_existing"))
        columns = statement.returning_columns
        self.asked = bool(columns)
        self.defaults = False
        self.reads = self.asked or bool(extra)
        self.layout = None
        self._made: list[Any] = []
        if not self.reads:
            self.core = statement.as_core()
            self.width = 0
            return
        returned: tuple[Any, ...] = ()
        if columns:
            asked: Any = Select(*columns)
            asked = asked.options(*statement.loader_options, *_read_later(asked.raw_columns))
            planned = plan_select(asked, load=True, joins=False)
            self.layout = planned.layout
            returned = planned.core.raw_columns
        elif statement.returns_defaults is not None:
            # One RETURNING serves both: what the user is told, and what is asked for besides.
            returned = tuple(default_columns(statement))
            self.defaults = bool(returned)
            statement = statement._with(returns_defaults=None)
        self.width = len(returned)
        self.core = statement._with(returning_columns=(*returned, *extra)).as_core()

    def result_steps(self, raw: Any, rows: Sequence[Any]) -> Steps[Any]:
        """Make the result of *rows*, which *raw* gave, with what is loaded after them."""
        layout = self.layout
        if layout is None:
            found: Any = CursorResult.of_rows(raw._shape, list(rows))
            result: Any = found
            if self.core.returning_columns[self.width :]:
                result = found.columns(*range(self.width))
            result.rowcount = len(rows)
            return result
        own = [tuple(row[: self.width]) for row in rows]
        plan = ReturnedRows(layout, populate_existing=self.populate)
        self._made = yield from plan.made_steps(self.session, self.connection, own)
        return _result_of(layout, self._made)

    def count(self, raw: Any, rows: Sequence[Any]) -> Any:
        """Make the result of *rows* for a user who wants none of them."""
        result = CursorResult.of_change(len(rows))
        if self.defaults:
            found: Any = CursorResult.of_rows(raw._shape, list(rows))
            result.set_returned_defaults(found.columns(*range(self.width)).all(), many=False)
        return result

    def instances(self, mapper: Mapper) -> list[Any]:
        """The instances of *mapper* among the rows, each once."""
        if self.layout is None:
            return []
        places = [
            place
            for place, item in enumerate(self.layout.items)
            if isinstance(item, EntityLayout) and item.mapper is mapper
        ]
        rows = self._made if len(self.layout.items) > 1 else [(one,) for one in self._made]
        found = {id(row[place]): row[place] for row in rows for place in places}
        return list(found.values())


class ReturningOfTables:
    """RETURNING of instances whose rows lie in several tables, each of which gives its part.

    ``names``   the attributes that make the values of a row, in their order
    ``tables``  which of them each table is asked for
    """

    def __init__(self, layout: Any, names: list[str], tables: dict[Any, frozenset[str]]) -> None:
        self.layout = layout
        self.names = names
        self.tables = tables

    @classmethod
    def of(
        cls, mapper: Mapper, dialect: Dialect, statement: UpdateBase
    ) -> "ReturningOfTables | None":
        """What *statement*, an INSERT of *mapper*, asks for; None where that must be selected."""
        features = dialect.features
        columns = statement.returning_columns
        if not columns or not (
            features.supports_insert_returning and features.returning_is_ordered
        ):
            return None
        asked: Any = Select(*columns).options(*statement.loader_options, *_read_later(columns))
        planned = plan_select(asked, load=True, joins=False)
        columns = planned.core.raw_columns
        names = [key for key in map(mapper.column_keys.get, columns) if key is not None]
        if planned.layout is None or len(names) < len(columns):
            return None
        lacking = set(names)
        tables = {}
        for part in mapper.mapped_tables:
            own = lacking.intersection(name for name, _ in part.columns)
            tables[part.table] = frozenset(own)
            lacking -= own
        return None if lacking else cls(planned.layout, names, tables)

    def result_steps(
        self,
        session: BulkSession,
        connection: Connection,
        rows: Sequence[Any],
        options: Mapping[str, Any],
    ) -> Steps[Any]:
        """Make the result of *rows*, which are values by attribute."""
        plan = ReturnedRows(self.layout, populate_existing=bool(options.get("populate_existing")))
        own = [tuple([row[name] for name in self.names]) for row in rows]
        made = yield from plan.made_steps(session, connection, own)
        return _result_of(self.layout, made)


def _result_of(layout: Any, made: list[Any]) -> Any:
    """The result of what rows of *layout* stand for."""
    shape = Shape(layout.names)
    if len(layout.items) == 1:
        result: Any = CursorResult.of_scalars(shape, made, unique_filters=(id,))
    else:
        result = CursorResult.of_rows(shape, made)
    result.rowcount = len(made)
    return result


def _read_later(columns: Sequence[Any]) -> list[LoaderOption]:
    """What leaves out the expressions with subqueries of entities among *columns*.

    In the rows that a change returns, a subquery sees the tables as they were before, or half of
    what changes: the values are read when they are asked for.
    """
    return [
        defer(getattr(kind.class_, key))
        for entity in columns
        if isinstance(entity, EntityNode)
        for kind in (entity.mapper, *entity.kinds)
        for key, prop in kind.column_attrs.items()
        if not (prop.is_column or prop.deferred) and _has_subquery(prop.expressions[0])
    ]


def _has_subquery(expression: ColumnElement[Any]) -> bool:
    return any(node.__visit_name__ in ("select", "compound_select") for node in iterate(expression))
