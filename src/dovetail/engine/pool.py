"""What all pools do: open, check, lend, reset, take back and close connections.

A pool is written once, as steps; what differs between threads and tasks is the waiter.  A
*record* is a place in the pool and the permit to have a connection: who holds a record may
open one in it.
"""

from __future__ import annotations

from logging import INFO, Logger, getLogger
from os import register_at_fork
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from weakref import WeakSet

from ..dialects.driver import DbapiConnection
from ..event import Dispatch, listen, root
from ..exc import DisconnectionError, InvalidatePoolError, InvalidRequestError
from ..steps import nothing, run_sync
from .events import PoolEvents
from .holder import Holder, now
from .log import show_log
from .record import ConnectionRecord, PooledConnection, PooledView
from .waiter import waiter_class

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from ..dialects.driver import DriverConnection
    from ..steps import Steps
    from .waiter import Waiter

_pools: WeakSet[Pool] = WeakSet()
_graveyard: list[DriverConnection] = []
"""Connections of a parent process.  They are never used, closed or collected here: any of these
would talk to a server over a socket that the parent is using."""

_ATTEMPTS = 3


class Opener(Protocol):
    """What opens connections for a pool."""

    is_async: bool

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]: ...


class _CreatorOpener:
    """Opens connections with a function that the user gave."""

    is_async = False

    def __init__(self, creator: Callable[..., Any]) -> None:
        self.creator = creator

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        """Call the user's function."""
        raw = yield (self.creator,)
        return DbapiConnection(raw)


