"""A borrowed driver connection, and the way of every statement to it and back.

The way is short: a statement that nobody watches, on a connection whose transaction is open,
is one test and one request.  What happens besides (reconnecting, BEGIN, listeners, the log,
errors) stands in functions of its own.
"""

from __future__ import annotations

from logging import DEBUG, INFO
from typing import TYPE_CHECKING, Any, Protocol

from ..exc import ResourceClosedError, shortened
from .context import ErrorContext, ExecutionContext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from logging import Logger, LoggerAdapter

    from ..compiler.cache import PlanCache
    from ..dialects.driver import Cursor, Driver, DriverConnection
    from ..event import Dispatch
    from ..steps import Steps
    from .pool import Pool
    from .record import ConnectionRecord


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

    calm: object

    hide_parameters: bool
    logger: Logger | LoggerAdapter[Any]


class Channel:
    """Sends statements over one borrowed connection."""

    dispatch: Dispatch
    _ready: object = None
    """The engine's ``calm`` where a statement may go to the driver at once: BEGIN was sent
    and nobody watches.  The engine has another ``calm`` as soon as somebody listens."""

    _options: Mapping[str, Any]
    about: Any = None
    """What listeners are told of the statement that runs next, besides its text."""

    def __init__(self, engine: Any, record: ConnectionRecord) -> None:
        self._host: Host = engine.base
        self._record: ConnectionRecord | None = None
        self.dispatch = engine.dispatch
        self._echo: bool = engine.logger.isEnabledFor(INFO)
        self._attach(record)

    @property
    def plans(self) -> PlanCache[Any]:
        """The plans of the engine."""
        return self._host.plans

    @property
    def sql_dialect(self) -> Any:
        """The dialect that statements are written in."""
        return self._host.dialect

    @property
    def hides_parameters(self) -> bool:
        """Whether errors and the log show no parameters."""
        return self._host.hide_parameters

    def _attach(self, record: ConnectionRecord) -> None:
        driver = record.connection
        assert driver is not None
        self._record = record
        self._wire: DriverConnection = driver
        self._fetch = driver.fetch
        self._execute = driver.execute

    def _listened(self) -> None:
        self._ready = None

    def _prepare_steps(self) -> Steps[bool]:
        """Make the connection ready for a statement; tell whether somebody watches."""
        raise NotImplementedError

    def _broken(self) -> None:
        """Note that the server has ended the transaction by itself."""

    def _lost_steps(self, error: BaseException) -> Steps[None]:
        """Discard the connection, which is lost."""
        raise NotImplementedError

    def _watched(self) -> bool:
        return self._echo or self.dispatch.listening

    # The ways of a statement.

    def fetch_steps(self, sql: str, parameters: Any = ()) -> Steps[list[tuple[Any, ...]]]:
        """Run *sql* and return all its rows, as the driver gives them."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps()):
            return (yield from self._watched_fetch_steps(sql, parameters))
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            rows: list[tuple[Any, ...]] = yield self._fetch, sql, parameters
            return rows
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def run_steps(self, sql: str, parameters: Any = ()) -> Steps[Cursor]:
        """Run *sql* and return the driver's cursor."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps()):
            return (yield from self._watched_steps("execute", sql, parameters))
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            cursor: Cursor = yield self._execute, sql, parameters
            return cursor
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def run_many_steps(self, sql: str, parameters: Sequence[Any]) -> Steps[Cursor]:
        """Run *sql* once for each of *parameters* and return the driver's cursor."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps()):
            return (yield from self._watched_steps("execute_many", sql, parameters, many=True))
        self._record.statement = sql  # type: ignore[union-attr]
        try:
            cursor: Cursor = yield self._wire.execute_many, sql, parameters
            return cursor
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters)
            raise failure from failure.__cause__

    def stream_steps(self, sql: str, parameters: Any = (), batch: int = 1000) -> Steps[Cursor]:
        """Run *sql* and return a cursor that holds its rows on the server where it can."""
        if self._ready is not self._host.calm and (yield from self._prepare_steps()):
            return (yield from self._watched_steps("stream", sql, parameters))
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

    def _watched_fetch_steps(self, sql: str, parameters: Any) -> Steps[list[tuple[Any, ...]]]:
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
        self, verb: str, sql: str, parameters: Any, many: bool = False
    ) -> Steps[Cursor]:
        """Run *sql* with the driver's *verb*; tell the log and the listeners."""
        dispatch = self.dispatch
        context: ExecutionContext | None = None
        if dispatch:
            about, self.about = self.about, None
            context = ExecutionContext(self, sql, parameters, many, about)
            for before in dispatch.before_cursor_execute:
                answer = before(self, None, sql, parameters, context, many)
                if answer is not None:
                    sql, parameters = answer
            context.statement, context.parameters = sql, parameters
        if self._echo:
            self._log_statement(sql, parameters)
        assert self._record is not None
        self._record.statement = sql
        try:
            cursor: Cursor = yield getattr(self._wire, verb), sql, parameters
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, parameters, context)
            raise failure from failure.__cause__
        for after in dispatch.after_cursor_execute:
            after(self, cursor, sql, parameters, context, many)
        return cursor

    def _log_statement(self, sql: str, parameters: Any) -> None:
        logger = self._host.logger
        logger.info(sql)
        if self._host.hide_parameters:
            logger.info("[parameters hidden by hide_parameters=True]")
        else:
            logger.info("%s", shortened(parameters))

    def _log(self, text: str) -> None:
        if self._echo:
            self._host.logger.info(text)

    # Failures.

    def _failure_steps(
        self,
        error: BaseException,
        sql: str | None,
        parameters: Any,
        context: ExecutionContext | None = None,
    ) -> Steps[BaseException]:
        """Do what *error* demands and return what is to be raised for it."""
        driver = self._host.backend
        if not isinstance(error, driver.errors):
            if not isinstance(error, Exception) and not driver.survives_cancel:
                # The server may be at work on the statement still.
                yield from self._lost_steps(error)
            return error
        cause = driver.classify(error)
        wrapped = cause.error(
            sql,
            parameters,
            error,
            self._host.hide_parameters,
            cause.disconnected,
            hint=cause.hint,
            constraint=cause.constraint,
            table=cause.table,
            columns=cause.columns,
        )
        raised: BaseException = wrapped
        disconnected = cause.disconnected
        if self.dispatch.handle_error:
            told = ErrorContext(self, wrapped, error, sql, parameters, context, disconnected)
            raised = told.ask(self.dispatch.handle_error)
            disconnected = told.is_disconnect
            wrapped.connection_invalidated = disconnected
        if disconnected:
            yield from self._lost_steps(error)
        else:
            self._broken()
        raised.__cause__ = error
        return raised

    def _require_record(self) -> ConnectionRecord:
        if self._record is None:
            raise ResourceClosedError("this connection is closed")
        return self._record
