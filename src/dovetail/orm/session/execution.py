"""Running statements in a session: plans found or made, rows to instances, results."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from dovetail.compiler.plan import bound_values
from dovetail.engine.connection import Connection
from dovetail.engine.execution import query_of, tables_named
from dovetail.engine.result import Result
from dovetail.engine.translation import SchemaMap
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.later import function_later
from dovetail.orm.loading.given import GivenRows
from dovetail.orm.loading.options import LazyPolicyOption
from dovetail.orm.loading.plan import EntityPlan, Tables
from dovetail.orm.loading.source import RowSource
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.bundle import Bundle
from dovetail.orm.session.autoflushing import asks_later
from dovetail.orm.session.orm_execute import NO_OPTIONS, ORMExecuteState
from dovetail.orm.session.persistence import SessionPersistence
from dovetail.orm.session.routes import Routes
from dovetail.sql.arguments import ManyParameters, StatementArgument
from dovetail.sql.expression.coercion import executable
from dovetail.sql.expression.select import CompoundSelect, Select
from dovetail.sql.node import Executable, Node
from dovetail.sql.traversal import iterate
from dovetail.steps import Steps

if TYPE_CHECKING:
    from dovetail.orm.bulk.statements import bulk_steps
    from dovetail.orm.loading.reads import tables_of_plan
else:
    tables_of_plan = function_later("dovetail.orm.loading.reads", "tables_of_plan", __name__)
    bulk_steps = function_later("dovetail.orm.bulk.statements", "bulk_steps", __name__)

_BY_IDENTITY = (id,)
_MADE_OF_ROWS = (EntityNode, Bundle)


class EntityResult(Result[*tuple[Any, ...]]):
    """Rows with instances, or attributes, in them."""

    def _remember_parts(self) -> None:
        raise InvalidRequestError(
            "yield_per reads a result in parts, so that no more than one of them is in memory; "
            "unique() would remember every row",
            hint="leave unique() out, or say by what rows are told apart: "
            "unique(lambda row: row.id)",
        )


class EntityFeed:
    """Gets more instances for a result that streams."""

    def __init__(
        self,
        session: Any,
        connection: Connection,
        plan: EntityPlan,
        cursor: Any,
        batch: int,
    ):
        self.session = session
        self.connection = connection
        self.plan = plan
        self.cursor = cursor
        self.batch = batch
        self.token = session.scope.token
        self.schema_map = session.schema_map_in_use

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Up to *most* rows more, all that remain for None; none at the end."""
        found: list[Any] = []
        while most is None or len(found) < most:
            rows = yield from self._more_steps()
            if not rows:
                break
            with self.session.scope.at(self.token):
                finish = self.plan.finish_steps(
                    self.session, self.connection, rows, self.plan.loads(self.session)
                )
                if self.schema_map is not None:
                    finish = self.connection.translated_steps(self.schema_map, finish)
                built = yield from finish
            found += [(item,) for item in built] if self.plan.is_scalar else built
        return found

    def _more_steps(self) -> Steps[Any]:
        """The rows of one batch more."""
        steps: Steps[Any] = self.connection.take_steps(self.cursor, self.batch)
        return steps

    def close_steps(self) -> Steps[None]:
        """Give up the rows that remain."""
        yield (self.cursor.close,)


class GivenFeed(EntityFeed):
    """Gets more of what the rows of another result hold, which streams itself."""

    def _more_steps(self) -> Steps[Any]:
        yield from self.cursor.fill_steps(self.batch)
        return self.cursor.fetchmany(self.batch)

    def close_steps(self) -> Steps[None]:
        """Give up the rows that remain."""
        return self.cursor.close_steps()  # type: ignore[no-any-return]


