"""INSERT, UPDATE and DELETE of entities as statements; instances in memory are kept in step."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.exc import ArgumentError, InvalidRequestError, UnevaluatableError
from dovetail.orm.bulk.evaluator import Evaluator
from dovetail.orm.bulk.inserting import insert_rows_steps
from dovetail.orm.bulk.joined import SpreadChange, is_spread
from dovetail.orm.bulk.returning import Returning
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.bulk.synchronize import (
    Assignments,
    Matches,
    Pair,
    bring_along,
    expire_all,
    let_go,
    live_pairs,
    matches,
    row_of,
)
from dovetail.orm.bulk.updating import (
    by_column,
    named_parameters,
    own_table,
    set_attributes,
    update_rows_steps,
)
from dovetail.orm.loading.criteria import restricted_statement, rows_of_change
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.mapping.extensions import expanded_rows
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.arguments import ManyParameters
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.traversal import Replacing
from dovetail.steps import Steps

SYNCHRONIZE = ("auto", "evaluate", "fetch", False, None)
STRATEGIES = ("auto", "orm", "bulk", "raw", "core_only")
_UNSUITED = frozenset(("yield_per", "stream_results"))


def bulk_steps(
    session: BulkSession,
    statement: UpdateBase,
    entity: EntityNode,
    params: Any,
    options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None = None,
) -> Steps[Any]:
    """Run *statement*, which changes rows of *entity*, and bring the session's instances along."""
    options = {
        **session.execution_options_dict, **statement.execution_options_dict, **options
    }  # fmt: skip
    mapper = entity.mapper
    mapper.configure()
    if mapper.shown_columns or not mapper.written_tables:
        raise InvalidRequestError(
            f"{mapper.class_.__name__} is mapped to a SELECT: it can't be the table of an INSERT, "
            "UPDATE or DELETE",
            hint="add, change and delete instances, or write the tables that it reads from",
        )
    strategy = options.get("dml_strategy", "auto")
    if strategy not in STRATEGIES:
        raise ArgumentError(
            f"dml_strategy={strategy!r} is not known",
            hint=f"one of {', '.join(map(repr, STRATEGIES))}",
        )
    if options.get("autoflush", True):
        yield from session.autoflush_steps(statement)
    if bind_arguments:
        bind = session.get_bind(**{"mapper": mapper, "clause": statement, **bind_arguments})
        connection = yield from session.ensure_transaction().connection_steps(bind)
    else:
        connection = yield from session.connection_for_steps(mapper, statement)
    options = {name: value for name, value in options.items() if name not in _UNSUITED}
    by_keys = statement.is_update and isinstance(params, (list, tuple)) and strategy != "orm"
    if not (statement.is_insert or by_keys) and (statement.loader_options or mapper.single):
        statement = restricted_statement(statement, entity)
    if entity.alias is not None:
        statement, entity = of_class(statement, entity), mapper.node
    spread = entity.spread
    if spread is not None and params:
        params = spread(params) if isinstance(params, Mapping) else [spread(row) for row in params]
    rows = isinstance(params, (list, tuple)) and bool(params)
    if mapper.extensions and params:
        made = expanded_rows(mapper, params if rows else [params])
        params = made if rows else made[0]
    change = Change(session, connection, mapper, statement, params, options)
    steps = _change_steps(change, strategy, rows)
    return (yield from connection.under_steps(options, steps) if options else steps)


def _change_steps(change: "Change", strategy: str, rows: bool) -> Steps[Any]:
    """Run *change* as *strategy* says; with *rows* its parameters are a list of rows."""
    statement, params = change.statement, change.params
    if strategy in ("raw", "core_only"):
        return (yield from change.core_steps())
    if strategy == "bulk" and not (rows or (params and statement.is_insert)):
        raise InvalidRequestError(
            'dml_strategy="bulk" goes with parameters beside the statement',
            hint="session.execute(insert(User), [{...}, {...}])",
        )
    if statement.is_insert:
        return (yield from change.insert_steps(bool(params) and strategy != "orm"))
    return (yield from change.change_steps(rows and strategy != "orm"))


