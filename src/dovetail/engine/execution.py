"""From a statement and its values to a result: plan, bind, run, read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import is_
from typing import TYPE_CHECKING, Any
from warnings import warn

from ..compiler.default_context import DefaultContext, made_for
from ..compiler.plan import bound_values
from ..exc import (
    ArgumentError,
    CompileError,
    DontWrapMixin,
    DovetailDeprecationWarning,
    DovetailError,
    InvalidRequestError,
    ObjectNotExecutableError,
    StatementError,
)
from ..sql.defaults import NextValue, Sequence as SqlSequence
from ..sql.expression.coercion import refuse_what_runs_by_itself
from ..sql.expression.dml_base import row_of
from ..sql.expression.functions import FunctionElement
from ..sql.expression.selecting import select
from .context import About, ErrorContext
from .cursor import CursorFeed, CursorResult, driver_result_steps, opened_steps
from .planned import MARK, Prepared, default_columns, early_defaults, prepare, textual
from .returned_defaults import telling_defaults_steps

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from ..compiler.plan import StatementPlan
    from ..dialects.dbapi import DriverParameters
    from ..dialects.features import Features
    from ..sql.arguments import ManyParameters, StatementArgument
    from ..sql.defaults import ColumnDefault
    from ..sql.expression.dml import Insert
    from ..sql.expression.dml_base import UpdateBase
    from ..sql.node import Executable, Walk
    from ..steps import Steps
    from .channel import Channel

Row = Mapping[str, Any]
_NO_ROW: Row = {}


def execute_steps(
    channel: Channel,
    statement: StatementArgument,
    parameters: ManyParameters,
    options: Mapping[str, Any],
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Return the steps that run *statement* on *channel* and give its result."""
    running: Any = statement
    if not getattr(statement, "supports_execution", False) or isinstance(statement, type):
        running = executable(statement)
    own = running.execution_options_dict
    if own:
        options = {**own, **options}
    rows: list[Row] = []
    if parameters.__class__ is dict:
        one: Any = parameters
        rows.append(one)
    elif parameters is not None:
        rows = parameter_rows(parameters)
    run = _told_steps if channel.dispatch.listening else _run
    if options:
        steps = run(channel, running, rows, options)
        schema_map = options.get("schema_translate_map")
        if schema_map is not channel.schema_map:
            steps = channel.translated_steps(schema_map, steps)
        seconds = options.get("timeout", channel.timeout)
        return steps if seconds == channel.timeout else channel.limited_steps(seconds, steps)
    return run(channel, running, rows, options)