class Pool:
    """Base of all pools.

    ``recycle``          seconds after which a connection is replaced, -1 for never
    ``pre_ping``         a connection proves to be alive before it is lent
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
        reset_on_return: bool | str | None = True,
        events: Sequence[tuple[Callable[..., Any], str]] | None = None,
        dialect: Any = None,
        pre_ping: bool = False,
    ) -> None:
        given: Any = creator
        opener: Opener = given if hasattr(given, "open_steps") else _CreatorOpener(given)
        self._opener = opener
        self._settings: dict[str, Any] = {
            "recycle": recycle,
            "echo": echo,
            "logging_name": logging_name,
            "reset_on_return": reset_on_return,
            "dialect": dialect,
            "pre_ping": pre_ping,
        }
        self._recycle = recycle
        self._pre_ping = pre_ping
        self._reset = _reset_verb(reset_on_return)
        self.logging_name = logging_name
        self._logger = _pool_logger(type(self).__name__, logging_name, echo)
        self._lock = RLock()
        self.generation = 0
        self._epoch = 0
        self._connected_before = False
        self._borrowed: set[ConnectionRecord] = set()
        self._new_waiter: Callable[[], Waiter] = waiter_class(opener.is_async)
        for function, name in events or ():
            listen(self, name, function)
        _pools.add(self)

    # What each kind of pool decides.

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        """Return a record for the caller alone, waiting for one where that is needed."""
        raise NotImplementedError

    def _put_back(self, record: ConnectionRecord) -> None:
        """Take *record* back, without any request; it may have a connection or none."""
        raise NotImplementedError

    def _keeps(self, record: ConnectionRecord) -> bool:
        """Tell whether the connection of *record* is to stay open when it returns."""
        raise NotImplementedError

    def _idle_records(self) -> list[ConnectionRecord]:
        """Remove all records that nobody uses, and return them."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Forget all records: this is a new process."""

    def status(self) -> str:
        """Return the state of the pool in words."""
        raise NotImplementedError

    def take(self) -> ConnectionRecord | None:
        """Return a record that can be lent without any request, or None."""
        return None

    def give(self, record: ConnectionRecord) -> bool:
        """Take *record* back if that needs no request; tell whether it was taken."""
        if record.uses > 1 and record.epoch == self._epoch:
            record.uses -= 1
            return True
        connection = record.connection
        if (
            connection is None
            or self.dispatch.listening
            or record.epoch != self._epoch
            or record.generation != self.generation
            or connection.in_transaction()
            or not self._keeps(record)
        ):
            return False
        self._returned(record)
        return True

    # Lending and taking back.

    def connect(self) -> PooledConnection:
        """Return a borrowed driver connection; close it to return it."""
        return PooledConnection(self.take() or run_sync(self.checkout_steps()))

    def checkout_steps(self) -> Steps[ConnectionRecord]:
        """Lend a record whose connection is open and, as far as can be known, alive."""
        record = yield from self._acquire_steps()
        try:
            if record.uses == 0:
                yield from self._freshen_steps(record)
        except BaseException:
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
            elif self._pre_ping and not (yield from self._alive_steps(record)):
                yield from self._close_steps(record, terminate=True)
                yield from self._open_steps(record)
            try:
                for function in self.dispatch.checkout:
                    function(record.dbapi_connection, record, PooledView(record))
            except DisconnectionError as error:
                self._logger.info("a listener declared %r dead: %s", record, error.message)
                if error.invalidate_pool or isinstance(error, InvalidatePoolError):
                    self.generation += 1
                yield from self._close_steps(record, terminate=True)
                if attempt + 1 == _ATTEMPTS:
                    raise InvalidRequestError(
                        f"no live connection after {_ATTEMPTS} attempts: {error.message}"
                    ) from error
            except BaseException:
                yield from self._close_steps(record)
                raise
            else:
                return

    def _stale(self, record: ConnectionRecord) -> bool:
        return record.generation != self.generation or (
            self._recycle >= 0 and now() - record.opened > self._recycle
        )

    def _alive_steps(self, record: ConnectionRecord) -> Steps[bool]:
        connection = record.connection
        assert connection is not None
        try:
            yield (connection.ping,)
        except Exception as error:
            self._logger.info("connection %r is dead, so all older ones are: %s", record, error)
            self.generation += 1
            self._tell_invalidated(record, error)
            return False
        return True

    def _open_steps(self, record: ConnectionRecord) -> Steps[None]:
        generation = self.generation
        record.connection = yield from self._opener.open_steps(record)
        record.generation = generation
        record.opened = now()
        self._logger.debug("opened %r", record)
        try:
            view = record.dbapi_connection
            with self._lock:
                first, self._connected_before = not self._connected_before, True
            for function in self.dispatch.first_connect if first else ():
                function(view, record)
            for function in self.dispatch.connect:
                function(view, record)
        except BaseException:
            yield from self._close_steps(record)
            raise

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
            if terminate:
                connection.terminate()
            else:
                yield (connection.close,)
        except Exception:
            self._logger.warning("closing a connection failed", exc_info=True)

    def checkin_steps(self, record: ConnectionRecord) -> Steps[None]:
        """Take *record* back: reset its connection, then keep it, hand it on or close it."""
        if record.epoch != self._epoch:
            self._bury(record)
            return
        if record.uses > 1:
            record.uses -= 1
            return
        try:
            if record.connection is not None:
                yield from self._reset_steps(record)
            view = record.dbapi_connection if self.dispatch.checkin else None
            for function in self.dispatch.checkin:
                function(view, record)
            if record.generation != self.generation or not self._keeps(record):
                yield from self._close_steps(record)
        except BaseException:
            if record.connection is not None:
                yield from self._close_steps(record, terminate=True)
            raise
        finally:
            self._returned(record)

    def _returned(self, record: ConnectionRecord) -> None:
        record.uses = 0
        record.statement = None
        self._borrowed.discard(record)
        self._put_back(record)

    def _reset_steps(self, record: ConnectionRecord) -> Steps[None]:
        connection = record.connection
        assert connection is not None
        try:
            for function in self.dispatch.reset:
                function(record.dbapi_connection, record, self._reset)
            if self._reset is not None and connection.in_transaction():
                yield (connection.rollback if self._reset == "rollback" else connection.commit,)
        except Exception as error:
            self._logger.warning("a connection could not be reset", exc_info=True)
            self._tell_invalidated(record, error)
            yield from self._close_steps(record, terminate=True)

    def abandon(self, record: ConnectionRecord) -> None:
        """Take back *record*, whose borrower was collected as garbage without closing."""
        if record.epoch != self._epoch:
            self._bury(record)
            return
        self._logger.warning(
            "a connection was never closed; it had been borrowed at %s", record.holder()
        )
        if self._opener.is_async:
            connection = record.emptied()
            if connection is not None:
                connection.terminate()
            self._returned(record)
        else:
            run_sync(self.checkin_steps(record))

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

    def close_detached_steps(self, connection: DriverConnection) -> Steps[None]:
        """Close a connection that had left the pool."""
        for function in self.dispatch.close_detached:
            function(connection.listener_view())
        try:
            if connection.in_transaction():
                yield (connection.rollback,)
            yield (connection.close,)
        except Exception:
            self._logger.warning("closing a detached connection failed", exc_info=True)

    def dispose_steps(self, close: bool = True) -> Steps[None]:
        """Close all idle connections; those in use are closed when they return."""
        self.generation += 1
        for record in self._idle_records():
            if close:
                yield from self._close_steps(record)
            else:
                self._bury(record)

    def dispose(self) -> None:
        """Close all idle connections; those in use are closed when they return."""
        run_sync(self.dispose_steps())

    def recreate(self) -> Self:
        """Return a new pool like this one, without its connections."""
        new = type(self)(self._opener, **self._settings)
        setattr(new, "dispatch", self.dispatch)  # noqa: B010 - declared on the class
        return new

    def holders(self) -> list[Holder]:
        """Return who has borrowed connections, those who have them longest first."""
        with self._lock:
            borrowed = list(self._borrowed)
        return sorted((record.holder() for record in borrowed), key=lambda each: -each.seconds)

    def _bury(self, record: ConnectionRecord) -> None:
        connection = record.emptied()
        if connection is not None:
            _graveyard.append(connection)

    def _after_fork(self) -> None:
        self._lock = RLock()
        for record in self._idle_records():
            self._bury(record)
        self._borrowed = set()
        self._epoch += 1
        self.generation += 1
        self._forget()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status()}>"


root(PoolEvents, Pool)


def _reset_verb(value: bool | str | None) -> str | None:
    if value is True or value == "rollback":
        return "rollback"
    if value == "commit":
        return "commit"
    if value in (None, False, "none"):
        return None
    raise InvalidRequestError(
        f"reset_on_return cannot be {value!r}", hint="use 'rollback', 'commit' or None"
    )


def _pool_logger(kind: str, logging_name: str | None, echo: bool | str | None) -> Logger:
    name = f"dovetail.pool.{kind}"
    logger = getLogger(f"{name}.{logging_name}" if logging_name else name)
    if echo:
        logger.setLevel("DEBUG" if echo == "debug" else INFO)
        show_log()
    return logger


def _forget_parent() -> None:
    """Leave the connections of the parent process alone, in the child."""
    for pool in list(_pools):
        pool._after_fork()


register_at_fork(after_in_child=_forget_parent)
