"""INSERT, UPDATE and DELETE of entities as statements; instances in memory are kept in step."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dovetail.engine.result import Result
from dovetail.engine.rows import Shape
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.loading.telling import listen_to, tell_of_loads
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.tracking.expiry import expire_names
from dovetail.orm.tracking.state import InstanceState, Load, state_of
from dovetail.sql.dml import insert, update
from dovetail.sql.select import Select
from dovetail.steps import Steps

SYNCHRONIZE = ("auto", "evaluate", "fetch", False)
_NO_COLUMNS = Shape(())


def bulk_steps(
    session: Any, statement: Any, entity: EntityNode, params: Any, options: Mapping[str, Any]
) -> Steps[Any]:
    """Run *statement*, which changes rows of *entity*, and bring the session's instances along."""
    options = {**statement.execution_options_dict, **options}
    mapper = entity.mapper
    mapper.configure()
    yield from session.autoflush_steps()
    connection = yield from session.connection_for_steps(mapper)
    if statement.is_insert:
        return (yield from _insert_steps(session, connection, mapper, statement, params))
    synchronize = options.get("synchronize_session", "auto")
    if synchronize not in SYNCHRONIZE:
        raise ArgumentError(
            f"synchronize_session={synchronize!r} is not known",
            hint="one of 'auto', 'evaluate', 'fetch', False",
        )
    if isinstance(params, (list, tuple)):
        return (yield from _by_primary_key_steps(session, connection, mapper, statement, params))
    if synchronize is False or not _has_live(session, mapper):
        return (yield from _run_steps(session, connection, mapper, statement, params))
    return (yield from _synchronized_steps(session, connection, mapper, statement, params))


def _has_live(session: Any, mapper: Any) -> bool:
    return bool(session.scope.identities.get(mapper.base))


# Running --------------------------------------------------------------------------------------


def _run_steps(
    session: Any, connection: Any, mapper: Any, statement: Any, params: Any
) -> Steps[Any]:
    if any(isinstance(raw, EntityNode) for raw in statement.returning_columns):
        return (yield from _returning_entities_steps(session, connection, statement, params))
    return (yield from connection.execute_steps(statement.as_core(), params))


def _returning_entities_steps(
    session: Any, connection: Any, statement: Any, params: Any
) -> Steps[Any]:
    """Run *statement* and make instances of the rows it returns."""
    planned = plan_select(Select(*statement.returning_columns))
    layout = planned.layout
    assert layout is not None
    core = statement._with(returning_columns=planned.core.raw_columns).as_core()
    inner = yield from connection.execute_steps(core, params)
    rows = [tuple(row) for row in inner.all()]
    # The result has converted the values already: the hydrator takes them as they are.
    hydrate = make_hydrator(layout, None, populate_existing=True)
    loads = [listen_to(Load(item.mapper, session.scope), session) for item in layout.entities]
    made = hydrate(rows, loads, [])
    tell_of_loads(session, loads)
    if len(layout.items) == 1:
        return Result.of_scalars(Shape(layout.names), made, unique_filters=(id,))
    return Result.of_rows(Shape(layout.names), made)


# INSERT ---------------------------------------------------------------------------------------


def _insert_steps(
    session: Any, connection: Any, mapper: Any, statement: Any, params: Any
) -> Steps[Any]:
    if params is not None:
        many = isinstance(params, (list, tuple))
        rows = [_by_column(mapper, row) for row in (params if many else [params])]
        params = rows if many else rows[0]
    return (yield from _run_steps(session, connection, mapper, statement, params))


