"""RETURNING of entities: instances from the rows that a statement changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.engine.cursor import CursorResult
from dovetail.engine.rows import Shape
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.loading.telling import listen_to, tell_of_loads
from dovetail.orm.tracking.state import Load
from dovetail.sql.select import Select


class Returning:
    """What a statement returns: to its user, and besides to those who keep instances in step.

    ``core``   the statement of tables
    ``asked``  whether the user wants rows
    ``reads``  whether there are rows to be read
    ``width``  how many values of a row are the user's
    """

    def __init__(
        self, session: Any, statement: Any, options: Mapping[str, Any], extra: Sequence[Any] = ()
    ) -> None:
        self.session = session
        self.populate = bool(options.get("populate_existing"))
        columns = statement.returning_columns
        self.asked = bool(columns)
        self.reads = self.asked or bool(extra)
        self.layout = None
        self._made: list[Any] = []
        if not self.reads:
            self.core = statement.as_core()
            self.width = 0
            return
        returned: tuple[Any, ...] = ()
        if columns:
            planned = plan_select(Select(*columns))
            self.layout = planned.layout
            returned = planned.core.raw_columns
        self.width = len(returned)
        self.core = statement._with(returning_columns=(*returned, *extra)).as_core()

    def result(self, raw: Any, rows: Sequence[Any]) -> Any:
        """The result of *rows*, which *raw* gave."""
        layout = self.layout
        if layout is None:
            found: Any = CursorResult.of_rows(raw._shape, list(rows))
            result: Any = found
            if self.core.returning_columns[self.width :]:
                result = found.columns(*range(self.width))
            result.rowcount = len(rows)
            return result
        own = [tuple(row[: self.width]) for row in rows]
        # The result has converted the values already: the hydrator takes them as they are.
        hydrate = make_hydrator(layout, None, populate_existing=self.populate)
        session = self.session
        loads = [listen_to(Load(item.mapper, session.scope), session) for item in layout.entities]
        self._made = hydrate(own, loads, [])
        tell_of_loads(session, loads)
        shape = Shape(layout.names)
        if len(layout.items) == 1:
            result = CursorResult.of_scalars(shape, self._made, unique_filters=(id,))
        else:
            result = CursorResult.of_rows(shape, self._made)
        result.rowcount = len(rows)
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
