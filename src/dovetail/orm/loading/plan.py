"""Plans: a statement of entities, compiled, with the function that makes instances of its rows."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any

from dovetail.collector import MANY, collector
from dovetail.compiler.plan import StatementPlan, bound_values
from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.engine.execution import unbindable
from dovetail.engine.rows import Shape
from dovetail.exc import CompileError, InvalidRequestError
from dovetail.orm.loading.criteria import restricted_statement
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.layout import EntityLayout, RowLayout
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.loading.related import complete_steps, load_related_steps
from dovetail.orm.loading.resolving import resolving
from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.loading.standing import spoken_of
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.loading.telling import listen_to, note_options, tell_of_loads
from dovetail.orm.loading.tree import REFRESH, LoadTree
from dovetail.orm.loading.wholes import own_rows
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.pickling import packed
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import Load
from dovetail.sql.expression.naming import is_star, items_of
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Executable
from dovetail.steps import Steps


def _name_columns(mapper: Mapper, parts: dict[str, Any]) -> None:
    """Put keys of columns for names of attributes into *parts* of an INSERT or UPDATE."""
    columns = mapper.columns

    def key(name: object) -> Any:
        return columns[name].key if isinstance(name, str) and name in columns else name

    values = parts.get("values_")
    if isinstance(values, list):
        parts["values_"] = [{key(n): value for n, value in row.items()} for row in values]
    elif values is not None:
        parts["values_"] = {key(n): value for n, value in values.items()}
    if "select_source" in parts:
        names, source = parts["select_source"]
        parts["select_source"] = (tuple(map(key, names)), source)


def _values(statement: Executable) -> list[Any]:
    values = getattr(statement, "values_", None)
    return list(values.values()) if isinstance(values, dict) else []


class EntityPlanner:
    """Turns statements of entities into statements of tables: Core asks it to.

    ``make_plan``  makes the plan of a statement of entities, for those who load what is related
    """

    def __init__(self, make_plan: Callable[..., Any]) -> None:
        self.make_plan = make_plan

    def to_core(self, statement: Any) -> Any:
        """An equal statement of tables and columns alone."""
        if isinstance(statement, Select):
            return plan_select(statement).core
        if isinstance(statement, QueryableAttribute):
            return resolving()(statement)
        if hasattr(statement, "parts"):
            entity = getattr(statement, "table", None)
            changes: dict[str, Any] = {}
            if isinstance(entity, EntityNode) and "where_criteria" in statement.parts:
                spoken = (*statement.where_criteria, *_values(statement))
                changes["standing"] = spoken_of(spoken, entity)
                statement = restricted_statement(statement, entity)
            resolved = resolving(own_rows(entity) if isinstance(entity, EntityNode) else None)
            for name in statement.parts:
                if getattr(statement, name, None) is not None:
                    changes[name] = resolved(getattr(statement, name))
            if isinstance(entity, EntityNode):
                # One statement writes one table: that of the class itself.
                aliased = entity.alias is not None and entity.is_plain_alias
                changes["table"] = entity.selectable if aliased else entity.mapper.local_table
                _name_columns(entity.mapper, changes)
            return statement._twin(**changes)
        raise InvalidRequestError(f"{statement!r} is not a statement of mapped classes")

    def as_sent(self, statement: Executable) -> Any:
        """The SELECT of tables that a session sends: loader options choose columns and joins."""
        return plan_select(statement, load=True, runs=False).core

    def reduce(self, statement: Executable) -> Any:
        """What ``pickle`` is told of *statement*: classes and their tables by name."""
        return packed(statement)

    def from_statement(
        self,
        items: Sequence[Any],
        statement: Any,
        options: Mapping[str, Any],
        loader_options: Sequence[Any],
    ) -> FromStatement:
        """*statement*, whose rows hold *items*: entities, and columns."""
        return FromStatement(items, statement, options, loader_options)


Tables = frozenset[str] | None
"""Names of tables, without their schemas; None where nobody knows which they are."""

NOT_ASKED: Any = object()
"""What stands for the tables of a plan until somebody asks which they are."""


class EntityPlan:
    """How a statement of entities runs: SQL, parameters, hydrator, and what is loaded after.

    ``core``       the plan of the statement of tables
    ``entities``   the layouts of the entities in a row, by number
    ``shape``      the names of a row's items
    ``raws``       what the statement selects, by which the items are found
    ``is_scalar``  True where a row is one item
    """

    __slots__ = (
        "chain",
        "core",
        "entities",
        "has_later",
        "hydrate",
        "is_scalar",
        "populate_existing",
        "prepare",
        "raws",
        "shape",
        "tables",
        "writes",
    )

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        binds: Sequence[Any],
        dialect: Dialect,
        *,
        populate_existing: bool = False,
        chain: tuple[Any, ...] = (),
        tree: LoadTree | None = None,
        keeps_batches: bool = False,
        by_name: bool = False,
        is_here: bool = False,
    ) -> None:
        planned = plan_select(statement, load=True, chain=chain, tree=tree, is_here=is_here)
        if planned.layout is None:
            raise TypeError("a plan of entities needs an entity")
        self.core = StatementPlan(dialect.compile(planned.core), binds, by_name=by_name)
        if any(is_star(column.expressions[0]) for column in self.core.result_columns or ()):
            raise CompileError(
                "* stands beside a mapped class: nobody knows which columns its instances are "
                "made of",
                hint="select the class alone, or name the columns besides",
            )
        if not by_name:
            self._refuse_missing()
        self.prepare = self.core.prepare
        self.entities = planned.layout.entities
        self.raws: tuple[Any, ...] = statement.raw_columns
        self.shape = Shape(planned.layout.names, planned.layout.objects)
        self.is_scalar = len(planned.layout.items) == 1
        self.has_later = any(layout.later or layout.completed for layout in self.entities)
        self.hydrate = make_hydrator(
            planned.layout,
            dialect,
            populate_existing=populate_existing,
            refreshes=keeps_batches or chain == REFRESH,
        )
        self.populate_existing = populate_existing
        self.writes = False
        """Whether the statement may do more than reading, in a CTE for example."""
        self.tables: Any = NOT_ASKED
        """Which it reads: see ``reads.py``."""
        self.chain = chain

    def _refuse_missing(self) -> None:
        """Raise InvalidRequestError for a parameter that nobody is going to give a value."""
        known = self.core.positions
        bound_values([b for b in self.core.compiled.binds if id(b) not in known])

    def shape_for(self, statement: Any) -> Shape:
        """The shape of the rows of *statement*, of the structure of the one that was planned."""
        raws = statement.raw_columns
        if raws is self.raws or all(map(is_, raws, self.raws)):
            return self.shape
        return self.shape.known_by(items_of(raws))

    def rows_steps(
        self, session: LoadingSession, connection: Connection, values: list[Any]
    ) -> Steps[list[Any]]:
        """Run the statement with *values* and return what its rows stand for."""
        try:
            sql, parameters = self.prepare(values)
        except Exception as error:
            raise self.refused(connection, error) from error
        source = session.row_source
        if source is None:
            rows = yield from connection.fetch_steps(sql, parameters)
        else:
            rows = yield from source.fetch_steps(session, connection, self.core, sql, parameters)
        return (yield from self.made_steps(session, connection, rows))

    def refused(self, connection: Connection, error: Exception) -> BaseException:
        """What is raised for a value that its type refused with *error*."""
        return unbindable(connection, error, self.core.sql, {})

    def made_steps(
        self, session: LoadingSession, connection: Connection, rows: list[Any]
    ) -> Steps[list[Any]]:
        """Return what *rows* stand for, with what is loaded after them."""
        loads = self.loads(session)
        if not self.has_later:
            return self.build(session, rows, loads, ())
        return (yield from self.finish_steps(session, connection, rows, loads))

    def loads(self, session: LoadingSession) -> list[Load]:
        """A Load for each entity of the row."""
        scope = session.scope
        loads = [
            listen_to(Load(layout.entity.mapper, scope, layout.tree), session)
            for layout in self.entities
        ]
        if session.load_cause is not None:
            note_options(loads, session.load_cause.options)
        return loads

    def build(
        self, session: LoadingSession, rows: Sequence[Any], loads: list[Load], members: Any
    ) -> list[Any]:
        """What *rows* stand for."""
        if len(rows) < MANY:
            made = self.hydrate(rows, loads, members)  # type: ignore[arg-type]
        else:
            with collector:
                made = self.hydrate(rows, loads, members)  # type: ignore[arg-type]
        for load in loads:
            if load.refreshed is not None or load.parts:
                tell_of_loads(session, loads)
                break
        return made

    def finish_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        rows: Sequence[Any],
        loads: list[Load],
    ) -> Steps[list[Any]]:
        """Build, then load what is to be loaded with further statements."""
        with collector.paused_for(len(rows)):
            members: list[dict[Any, Any]] = [{} for _ in self.entities]
            result = self.build(session, rows, loads, members)
            for layout, found in zip(self.entities, members, strict=True):
                yield from self._finish_entity_steps(session, connection, layout, found)
        return result

    def _finish_entity_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        layout: EntityLayout,
        found: dict[Any, Any],
    ) -> Steps[None]:
        # Those furthest below first: what they have of the classes between comes with them.
        for kind in reversed(layout.completed):
            below = frozenset(kind.self_and_descendants)
            pairs = [pair for pair in found.items() if pair[0].load.mapper in below]
            yield from complete_steps(session, connection, layout, kind, pairs)
        for prop in layout.later:
            steps = self._related_steps(session, connection, layout, prop, found)
            if not layout.tree.repeats(prop):
                yield from steps
            elif session.levels is not None and prop in self.chain:
                # However deep a tree is, its levels are loaded one after the other.
                session.levels.append(steps)
            else:
                yield from self._levels_steps(session, steps)

    def _levels_steps(self, session: LoadingSession, steps: Steps[None]) -> Steps[None]:
        """Take *steps*, and those that they put off: a level of a tree each.

        How many there will be no level knows, so the collector rests for all of them.
        """
        outer, session.levels = session.levels, deque([steps])
        try:
            with collector:
                while session.levels:
                    yield from session.levels.popleft()
        finally:
            session.levels = outer

    def _related_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        layout: EntityLayout,
        prop: RelationshipProperty,
        found: dict[Any, Any],
    ) -> Steps[None]:
        """Load relationship *prop* of those *found* that lack it."""
        key = prop.key
        tree = layout.tree
        afresh = self.populate_existing and not tree.repeats(prop)
        lacking = list(found.items())
        if not (afresh or (tree.below(prop).goes_on and not tree.repeats(prop))):
            # What is here already is left alone, unless options go on below it.
            lacking = [pair for pair in lacking if key not in pair[1].__dict__]
        if not layout.mapper.isa(prop.parent):
            lacking = [pair for pair in lacking if pair[0].load.mapper.isa(prop.parent)]
        if lacking:
            chain = self.chain if prop in self.chain else (*self.chain, prop)
            yield from load_related_steps(
                session, connection, prop, lacking, tree, chain, afresh=afresh
            )


class ReturnedRows(EntityPlan):
    """How rows that an INSERT, UPDATE or DELETE returns become what *layout* says.

    The values are those of Python already.
    """

    __slots__ = ()

    def __init__(self, layout: RowLayout, *, populate_existing: bool) -> None:
        self.entities = layout.entities
        self.shape = Shape(layout.names)
        self.is_scalar = len(layout.items) == 1
        self.has_later = any(one.later or one.completed for one in layout.entities)
        self.hydrate = make_hydrator(layout, None, populate_existing=populate_existing)
        self.chain = ()
        self.populate_existing = populate_existing


Mapper.planner = EntityPlanner(EntityPlan)