class Change:
    """One run of a statement that changes rows of a mapper."""

    def __init__(
        self,
        session: BulkSession,
        connection: Connection,
        mapper: Mapper,
        statement: Any,
        params: ManyParameters,
        options: Mapping[str, Any],
    ) -> None:
        self.session = session
        self.connection = connection
        self.mapper = mapper
        self.statement = statement
        self.params: Any = params
        self.options = options
        self.features = connection.dialect.features

    # Running ------------------------------------------------------------------------------------

    def execute_steps(self, core: UpdateBase, params: ManyParameters = None) -> Steps[Any]:
        """Run *core*, a statement of tables."""
        return (
            yield from self.connection.execute_steps(core, params, execution_options=self.options)
        )

    def core_steps(self) -> Steps[Any]:
        """Run the statement as it is, with parameters by the names of columns."""
        return (yield from self.execute_steps(self.statement.as_core(), self.params or None))

    def run_steps(self, extra: Sequence[Any] = ()) -> Steps["Answer"]:
        """Run the statement; the answer has the values of *extra* of each row besides."""
        returning = Returning(self.session, self.connection, self.statement, self.options, extra)
        result = yield from self.execute_steps(returning.core, self.params or None)
        if not returning.reads:
            return Answer(returning, result, ())
        return Answer(returning, result, result.all())

    # INSERT ---------------------------------------------------------------------------------------

    def insert_steps(self, rows: bool) -> Steps[Any]:
        """Run an INSERT: of rows in sets of the same shape."""
        if rows:
            given = self.params if isinstance(self.params, (list, tuple)) else [self.params]
            return (
                yield from insert_rows_steps(
                    self.session, self.connection, self.mapper, self.statement, given,
                    self.options,
                )
            )  # fmt: skip
        if self.params:
            given = self.params if isinstance(self.params, (list, tuple)) else [self.params]
            named = [by_column(self.mapper, row, self.statement) for row in given]
            self.params = named if given is self.params else named[0]
        answer = yield from self.run_steps()
        return (yield from answer.result_steps())

    # UPDATE and DELETE ----------------------------------------------------------------------------

    def change_steps(self, rows: bool) -> Steps[Any]:
        """Run an UPDATE or DELETE, and bring the instances in memory along."""
        synchronize = self.options.get("synchronize_session", "auto")
        if synchronize not in SYNCHRONIZE:
            raise ArgumentError(
                f"synchronize_session={synchronize!r} is not known",
                hint="one of 'auto', 'evaluate', 'fetch', False",
            )
        if rows:
            return (
                yield from update_rows_steps(
                    self.session, self.connection, self.mapper, self.statement, self.params,
                    synchronize,
                )
            )  # fmt: skip
        if isinstance(self.params, (list, tuple)):
            self.params = self.params[0] if len(self.params) == 1 else self.params or None
        if isinstance(self.params, Mapping) and self.statement.is_update:
            self._take_values()
        if is_spread(self.mapper, self.statement):
            return (yield from SpreadChange(self).run_steps(bool(synchronize)))
        several = isinstance(self.params, (list, tuple))
        if several and synchronize == "fetch":
            raise InvalidRequestError(
                "synchronize_session='fetch' does not go with several sets of parameters: they "
                "return no rows",
                hint="run the statement for each set, or leave it out",
            )
        pairs = live_pairs(self.session, self.mapper) if synchronize else []
        if not pairs or several:
            answer = yield from self.run_steps()
            expire_all(self.session, pairs)
            return (yield from answer.result_steps(self))
        return (yield from self._synchronized_steps(synchronize, pairs))

    def _take_values(self) -> None:
        """Let parameters that name columns be values of the UPDATE."""
        named = named_parameters(self.statement)
        given = by_column(self.mapper, self.params, self.statement)
        values = {name: value for name, value in given.items() if name not in named}
        if values:
            self.statement = self.statement.values(values)
            self.params = {name: value for name, value in given.items() if name in named}

    def _synchronized_steps(self, synchronize: object, pairs: list[Pair]) -> Steps[Any]:
        exact = synchronize == "auto"
        evaluator = Evaluator(self.mapper, self.features, self.params or {}, exact=exact)
        assignments = None
        if self.statement.is_update:
            self._take_defaults()
            values = set_attributes(self.mapper, self.statement)
            assignments = Assignments(self.mapper, values, evaluator, self.features)
        if synchronize != "fetch":
            try:
                found = self._evaluated(evaluator, assignments, pairs)
            except UnevaluatableError as error:
                if synchronize == "evaluate":
                    raise UnevaluatableError(
                        f"the session's instances can't follow this statement: {error.message}"
                    ) from error
            else:
                if found is not None:
                    answer = yield from self.run_steps()
                    return (yield from self._finish_steps(answer, assignments, *found))
        return (yield from self._fetching_steps(assignments, pairs))

    def _take_defaults(self) -> None:
        """Let values that columns get at each change be values of the UPDATE: they are known."""
        given = set_attributes(self.mapper, self.statement)
        made = {
            self.mapper.columns[key]: default.value()
            for key, default in self.mapper.update_defaults
            if key not in given
            and not (default.is_clause_element or default.is_sequence or default.takes_context)
        }
        if made and given:
            self.statement = self.statement.values(made)

    def _evaluated(
        self, evaluator: Evaluator, assignments: Assignments | None, pairs: list[Pair]
    ) -> Matches | None:
        """Which instances the statement concerns; None where the database has to say it.

        UnevaluatableError where the criteria are for the database alone.
        """
        found = matches(pairs, evaluator.criteria(self.statement.where_criteria))
        using = getattr(self.statement, "using_froms", ())
        if self.statement.dialect_kwargs or self.statement.ctes or using:
            # There may be a LIMIT, or rows that are not joined.
            return None
        if assignments is None:
            is_exact = evaluator.features is not None
            return None if found.doubtful and is_exact else found
        if assignments.changes_keys and (
            found.doubtful or not all(assignments.tells_key(row_of(*pair)) for pair in found.found)
        ):
            return None
        return found

    def _finish_steps(
        self,
        answer: "Answer",
        assignments: Assignments | None,
        found: Sequence[Pair],
        doubtful: Sequence[Pair] = (),
    ) -> Steps[Any]:
        """The statement has run: the instances *found* follow, the *doubtful* are read again."""
        if assignments is None:
            result = yield from answer.result_steps(self)
            let_go(self.session, self.mapper, [p for p in found if not p[0].load.deleted])
            self.session.expire_states([state for state, _ in doubtful])
            return result
        bring_along(self.session, assignments, found)
        for state, instance in doubtful:
            assignments.doubt(self.session, state, instance)
        return (yield from answer.result_steps(self))

    # Fetching -----------------------------------------------------------------------------------

    def _fetching_steps(self, assignments: Assignments | None, pairs: list[Pair]) -> Steps[Any]:
        """Let the database say which rows the statement touches."""
        keys = [column for _, column in own_table(self.mapper).key]
        features = self.features
        if self.statement.is_update:
            able = features.supports_update_returning
        else:
            able = features.supports_delete_returning
        by_key = {state.row_key: (state, instance) for state, instance in pairs}
        if assignments is not None and assignments.changes_keys:
            return (yield from self._keys_changing_steps(assignments, by_key))
        if able:
            stale = (
                sorted(assignments.stale.intersection(self.mapper.columns.keys()))
                if assignments
                else []
            )
            extra = [*keys, *(self.mapper.columns[name] for name in stale)]
            answer = yield from self.run_steps(extra)
            told: dict[InstanceState, dict[str, Any]] = {}
            found = []
            for row in answer.extra:
                pair = by_key.get(self.mapper.key_from_tuple(row[: len(keys)]))
                if pair is not None:
                    found.append(pair)
                    told[pair[0]] = dict(zip(stale, row[len(keys) :], strict=True))
            if assignments is None:
                return (yield from self._finish_steps(answer, None, found))
            bring_along(self.session, assignments, found, told)
            return (yield from answer.result_steps(self))
        if self.statement.dialect_kwargs:
            answer = yield from self.run_steps()
            expire_all(self.session, pairs)
            return (yield from answer.result_steps(self))
        rows = yield from self._selected_steps(keys)
        answer = yield from self.run_steps()
        touched = dict.fromkeys(self.mapper.key_from_tuple(row) for row in rows)
        known = [by_key[key] for key in touched if key in by_key]
        return (yield from self._finish_steps(answer, assignments, known))

    def _selected_steps(self, columns: Sequence[Any]) -> Steps[Any]:
        """The values of *columns* of the rows that the statement is going to touch; locked."""
        core = self.statement.as_core()
        asked = rows_of_change(columns, core.table, core)
        if core.ctes:
            asked = asked.add_cte(*core.ctes)
        asked = asked.with_for_update()
        result = yield from self.execute_steps(asked, self.params or None)
        return result.all()

    def _keys_changing_steps(self, assignments: Assignments, by_key: dict[Any, Pair]) -> Steps[Any]:
        """Run an UPDATE of primary keys: the new ones are asked for beside the old."""
        mapper = self.mapper
        core = self.statement.as_core()
        if assignments.keys_see_new_values:
            # A SELECT shows what they would be of the old row, and not what they become.
            answer = yield from self.run_steps()
            expire_all(self.session, list(by_key.values()))
            return (yield from answer.result_steps(self))
        by_name = {
            mapper.column_keys.get(column): value
            for column, value in (
                (core.table.c.get(key) if isinstance(key, str) else key, value)
                for key, value in core.values_.items()
            )
        }
        names = [name for name in mapper.primary_keys if name in by_name]
        keys = [column for _, column in own_table(mapper).key]
        columns = [*keys, *(by_name[name] for name in names)]
        labelled = [column.label(f"key_{place}") for place, column in enumerate(columns)]
        rows = yield from self._selected_steps(labelled)
        count = len(mapper.primary_key)
        told: dict[InstanceState, dict[str, Any]] = {}
        found = []
        for row in rows:
            pair = by_key.get(mapper.key_from_tuple(row[:count]))
            if pair is not None and pair[0] not in told:
                found.append(pair)
                told[pair[0]] = dict(zip(names, row[count:], strict=True))
        answer = yield from self.run_steps()
        bring_along(self.session, assignments, found, told)
        return (yield from answer.result_steps(self))


