"""Updating and deleting: only changed columns, rows of the same columns together, rows counted."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from warnings import warn

from dovetail.codegen import Source, compile_function
from dovetail.exc import DovetailWarning, StaleDataError
from dovetail.orm.flush.changes import Pair
from dovetail.orm.flush.insert import DefaultContext
from dovetail.orm.tracking.expiry import still_expired
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.dml import delete, update
from dovetail.sql.element import ColumnElement
from dovetail.sql.expressions import and_, bindparam
from dovetail.steps import Steps


class UpdatePlan(NamedTuple):
    """How rows of one mapper get new values in the same columns."""

    sql: str
    rows_of: Callable[[Sequence[Pair]], list[tuple[Any, ...]]]


class KeyChange(NamedTuple):
    """An instance whose primary key was changed by an UPDATE, and the key it had."""

    state: InstanceState
    old: Any


def update_steps(connection: Any, mapper: Any, pairs: Iterable[Pair]) -> Steps[list[KeyChange]]:
    """Write the changed columns of *pairs*; return whose keys changed.

    StaleDataError is raised where a row is gone.
    """
    groups: dict[tuple[str, ...], list[Pair]] = {}
    with_sql: list[tuple[Pair, dict[str, Any]]] = []
    for pair in pairs:
        changed = changed_columns(mapper, *pair)
        if not changed:
            continue
        values = pair[1].__dict__
        if [key for key in changed if isinstance(values.get(key), ColumnElement)]:
            with_sql.append((pair, {key: values.get(key) for key in changed}))
        else:
            group = groups.get(changed)
            if group is None:
                groups[changed] = [pair]
            else:
                group.append(pair)
    switched: list[KeyChange] = []
    for changed, group in groups.items():
        yield from _update_group_steps(connection, mapper, changed, group)
        if not mapper.keys_set.isdisjoint(changed):
            switched += [KeyChange(state, state.key) for state, _ in group]
    for pair, changes in with_sql:
        yield from _update_expressions_steps(connection, mapper, pair, changes)
    return switched


def changed_columns(mapper: Any, state: InstanceState, instance: Any) -> tuple[str, ...]:
    """The column attributes of *instance* whose values differ from the row's."""
    committed = state.committed
    if not committed:
        return ()
    values = instance.__dict__
    written = mapper.written
    changed = []
    for key, old in committed.items():
        equal = written.get(key)
        if equal is not None:
            new = values.get(key)
            if new is not old and (isinstance(new, ColumnElement) or not equal(old, new)):
                changed.append(key)
    if len(changed) > 1:
        # One order for all, so that rows of the same columns go together.
        changed.sort(key=mapper.column_order.__getitem__)
    if changed:
        return _with_defaults(mapper, values, tuple(changed))
    flagged = state.extra.get("flagged") if state.extra else None
    if not flagged:
        return ()
    return tuple(sorted(flagged & written.keys(), key=mapper.column_order.__getitem__))


def _with_defaults(
    mapper: Any, values: dict[str, Any], changed: tuple[str, ...]
) -> tuple[str, ...]:
    """*changed* with the columns that get an ``onupdate`` value whenever a row changes."""
    extra = []
    for key, default in mapper.update_defaults:
        if key not in changed:
            extra.append(key)
            if default.is_clause_element:
                values[key] = default.arg
            elif default.takes_context:
                values[key] = default.arg(DefaultContext(values))
            else:
                values[key] = default.value()
    if not extra:
        return changed
    return tuple(sorted((*changed, *extra), key=mapper.column_order.__getitem__))


def _update_group_steps(
    connection: Any, mapper: Any, changed: tuple[str, ...], pairs: list[Pair]
) -> Steps[None]:
    plans = connection.engine.plans
    place = ("update", mapper, changed)
    plan: UpdatePlan | None = plans.get(place)
    if plan is None:
        plan = update_plan(mapper, changed, connection.dialect)
        plans.put(place, plan)
    rows = plan.rows_of(pairs)
    if len(rows) == 1:
        cursor = yield from connection.run_steps(plan.sql, rows[0])
    else:
        cursor = yield from connection.run_many_steps(plan.sql, rows)
    _check_count(connection, cursor, mapper, pairs)