class SessionStatements(SessionPersistence):
    """The sixth base class of the core: statements."""

    keeps_plans = True

    schema_map_in_use: Any = None
    """The ``schema_translate_map`` of the statement that is being run."""

    def execute_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]:
        """Run *statement* and return its result: see ``Session.execute``."""
        listeners = self.dispatch.do_orm_execute
        if listeners:
            return ORMExecuteState(
                self, statement, params, execution_options, bind_arguments, listeners
            ).run_steps()
        return self.run_statement_steps(statement, params, execution_options, bind_arguments)

    def explain_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        *,
        analyze: bool = False,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]:
        """Return the plan of *statement*: see ``Session.explain``."""
        own = getattr(statement, "execution_options_dict", NO_OPTIONS)
        reads = {**own, **execution_options}.get("reads")
        if reads is not None and (self.routes is None or self.routes.name != reads):
            again = self.explain_steps(
                statement,
                params,
                analyze=analyze,
                execution_options=execution_options,
                bind_arguments=bind_arguments,
            )
            return (yield from self._routed_steps(reads, lambda: again))
        # What is met on its way to one database must not have gone to another.
        self._note_effects_of(statement)
        connection = yield from self._statement_connection_steps(statement, bind_arguments)
        steps = self.execute_steps(statement, params, execution_options, bind_arguments)
        explain = import_module("dovetail.engine.explain").explain_steps
        return (yield from explain(connection, steps, analyze))

    def run_statement_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]:
        """Run *statement*, which all who listen have seen."""
        own = getattr(statement, "execution_options_dict", None)
        if own or execution_options:
            asked = {**(own or {}), **execution_options}
            reads = asked.get("reads")
            if reads is not None and (self.routes is None or self.routes.name != reads):
                run = self.run_statement_steps
                return self._routed_steps(
                    reads, lambda: run(statement, params, execution_options, bind_arguments)
                )
            schema_map = asked.get("schema_translate_map")
            if schema_map is not None and schema_map is not self.schema_map_in_use:
                return self._translated_steps(
                    schema_map, statement, params, execution_options, bind_arguments
                )
        if isinstance(statement, Select):
            for raw in statement.raw_columns:
                if isinstance(raw, _MADE_OF_ROWS):
                    return self._select_steps(statement, params, execution_options, bind_arguments)
        return self._other_steps(statement, params, execution_options, bind_arguments)

    def _routed_steps(self, reads: str, run: Callable[[], Steps[Any]]) -> Steps[Any]:
        """Do what *run* gives, and load what belongs to it, where *reads* says, for once."""
        before = self.routes
        routes = Routes.for_once(reads, before)
        if routes.wants_replica:
            self.check_replicas()
        self.routes = routes
        try:
            return (yield from run())
        finally:
            self.routes = before

    def _translated_steps(
        self,
        schema_map: SchemaMap,
        statement: StatementArgument,
        params: ManyParameters,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Any]:
        """Run *statement*, and what it loads besides, with the schemas of *schema_map*."""
        # What is pending goes to the schemas that it belongs to.
        yield from self.autoflush_steps(statement)
        # The connection that knows the schemas is the one by which it is sent.
        self._note_effects_of(statement)
        connection = yield from self._statement_connection_steps(statement, bind_arguments)
        before, self.schema_map_in_use = self.schema_map_in_use, schema_map
        try:
            steps = self.run_statement_steps(statement, params, execution_options, bind_arguments)
            return (yield from connection.translated_steps(schema_map, steps))
        finally:
            self.schema_map_in_use = before

    def _other_steps(
        self,
        statement: Any,
        params: ManyParameters,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Any]:
        """Run a statement that is no SELECT with an entity in it."""
        if not isinstance(statement, FromStatement):
            found = executable(statement)
            if found is not statement:
                # It stood for a statement: see there.
                return (
                    yield from self.run_statement_steps(
                        found, params, execution_options, bind_arguments
                    )
                )
        source = self.row_source
        if source is not None:
            source.ran(self, statement)
        element: Any = statement
        self._note_effects(getattr(element, "element", element))
        if isinstance(statement, FromStatement):
            return (yield from self._from_statement_steps(statement, params, execution_options))
        if statement.is_dml:
            entity: Any = getattr(statement, "table", None)
            if isinstance(entity, EntityNode):
                return (
                    yield from bulk_steps(
                        self, statement, entity, params, execution_options, bind_arguments
                    )
                )
        own: Mapping[str, Any] = statement.execution_options_dict
        if self.has_pending():
            setting = execution_options.get("autoflush", own.get("autoflush"))
            tables = partial(self._tables_of_core_steps, statement, bind_arguments)
            yield from self.autoflush_steps(statement, setting, tables)
        connection = yield from self._statement_connection_steps(statement, bind_arguments)
        options = execution_options
        if self.execution_options_dict:
            options = {**self.execution_options_dict, **own, **execution_options}
        if source is not None and isinstance(statement, Select | CompoundSelect):
            if source.wants(self, statement, {**statement.execution_options_dict, **options}):
                return (yield from self._sourced_steps(source, connection, statement, params))
        result = yield from connection.execute_steps(statement, params, execution_options=options)
        if self.ends_reads and result._streams():
            self.note_held()
        return result

    def _note_effects_of(self, statement: StatementArgument) -> None:
        """Note what *statement*, which has not been looked at yet, may do besides reading."""
        known: Any = statement
        found = known if isinstance(known, FromStatement) else executable(statement)
        element = cast("Executable", getattr(found, "element", found))
        self._note_effects(element)

    def _note_effects(self, statement: Executable) -> None:
        """Note what *statement* may do besides reading, also within: in a CTE, or a subquery."""
        if not isinstance(statement, Select | CompoundSelect):
            self.note_sent()
            return
        walk = statement.walk()
        if walk.writes:
            self.note_sent()
        if walk.locks:
            self.note_writing()

    def _sourced_steps(
        self,
        source: RowSource,
        connection: Connection,
        statement: Executable,
        params: ManyParameters,
    ) -> Steps[Any]:
        """Run a SELECT of columns whose rows may come from *source*."""
        try:
            prepared, sql, parameters = query_of(connection, statement, params)
            if prepared.shape is None:
                # Texts among the columns are called as the server calls them.
                return (yield from connection.execute_steps(statement, params))
            rows = yield from source.fetch_steps(self, connection, prepared.plan, sql, parameters)
        finally:
            source.done(self)
        shape, convert = prepared.shape, prepared.convert
        if isinstance(statement, Select) and prepared.raws is not None:
            shape, convert = prepared.read_by(statement.raw_columns)
        return Result(shape, rows, convert=convert)

    def _statement_connection_steps(
        self, statement: Any, bind_arguments: Mapping[str, Any] | None
    ) -> Steps[Any]:
        if bind_arguments:
            transaction = self.ensure_transaction()
            bind = self.get_bind(**_bind_arguments(bind_arguments, statement))
            return (yield from transaction.connection_steps(bind))
        if not self.chooses_bind:
            return (yield from self.connection_for_steps())
        return (yield from self.connection_for_steps(_first_mapper(statement), statement))

    # Which tables a query reads -------------------------------------------------------------

    def _tables_of_core_steps(
        self, statement: Executable, bind_arguments: Mapping[str, Any] | None
    ) -> Steps[Tables]:
        """The tables that *statement*, of tables alone, reads; None if it does more."""
        if not isinstance(statement, Select | CompoundSelect) or asks_later(statement):
            return None
        connection = yield from self._statement_connection_steps(statement, bind_arguments)
        return tables_named(connection, statement)

    def _tables_steps(
        self,
        statement: Select[*tuple[Any, ...]],
        params: ManyParameters,
        options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Tables]:
        """The tables that *statement*, of entities, reads, with all that it loads besides."""
        if asks_later(statement):
            return None
        connection = yield from self._statement_connection_steps(statement, bind_arguments)
        populate = bool(options.get("populate_existing"))
        plan, _ = _entity_plan(connection, statement, params, populate, keep=self.keeps_plans)
        return tables_of_plan(plan)

    # SELECT of entities ---------------------------------------------------------------------

    def _select_steps(
        self,
        statement: Select[*tuple[Any, ...]],
        params: ManyParameters,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Any]:
        options: Mapping[str, Any] = statement.execution_options_dict
        if execution_options or self.execution_options_dict:
            options = {**self.execution_options_dict, **options, **execution_options}
        token = options.get("identity_token") if options else None
        if token is not None and token != self.scope.token:
            execution_options = {**execution_options, "identity_token": None}
            steps = self._select_steps(statement, params, execution_options, bind_arguments)
            return (yield from self.at_token_steps(token, steps))
        if options and options.get("lazy_policy") is not None:
            statement = statement.options(LazyPolicyOption(options["lazy_policy"]))
        if self.autoflush:
            scope = self.scope
            if scope.new or scope.modified or scope.deleted:
                tables = partial(self._tables_steps, statement, params, options, bind_arguments)
                yield from self.autoflush_steps(statement, options.get("autoflush"), tables)
        if self.ends_reads or self.routes is not None:
            self._note_effects(statement)
        is_chosen = self.binds or self.has_own_get_bind or "get_bind" in self.overrides
        if bind_arguments or is_chosen:
            connection = yield from self._statement_connection_steps(statement, bind_arguments)
        else:
            connection = self.connection_in_use()
            if connection is None:
                connection = yield from self.connect_steps()
        populate = bool(options and options.get("populate_existing"))
        plan, values = _entity_plan(connection, statement, params, populate, keep=self.keeps_plans)
        if plan.writes:
            self.note_sent()
        batch = options.get("yield_per") if options else None
        if batch:
            self.note_held()
        if batch and not self.is_passing():
            shape = plan.shape_for(statement)
            steps = self._stream_steps(plan, shape, connection, values, batch)
            return (yield from connection.under_steps(options, steps))
        source = self.row_source
        is_sourced = source is not None and source.wants(self, statement, options)
        if not (is_sourced or bind_arguments or options):
            rows = yield from plan.rows_steps(self, connection, values)
        else:
            self.bind_arguments_in_use = bind_arguments
            steps = plan.rows_steps(self, connection, values)
            try:
                rows = yield from connection.under_steps(options, steps)
            finally:
                self.bind_arguments_in_use = None
                if source is not None and is_sourced:
                    source.done(self)
        if plan.is_scalar:
            return EntityResult.of_scalars(plan.shape, rows, unique_filters=_BY_IDENTITY)
        return EntityResult.of_rows(plan.shape_for(statement), rows)

    def _stream_steps(
        self, plan: EntityPlan, shape: Any, connection: Connection, values: list[Any], batch: int
    ) -> Steps[Any]:
        if any(joined.prop.uselist for layout in plan.entities for joined in layout.joined):
            raise InvalidRequestError(
                "yield_per can't be used with joined eager loading of collections: the rows of "
                "one instance may lie in several batches",
                hint="load the collection with selectinload()",
            )
        try:
            sql, parameters = plan.prepare(values)
        except Exception as error:
            raise plan.refused(connection, error) from error
        cursor = yield from connection.stream_steps(sql, parameters, batch)
        feed = EntityFeed(self, connection, plan, cursor, batch)
        result: Any = EntityResult(shape, [], convert=shape.row_list, feed=feed)
        return result.yield_per(batch)

    # Entities from text or another statement --------------------------------------------------

    def _from_statement_steps(
        self, wrapped: "FromStatement", params: ManyParameters, execution_options: Mapping[str, Any]
    ) -> Steps[Any]:
        yield from self.autoflush_steps(wrapped.element)
        connection = yield from self.connection_for_steps(next(wrapped.mappers, None), wrapped)
        own = getattr(wrapped.element, "execution_options_dict", NO_OPTIONS)
        options = {
            **self.execution_options_dict,
            **own,
            **wrapped.execution_options_dict,
            **execution_options,
        }
        batch = None if self.is_passing() else options.get("yield_per")
        if _streams(options):
            self.note_held()
        streamed = {"yield_per": batch} if batch else NO_OPTIONS
        steps = connection.execute_steps(
            wrapped.restricted_element, params, execution_options=streamed
        )
        inner = yield from connection.under_steps(options, steps)
        if options.get("lazy_policy") is not None:
            wrapped = wrapped.with_option(LazyPolicyOption(options["lazy_policy"]))
        plan = _given_rows(connection, wrapped, inner, bool(options.get("populate_existing")))
        if batch:
            feed = GivenFeed(self, connection, plan, inner, batch)
            result: Any = EntityResult(plan.shape, [], convert=plan.shape.row_list, feed=feed)
            return result.yield_per(batch)
        rows = yield from plan.finish_steps(self, connection, inner.all(), plan.loads(self))
        if plan.is_scalar:
            is_entity = wrapped.entity is not None
            filters = _BY_IDENTITY if is_entity else None
            return EntityResult.of_scalars(plan.shape, rows, unique_filters=filters)
        return EntityResult.of_rows(plan.shape, rows)


