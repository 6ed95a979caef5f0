"""Updating and deleting: only changed columns, rows of the same columns together, rows counted."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from warnings import warn

from dovetail.codegen import Source, compile_function
from dovetail.compiler.compiled import Compiled
from dovetail.compiler.default_context import DefaultContext, made_for
from dovetail.compiler.statements import calls_with_context
from dovetail.dialects.dialect import Dialect
from dovetail.dialects.set_based import SetBased
from dovetail.engine.connection import Connection
from dovetail.exc import DovetailWarning, FlushError, StaleDataError
from dovetail.orm.flush.changes import Pair
from dovetail.orm.flush.insert import first_table, refuse_read_value
from dovetail.orm.flush.key_expressions import settle_key_steps
from dovetail.orm.flush.order import in_row_order
from dovetail.orm.flush.sent import in_text_order, sent_besides, written
from dovetail.orm.flush.together import (
    deletes_together,
    frees_order_of_deletes,
    frees_order_of_updates,
    together_steps,
    updates_together,
)
from dovetail.orm.flush.versions import given_version, refuse_stale_steps, version_of
from dovetail.orm.mapping.mapped_tables import MappedTable, tables_of
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.expiry import still_expired
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.sql.expression.dml import delete, update
from dovetail.sql.expression.elements import BindParameter, and_, bindparam
from dovetail.sql.expression.from_clause import FromClause
from dovetail.steps import Steps


class UpdatePlan(NamedTuple):
    """How rows of one table get new values in the same columns."""

    table: Any
    compiled: Compiled
    sql: str
    rows_of: Callable[[Sequence[Pair]], list[tuple[Any, ...]]]
    has_context: bool
    """Whether a default function of another class may ask for the connection."""
    together: SetBased | None
    """What makes one statement of many rows, where the server takes them so."""
    order_is_free: bool
    """Whether no value that is unique may go from one row to another."""


class KeyChange(NamedTuple):
    """An instance whose primary key was changed by an UPDATE, and the key it had."""

    state: InstanceState
    old: Any


Written = dict[InstanceState, dict[str, Any]]
"""By state, the values that a flush has written already.

