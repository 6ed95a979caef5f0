"""What all pools do: open, check, lend, reset, take back and close connections.

A pool is written once, as steps; what differs between threads and tasks is the waiter.  A
*record* is a place in the pool and the permit to have a connection: who holds a record may
open one in it.
"""

from __future__ import annotations

from logging import INFO, Logger, getLogger
from math import inf
from random import random
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar

from ...conventions import conventions
from ...event import Dispatch, listen, root
from ...exc import DisconnectionError, InvalidatePoolError, InvalidRequestError
from ...steps import bridging, nothing, run_sync
from ..events import PoolEvents
from ..log import show_log
from .fork import leak, watch_forks
from .holder import Holder, now
from .opener import CreatorOpener, Opener
from .options import age, number, optional_number, switch
from .record import ConnectionRecord, PooledConnection, PooledView
from .reset import PoolResetState, ResetStyle, reset_style
from .waiter import waiter_class

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from ...dialects.dialect import Dialect
    from ...dialects.driver import DriverConnection
    from ...steps import Steps
    from .waiter import Waiter
    from .waits import PoolMetrics

_ATTEMPTS = 3


class Pool:
    """Base of all pools.

    ``recycle``          seconds after which a connection is replaced, -1 for never
    ``max_age``          the same, save that each connection is replaced up to ``jitter`` seconds
    earlier (a tenth of ``max_age``, unless it is given), so that not all expire at once
    ``pre_ping``         a connection proves to be alive before it is lent, unless it was used
    in the last ``ping_after`` seconds
    ``hold_warn``        seconds; who has a connection for longer is named in the log, once
    ``reset_on_return``  ``"rollback"`` (or true), ``"commit"``, or None for neither
    """

    dispatch: ClassVar[Dispatch]

    def __init__(
        self,
        creator: Opener | Callable[..., Any],
        *,
        recycle: float = -1,
        echo: bool | str | None = None,
        logging_name: str | None = None,
        reset_on_return: ResetStyle | bool | str | None = True,
        events: Sequence[tuple[Callable[..., Any], str]] | None = None,
        dialect: Dialect | None = None,
        pre_ping: bool = False,
        ping_after: float = 1.0,
        max_age: float | None = None,
        jitter: float | None = None,
        hold_warn: float | None = None,
    ) -> None:
        given: Any = creator
        opener: Opener = given if hasattr(type(given), "open_steps") else CreatorOpener(given)
        self._opener = opener
        self._dialect = dialect
        self._settings: dict[str, Any] = {
            "recycle": recycle,
            "echo": echo,
            "logging_name": logging_name,
            "reset_on_return": reset_on_return,
            "pre_ping": pre_ping,
            "ping_after": ping_after,
            "max_age": max_age,
            "jitter": jitter,
            "hold_warn": hold_warn,
        }
        self._recycle = age("recycle", recycle)
        self._max_age = optional_number("max_age", max_age)
        self._jitter = optional_number("jitter", jitter)
        self._pre_ping = switch("pre_ping", pre_ping)
        self._ping_after = number("ping_after", ping_after)
        self._hold_warn = optional_number("hold_warn", hold_warn)
        self._expires = self._recycle >= 0 or self._max_age is not None
        self._reset = reset_style(reset_on_return)
        self.logging_name = logging_name
        self._logger = _pool_logger(type(self).__name__, logging_name, echo)
        self._lock = RLock()
        self.generation = 0
        """Goes up when all connections there are become doubtful; each knows its own."""
        self.epoch = 0
        """Goes up in a forked process, to which the connections of its parent do not belong."""
        self._connected_before = False
        self._borrowed: set[ConnectionRecord] = set()
        self._new_waiter: Callable[[], Waiter] = waiter_class(opener.is_async)
        for function, name in events or ():
            listen(self, name, function)
        watch_forks(self)

    @property
    def echo(self) -> bool | str | None:
        """What was said of the log: true, ``"debug"`` or neither."""
        said: bool | str | None = self._settings["echo"]
        return said

    @property
    def opener(self) -> Opener:
        """What opens the connections."""
        return self._opener

    def open_with(self, opener: Opener) -> None:
        """Open connections with *opener* from now on, and replace those there are."""
        self._opener = opener
        self.generation += 1

    # What each kind of pool decides.

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        """Return a record for the caller alone, waiting for one where that is needed."""
        raise NotImplementedError

    def _put_back(self, record: ConnectionRecord) -> bool:
        """Take *record* back, without any request; it may have a connection or none.

        False means that there are enough: its connection is to be closed first.
        """
        raise NotImplementedError

    def _idle_records(self) -> list[ConnectionRecord]:
        """Remove all records that nobody uses, and return them."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Forget all records: this is a new process."""

    def status(self) -> str:
        """Return the state of the pool in words."""
        raise NotImplementedError

    def metrics(self) -> PoolMetrics:
        """Return how many connections are in use, who waits, and how long that takes.

        InvalidRequestError is raised by pools of which nobody has to wait for a connection.
        """
        raise InvalidRequestError(
            f"nobody waits for the connections of a {type(self).__name__}, and it counts none",
            hint="create_engine(url, poolclass=QueuePool) has a queue",
        )

    def take(self) -> ConnectionRecord | None:
        """Return a record that can be lent without any request, or None."""
        return None

    def give(self, record: ConnectionRecord) -> bool:
        """Take *record* back if that needs no request; tell whether it was taken."""
        if record.uses > 1 and record.epoch == self.epoch:
            record.uses -= 1
            return True
        connection = record.connection
        if (
            connection is None
            or self.dispatch.listening
            or record.epoch != self.epoch
            or record.generation != self.generation
            or connection.in_transaction()
        ):
            return False
        return self._returned(record)

    # Lending and taking back.

    def connect(self) -> PooledConnection:
        """Return a borrowed driver connection; close it to return it."""
        return PooledConnection(self.take() or run_sync(self.checkout_steps()))

    def checkout_steps(self) -> Steps[ConnectionRecord]:
        """Lend a record whose connection is open and, as far as can be known, alive."""
        record = yield from self._acquire_steps()
        try:
            if record.uses == 0 and not self._is_ready(record):
                yield from self._freshen_steps(record)
        except BaseException:
            # What was interrupted in the middle of a ping cannot be trusted any more.
            self._drop(record)
            self._put_back(record)
            raise
        self._lend(record)
        return record

    def _lend(self, record: ConnectionRecord) -> None:
        record.hold()
        self._borrowed.add(record)

    def _freshen_steps(self, record: ConnectionRecord) -> Steps[None]:
        """Open, replace or check the connection of *record*; let listeners object."""
        for attempt in range(_ATTEMPTS):
            if record.connection is not None and self._stale(record):
                yield from self._close_steps(record)
            if record.connection is None:
                yield from self._open_steps(record)
            elif self._must_ping(record) and not (yield from self._alive_steps(record)):
                yield from self._close_steps(record, terminate=True)
                yield from self._open_steps(record)
            try:
                for function in self.dispatch.checkout:
                    function(record.dbapi_connection, record, PooledView(record))
            except DisconnectionError as error:
                self._logger.info("a listener declared %r dead: %s", record, error.message)
                if error.invalidate_pool or isinstance(error, InvalidatePoolError):
                    self.refresh(record)
                yield from self._close_steps(record, terminate=True)
                if attempt + 1 == _ATTEMPTS:
                    raise InvalidRequestError(
                        f"no live connection after {_ATTEMPTS} attempts: {error.message}"
                    ) from error
            else:
                if record.connection is not None:
                    return

    def _is_ready(self, record: ConnectionRecord) -> bool:
        """Tell whether the connection of *record* can be lent and nothing asked or told before."""
        # Whether it is stale is asked here too: each loan comes by, and enters no other function.
        return (
            record.connection is not None
            and not self.dispatch.checkout
            and record.generation == self.generation
            and not (self._expires and now() > record.expires)
            and not (self._opener.bound_to_loop and record.loop is not bridging.loop())
            and not (self._pre_ping and self._must_ping(record))
        )

    def _stale(self, record: ConnectionRecord) -> bool:
        return (
            record.generation != self.generation
            or (self._expires and now() > record.expires)
            or (self._opener.bound_to_loop and record.loop is not bridging.loop())
        )

    def is_foreign(self, record: ConnectionRecord) -> bool:
        """Tell whether the connection of *record* belongs to another event loop than this."""
        return self._opener.bound_to_loop and record.loop is not bridging.loop()

    def _must_ping(self, record: ConnectionRecord) -> bool:
        return self._pre_ping and now() - record.idle_since >= self._ping_after

    def refresh(self, record: ConnectionRecord) -> None:
        """Have all connections replaced that were opened before *record* proved to be dead.

        Where that has been done since the connection of *record* was opened, it is not done
        again: many find out at the same time that a server was restarted.
        """
        with self._lock:
            if record.generation == self.generation:
                self.generation += 1

    def _alive_steps(self, record: ConnectionRecord) -> Steps[bool]:
        connection = record.connection
        assert connection is not None
        try:
            yield (connection.ping,)
        except Exception as error:
            self._logger.info("connection %r is dead: %s", record, error)
            self._opener.ping_failed(error)
            self.refresh(record)
            self._tell_invalidated(record, error)
            return False
        return True

    def _open_steps(self, record: ConnectionRecord) -> Steps[None]:
        generation = self.generation
        connection = yield from self._opener.open_steps(record)
        record.opened = opened = now()
        record.connection = connection
        record.generation = generation
        if self._opener.bound_to_loop:
            record.loop = bridging.loop()
        record.idle_since = opened
        record.expires = self._expiry(opened) if self._expires else inf
        self._logger.debug("opened %r", record)
        try:
            view = record.dbapi_connection
            with self._lock:
                first, self._connected_before = not self._connected_before, True
            for function in self.dispatch.first_connect if first else ():
                yield from self._tell_steps(function, view, record)
            for function in self.dispatch.connect:
                yield from self._tell_steps(function, view, record)
            yield from self._opener.meet_steps(record.connection)
        except BaseException:
            yield from self._close_steps(record, terminate=True)
            raise

    def _tell_steps(self, function: Callable[..., Any], *arguments: object) -> Steps[None]:
        """Call a listener that may talk to the server; what it requests of a driver that awaits
        is awaited."""
        if self._opener.is_async and bridging.run is not None:
            yield bridging.run, function, *arguments
        else:
            function(*arguments)

    def _expiry(self, opened: float) -> float:
        """Return when a connection that was *opened* then is too old."""
        expires = opened + self._recycle if self._recycle >= 0 else inf
        most = self._max_age
        if most is None:
            return expires
        jitter = min(most, most / 10 if self._jitter is None else self._jitter)
        return min(expires, opened + most - random() * jitter)

    def _close_steps(self, record: ConnectionRecord, terminate: bool = False) -> Steps[None]:
        """Close the connection of *record*; what the driver says to it is logged, not raised."""
        if record.connection is None:
            return
        if self.dispatch.close:
            view = record.dbapi_connection
            for function in self.dispatch.close:
                function(view, record)
        connection = record.emptied()
        assert connection is not None
        self._logger.debug("closing a connection of %r", record)
        try:
            if self.is_foreign(record):
                self._terminate(connection, record.loop)
            elif terminate:
                connection.terminate()
            else:
                yield (connection.close,)
        except Exception:
            self._logger.warning("closing a connection failed", exc_info=True)
        except BaseException:
            self._terminate(connection)
            raise

    def close_record_steps(self, record: ConnectionRecord) -> Steps[None]:
        """Close the connection of *record*, if it has one."""
        yield from self._close_steps(record)

    def _drop(self, record: ConnectionRecord) -> None:
        """Close the connection of *record*, if it has one, without talking to the server."""
        connection = record.emptied()
        if connection is not None:
            self._terminate(connection, record.loop)

    def _terminate(self, connection: DriverConnection, loop: Any = None) -> None:
        """Drop *connection*; in *loop*, if it belongs to one that runs in another thread."""
        try:
            if loop is not None and loop is not bridging.loop() and loop.is_running():
                loop.call_soon_threadsafe(connection.terminate)
            else:
                connection.terminate()
        except Exception:
            if loop is not None and loop.is_closed():
                self._logger.debug("dropped a connection whose event loop is closed")
            else:
                self._logger.warning("dropping a connection failed", exc_info=True)

    def checkin_steps(
        self, record: ConnectionRecord, was_reset: bool = False, terminate_only: bool = False
    ) -> Steps[None]:
        """Take *record* back: reset its connection, then keep it, hand it on or close it.

        *was_reset* says that the connection was rolled back a moment ago, *terminate_only* that
        it cannot be talked to.
        """
        if record.epoch != self.epoch:
            self._bury(record)
            return
        with self._lock:
            if record.uses > 1:
                record.uses -= 1
                return
        kept = False
        try:
            if record.connection is not None:
                yield from self._reset_steps(record, was_reset, terminate_only)
            view = record.dbapi_connection if self.dispatch.checkin else None
            for function in self.dispatch.checkin:
                function(view, record)
            if record.generation == self.generation and record.connection is not None:
                kept = self._returned(record)
            if not kept:
                yield from self._close_steps(record)
        except BaseException:
            self._drop(record)
            raise
        finally:
            if not kept:
                self._returned(record)

    def _returned(self, record: ConnectionRecord) -> bool:
        """Note that the loan of *record* has ended; false if it must be emptied and come again."""
        if self._hold_warn is not None:
            self._report(record)
        if self._pre_ping:
            record.idle_since = now()
        record.uses = 0
        record.statement = None
        self._borrowed.discard(record)
        return self._put_back(record)

    def _report(self, record: ConnectionRecord) -> None:
        """Say that *record* is held for long, if it is, and was not said before."""
        if record.uses and not record.reported and self._hold_warn is not None:
            if now() - record.held_since > self._hold_warn:
                record.reported = True
                self._logger.warning(
                    "a connection is held for long, borrowed at %s", record.holder()
                )

    def _report_all(self) -> None:
        """Say of all connections that are held for long who has them: somebody waits for one."""
        for record in list(self._borrowed):
            self._report(record)

    def _reset_steps(
        self, record: ConnectionRecord, was_reset: bool, terminate_only: bool
    ) -> Steps[None]:
        connection = record.connection
        assert connection is not None
        try:
            if self.dispatch.reset:
                state = PoolResetState(was_reset, terminate_only, not terminate_only)
                for function in self.dispatch.reset:
                    function(record.dbapi_connection, record, state)
            if terminate_only or self.is_foreign(record):
                self._drop(record)
            elif not was_reset and self._reset is not ResetStyle.reset_none:
                if connection.in_transaction():
                    rolls_back = self._reset is ResetStyle.reset_rollback
                    yield (connection.rollback if rolls_back else connection.commit,)
        except Exception as error:
            self._logger.warning("a connection could not be reset", exc_info=True)
            self._tell_invalidated(record, error)
            yield from self._close_steps(record, terminate=True)

    def abandon(self, record: ConnectionRecord) -> None:
        """Take back *record*, whose borrower was collected as garbage without closing."""
        if record.epoch != self.epoch:
            self._bury(record)
            return
        self._logger.warning(
            "a connection was never closed; it had been borrowed at %s", record.holder()
        )
        # What awaits cannot be awaited here.
        run_sync(self.checkin_steps(record, terminate_only=self._opener.is_async))

    # Ends.

    def invalidate_steps(
        self, record: ConnectionRecord, error: BaseException | None = None, soft: bool = False
    ) -> Steps[None]:
        """Declare the connection of *record* dead; its place stays with the borrower."""
        if record.connection is None:
            return
        if soft:
            view = record.dbapi_connection
            for function in self.dispatch.soft_invalidate:
                function(view, record, error)
            record.generation = -1
            return
        self._tell_invalidated(record, error)
        yield from self._close_steps(record, terminate=True)

    def _tell_invalidated(self, record: ConnectionRecord, error: BaseException | None) -> None:
        if self.dispatch.invalidate:
            view = record.dbapi_connection
            for function in self.dispatch.invalidate:
                function(view, record, error)

    def detach_steps(self, record: ConnectionRecord) -> Steps[None]:
        """Let the connection of *record* leave the pool; its borrower is to close it."""
        view = record.dbapi_connection if self.dispatch.detach else None
        for function in self.dispatch.detach:
            function(view, record)
        record.emptied()
        self._returned(record)
        yield from nothing

    def close_detached_steps(
        self, connection: DriverConnection, was_reset: bool = False
    ) -> Steps[None]:
        """Close a connection that had left the pool."""
        if self.dispatch.listening:
            view = connection.listener_view()
            state = PoolResetState(was_reset, terminate_only=True, asyncio_safe=True)
            for function in self.dispatch.reset:
                function(view, None, state)
            for function in self.dispatch.close_detached:
                function(view)
        try:
            if not was_reset and self._reset is not ResetStyle.reset_none:
                if connection.in_transaction():
                    yield (connection.rollback,)
            yield (connection.close,)
        except BaseException as error:
            self._terminate(connection)
            if not isinstance(error, Exception):
                raise
            self._logger.warning("closing a detached connection failed", exc_info=True)

    def dispose_steps(self, close: bool = True) -> Steps[None]:
        """Close all idle connections; those in use are closed when they return."""
        self.generation += 1
        self._connected_before = False
        idle = self._idle_records()
        try:
            while idle:
                record = idle.pop()
                if close:
                    yield from self._close_steps(record)
                else:
                    self._bury(record)
        finally:
            for record in idle:
                self._drop(record)

    def dispose(self) -> None:
        """Close all idle connections; those in use are closed when they return."""
        run_sync(self.dispose_steps())

    def recreate(self) -> Self:
        """Return a new pool like this one, without its connections."""
        new = type(self)(self._opener, dialect=self._dialect, **self._settings)
        setattr(new, "dispatch", self.dispatch)  # noqa: B010 - declared on the class
        return new

    def holders(self) -> list[Holder]:
        """Return who has borrowed connections, those who have them longest first."""
        with self._lock:
            borrowed = list(self._borrowed)
        return sorted((record.holder() for record in borrowed), key=lambda each: -each.seconds)

    def _bury(self, record: ConnectionRecord) -> None:
        leak(record.emptied())

    def after_fork(self) -> None:
        """Leave the connections of the parent process alone: this is its child."""
        self._lock = RLock()
        for record in self._idle_records():
            self._bury(record)
        for record in self._borrowed:
            # Whoever has borrowed it may look at it still, so that it stays in its place.
            leak(record.connection)
        self._borrowed = set()
        self.epoch += 1
        self.generation += 1
        self._forget()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status()}>"


root(PoolEvents, Pool)


def _pool_logger(kind: str, logging_name: str | None, echo: bool | str | None) -> Logger:
    name = f"{conventions.pool_logger}.{kind}"
    logger = getLogger(f"{name}.{logging_name}" if logging_name else name)
    if echo:
        logger.setLevel("DEBUG" if echo == "debug" else INFO)
        show_log()
    return logger