def _streams(options: Mapping[str, Any]) -> bool:
    """Whether a result with these *options* reads while it is used."""
    return bool(options.get("yield_per") or options.get("stream_results"))


def _given_rows(
    connection: Connection, wrapped: FromStatement, result: Result[*tuple[Any, ...]], populate: bool
) -> GivenRows:
    """How the rows of *result* become instances: by its columns, or by their names."""
    names = list(result.keys())
    place_of = result._shape.position

    def position_of(given: object) -> int | None:
        column = getattr(given, "column", given)
        found: int | None = place_of(given)
        if found is None:
            found = place_of(column)
        name = getattr(column, "name", None)
        if found is None and name is not None:
            table = getattr(getattr(column, "table", None), "name", None)
            for one in (name, f"{table}_{name}"):
                if one in names:
                    return names.index(one)
        return found

    # Of text nobody knows the types, unless it was told which columns it has.
    is_text = getattr(wrapped.element, "__visit_name__", "textclause") == "textclause"
    return GivenRows(
        wrapped,
        names,
        position_of,
        connection.dialect,
        converted=not is_text,
        populate_existing=populate,
    )


def _entity_plan(
    connection: Connection,
    statement: Any,
    params: ManyParameters,
    populate: bool,
    *,
    keep: bool = True,
) -> tuple[EntityPlan, list[Any]]:
    """The plan of a SELECT with an entity in it, found or made, and the values for it."""
    walk = statement.walk()
    binds = walk.binds
    key = (populate, *walk.key)
    plans = connection.plans
    plan = plans.get(key)
    if plan is None:
        plan = EntityPlan(
            statement, binds, connection.dialect, populate_existing=populate, by_name=True
        )
        plan.writes = walk.writes
        if keep:
            plans.put(key, plan)
    if plan.core.inner:
        binds = plan.core.all_binds(binds, statement)
    values = [bind.value for bind in binds]
    if params:
        _override(values, binds, params)
    if plan.core.needs_values:
        _require(binds, params)
    return plan, values


