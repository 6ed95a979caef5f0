"""A borrowed driver connection, and the way of every statement to it and back.

The way is short: a statement that nobody watches, on a connection whose transaction is open,
is one test and one request.  What happens besides (reconnecting, BEGIN, listeners, the log,
errors) stands in functions of its own.
"""

from __future__ import annotations

from logging import INFO
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..compiler.timing import compiling
from ..dialects.time_limit import OutOfTime, TimeLimit, checked_seconds
from ..exc import LazyLoadError, ResourceClosedError
from ..later import function_later
from .context import About, ErrorContext, ExecutionContext, ListenerCursor
from .executed import Execution, NotSent
from .failure import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..compiler.cache import PlanCache
    from ..compiler.compiled import Compiled
    from ..dialects.dbapi import DriverParameters
    from ..dialects.driver import Cursor, Driver, DriverConnection
    from ..event import Dispatch
    from ..steps import Steps
    from .log import StatementLog
    from .pool import Pool
    from .pool.record import ConnectionRecord
    from .translation import SchemaMap, Translations


T = TypeVar("T")

timed = function_later("dovetail.dialects.timed", "timed", __name__)


class Host(Protocol):
    """What a channel needs of its engine."""

    @property
    def pool(self) -> Pool: ...
    @property
    def backend(self) -> Driver: ...
    @property
    def dialect(self) -> Any: ...
    @property
    def plans(self) -> PlanCache[Any]: ...
    @property
    def dispatch(self) -> Dispatch: ...
    @property
    def default_isolation(self) -> str | None: ...

    @property
    def translations(self) -> Translations: ...

    calm: object
    context_class: type[ExecutionContext]
    own_savepoints: Mapping[str, Callable[..., Any]]

    hide_parameters: bool
    rows_per_insert: int
    log: StatementLog
    watched_since: float


