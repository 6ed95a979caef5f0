"""RETURNING of entities: instances from the rows that a statement changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.engine.cursor import CursorResult
from dovetail.engine.returned_defaults import default_columns
from dovetail.engine.rows import Shape
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.options import LoaderOption, defer
from dovetail.orm.loading.plan import ReturnedRows
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.sql.select import Select
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
        session: Any,
        connection: Any,
        statement: Any,
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
        shape = Shape(layout.names)
        if len(layout.items) == 1:
            result = CursorResult.of_scalars(shape, self._made, unique_filters=(id,))
        else:
            result = CursorResult.of_rows(shape, self._made)
        result.rowcount = len(rows)
        return result

    def count(self, raw: Any, rows: Sequence[Any]) -> Any:
        """Make the result of *rows* for a user who wants none of them."""
        result = CursorResult.of_change(len(rows))
        if self.defaults:
            found: Any = CursorResult.of_rows(raw._shape, list(rows))
            result.set_returned_defaults(found.columns(*range(self.width)).all(), many=False)
        return result

    def instances(self, mapper: Any) -> list[Any]:
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
        if not (prop.is_column or prop.deferred) and _has_subquery(prop.columns[0])
    ]


def _has_subquery(expression: Any) -> bool:
    return any(node.visit_name in ("select", "compound_select") for node in iterate(expression))