def _override(values: list[Any], binds: Sequence[Any], params: ManyParameters) -> None:
    """Put *params* in place of the values of the parameters that they name."""
    params = _one_dictionary(params)
    for place, bind in enumerate(binds):
        if not bind.unique and bind.key in params:
            values[place] = params[bind.key]


def _one_dictionary(params: ManyParameters) -> Mapping[str, Any]:
    if not params:
        return {}
    if not isinstance(params, Mapping):
        raise ArgumentError(
            "a SELECT of entities takes one dictionary of parameters",
            hint="session.execute(statement, {'name': value})",
        )
    return params


def _require(binds: Sequence[Any], params: ManyParameters) -> None:
    """Raise InvalidRequestError for a parameter without a value."""
    bound_values(binds, _one_dictionary(params))


def _first_mapper(statement: Executable) -> Any:
    """The mapper that *statement* is about: of what it selects, or else of what it names."""
    for raw in (*getattr(statement, "raw_columns", ()), statement):
        if isinstance(raw, Node):
            for node in iterate(raw):
                entity = node if isinstance(node, EntityNode) else getattr(node, "owner", None)
                if isinstance(entity, EntityNode):
                    return entity.mapper
                within = getattr(getattr(node, "table", None), "element", None)
                found = None if within is None else _first_mapper(within)
                if found is not None:
                    return found
    return None


def _bind_arguments(given: Mapping[str, Any], statement: Executable) -> dict[str, Any]:
    arguments = dict(given)
    arguments.setdefault("clause", statement)
    if "mapper" not in arguments:
        mapper = _first_mapper(statement)
        if mapper is not None:
            arguments["mapper"] = mapper
    return arguments
