"""What opens the connections of an engine: its driver, at its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .context import ErrorContext
from .failure import wrapped
from .own_verbs import has_own, with_own_verbs
from .pool import Opener, takes_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..dialects.dialect import Dialect
    from ..dialects.driver import Driver, DriverConnection
    from ..steps import Steps
    from .engine import Engine
    from .pool.record import ConnectionRecord
    from .url import URL


class EngineOpener(Opener):
    """Opens connections with the driver and the address of an engine.

    The engine comes later, and with it who listens; a pool may live without one.
    """

    engine: Engine | None = None

    def __init__(
        self,
        backend: Driver,
        url: URL,
        connect_args: Mapping[str, Any],
        creator: Callable[..., Any] | None,
        dialect: Dialect | None = None,
    ) -> None:
        self.backend = backend
        self.is_async = backend.is_async
        self.bound_to_loop = backend.bound_to_loop
        self._creator = creator
        self._dialect = dialect
        self._takes_record = creator is not None and takes_record(creator)
        self._met = False
        self._arguments: tuple[Any, ...] = ()
        self._options: dict[str, Any] = {}
        if creator is None:
            speaker = backend.connect_arguments if dialect is None else dialect.create_connect_args
            arguments, options = speaker(url)
            self._arguments, self._options = tuple(arguments), {**options, **connect_args}

    def open_with(self, creator: Callable[..., Any]) -> None:
        """Open connections with *creator* from now on."""
        self._creator = creator
        self._takes_record = takes_record(creator)

    def open_raw(self) -> Any:
        """Return a new connection of the driver's package, which belongs to no pool.

        Of a driver that awaits it is what is awaited for one of dovetail's own connections.
        """
        if self._creator is not None:
            return self._creator()
        made = self.backend.connect(self._arguments, dict(self._options))
        return made if self.is_async else made.raw

    def serve(self, engine: Engine) -> None:
        """Open connections for *engine*, and tell those who listen to it."""
        self.engine = engine
        self._met = False

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        """Open a connection; errors of the driver are raised as DBAPIError."""
        try:
            connection = yield from self._connect_steps(record)
        except self.backend.errors as error:
            failure = self._failure(error)
            raise failure from failure.__cause__
        return with_own_verbs(connection, self._dialect)

    def meet_steps(self, connection: DriverConnection) -> Steps[None]:
        """Let the dialect learn what this server is and can do, over its first *connection*.

        Those who listen to ``connect`` have made it ready: what they set is what is learned.
        """
        if self._met:
            return
        try:
            facts = yield from self.backend.server_steps(connection)
        except self.backend.errors as error:
            failure = self._failure(error)
            raise failure from failure.__cause__
        if self.engine is not None:
            if facts is not None:
                self.engine.dialect.learn(facts)
            self._met = True

    def _connect_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        backend = self.backend
        if self._creator is not None:
            raw = yield (self._creator, record) if self._takes_record else (self._creator,)
            made: DriverConnection = yield backend.adopt, raw
            return made
        arguments: Any = list(self._arguments)
        options = dict(self._options)
        if self.engine is not None:
            for function in self.engine.dispatch.do_connect:
                raw = function(self.engine.dialect, record, arguments, options)
                if raw is not None:
                    given: DriverConnection = yield backend.adopt, raw
                    return given
        if self._dialect is not None and has_own(self._dialect, "connect"):
            raw = self._dialect.connect(*arguments, **options)
            own: DriverConnection = yield backend.adopt, raw
            return own
        connection: DriverConnection = yield backend.connect, tuple(arguments), options
        return connection

    def _failure(self, error: BaseException) -> BaseException:
        """Return what is raised for *error*, which the driver met while it connected."""
        made, cause = wrapped(self.backend, error)
        made.connection_invalidated = False  # there was none
        engine = self.engine
        if engine is None or not engine.dispatch.handle_error:
            return made
        told = ErrorContext(None, engine, made, error, is_disconnect=cause.disconnected)
        return told.ask(engine.dispatch.handle_error)

    def ping_failed(self, error: Exception) -> None:
        """Tell ``handle_error`` listeners that an idle connection proved to be dead."""
        engine = self.engine
        if engine is None or not engine.dispatch.handle_error:
            return
        made = wrapped(self.backend, error)[0] if isinstance(error, self.backend.errors) else None
        told = ErrorContext(None, engine, made, error, is_disconnect=True, is_pre_ping=True)
        told.ask(engine.dispatch.handle_error)