def update_plan(mapper: Any, changed: tuple[str, ...], dialect: Any) -> UpdatePlan:
    columns = [mapper.columns[key] for key in changed]
    keys = [bindparam(f"old_{column.key}", type_=column.type) for column in mapper.primary_key]
    where = [column == bind for column, bind in zip(mapper.primary_key, keys, strict=True)]
    values = {column: bindparam(f"new_{column.key}", type_=column.type) for column in columns}
    statement = update(mapper.local_table).values(values).where(and_(*where))
    compiled = dialect.compile(statement)
    source = Source(f"update {mapper.class_.__qualname__}({', '.join(changed)})")
    with source.block("def rows_of(pairs):"):
        source.line("rows = []")
        source.line("append = rows.append")
        with source.block("for state, instance in pairs:"):
            source.line("values = instance.__dict__")
            parts = [
                _bound(source, f"values.get({key!r})", column, dialect, f"v{number}")
                for number, (key, column) in enumerate(zip(changed, columns, strict=True))
            ]
            if len(mapper.primary_key) == 1:
                parts.append(_bound(source, "state.key", mapper.primary_key[0], dialect, "k"))
            else:
                for number, column in enumerate(mapper.primary_key):
                    parts.append(
                        _bound(source, f"state.key[{number}]", column, dialect, f"k{number}")
                    )
            source.line(f"append(({', '.join(parts)},))")
        source.line("return rows")
    return UpdatePlan(compiled.sql, compile_function(source, "rows_of"))


def _bound(source: Source, read: str, column: Any, dialect: Any, name: str) -> str:
    conversion = column.type.bind_conversion(dialect)
    if conversion is None:
        return read
    convert = source.use(f"convert_{name}", conversion.function)
    if conversion.takes_none:
        return f"{convert}({read})"
    source.line(f"{name} = {read}")
    return f"None if {name} is None else {convert}({name})"


def _update_expressions_steps(
    connection: Any, mapper: Any, pair: Pair, changes: dict[str, Any]
) -> Steps[None]:
    """Update one row with SQL expressions; their values are read again when they are touched."""
    state, instance = pair
    key = mapper.key_tuple(state.key)
    where = [column == value for column, value in zip(mapper.primary_key, key, strict=True)]
    statement = update(mapper.local_table).where(and_(*where))
    statement = statement.values({mapper.columns[name]: value for name, value in changes.items()})
    result = yield from connection.execute_steps(statement)
    _check_count(connection, result, mapper, [pair])
    stale = frozenset(name for name, value in changes.items() if isinstance(value, ColumnElement))
    for name in stale:
        instance.__dict__.pop(name, None)
    state.expired = stale if state.expired is None else still_expired(state.expired, stale)


def _check_count(connection: Any, cursor: Any, mapper: Any, pairs: Sequence[Pair]) -> None:
    count = cursor.rowcount
    if count == len(pairs) or count < 0 or not connection.dialect.features.supports_sane_rowcount:
        return
    what = (
        f"{mapper.class_.__name__} {mapper.key_tuple(pairs[0][0].key)}"
        if len(pairs) == 1
        else f"{len(pairs)} rows of {mapper.local_table.name!r}"
    )
    raise StaleDataError(
        f"UPDATE of {what} matched {count} of {len(pairs)}: the others are gone",
        hint="another transaction, or a bulk statement, deleted them: refresh() or expunge() them",
    )


# Deleting -----------------------------------------------------------------------------------


def delete_steps(connection: Any, mapper: Any, states: Sequence[InstanceState]) -> Steps[None]:
    """Delete the rows of *states*; a warning says when some were gone already."""
    plans = connection.engine.plans
    place = ("delete", mapper)
    plan = plans.get(place)
    if plan is None:
        plan = _delete_plan(mapper, connection.dialect)
        plans.put(place, plan)
    sql, bind = plan
    rows = [bind(mapper.key_tuple(state.key)) for state in states]
    if len(rows) == 1:
        cursor = yield from connection.run_steps(sql, rows[0])
    else:
        cursor = yield from connection.run_many_steps(sql, rows)
    count = cursor.rowcount
    if 0 <= count < len(rows) and mapper.confirm_deleted_rows:
        warn(
            f"DELETE on {mapper.local_table.name!r} matched {count} of {len(rows)} rows: "
            "the others were gone already (confirm_deleted_rows=False silences this)",
            DovetailWarning,
            stacklevel=2,
        )


def _delete_plan(mapper: Any, dialect: Any) -> tuple[str, Callable[[Any], Any]]:
    binds = [bindparam(column.key, type_=column.type) for column in mapper.primary_key]
    where = [column == bind for column, bind in zip(mapper.primary_key, binds, strict=True)]
    compiled = dialect.compile(delete(mapper.local_table).where(and_(*where)))
    conversions = [column.type.bind_conversion(dialect) for column in mapper.primary_key]
    if not any(conversions):
        return compiled.sql, _unchanged

    def bind(key: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if conversion is None else conversion.function(value)
            for value, conversion in zip(key, conversions, strict=True)
        )

    return compiled.sql, bind


def _unchanged(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return key