class Channel:
    """Sends statements over one borrowed connection."""

    dispatch: Dispatch
    _ready: object = None
    """The engine's ``calm`` where a statement may go to the driver at once: BEGIN was sent
    and nobody watches.  The engine has another ``calm`` as soon as somebody listens."""

    engine: Any
    _options: Mapping[str, Any]
    schema_map: Any = None
    """The ``schema_translate_map`` of the options."""
    options_in_use: Mapping[str, Any] | None = None
    """Execution options of what runs now, for those who watch: see :meth:`under_steps`."""

    about: Any = None
    """What listeners are told of the statement that runs next, besides its text."""
    _sends_text = False
    """Whether what runs next is SQL that was given as text: the log says so."""
    told_last: ExecutionContext | None = None
    """The execution that listeners were told of last."""
    _reading: Sequence[Execution] = ()
    """What was sent while somebody watches, and whose rows are still to be taken."""

    timeout: float | None = None
    """The ``timeout`` of the options."""
    limit: TimeLimit | None = None
    """How long each statement may take; None for as long as it does."""

    used_by: Any = None
    """What uses the connection, for those who watch: the core of a session, or None."""

    def __init__(self, engine: Any, record: ConnectionRecord) -> None:
        self._host: Host = engine.base
        self.dialect: Any = self._host.dialect
        """The dialect that statements are written in, with the schemas as the options have them."""
        self.plans: PlanCache[Any] = self._host.plans
        """The plans of the engine, for these schemas."""
        self.dispatch = engine.dispatch
        log = engine.log
        self._echo: bool = log.echo_level > 0 or log.logger.isEnabledFor(INFO)
        self._attach(record)

    @property
    def hides_parameters(self) -> bool:
        """Whether errors and the log show no parameters."""
        return self._host.hide_parameters

    @property
    def rows_per_insert(self) -> int:
        """How many rows go into one INSERT that returns some of their values."""
        return self._host.rows_per_insert

    def _attach(self, record: ConnectionRecord) -> None:
        """Use the connection of *record*."""
        driver = record.connection
        assert driver is not None
        self._record: ConnectionRecord | None = record
        self._wire: DriverConnection = driver
        self._plain_wire = driver
        """The connection of the driver itself, where requests have a time limit."""
        if self.limit is not None:
            self._wire = timed(
                driver, self.limit, self._host.backend, self._host.pool.opener.open_raw
            )

    def _listened(self) -> None:
        self._ready = None
        self._host.watched_since = perf_counter()

    def _prepare_steps(self, sql: str | None = None) -> Steps[bool]:
        """Make the connection ready for the statement *sql*; tell whether somebody watches."""
        raise NotImplementedError

    def _broken(self, *, is_over: bool) -> None:
        """Note that the server has ended the transaction by itself: surely, where *is_over*."""

    def _lost_steps(self, error: BaseException, others_too: bool = False) -> Steps[None]:
        """Discard the connection, which is lost; *others_too*, all that are as old."""
        raise NotImplementedError

    def translated_steps(self, schema_map: SchemaMap | None, steps: Steps[Any]) -> Steps[Any]:
        """Run *steps* with the schemas of *schema_map*."""
        raise NotImplementedError

    def text_was_sent(self, sql: str) -> None:
        """Note what SQL text that gave no rows may have done to the transaction."""

    # The ways of a statement.

    def fetch_steps(
        self, sql: str, parameters: DriverParameters = ()
    ) -> Steps[list[tuple[Any, ...]]]:
        """Run *sql* and return all its rows, as the driver gives them."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps(sql)):
            return (yield from self._watched_fetch_steps(sql, parameters))
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            rows: list[tuple[Any, ...]] = yield self._wire.fetch, sql, parameters
            return rows
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def tell(self, compiled: Compiled) -> None:
        """Let those who listen know that what is sent next is *compiled*, of a plan."""
        self.about = About(compiled.statement, compiled, {})

    def fetch_text_steps(
        self, sql: str, parameters: DriverParameters = ()
    ) -> Steps[list[tuple[Any, ...]]]:
        """Run *sql*, to which no statement was compiled, and return all its rows."""
        self._sends_text = True
        return self.fetch_steps(sql, parameters)

    def run_steps(self, sql: str, parameters: DriverParameters = ()) -> Steps[Cursor]:
        """Run *sql* and return the driver's cursor."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps(sql)):
            watched: Cursor = yield from self._watched_steps("execute", sql, parameters)
            return watched
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            cursor: Cursor = yield self._wire.execute, sql, parameters
            return cursor
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def under_steps(self, options: Mapping[str, Any], steps: Steps[Any]) -> Steps[Any]:
        """Run *steps* with the ``timeout`` of *options*, which those who watch are told of."""
        if options.get("timeout", self.timeout) != self.timeout:
            steps = self.limited_steps(options["timeout"], steps)
        before = self.options_in_use
        self.options_in_use = {**before, **options} if before else options
        try:
            return (yield from steps)
        finally:
            self.options_in_use = before

    def limit_time(self, seconds: float | None, until: float | None = None) -> None:
        """Let each statement take *seconds* from now on, and none last beyond *until*.

        None is for no limit; *until* is a moment of ``time.monotonic()``.
        """
        is_limited = seconds is not None or until is not None
        self.limit = TimeLimit(checked_seconds(seconds), until) if is_limited else None
        record = self._record
        if record is not None and record.connection is not None:
            self._attach(record)

    def limited_steps(self, seconds: float | None, steps: Steps[T]) -> Steps[T]:
        """Run *steps*, in which each statement may take *seconds*."""
        before = self.limit
        until = None if before is None else before.until
        self.limit_time(seconds, until)
        try:
            return (yield from steps)
        finally:
            if before is None:
                self.limit_time(None)
            else:
                self.limit_time(before.seconds, until)

    def run_text_steps(self, sql: str) -> Steps[Cursor]:
        """Run *sql* without any parameters, not even none: marks in it mean nothing."""
        yield from self._prepare_steps(sql)
        cursor: Cursor = yield from self._watched_steps("execute", sql, None)
        return cursor

    def run_many_steps(self, sql: str, parameters: Sequence[Any]) -> Steps[Cursor]:
        """Run *sql* once for each of *parameters* and return the driver's cursor."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps(sql)):
            watched: Cursor = yield from self._watched_steps(
                "execute_many", sql, parameters, many=True
            )
            return watched
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            cursor: Cursor = yield self._wire.execute_many, sql, parameters
            return cursor
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def stream_steps(
        self, sql: str, parameters: DriverParameters = (), batch: int = 1000
    ) -> Steps[Cursor]:
        """Run *sql* and return a cursor that holds its rows on the server where it can."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps(sql)):
            watched: Cursor = yield from self._watched_steps("stream", sql, parameters)
            return watched
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            cursor: Cursor = yield self._wire.stream, sql, parameters
            return cursor
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def take_steps(
        self,
        cursor: Cursor,
        most: int | None,
        sql: str | None = None,
        parameters: DriverParameters | None = (),
    ) -> Steps[Any]:
        """Return up to *most* rows of *cursor*, all that remain for None."""
        reading = self._reading
        began = perf_counter() if reading else 0.0
        try:
            rows = (yield (cursor.fetchall,)) if most is None else (yield cursor.fetchmany, most)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            if reading:
                self._note_taken(cursor, 0, began, failure, ended=True)
            raise failure from failure.__cause__
        if reading:
            self._note_taken(cursor, len(rows), began, None, most is None or len(rows) < most)
        return rows

    # With somebody watching.

    def _watched_fetch_steps(
        self, sql: str, parameters: DriverParameters | None
    ) -> Steps[list[tuple[Any, ...]]]:
        cursor = yield from self._watched_steps("execute", sql, parameters)
        rows: list[tuple[Any, ...]] = yield from self.take_steps(cursor, None, sql, parameters)
        if self._echo:
            self.engine.log.rows(cursor, rows)
        return rows

    def _watched_steps(
        self, verb: str, sql: str, parameters: DriverParameters | None, many: bool = False
    ) -> Steps[Any]:
        """Run *sql* with the driver's *verb*; tell the log and the listeners."""
        if self._reading:
            self._end_reading(streams_too=False)
        about, self.about = self.about, None
        context: ExecutionContext | None = None
        execution: Execution | None = None
        try:
            if _hears_of_cursors(self.dispatch):
                context = self._told_context(sql, parameters, many, about)
                sql, parameters = context.statement, context.sent
            execution = self._announce(
                Execution(
                    self,
                    sql,
                    parameters,
                    many=many,
                    statement=getattr(about, "statement", None),
                    is_text=self._sends_text,
                    compile_seconds=compiling.taken(self.dialect, self._host.watched_since),
                )
            )
            sql, self._sends_text = execution.sql, False
            self._require_record().statement = sql
            done = context is not None and self._done_by_listener(context)
            cursor: Any
            if done and context is not None:
                cursor = context.cursor.made()
            else:
                arguments = () if parameters is None else (parameters,)
                cursor = yield getattr(self._wire, verb), sql, *arguments
            if context is not None:
                context.cursor = cursor
                for after in self.dispatch.after_cursor_execute:
                    after(self, cursor, sql, parameters, context, many)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters, context)
            if execution is not None and not isinstance(failure, LazyLoadError):
                execution.ended(failure)
                self._tell_end(execution)
            raise failure from failure.__cause__
        self._note_answer(execution, cursor, streams=verb == "stream")
        return cursor

    def _told_context(
        self, sql: str, parameters: DriverParameters | None, many: bool, about: About | None
    ) -> ExecutionContext:
        """Return what listeners to cursors are told, who may have changed what is to be sent."""
        kind = self._host.context_class
        context = self.told_last = kind(self, sql, parameters, many, about)
        context.cursor = ListenerCursor(self._plain_wire, self._host.backend)
        for before in self.dispatch.before_cursor_execute:
            answer = before(self, context.cursor, sql, parameters, context, many)
            if answer is not None:
                sql, parameters = answer
        context.statement, context.sent = sql, parameters
        return context

    def _done_by_listener(self, context: ExecutionContext) -> bool:
        """Let listeners run the statement of *context*; tell whether one did."""
        cursor, sql, parameters = context.cursor, context.statement, context.sent
        dispatch = self.dispatch
        if parameters is None:
            return any(run(cursor, sql, context) for run in dispatch.do_execute_no_params)
        listeners = dispatch.do_executemany if context.executemany else dispatch.do_execute
        return any(run(cursor, sql, parameters, context) for run in listeners)

    def _announce(self, execution: Execution) -> Execution:
        """Tell the log and the listeners that *execution* is about to be sent; return it."""
        for before in self.dispatch.before_statement:
            before(self, execution)
        if self._echo:
            self.engine.log.before(execution)
        execution.started = perf_counter()
        return execution

    def _note_answer(self, execution: Execution, cursor: Cursor, *, streams: bool) -> None:
        """Note that *execution* was answered with *cursor*, of which rows may still be taken."""
        execution.sent(cursor)
        if cursor.description is None and not streams:
            self._tell_end(execution)
        else:
            execution.streams = streams
            self._reading = [*self._reading, execution]

    def _tell_end(self, execution: Execution) -> None:
        """Tell the log and the listeners that *execution* has come to its end."""
        if self._echo:
            self.engine.log.after(execution)
        for after in self.dispatch.after_statement:
            after(self, execution)

    def _note_taken(
        self, cursor: Cursor, count: int, began: float, error: BaseException | None, ended: bool
    ) -> None:
        """Note that *count* rows of *cursor* were taken since *began*: the last, if it *ended*."""
        for execution in self._reading:
            if execution.cursor is cursor:
                execution.took(count, began, error)
                if ended:
                    self._reading = [each for each in self._reading if each is not execution]
                    self._tell_end(execution)

    def _end_reading(self, *, streams_too: bool = True) -> None:
        """Tell of what was sent and whose rows nobody takes any more."""
        reading = self._reading
        ended = [each for each in reading if streams_too or not each.streams]
        self._reading = [each for each in reading if each not in ended]
        for execution in ended:
            self._tell_end(execution)

    def _announce_control(self, sql: str) -> Execution | None:
        """Tell that *sql*, which begins or ends a transaction or savepoint, is about to be sent.

        None is returned where nobody listens.
        """
        if self._reading:
            self._end_reading()
        if not (self._echo or self.dispatch.listening):
            return None
        return self._announce(Execution(self, sql, kind="transaction"))

    def _end_control(self, execution: Execution | None, error: BaseException | None = None) -> None:
        """Tell that what :meth:`_announce_control` gave has come to its end."""
        if execution is not None:
            execution.ended(error)
            self._tell_end(execution)

    # Failures.

    def _failure_steps(
        self,
        error: BaseException,
        sql: str | None,
        parameters: DriverParameters | None,
        context: ExecutionContext | None = None,
    ) -> Steps[BaseException]:
        """Do what *error* demands and return what is to be raised for it."""
        if isinstance(error, LazyLoadError | NotSent):
            return error  # the request was not performed
        driver = self._host.backend
        made, cause = None, None
        if isinstance(error, (*driver.errors, OutOfTime)):
            made, cause = wrapped(
                driver, error, sql, parameters, self._host.hide_parameters, self._plain_wire
            )
        raised: BaseException = made or error
        # What interrupted a request may have left the server at work on it.
        lost = (
            cause.disconnected
            if cause is not None
            else not isinstance(error, Exception) and not driver.survives_cancel(self._plain_wire)
        )
        others_too = cause is not None
        if self.dispatch.handle_error and not _is_skipped(context):
            told = ErrorContext(
                self, self.engine, made, error, sql, parameters, context, is_disconnect=lost
            )
            raised = told.ask(self.dispatch.handle_error)
            lost, others_too = told.is_disconnect, told.invalidate_pool_on_disconnect
            if made is not None:
                made.connection_invalidated = lost
        if lost:
            yield from self._lost_steps(error, others_too)
        elif cause is not None or not isinstance(error, Exception | GeneratorExit):
            self._broken(is_over=cause is not None and cause.ends_transaction)
        return raised

    def _require_record(self) -> ConnectionRecord:
        if self._record is None:
            raise ResourceClosedError("this connection is closed")
        return self._record


def _hears_of_cursors(dispatch: Dispatch) -> bool:
    """Tell whether anybody listens who is given the cursor, or what is known of its statement."""
    return dispatch.listening and bool(
        dispatch.before_cursor_execute
        or dispatch.after_cursor_execute
        or dispatch.handle_error
        or dispatch.after_execute
        or dispatch.do_execute
        or dispatch.do_executemany
        or dispatch.do_execute_no_params
    )


def _is_skipped(context: ExecutionContext | None) -> bool:
    """Tell whether the statement of *context* has asked that its errors are not told."""
    return context is not None and bool(context.execution_options.get("skip_user_error_events"))