def _by_column(mapper: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """*row* by the keys of the columns, where it had the names of attributes."""
    columns = mapper.columns
    unknown = [name for name in row if name not in columns]
    if unknown:
        raise InvalidRequestError(
            f"{mapper.class_.__name__} has no column attribute {', '.join(map(repr, unknown))}",
            hint=f"it has {', '.join(columns.keys())}",
        )
    return {columns[name].key: value for name, value in row.items()}


# UPDATE and DELETE ------------------------------------------------------------------------------


def _by_primary_key_steps(
    session: Any, connection: Any, mapper: Any, statement: Any, rows: Sequence[Mapping[str, Any]]
) -> Steps[Any]:
    """UPDATE with a list of dictionaries that hold the primary key: one row each."""
    if not statement.is_update or statement.where_criteria:
        raise InvalidRequestError(
            "a list of parameters goes with an UPDATE of entities without criteria: each "
            "dictionary holds a primary key",
            hint="session.execute(update(User), [{'id': 1, 'name': 'x'}])",
        )
    touched: dict[Any, set[str]] = {}
    count = 0
    for row in rows:
        key = mapper.key_from_identity({name: row.get(name) for name in mapper.primary_keys})
        values = {mapper.columns[name]: v for name, v in row.items() if name not in mapper.keys_set}
        criteria = [mapper.columns[name] == row[name] for name in mapper.primary_keys]
        if values:
            core = statement.as_core().where(*criteria).values(values)
            result = yield from connection.execute_steps(core)
            count += result.rowcount
        touched[key] = set(row) - mapper.keys_set
    for key, names in touched.items():
        state = session.scope.identity(mapper).get(key)
        instance = None if state is None else state()
        if state is not None and instance is not None:
            expire_names(state, instance, names, frozenset(mapper.column_attrs.keys()))
    return Result.of_rows(_NO_COLUMNS, [])


def _synchronized_steps(
    session: Any, connection: Any, mapper: Any, statement: Any, params: Any
) -> Steps[Any]:
    """Run *statement*, learn which rows it touched, and bring their instances along."""
    keys = [mapper.columns[name] for name in mapper.primary_keys]
    features = connection.dialect.features
    able = (
        features.supports_update_returning
        if statement.is_update
        else features.supports_delete_returning
    )
    returning = able and not statement.returning_columns
    core = statement.as_core()
    if returning:
        result = yield from connection.execute_steps(core.returning(*keys), params)
        touched = [mapper.key_from_tuple(row) for row in result.all()]
        answer: Any = _Changed(len(touched))
    else:
        asked: Any = Select(*keys).where(*core.where_criteria)
        found = yield from connection.execute_steps(asked, params)
        touched = [mapper.key_from_tuple(row) for row in found.all()]
        answer = yield from _run_steps(session, connection, mapper, statement, params)
    if statement.is_update:
        _bring_along(session, mapper, touched, _changed_values(mapper, statement))
    else:
        _let_go(session, mapper, touched)
    return answer


class _Changed(Result[Any]):
    """What an UPDATE or DELETE answers: how many rows it touched."""

    def __init__(self, rowcount: int) -> None:
        super().__init__(_NO_COLUMNS, [])
        self.rowcount = rowcount
        self.returns_rows = False


def _changed_values(mapper: Any, statement: Any) -> dict[str, Any]:
    """The attributes that an UPDATE sets, with their values or expressions."""
    values: dict[str, Any] = {}
    for target, value in (statement.values_ or {}).items():
        values[_attribute_name(mapper, target)] = value
    for key, _ in mapper.update_defaults:
        values.setdefault(key, _UNKNOWN)
    return values


_UNKNOWN = object()


def _attribute_name(mapper: Any, target: Any) -> str:
    if isinstance(target, str):
        return target
    if isinstance(target, QueryableAttribute):
        return str(target.key)
    key: str = mapper.column_keys.get(target, getattr(target, "key", ""))
    return key


def _bring_along(session: Any, mapper: Any, keys: Sequence[Any], values: Mapping[str, Any]) -> None:
    """Give instances the values that were set; what the server computed is read again."""
    identity = session.scope.identity(mapper)
    known = {
        name: value.value
        for name, value in values.items()
        if name in mapper.columns and getattr(value, "visit_name", "") == "bindparam"
    }
    stale = [name for name in values if name not in known]
    columns = frozenset(mapper.column_attrs.keys())
    for key in keys:
        state: InstanceState | None = identity.get(key)
        instance = None if state is None else state()
        if state is None or instance is None:
            continue
        for name, value in known.items():
            if name in instance.__dict__:
                instance.__dict__[name] = value
            if state.committed is not None:
                state.committed.pop(name, None)
        if stale:
            expire_names(state, instance, stale, columns)


def _let_go(session: Any, mapper: Any, keys: Sequence[Any]) -> None:
    """Take the instances of deleted rows out of the session."""
    scope = session.scope
    identity = scope.identity(mapper)
    transaction = session._autobegin()
    for key in keys:
        state: InstanceState | None = identity.pop(key, None)
        instance = None if state is None else state()
        if state is None or instance is None:
            continue
        transaction.deleted[state] = (instance, state.load)
        scope.modified.pop(state, None)
        scope.deleted.pop(state, None)
        state.load = scope.deleted_load(mapper)


# Dictionaries and instances without a session ---------------------------------------------------


def insert_mappings_steps(
    session: Any, mapper: Any, mappings: Any, return_defaults: bool = False
) -> Steps[None]:
    """Insert a row for each of *mappings*; those of the same names go together, in their order."""
    for _, run in groupby(mappings, frozenset):
        rows = list(run)
        statement: Any = insert(mapper.entity)
        if not return_defaults:
            yield from session.execute_steps(statement, rows, {}, None)
            continue
        keys = [mapper.columns[name] for name in mapper.primary_keys]
        statement = statement.returning(*keys, sort_by_parameter_order=True)
        result = yield from session.execute_steps(statement, rows, {}, None)
        for mapping, key in zip(rows, result.all(), strict=True):
            mapping.update(zip(mapper.primary_keys, key, strict=True))


def update_mappings_steps(session: Any, mapper: Any, mappings: Any) -> Steps[None]:
    """Update the row of each of *mappings*, found by its primary key."""
    rows = [mapping for mapping in mappings if not mapper.keys_set.issuperset(mapping)]
    if rows:
        yield from session.execute_steps(update(mapper.entity), rows, {}, None)


def save_objects_steps(
    session: Any, objects: Any, return_defaults: bool, changed_only: bool
) -> Steps[None]:
    """Insert the rows of new *objects*, and update those of the others."""
    pairs = [(state_of(instance), instance) for instance in objects]
    for (mapper, is_new), run in groupby(pairs, _kind):
        group = list(run)
        if is_new:
            rows = [_column_values(mapper, instance) for _, instance in group]
            yield from insert_mappings_steps(session, mapper, rows, return_defaults)
            for (_, instance), row in zip(group, rows, strict=True):
                if return_defaults:
                    instance.__dict__.update({name: row[name] for name in mapper.primary_keys})
        else:
            rows = []
            for state, instance in group:
                row = _column_values(mapper, instance)
                if changed_only:
                    kept = {*(state.committed or ()), *mapper.primary_keys}
                    row = {name: value for name, value in row.items() if name in kept}
                rows.append(row)
            yield from update_mappings_steps(session, mapper, rows)


def _kind(pair: tuple[InstanceState, Any]) -> tuple[Any, bool]:
    state, _ = pair
    return state.load.mapper, state.key is None


def _column_values(mapper: Any, instance: Any) -> dict[str, Any]:
    values = instance.__dict__
    return {
        name: values[name]
        for name in mapper.written
        if name in values and not (values[name] is None and name in mapper.keys_set)
    }
