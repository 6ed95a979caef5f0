"""A borrowed driver connection, and the way of every statement to it and back.

The way is short: a statement that nobody watches, on a connection whose transaction is open,
is one test and one request.  What happens besides (reconnecting, BEGIN, listeners, the log,
errors) stands in functions of its own.
"""

from __future__ import annotations

from logging import DEBUG, INFO
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from ..compiler.timing import compiling
from ..exc import LazyLoadError, ResourceClosedError, shortened
from .context import ErrorContext, ExecutionContext, ListenerCursor
from .failure import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from logging import Logger, LoggerAdapter

    from ..compiler.cache import PlanCache
    from ..dialects.dbapi import DriverParameters
    from ..dialects.driver import Cursor, Driver, DriverConnection
    from ..event import Dispatch
    from ..steps import Steps
    from .pool import Pool
    from .pool.record import ConnectionRecord
    from .translation import SchemaMap, Translations


TEXTS_KNOWN = 1000
"""Of so many texts the log says how long they have been kept."""


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
    logged_texts: dict[str, float]
    rows_per_insert: int
    logger: Logger | LoggerAdapter[Any]


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

    def __init__(self, engine: Any, record: ConnectionRecord) -> None:
        self._host: Host = engine.base
        self.dialect: Any = self._host.dialect
        """The dialect that statements are written in, with the schemas as the options have them."""
        self.plans: PlanCache[Any] = self._host.plans
        """The plans of the engine, for these schemas."""
        self.dispatch = engine.dispatch
        self._echo: bool = engine.logger.isEnabledFor(INFO)
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

    def _listened(self) -> None:
        self._ready = None

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
        """Run *steps*; those who watch are told that *options* are in force."""
        before = self.options_in_use
        self.options_in_use = {**before, **options} if before else options
        try:
            return (yield from steps)
        finally:
            self.options_in_use = before

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

    def take_steps(self, cursor: Cursor, most: int | None, sql: str | None = None) -> Steps[Any]:
        """Return up to *most* rows of *cursor*, all that remain for None."""
        try:
            if most is None:
                return (yield (cursor.fetchall,))
            return (yield cursor.fetchmany, most)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, ())
            raise failure from failure.__cause__

    # With somebody watching.

    def _watched_fetch_steps(
        self, sql: str, parameters: DriverParameters | None
    ) -> Steps[list[tuple[Any, ...]]]:
        cursor = yield from self._watched_steps("execute", sql, parameters)
        try:
            rows: list[tuple[Any, ...]] = yield (cursor.fetchall,)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__
        if self._echo and self._host.logger.isEnabledFor(DEBUG):
            self._log_rows(cursor, rows)
        return rows

    def _log_rows(self, cursor: Cursor, rows: Sequence[Any]) -> None:
        logger = self._host.logger
        logger.debug("Col %r", tuple(column[0] for column in cursor.description or ()))
        for row in rows:
            logger.debug("Row %r", row)

    def _watched_steps(
        self, verb: str, sql: str, parameters: DriverParameters | None, many: bool = False
    ) -> Steps[Any]:
        """Run *sql* with the driver's *verb*; tell the log and the listeners."""
        dispatch = self.dispatch
        context: ExecutionContext | None = None
        try:
            if dispatch:
                about, self.about = self.about, None
                kind = self._host.context_class
                context = self.told_last = kind(self, sql, parameters, many, about)
                context.cursor = ListenerCursor(self._wire, self._host.backend)
                for before in dispatch.before_cursor_execute:
                    answer = before(self, context.cursor, sql, parameters, context, many)
                    if answer is not None:
                        sql, parameters = answer
                context.statement, context.sent = sql, parameters
            if self._echo:
                self._log_statement(sql, parameters)
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
                for after in dispatch.after_cursor_execute:
                    after(self, cursor, sql, parameters, context, many)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters, context)
            raise failure from failure.__cause__
        return cursor

    def _done_by_listener(self, context: ExecutionContext) -> bool:
        """Let listeners run the statement of *context*; tell whether one did."""
        cursor, sql, parameters = context.cursor, context.statement, context.sent
        dispatch = self.dispatch
        if parameters is None:
            return any(run(cursor, sql, context) for run in dispatch.do_execute_no_params)
        listeners = dispatch.do_executemany if context.executemany else dispatch.do_execute
        return any(run(cursor, sql, parameters, context) for run in listeners)

    def _log_statement(self, sql: str, parameters: DriverParameters | None) -> None:
        self._log(sql)
        if self._host.hide_parameters:
            values = "[parameters hidden by hide_parameters=True]"
        else:
            values = shortened(() if parameters is None else parameters)
        self._log(f"[{self._origin(sql)}] {values}")

    def _origin(self, sql: str) -> str:
        """What the log says of where *sql* is from: compiled now, or before, or given as text."""
        seconds = compiling.taken(self.dialect)
        given, self._sends_text = self._sends_text, False
        if given:
            return "raw sql"
        since, now = self._host.logged_texts, monotonic()
        if seconds:
            if len(since) >= TEXTS_KNOWN:
                del since[next(iter(since))]
            since[sql] = now
            return f"generated in {seconds:.5f}s"
        # A list of another length after IN, or rows of another number, make another text.
        return f"cached since {now - since[sql]:.4g}s ago" if sql in since else "cached"

    def _log(self, text: str) -> None:
        if self._echo:
            token = self._options.get("logging_token")
            self._host.logger.info("%s", text if token is None else f"[{token}] {text}")

    # Failures.

    def _failure_steps(
        self,
        error: BaseException,
        sql: str | None,
        parameters: DriverParameters | None,
        context: ExecutionContext | None = None,
    ) -> Steps[BaseException]:
        """Do what *error* demands and return what is to be raised for it."""
        if isinstance(error, LazyLoadError):
            return error  # the request was not performed
        driver = self._host.backend
        made, cause = None, None
        if isinstance(error, driver.errors):
            made, cause = wrapped(driver, error, sql, parameters, self._host.hide_parameters)
        raised: BaseException = made or error
        # What interrupted a request may have left the server at work on it.
        lost = (
            cause.disconnected
            if cause is not None
            else not isinstance(error, Exception) and not driver.survives_cancel(self._wire)
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


def _is_skipped(context: ExecutionContext | None) -> bool:
    """Tell whether the statement of *context* has asked that its errors are not told."""
    return context is not None and bool(context.execution_options.get("skip_user_error_events"))
