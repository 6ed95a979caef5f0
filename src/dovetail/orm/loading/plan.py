"""Plans: a statement of entities, compiled, with the function that makes instances of its rows."""

from collections.abc import Sequence
from typing import Any

from dovetail.collector import MANY, collector
from dovetail.compiler.plan import StatementPlan
from dovetail.engine.rows import Shape
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.loading.related import load_related_steps, makers
from dovetail.orm.loading.telling import listen_to, tell_of_loads
from dovetail.orm.loading.tree import REFRESH, LoadTree
from dovetail.orm.tracking.state import Load
from dovetail.steps import Steps


class EntityPlan:
    """How a statement of entities runs: SQL, parameters, hydrator, and what is loaded after.

    ``core``       the plan of the statement of tables
    ``entities``   the layouts of the entities in a row, by number
    ``shape``      the names of a row's items
    ``is_scalar``  True where a row is one item
    """

    __slots__ = (
        "chain",
        "core",
        "entities",
        "has_later",
        "hydrate",
        "is_scalar",
        "prepare",
        "shape",
    )

    def __init__(
        self,
        statement: Any,
        binds: Sequence[Any],
        dialect: Any,
        *,
        populate_existing: bool = False,
        chain: tuple[Any, ...] = (),
        tree: LoadTree | None = None,
    ) -> None:
        planned = plan_select(statement, load=True, chain=chain, tree=tree)
        if planned.layout is None:
            raise TypeError("a plan of entities needs an entity")
        self.core = StatementPlan(dialect.compile(planned.core), binds)
        self.prepare = self.core.prepare
        self.entities = planned.layout.entities
        self.shape = Shape(planned.layout.names)
        self.is_scalar = len(planned.layout.items) == 1
        self.has_later = any(layout.later for layout in self.entities)
        self.hydrate = make_hydrator(
            planned.layout,
            dialect,
            populate_existing=populate_existing,
            refreshes=chain == REFRESH,
        )
        self.chain = chain

    def rows_steps(self, session: Any, connection: Any, values: list[Any]) -> Steps[list[Any]]:
        """Run the statement with *values* and return what its rows stand for."""
        sql, parameters = self.prepare(values)
        rows = yield from connection.fetch_steps(sql, parameters)
        loads = self.loads(session)
        if not self.has_later:
            return self.build(session, rows, loads, ())
        return (yield from self.finish_steps(session, connection, rows, loads))

    def loads(self, session: Any) -> list[Load]:
        """A Load for each entity of the row."""
        scope = session.scope
        return [
            listen_to(Load(layout.entity.mapper, scope, layout.tree), session)
            for layout in self.entities
        ]

    def build(
        self, session: Any, rows: Sequence[Any], loads: list[Load], members: Any
    ) -> list[Any]:
        """What *rows* stand for."""
        if len(rows) < MANY:
            made = self.hydrate(rows, loads, members)  # type: ignore[arg-type]
        else:
            with collector:
                made = self.hydrate(rows, loads, members)  # type: ignore[arg-type]
        tell_of_loads(session, loads)
        return made

    def finish_steps(
        self, session: Any, connection: Any, rows: Sequence[Any], loads: list[Load]
    ) -> Steps[list[Any]]:
        """Build, then load what is to be loaded with further statements."""
        members: list[dict[Any, Any]] = [{} for _ in self.entities]
        result = self.build(session, rows, loads, members)
        for layout, found in zip(self.entities, members, strict=True):
            for prop in layout.later:
                lacking = [pair for pair in found.items() if prop.key not in pair[1].__dict__]
                if lacking:
                    chain = self.chain if prop in self.chain else (*self.chain, prop)
                    yield from load_related_steps(
                        session, connection, prop, lacking, layout.tree, chain
                    )
        return result


makers.entity_plan = EntityPlan