def _run(
    channel: Channel, statement: Any, rows: list[Row], options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    if statement.is_ddl:
        return _define_steps(channel, statement, options)
    if statement.is_dml or len(rows) > 1:
        if statement.is_dml and statement.returns_defaults is not None:
            return telling_defaults_steps(channel, statement, rows, options, _work_steps)
        return _work_steps(channel, statement, rows, options)
    return _ask_steps(channel, statement, rows[0] if rows else _NO_ROW, options)


def _told_steps(
    channel: Channel, statement: Executable, rows: list[Row], options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run *statement* with listeners."""
    dispatch = channel.dispatch
    many, one = (rows, _NO_ROW) if len(rows) > 1 else ([], rows[0] if rows else _NO_ROW)
    for before in dispatch.before_execute:
        answer = before(channel, statement, many, one, options)
        if answer is not None:
            statement, many, one = answer
            rows = list(many) or ([one] if one else [])
    channel.told_last = None
    result = yield from _run(channel, statement, rows, options)
    # What listeners to the cursor have kept on it can be read there.
    result.set_context(channel.told_last)
    for after in dispatch.after_execute:
        after(channel, statement, many, one, options, result)
    return result


def executable(thing: object) -> Any:
    """Return the statement that *thing* stands for.

    ObjectNotExecutableError is raised if it stands for none.
    """
    refuse_what_runs_by_itself(thing)
    if isinstance(thing, FunctionElement | NextValue):
        return select(thing)
    if isinstance(thing, SqlSequence):
        return select(thing.next_value())
    element = getattr(thing, "__clause_element__", None)
    if element is not None and not isinstance(thing, type):
        made = element()
        if getattr(made, "supports_execution", False):
            return made
    raise ObjectNotExecutableError(thing)


def parameter_rows(parameters: object) -> list[Row]:
    """Return *parameters* as a list of dictionaries: none, one or many.

    ArgumentError is raised for anything else.
    """
    if parameters is None:
        return []
    if isinstance(parameters, Mapping):
        return [parameters]
    if isinstance(parameters, Sequence) and not isinstance(parameters, str | bytes):
        if not parameters:
            warn(
                "an empty list of parameters runs the statement once, without any: leave it out, "
                "or run nothing where there are no rows",
                DovetailDeprecationWarning,
                stacklevel=4,
            )
        for row in parameters:
            if not isinstance(row, Mapping):
                raise ArgumentError(
                    f"parameters are a dictionary or a list of dictionaries; got {row!r} in the "
                    "list",
                    hint='connection.execute(text("... :name"), {"name": value})',
                )
        return list(parameters)
    raise ArgumentError(
        f"parameters are a dictionary or a list of dictionaries, not {parameters!r}",
        hint='connection.execute(statement, {"name": value})',
    )


def _plan(
    channel: Channel,
    statement: Executable,
    walk: Walk,
    names: tuple[str, ...] | None,
    many: bool,
    options: Mapping[str, Any],
) -> Prepared:
    """Return *statement* ready to run: found, or made and kept."""
    key = (MARK, names, many, *walk.key)
    dialect, plans = channel.dialect, channel.plans
    if options and "compiled_cache" in options:
        key = (dialect.schema_key, *key)
        prepared = _own_plan(
            options["compiled_cache"],
            key,
            lambda: prepare(statement, walk.binds, dialect, names, not many),
        )
    else:
        found: Any = plans.get(key)
        if found is None:
            made = prepare(statement, walk.binds, dialect, names, not many)
            found = plans.put(key, made)
        prepared = found
    if channel.dispatch.listening:
        channel.about = About(statement, prepared.plan.compiled, options)
    return prepared


def _own_plan(
    cache: MutableMapping[Any, Any] | None, key: tuple[Any, ...], make: Callable[[], Prepared]
) -> Prepared:
    """Return the plan that is in the user's own *cache* under *key*; None caches nothing."""
    if cache is None:
        return make()
    found: Prepared | None = cache.get(key)
    if found is None:
        cache[key] = found = make()
    return found


def query_of(
    channel: Channel, statement: Executable, parameters: ManyParameters
) -> tuple[Prepared, str, Any]:
    """Return the SELECT *statement* ready to run, its text and the driver's parameters.

    For those who get the rows from elsewhere.
    """
    rows = parameter_rows(parameters)
    return _query(channel, statement, rows[0] if rows else _NO_ROW, _NO_ROW)


def tables_named(channel: Channel, statement: Executable) -> frozenset[str] | None:
    """Return the names of the tables that the SELECT *statement* reads, without schemas.

    None where nobody knows: it has text in it, or changes rows in a CTE.
    """
    walk = statement.walk()
    if walk.writes:
        return None
    return _plan(channel, statement, walk, None, False, {}).plan.compiled.tables_named


def _query(
    channel: Channel, statement: Executable, row: Row, options: Mapping[str, Any]
) -> tuple[Prepared, str, Any]:
    walk = statement.walk()
    prepared = _plan(channel, statement, walk, None, False, options)
    plan = prepared.plan
    binds = walk.binds
    if plan.inner:
        binds = plan.all_binds(binds, statement)
    try:
        if row or prepared.needs_values:
            values = bound_values(binds, row)
        else:
            values = [bind.effective_value for bind in binds]
        sql, parameters = plan.prepare(values)
    except Exception as error:
        failure = unbindable(channel, error, plan.sql, row)
        raise failure from failure.__cause__
    return prepared, sql, parameters


def _ask_steps(
    channel: Channel, statement: Any, row: Row, options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run a query, or text, with one set of parameters at most."""
    prepared, sql, parameters = _query(channel, statement, row, options)
    if options or prepared.shape is None or prepared.is_open:
        steps = _read_steps(channel, prepared, sql, parameters, options, statement)
        result = yield from steps
    else:
        rows = yield from channel.fetch_steps(sql, parameters)
        shape, convert, raws = prepared.shape, prepared.convert, prepared.raws
        if raws is not None and not all(map(is_, statement.raw_columns, raws)):
            shape, convert = prepared.read_by(statement.raw_columns)
        result = CursorResult(shape, rows, convert=convert)
    result.origin = (channel, sql, parameters, False, statement, prepared.plan, options)
    return result


def _work_steps(
    channel: Channel, statement: Any, rows: list[Row], options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run an INSERT, UPDATE or DELETE, or text with many sets of parameters."""
    names: tuple[str, ...] | None = None
    if statement.is_insert or statement.is_update:
        core = statement.as_core() if _has_entities(statement) else statement
        if isinstance(core.values_, list):
            statement = _with_defaults_of_rows(channel, statement, core, core.values_)
        rows = _with_early_defaults(channel, core, rows)
        names = tuple(rows[0]) if rows else ()
    walk = statement.walk()
    many = len(rows) > 1
    prepared = _plan(channel, statement, walk, names, many, options)
    binds = walk.binds
    if prepared.plan.inner:
        binds = prepared.plan.all_binds(binds, statement)
    if many:
        result = yield from _many_steps(channel, statement, prepared, binds, rows, options)
        sql = prepared.plan.sql
        result.origin = (channel, sql, rows, True, statement, prepared.plan, options)
        return result
    row = rows[0] if rows else _NO_ROW
    return (yield from _one_steps(channel, statement, prepared, binds, row, options))


def _has_entities(statement: UpdateBase) -> bool:
    return getattr(statement.table, "is_promise", False)


# -- one set of parameters ------------------------------------------------------------------


def _one_steps(
    channel: Channel,
    statement: Executable,
    prepared: Prepared,
    binds: Sequence[Any],
    row: Row,
    options: Mapping[str, Any],
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    plan = prepared.plan
    try:
        if statement.is_insert or statement.is_update:
            # Their parameters may be values of columns, which are no parameters of the walk.
            values = [bind.effective_value for bind in binds]
            sql, parameters = _prepared_row(channel, plan, row, values)
        else:
            values = bound_values(binds, row)
            sql, parameters = plan.prepare(values)
    except Exception as error:
        failure = unbindable(channel, error, plan.sql, row)
        raise failure from failure.__cause__
    if not statement.is_dml:
        result = yield from _read_steps(channel, prepared, sql, parameters, options)
    elif prepared.reads and not prepared.returns_keys:
        result = yield from _read_steps(channel, prepared, sql, parameters, options)
        result.rowcount = len(result._rows)
    else:
        result = yield from _change_steps(channel, prepared, sql, parameters, row, values)
    if statement.is_dml:
        result.is_insert = statement.is_insert
        result._parameters = row
    result.origin = (channel, sql, parameters, False, statement, prepared.plan, options)
    return result


def unbindable(channel: Channel, error: Exception, sql: str, row: Row) -> BaseException:
    """Return what is raised for a value that its type refused with *error*."""
    made: BaseException = error
    if not isinstance(error, DontWrapMixin | DovetailError):
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        # A type tells the value that it refuses.
        reason = "a value was refused" if channel.hides_parameters else str(error)
        text = f"({name}) {reason}"
        made = StatementError(text, sql, dict(row), error, channel.hides_parameters)
        made.__cause__ = error
    return told_of(channel, made, error, sql, row)


def told_of(
    channel: Channel, made: BaseException, error: Exception, sql: str, row: Row
) -> BaseException:
    """Return *made*, or what a listener has put in its place: it is raised for *error*.

    The statement *sql* has not been sent, since its values could not be bound.
    """
    if not channel.dispatch.handle_error:
        return made
    told = ErrorContext(channel, channel.engine, made, error, sql, dict(row))
    return told.ask(channel.dispatch.handle_error)


def _read_steps(
    channel: Channel,
    prepared: Prepared,
    sql: str,
    parameters: DriverParameters,
    options: Mapping[str, Any],
    statement: Any = None,
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run a statement that gives rows; a SELECT is given as *statement*, too."""
    shape, convert = prepared.shape, prepared.convert
    raws = prepared.raws
    if raws is not None and statement is not None and statement.raw_columns is not raws:
        shape, convert = prepared.read_by(statement.raw_columns)
    if shape is None or prepared.is_open:
        cursor = yield from opened_steps(channel, sql, parameters, options)
        if cursor.description is None or not prepared.plan.result_columns:
            return (yield from driver_result_steps(channel, cursor, sql, options))
        shape, convert = textual(cursor.description, prepared.plan, channel.dialect, statement)
        rows = yield from channel.take_steps(cursor, None, sql)
        return CursorResult(shape, rows, convert=convert)
    batch = options.get("yield_per")
    if batch or options.get("stream_results"):
        size = batch or options.get("max_row_buffer", 1000)
        cursor = yield from channel.stream_steps(sql, parameters, size)
        feed = CursorFeed(channel, cursor, size, sql)
        result: CursorResult[*tuple[Any, ...]] = CursorResult(shape, [], convert=convert, feed=feed)
        result._per = batch
        return result
    if options.get("preserve_rowcount"):
        cursor = yield from channel.run_steps(sql, parameters)
        rows = yield from channel.take_steps(cursor, None, sql)
        result = CursorResult(shape, rows, convert=convert)
        result.rowcount = cursor.rowcount
        return result
    rows = yield from channel.fetch_steps(sql, parameters)
    return CursorResult(shape, rows, convert=convert)


def _change_steps(
    channel: Channel,
    prepared: Prepared,
    sql: str,
    parameters: DriverParameters,
    row: Row,
    values: Sequence[Any],
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run an INSERT, UPDATE or DELETE that gives no rows to the user."""
    returned = None
    if prepared.returns_keys:
        raw = yield from channel.fetch_steps(sql, parameters)
        assert prepared.convert is not None
        returned = prepared.convert(raw)[0] if raw else None
        result = CursorResult.of_change(len(raw))
    else:
        cursor = yield from channel.run_steps(sql, parameters)
        result = CursorResult.of_change(cursor.rowcount, cursor.lastrowid)
    if prepared.keys is not None:
        key = tuple(
            source.value(row, values, returned, result.lastrowid) for source in prepared.keys
        )
        columns = getattr(prepared.plan.compiled.statement.table, "primary_key", ())
        result.set_inserted_key(tuple(column.key for column in columns), key)
    return result


# -- many sets of parameters ----------------------------------------------------------------


def _many_steps(
    channel: Channel,
    statement: Executable,
    prepared: Prepared,
    binds: Sequence[Any],
    rows: list[Row],
    options: Mapping[str, Any],
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    plan = prepared.plan
    values = [bind.effective_value for bind in binds]
    page = options.get("insertmanyvalues_page_size") or channel.rows_per_insert
    if statement.is_dml and prepared.reads:
        return (yield from _many_returning_steps(channel, statement, prepared, rows, values, page))
    if plan.is_expanding:
        count = 0
        for row in rows:
            one = yield from _one_steps(channel, statement, prepared, binds, row, options)
            count += max(one.rowcount, 0)
        return CursorResult.of_change(count)
    try:
        sets = _prepared_rows(channel, plan, rows, values)
    except Exception as error:
        failure = unbindable(channel, error, plan.sql, _NO_ROW)
        raise failure from failure.__cause__
    if plan.values_parts is not None and channel.dialect.features.prefers_multi_values:
        count = yield from _many_values_steps(channel, plan, sets, page)
    else:
        cursor = yield from channel.run_many_steps(plan.sql, sets)
        count = cursor.rowcount
    result = CursorResult.of_change(count)
    result.is_insert = statement.is_insert
    result._parameters = rows
    return result


def _many_values_steps(
    channel: Channel, plan: StatementPlan, sets: list[Any], page: int
) -> Steps[int]:
    """Insert many rows by few statements; return how many they were."""
    count = 0
    for sql, flat in _widened(plan.values_parts, sets, channel.dialect.features, page):
        cursor = yield from channel.run_steps(sql, flat)
        count += cursor.rowcount
    return count


def _widened(
    parts: Any, sets: list[Any], features: Features, page: int
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the INSERTs of as many rows as go into one, *page* at most, and their parameters."""
    most = features.max_parameters or 32_000
    size = max(1, min(page, most // max(1, len(sets[0]))))
    for start in range(0, len(sets), size):
        batch = sets[start : start + size]
        yield parts.text(len(batch)), tuple(value for each in batch for value in each)


def _many_returning_steps(
    channel: Channel,
    statement: Executable,
    prepared: Prepared,
    rows: list[Row],
    values: Sequence[Any],
    page: int,
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run an INSERT, UPDATE or DELETE for many rows and collect what they return.

    At most *page* rows go in one statement.
    """
    plan = prepared.plan
    if prepared.is_open and prepared.shape is not None and len(prepared.shape.keys) > 1:
        raise CompileError(
            "RETURNING has text beside other columns: nobody knows which of those that come back "
            "is which",
            hint="return the text alone, or name the columns",
        )
    try:
        sets = _prepared_rows(channel, plan, rows, values)
    except Exception as error:
        failure = unbindable(channel, error, plan.sql, _NO_ROW)
        raise failure from failure.__cause__
    features = channel.dialect.features
    parts = plan.values_parts
    is_sorted = getattr(statement, "sort_by_parameter_order", False)
    ordered = features.returning_is_ordered or not is_sorted
    raw: list[Any] = []
    if parts is not None and features.supports_multi_values and ordered:
        for sql, flat in _widened(parts, sets, features, page):
            raw.extend((yield from channel.fetch_steps(sql, flat)))
    else:
        for each in sets:
            raw.extend((yield from channel.fetch_steps(plan.sql, each)))
    if is_sorted and len(raw) != len(rows):
        raise InvalidRequestError(
            f"{len(rows)} sets of parameters were sent and {len(raw)} rows came back: nobody "
            "knows which belongs to which",
            hint="leave sort_by_parameter_order away, and return a column that tells them",
        )
    assert prepared.shape is not None
    result: CursorResult[*tuple[Any, ...]] = CursorResult(
        prepared.shape, raw, convert=prepared.convert
    )
    result.rowcount = len(raw)
    result.is_insert = statement.is_insert
    result._parameters = rows
    return result


# -- defaults and definitions ---------------------------------------------------------------


def _prepared_row(
    channel: Channel, plan: StatementPlan, row: Row, values: Sequence[Any]
) -> tuple[str, Any]:
    """Return text and parameters for *row*; default functions may ask for the connection."""
    if not plan.has_context:
        return plan.prepare_row(row, values)
    with made_for(channel):
        return plan.prepare_row(row, values)


def _prepared_rows(
    channel: Channel, plan: StatementPlan, rows: Sequence[Row], values: Sequence[Any]
) -> list[Any]:
    """Return the parameters for *rows*; default functions may ask for the connection."""
    if not plan.has_context:
        return plan.prepare_rows(rows, values)
    with made_for(channel):
        return plan.prepare_rows(rows, values)


def _default(channel: Channel, default: ColumnDefault, row: Mapping[str, Any]) -> Any:
    """Return what *default* gives for *row*."""
    with made_for(channel):
        return default.value(DefaultContext(row))


def _with_early_defaults(channel: Channel, statement: UpdateBase, rows: list[Row]) -> list[Row]:
    """Return *rows* with the values of defaults that must be known before."""
    columns = early_defaults(statement)
    if not columns:
        return rows
    values: Any = statement.values_ or {}
    given = _values_by_name(values)
    missing = [column for column in columns if column.key not in given]
    if not missing:
        return rows
    completed: list[Row] = []
    for row in rows or [_NO_ROW]:
        new = dict(row)
        for column in missing:
            if column.key not in row:
                default = column.default if statement.is_insert else column.onupdate
                new[column.key] = _default(channel, default, {**given, **new})
        completed.append(new)
    return completed


def _with_defaults_of_rows(
    channel: Channel, statement: Insert, core: Insert, rows: list[dict[Any, Any]]
) -> Insert:
    """Return *statement* with what defaults give that want to see the other values of a row.

    *core* is the same of tables alone; *rows* are its values.
    """
    columns = default_columns(core)
    if not any(column.default.takes_context for column in columns):
        return statement
    completed: list[dict[Any, Any]] = []
    for row in rows:
        given = _values_by_name(row)
        new = {}
        for column in columns:
            if column.key not in given:
                new[column] = given[column.key] = _default(channel, column.default, given)
        completed.append({**row, **row_of(new, core)})
    return statement._with(values_=completed)


def _values_by_name(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the values of *row*, of VALUES, by the names of columns; expressions as they are."""
    return {
        getattr(key, "key", key): getattr(value, "effective_value", value)
        for key, value in row.items()
    }


def _define_steps(
    channel: Channel, statement: Executable, options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Run a definition, such as CREATE TABLE."""
    compiled = channel.dialect.compile(statement)
    if channel.dispatch.listening:
        channel.about = About(statement, compiled, options)
    cursor = yield from channel.run_steps(compiled.sql, ())
    if cursor.description is not None:
        return (yield from driver_result_steps(channel, cursor, compiled.sql, options))
    return CursorResult.of_change(cursor.rowcount)
