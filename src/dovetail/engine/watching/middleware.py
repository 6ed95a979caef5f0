"""Watching the requests of a web application: middleware of WSGI and of ASGI."""

from __future__ import annotations

from contextvars import ContextVar
from logging import getLogger
from typing import TYPE_CHECKING, Any

from ...event import listen
from ..watched import WATCHED_EVENTS
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
    from typing import Unpack

    from ..connection import Connection
    from ..executed import Execution
    from ..watched import WatchOptions

    Report = Callable[[Watch, str], None]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_logger = getLogger("dovetail.watch")


def log_findings(watch: Watch, request: str) -> None:
    """Write what *watch* has found wrong with *request* to the logger ``dovetail.watch``."""
    for finding in watch.findings:
        _logger.warning("%s: %s", request, finding)


def server_timing(watch: Watch) -> str:
    """Return the value of the header ``Server-Timing``, which browsers show with a request."""
    return f'db;dur={watch.seconds * 1000:.3f};desc="{watch.count} statements"'


class RequestWatching:
    """What both kinds of middleware have in common.

    *engine*, blocking or awaiting, is listened to once; what it sends goes to the watch of the
    request that it is sent for, be it handled by a thread or by a task.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        engine: object,
        *,
        report: Report = log_findings,
        **options: Unpack[WatchOptions],
    ) -> None:
        self.app = app
        self.report = report
        self.options = options
        self._current: ContextVar[Watch | None] = ContextVar("watch of a request", default=None)
        self.begin_request()  # options that make no sense are refused at once
        self._current.set(None)
        for name in WATCHED_EVENTS:
            listen(engine, name, getattr(self, name))

    def begin_request(self) -> Watch:
        """Open a watch for the request that this context handles."""
        watch = Watch(_attached_already, **self.options)
        watch.open()
        self._current.set(watch)
        return watch

    def end_request(self, watch: Watch, request: str) -> None:
        """Report on *request*; BudgetExceededError is raised where it went over its budget."""
        self._current.set(None)
        watch.close()
        self.report(watch, request)
        watch.check()

    def before_statement(self, connection: Connection, execution: Execution) -> None:
        """Tell the watch of the request that *execution* is about to be sent."""
        watch = self._current.get()
        if watch is not None:
            watch.before_statement(connection, execution)

    def after_statement(self, connection: Connection, execution: Execution) -> None:
        """Tell the watch of the request what has come of *execution*."""
        watch = self._current.get()
        if watch is not None:
            watch.after_statement(connection, execution)


def _attached_already(_watch: Watch) -> Callable[[], None]:
    return lambda: None


class WatchMiddleware(RequestWatching):
    """A WSGI application around *app* that watches each request.

    ::

        app.wsgi_app = WatchMiddleware(app.wsgi_app, engine)

    A response says in its header ``Server-Timing`` how many statements were sent, and how long
    they took.  *report* is called with the watch and the request, such as ``"GET /cart"``, when
    that has ended: as it is, it logs what is wrong.  The options are those of ``watch()``; over
    the budget BudgetExceededError is raised when the response is closed.
    """

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Handle a request."""
        watch = self.begin_request()

        def start(status: str, headers: list[tuple[str, str]], *more: object) -> Any:
            headers = [*headers, ("Server-Timing", server_timing(watch))]
            return start_response(status, headers, *more)

        request = f"{environ.get('REQUEST_METHOD', '')} {environ.get('PATH_INFO', '')}"
        try:
            body = self.app(environ, start)
        except BaseException:
            self._current.set(None)
            watch.close()
            raise
        return _WatchedBody(body, lambda: self.end_request(watch, request))


class _WatchedBody:
    """The body of a response; *end* is called when it is closed, however that comes about."""

    def __init__(self, body: Iterable[bytes], end: Callable[[], None]) -> None:
        self._body = body
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, and end the request."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()


class AsyncWatchMiddleware(RequestWatching):
    """An ASGI application around *app* that watches each request: see :class:`WatchMiddleware`.

    ::

        app.add_middleware(AsyncWatchMiddleware, engine=engine)

    Over the budget BudgetExceededError is raised when the response was sent.
    """

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle a request; what is none is handed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        watch = self.begin_request()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                timing = (b"server-timing", server_timing(watch).encode("latin-1"))
                message = {**message, "headers": [*message.get("headers", ()), timing]}
            await send(message)

        try:
            await self.app(scope, receive, send_timed)
        except BaseException:
            self._current.set(None)
            watch.close()
            raise
        self.end_request(watch, f"{scope['method']} {scope['path']}")