What was changed is kept until the flush ends, for those who listen.
"""


def update_steps(
    connection: Connection, mapper: Mapper, pairs: Sequence[Pair], written: Written | None
) -> Steps[list[KeyChange]]:
    """Write the changed columns of *pairs*; return whose keys changed.

    They are noted in *written*, unless that is None: no row is written again then.
    StaleDataError is raised where a row is gone.
    """
    if mapper.only_read or not mapper.written_tables:
        _refuse_changes(mapper, pairs)
    groups: dict[tuple[str, ...], list[Pair]] = {}
    with_sql: list[tuple[Pair, dict[str, Any]]] = []
    for pair in pairs:
        done = None if written is None else written.get(pair[0])
        changed = changed_columns(mapper, *pair, done, connection)
        if not changed:
            continue
        values = pair[1].__dict__
        for key in changed:
            if stands_for_sql[type(values.get(key))]:
                if not mapper.keys_set.isdisjoint(changed):
                    yield from settle_key_steps(connection, mapper, pair)
                with_sql.append((pair, {key: values.get(key) for key in changed}))
                break
        else:
            group = groups.get(changed)
            if group is None:
                groups[changed] = [pair]
            else:
                group.append(pair)
    switched: list[KeyChange] = []
    for changed, group in groups.items():
        yield from _update_group_steps(connection, mapper, changed, group)
        if written is not None or mapper.version_key is not None:
            _note_written(mapper, written, changed, group)
        if mapper.made_by_update:
            _forget_made(mapper.made_by_update, group)
        if not mapper.keys_set.isdisjoint(changed):
            _forget_made(_keys_of_other_names(mapper), group)
            switched += [KeyChange(state, state.row_key) for state, _ in group]
    for pair, changes in with_sql:
        yield from _update_expressions_steps(connection, mapper, pair, changes)
        _note_written(mapper, written, changes, [pair])
        if not mapper.keys_set.isdisjoint(changes):
            switched.append(KeyChange(pair[0], pair[0].row_key))
    if mapper.computed_anew:
        _forget_made(mapper.computed_anew, pairs)
    return switched


def _note_written(
    mapper: Mapper, written: Written | None, names: Collection[str], pairs: Sequence[Pair]
) -> None:
    version = mapper.version_key
    if version is not None:
        # The row has another version than the one that was set by hand, be it the same as before.
        for state, _ in pairs:
            if state.committed:
                state.committed.pop(version, None)
    if written is None:
        return
    for state, instance in pairs:
        values, done = instance.__dict__, written.get(state)
        if done is None:
            done = written[state] = {}
        for name in names:
            done[name] = values.get(name, NO_VALUE)


def _refuse_changes(mapper: Mapper, pairs: Iterable[Pair]) -> None:
    """Refuse changes of what is read from a SELECT."""
    only_read = mapper.only_read or mapper.columns.keys()
    for state, instance in pairs:
        changed = [name for name in state.committed or () if name in only_read]
        if changed:
            first_table(mapper)
            refuse_read_value(mapper, instance, changed[0])


def changed_columns(
    mapper: Mapper,
    state: InstanceState,
    instance: object,
    done: dict[str, Any] | None = None,
    connection: Connection | None = None,
    *,
    with_defaults: bool = True,
) -> tuple[str, ...]:
    """The column attributes of *instance* whose values differ from the row's.

    *done* has the values that were written since *instance* was changed; *connection* is for
    default functions that ask for it: those of ``onupdate``, unless *with_defaults* is False.
    """
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
            if new is not old and (stands_for_sql[type(new)] or equal(old, new) is not True):
                changed.append(key)
    if state.extra is not None and "flagged" in state.extra:
        flagged = state.extra["flagged"] & written.keys()
        changed += flagged.difference(changed)
    if done is not None:
        changed = [k for k in changed if k not in done or values.get(k, NO_VALUE) is not done[k]]
    if len(changed) > 1:
        # One order for all, so that rows of the same columns go together.
        changed.sort(key=mapper.column_order.__getitem__)
    if changed and with_defaults and mapper.update_defaults:
        return _with_defaults(mapper, values, tuple(changed), done or {}, connection)
    return tuple(changed)


def _with_defaults(
    mapper: Mapper,
    values: dict[str, Any],
    changed: tuple[str, ...],
    done: Collection[str],
    connection: Connection | None,
) -> tuple[str, ...]:
    """*changed* with the columns that get an ``onupdate`` value whenever a row changes.

    What is *done* has been written in this flush: what was set stays.
    """
    extra: list[str] = []
    for key, default in mapper.update_defaults:
        if key in changed or key in done:
            continue
        if _is_written_with(mapper, key, changed):
            if default.is_clause_element:
                values[key] = default.arg
            elif default.takes_context:
                with made_for(connection):
                    row = _row_context(mapper, values, key, (*changed, *extra))
                values[key] = default.arg(row)
            else:
                values[key] = default.value()
            extra.append(key)
    if not extra:
        return changed
    return tuple(sorted((*changed, *extra), key=mapper.column_order.__getitem__))


def _row_context(
    mapper: Mapper, values: dict[str, Any], key: str, changed: Iterable[str]
) -> DefaultContext:
    """What the default of attribute *key* is given: what of its row has *changed*."""
    columns = mapper.written_columns
    table = columns[key].table
    return DefaultContext(
        {columns[n].key: values.get(n) for n in changed if columns[n].table is table}
    )


def _is_written_with(mapper: Mapper, key: str, changed: tuple[str, ...]) -> bool:
    """True where *key* stands in a table that an UPDATE of *changed* writes, or of the version."""
    if len(mapper.written_tables) == 1:
        return True
    table = mapper.written_columns[key].table
    part = next(one for one in mapper.mapped_tables if one.table is table)
    return any(name in changed or name == mapper.version_key for name, _ in part.columns)


def _update_group_steps(
    connection: Connection, mapper: Mapper, changed: tuple[str, ...], pairs: list[Pair]
) -> Steps[None]:
    plans = connection.plans
    place = ("update", mapper, changed)
    updates: list[UpdatePlan] | None = plans.get(place)
    if updates is None:
        updates = update_plans(mapper, changed, connection.dialect)
        plans.put(place, updates)
    if len(pairs) > 1 and all(plan.order_is_free for plan in updates):
        pairs = in_row_order(mapper, pairs)
    expected = None
    if mapper.version_key is not None:
        expected = [version_of(mapper, *pair) for pair in pairs]
    singly = expected is not None and not connection.dialect.features.supports_sane_multi_rowcount
    for plan in updates:
        if mapper.has_nullable_keys:
            _refuse_unknown_rows(mapper, plan.table, pairs, "updated")
        if plan.has_context:
            with made_for(connection):
                rows = plan.rows_of(pairs)
        else:
            rows = plan.rows_of(pairs)
        listening = connection.dispatch.listening
        if listening:
            connection.tell(plan.compiled)
        if len(rows) == 1:
            cursor = yield from connection.run_steps(plan.sql, rows[0])
            count = cursor.rowcount
        elif (found := (yield from _together_steps(connection, plan, rows))) is not None:
            count = found
        elif singly:
            count = 0
            for row in rows:
                if listening:
                    connection.tell(plan.compiled)
                cursor = yield from connection.run_steps(plan.sql, row)
                count += cursor.rowcount
        else:
            cursor = yield from connection.run_many_steps(plan.sql, rows)
            count = cursor.rowcount
        if count != len(pairs):
            yield from _check_count_steps(connection, count, mapper, plan.table, pairs, expected)
    if mapper.version_id_generator is False and mapper.version_key not in changed:
        _expire_versions(mapper, pairs)


def _together_steps(
    connection: Connection, plan: "UpdatePlan | DeletePlan", rows: list[tuple[Any, ...]]
) -> Steps[int | None]:
    return together_steps(connection, plan.together, rows, plan.compiled)


def _refuse_unknown_rows(
    mapper: Mapper, table: FromClause, pairs: Sequence[Pair], verb: str
) -> None:
    """Refuse rows whose key in *table* is NULL in part: nothing tells them from others."""
    part = next(one for one in mapper.mapped_tables if one.table is table)
    for state, instance in pairs:
        key = mapper.key_tuple(state.row_key)
        for place, column in part.key:
            if key[place] is None:
                raise FlushError(
                    f"{instance!r} can't be {verb}: its {mapper.primary_keys[place]!r}, a part of "
                    f"its primary key in {table.name!r}, is NULL, which tells no row from others",
                    hint=f"give {column} a value, or use a statement with the criteria you mean",
                )


def _expire_versions(mapper: Mapper, pairs: Sequence[Pair]) -> None:
    """The server has made new versions: they are read when they are needed."""
    assert mapper.version_key is not None
    expired = frozenset((mapper.version_key,))
    for state, instance in pairs:
        instance.__dict__.pop(mapper.version_key, None)
        state.stale = expired if state.stale is None else state.stale | expired


def update_plans(mapper: Mapper, changed: tuple[str, ...], dialect: Dialect) -> list[UpdatePlan]:
    """The UPDATE of each table in which columns of the attributes *changed* are."""
    first_table(mapper)
    plans = []
    moves = not mapper.keys_set.isdisjoint(changed)
    for part in mapper.mapped_tables:
        columns = [(key, column) for key, column in part.columns if key in changed]
        # The database has let the keys of joined rows follow already.
        follows = moves and part is not mapper.mapped_tables[0] and mapper.passive_updates
        if follows:
            columns = [(key, column) for key, column in columns if key not in mapper.keys_set]
        elif moves:
            # A key that is called otherwise here has the value of the one that has changed.
            columns += [
                (name, column)
                for name, column in _key_columns(mapper, part)
                if name in changed and all(column is not there for _, there in columns)
            ]
        # The version of a row is one of all its tables.
        versioned = any(key == mapper.version_key for key, _ in part.columns)
        if columns or versioned:
            plans.append(
                _update_plan(
                    mapper, part, columns, dialect, by_new_key=follows, versioned=versioned
                )
            )
    return plans


def _key_columns(mapper: Mapper, part: MappedTable) -> list[tuple[str, Any]]:
    """(attribute of the primary key, column) of the columns of *part* by which rows are found."""
    return [(mapper.primary_keys[place], column) for place, column in part.key]


def _keys_of_other_names(mapper: Mapper) -> frozenset[str]:
    """The attributes of joined tables that hold the primary key, and are called otherwise."""
    kept: frozenset[str] | None = mapper.memo.get("keys of other names")
    if kept is None:
        columns = [column for part in mapper.mapped_tables for _, column in part.key]
        names = {mapper.column_keys[column] for column in columns if column in mapper.column_keys}
        kept = mapper.memo["keys of other names"] = frozenset(names - mapper.keys_set)
    return kept


def _update_plan(
    mapper: Mapper,
    part: MappedTable,
    columns: list[tuple[str, Any]],
    dialect: Dialect,
    *,
    by_new_key: bool,
    versioned: bool,
) -> UpdatePlan:
    keys = [(place, c, bindparam(f"old_{c.key}", type_=c.type)) for place, c in part.key]
    where = [column == bind for _, column, bind in keys]
    version = next((c for key, c in part.columns if versioned and key == mapper.version_key), None)
    old_version: Any = None
    makes_version = given = False
    if version is not None:
        old_version = bindparam("old_version", type_=version.type)
        where.append(version == old_version)
        given = any(column is version for _, column in columns)
        makes_version = mapper.makes_versions and not given
        if makes_version or not columns:
            assert mapper.version_key is not None
            columns = [*columns, (mapper.version_key, version)]
    new = [(key, c, bindparam(f"new_{c.key}", type_=c.type)) for key, c in columns]
    statement = _update_of(mapper, part, {c: bind for _, c, bind in new}).where(and_(*where))
    compiled = dialect.compile(statement)
    changed = ", ".join(key for key, _ in columns)
    source = Source(f"update {mapper.class_.__qualname__}({changed})")
    with source.block("def rows_of(pairs):"):
        source.line("rows = []")
        source.line("append = rows.append")
        with source.block("for state, instance in pairs:"):
            source.line("values = instance.__dict__")
            if version is not None:
                name = mapper.version_key
                source.line(f"version = state.committed.get({name!r}, values.get({name!r}))")
                if given:
                    check = source.use("given_version", partial(given_version, mapper))
                    source.line(f"{check}(values.get({name!r}))")
            if makes_version:
                make = source.use("make_version", mapper.version_id_generator)
                source.line(f"values[{mapper.version_key!r}] = {make}(version)")
            own = {
                bind: written(source, f"values.get({key!r})", column.type, dialect, f"{number}")
                for number, (key, column, bind) in enumerate(new)
            }
            for number, (place, column, bind) in enumerate(keys):
                read = (
                    "state.row_key" if mapper.single_key is not None else f"state.row_key[{place}]"
                )
                if by_new_key:
                    read = f"values[{mapper.primary_keys[place]!r}]"
                own[bind] = written(source, read, column.type, dialect, f"_key{number}")
            if version is not None:
                own[old_version] = written(source, "version", version.type, dialect, "_old")

            def besides(place: int, bind: BindParameter[Any]) -> str:
                return sent_besides(source, place, bind, dialect, "values")

            sent = in_text_order(compiled, own, besides)
            source.line(f"append(({', '.join(sent)},))")
        source.line("return rows")
    rows_of = compile_function(source, "rows_of")
    found_by = {bind: c for _, c, bind in keys}
    found_by |= {} if version is None else {old_version: version}
    sets = {bind: column for _, column, bind in new}
    together = updates_together(dialect, part.table, compiled, found_by, sets)
    has_context = calls_with_context(compiled.binds)
    free = frees_order_of_updates(part.table, set(sets.values()))
    return UpdatePlan(part.table, compiled, compiled.sql, rows_of, has_context, together, free)


def _update_of(mapper: Mapper, part: MappedTable, values: dict[Any, Any]) -> Any:
    """The UPDATE of one table with *values*, which have what ``onupdate`` makes for it already.

    Of a row that changes in another table the version alone is written, and what it makes here.
    """
    statement = update(part.table).values(values)
    version = None
    if mapper.version_key is not None:
        version = mapper.written_columns[mapper.version_key]
    if all(column is version for column in values):
        return statement
    own = {column for _, column in part.columns}
    left = [mapper.written_columns[key] for key, _ in mapper.update_defaults]
    keys = [column.key for column in left if column in own and column not in values]
    return statement._with(without_onupdate=tuple(keys)) if keys else statement


def _update_expressions_steps(
    connection: Connection, mapper: Mapper, pair: Pair, changes: dict[str, Any]
) -> Steps[None]:
    """Update one row with SQL expressions; their values are read again when they are touched."""
    state, instance = pair
    key = mapper.key_tuple(state.row_key)
    expected = None if mapper.version_key is None else [version_of(mapper, *pair)]
    version_key: Any = mapper.version_key
    if expected is not None and mapper.makes_versions and version_key not in changes:
        make: Any = mapper.version_id_generator
        changes = {**changes, version_key: make(expected[0])}
        instance.__dict__[version_key] = changes[version_key]
    for part in mapper.mapped_tables:
        values = {column: changes[name] for name, column in part.columns if name in changes}
        if values:
            where = [column == key[place] for place, column in part.key]
            own = dict(part.columns)
            if expected is not None and version_key in own:
                where.append(own[version_key] == expected[0])
            statement = _update_of(mapper, part, values).where(and_(*where))
            result = yield from connection.execute_steps(statement)
            count = result.rowcount
            yield from _check_count_steps(connection, count, mapper, part.table, [pair], expected)
    stale = frozenset(name for name, value in changes.items() if stands_for_sql[type(value)])
    for name in stale:
        instance.__dict__.pop(name, None)
    state.stale = stale if state.stale is None else still_expired(state.stale, stale)
    if mapper.made_by_update:
        _forget_made(mapper.made_by_update, [pair])


def _forget_made(names: frozenset[str], pairs: Sequence[Pair]) -> None:
    """Have *names*, which may have other values now, read again where they were loaded."""
    for state, instance in pairs:
        # What was set is what the user wants to see, until it expires.
        stale = names.intersection(instance.__dict__).difference(state.committed or ())
        for name in stale:
            del instance.__dict__[name]
        if stale:
            state.stale = stale if state.stale is None else state.stale | stale


def _check_count_steps(
    connection: Connection,
    count: int,
    mapper: Mapper,
    table: FromClause,
    pairs: Sequence[Pair],
    expected: Sequence[Any] | None,
) -> Steps[None]:
    if count == len(pairs) or count < 0 or not connection.dialect.features.supports_sane_rowcount:
        return
    if expected is not None:
        yield from refuse_stale_steps(connection, mapper, "UPDATE", pairs, expected)
    what = (
        f"{mapper.class_.__name__} {mapper.key_tuple(pairs[0][0].row_key)}"
        if len(pairs) == 1
        else f"{len(pairs)} rows of {table.name!r}"
    )
    raise StaleDataError(
        f"UPDATE of {what} matched {count} of {len(pairs)}: the others are gone",
        hint="another transaction, or a bulk statement, deleted them: refresh() or expunge() them",
    )


# Deleting -----------------------------------------------------------------------------------


def delete_steps(connection: Connection, mapper: Mapper, pairs: Sequence[Pair]) -> Steps[None]:
    """Delete the rows of *pairs*; a warning says when some were gone already.

    StaleDataError is raised where a row's version is another than the instance's.
    """
    plans = connection.plans
    place = ("delete", mapper)
    deletes: list[DeletePlan] | None = plans.get(place)
    if deletes is None:
        deletes = _delete_plans(mapper, connection.dialect)
        plans.put(place, deletes)
    if len(pairs) > 1 and all(plan.order_is_free for plan in deletes):
        pairs = in_row_order(mapper, pairs)
    keys = [mapper.key_tuple(state.row_key) for state, _ in pairs]
    versions = [version_of(mapper, *pair) for pair in pairs] if mapper.version_key else []
    for plan in deletes:
        if mapper.has_nullable_keys:
            _refuse_unknown_rows(mapper, plan.table, pairs, "deleted")
        found_by = keys
        if plan.versioned:
            found_by = [(*key, version) for key, version in zip(keys, versions, strict=True)]
        rows = plan.rows_of(found_by)
        if connection.dispatch.listening:
            connection.tell(plan.compiled)
        if len(rows) == 1:
            cursor = yield from connection.run_steps(plan.sql, rows[0])
            count = cursor.rowcount
        elif (found := (yield from _together_steps(connection, plan, rows))) is not None:
            count = found
        else:
            cursor = yield from connection.run_many_steps(plan.sql, rows)
            count = cursor.rowcount
        if 0 <= count < len(rows) and plan.versioned:
            yield from refuse_stale_steps(connection, mapper, "DELETE", pairs, versions)
        if 0 <= count < len(rows) and mapper.confirm_deleted_rows:
            warn(
                f"DELETE on {plan.table.name!r} matched {count} of {len(rows)} rows: "
                "the others were gone already (confirm_deleted_rows=False silences this)",
                DovetailWarning,
                stacklevel=2,
            )


class DeletePlan(NamedTuple):
    """How rows of one table are deleted by their keys.

    ``rows_of``   makes parameters of the key of each row, which its version follows
    ``versioned`` whether a row is found by its version besides
    ``together``  what makes one statement of many rows, where the server takes them so
    ``order_is_free``  whether no row of the table refers to another
    """

    table: Any
    compiled: Compiled
    sql: str
    rows_of: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]
    versioned: bool
    together: SetBased | None
    order_is_free: bool


def _delete_plans(mapper: Mapper, dialect: Dialect) -> list[DeletePlan]:
    """The DELETE of each table, those that refer to others first."""
    first_table(mapper)
    # The database deletes what refers to rows of the tables above.
    left = {
        table
        for one in mapper.iterate_to_root()
        if one.inherits is not None and not one.concrete and not one.single
        if one.passive_deletes
        for table in tables_of(one.local_table)
    }
    parts = [part for part in mapper.mapped_tables if part.table not in left]
    return [_delete_plan(mapper, part, dialect) for part in reversed(parts)]


def _delete_plan(mapper: Mapper, part: MappedTable, dialect: Dialect) -> DeletePlan:
    found_by = [*part.key]
    version = next((c for key, c in part.columns if key == mapper.version_key), None)
    if version is not None:
        found_by.append((len(mapper.primary_key), version))
    own = {bindparam(c.key, type_=c.type): (place, c) for place, c in found_by}
    where = [column == bind for bind, (_, column) in own.items()]
    compiled = dialect.compile(delete(part.table).where(and_(*where)))
    sent = [
        (place, column.type.bind_conversion(dialect))
        for place, column in in_text_order(compiled, own)
    ]
    whole = [(place, None) for place in range(len(mapper.primary_key))]
    rows_of = _as_they_are if sent == whole else _picking(sent)
    found_by_bind = {bind: column for bind, (_, column) in own.items()}
    together = deletes_together(dialect, part.table, compiled, found_by_bind)
    is_free = frees_order_of_deletes(part.table)
    versioned = version is not None
    return DeletePlan(part.table, compiled, compiled.sql, rows_of, versioned, together, is_free)


def _as_they_are(values: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return values


def _picking(sent: list[tuple[int, Any]]) -> Callable[..., list[tuple[Any, ...]]]:
    """What makes parameters of values: *sent* says which, and how they are converted."""

    def rows_of(values: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [
            tuple(
                one[place]
                if conversion is None or one[place] is None
                else conversion.function(one[place])
                for place, conversion in sent
            )
            for one in values
        ]

    return rows_of