class Answer:
    """What a statement has answered, its rows read.

    ``extra``  of each row, the values that were asked for besides what the user wants
    """

    def __init__(self, returning: Returning, raw: object, rows: Sequence[Any]) -> None:
        self.returning = returning
        self.raw = raw
        self.rows = rows

    @property
    def extra(self) -> list[tuple[Any, ...]]:
        """The values asked for besides."""
        width = self.returning.width
        return [tuple(row[width:]) for row in self.rows]

    def result_steps(self, change: Change | None = None) -> Steps[Any]:
        """Make the result for the user; instances among its rows are made, or found, now."""
        if not self.returning.reads:
            return self.raw
        if not self.returning.asked:
            return self.returning.count(self.raw, self.rows)
        made = yield from self.returning.result_steps(self.raw, self.rows)
        if change is not None and change.statement.is_delete:
            gone = [
                (instance.__dovetail_state__, instance)
                for instance in self.returning.instances(change.mapper)
            ]
            let_go(change.session, change.mapper, [p for p in gone if not p[0].load.deleted])
        return made


def of_class(statement: UpdateBase, alias: EntityNode) -> Any:
    """Return *statement*, a change of *alias*, as one of its class.

    What speaks of the class itself, or of its table, speaks of an alias then: the two change
    places, so that all is said of the same rows as before.
    """
    plain = alias.mapper.node
    table = alias.mapper.local_table
    other_table = table.alias()
    other = EntityNode(alias.mapper, other_table, other_table)
    places = {alias: plain, plain: other}

    def place(node: Any) -> Any:
        if isinstance(node, QueryableAttribute):
            found = places.get(node.owner)
            return None if found is None else node.on(found)
        if isinstance(node, EntityNode):
            return places.get(node)
        if node.__visit_name__ == "column":
            if node.table is table:
                return other_table.c[node.key]
            if node.table is alias.selectable and alias.is_plain_alias:
                return table.c[node.key]
        return None

    replacing = Replacing(place)
    changes = {
        name: replacing.value(getattr(statement, name))
        for name in statement.parts
        if getattr(statement, name, None) is not None
    }
    return statement._twin(**changes)
