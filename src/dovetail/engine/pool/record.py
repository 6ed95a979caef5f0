"""One place in a pool, and the proxy that a borrower of a raw connection gets."""

from __future__ import annotations

from math import inf
from sys import is_finalizing
from threading import enumerate as enumerate_threads, get_ident
from typing import TYPE_CHECKING, Any, Protocol
from warnings import warn

from ...exc import DovetailWarning, ResourceClosedError
from ...steps import nothing, run_sync
from .fork import leak
from .holder import Holder, caller, now

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ...dialects.driver import DriverConnection
    from ...steps import Steps


UNKNOWN = "unknown"
"""The isolation level of a connection for which one was set, perhaps."""


class Lender(Protocol):
    """What a record needs of its pool."""

    generation: int
    epoch: int
    _dialect: Any

    def checkin_steps(self, record: ConnectionRecord) -> Steps[None]: ...
    def close_record_steps(self, record: ConnectionRecord) -> Steps[None]: ...
    def invalidate_steps(
        self, record: ConnectionRecord, error: BaseException | None, soft: bool
    ) -> Steps[None]: ...
    def detach_steps(self, record: ConnectionRecord) -> Steps[None]: ...
    def close_detached_steps(
        self, connection: DriverConnection, was_reset: bool = False
    ) -> Steps[None]: ...


class ManagesConnection:
    """What has a driver connection: a place in a pool, or the proxy of a borrower."""

    __slots__ = ()

    @property
    def dbapi_connection(self) -> Any:
        """The connection as listeners get it, or None."""
        raise NotImplementedError

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection object, or None."""
        raise NotImplementedError

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user that lasts as long as the connection."""
        raise NotImplementedError

    @property
    def record_info(self) -> dict[Any, Any] | None:
        """A dictionary for the user that lasts as long as the place in the pool."""
        raise NotImplementedError

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Declare the connection dead; with *soft*, replace it at its next use only."""
        raise NotImplementedError


class ConnectionRecord(ManagesConnection):
    """A place in a pool: it holds a connection, or is free to open one.

    ``info`` is a dictionary for the user that lasts as long as the connection, ``record_info``
    one that lasts as long as the place.
    """

    __slots__ = (
        "__weakref__",
        "_info",
        "_record_info",
        "begun",
        "begun_by_listener",
        "connection",
        "epoch",
        "expires",
        "generation",
        "held_at",
        "held_since",
        "idle_since",
        "isolation",
        "loop",
        "opened",
        "pool",
        "reported",
        "statement",
        "thread",
        "uses",
    )

    def __init__(self, pool: Lender, epoch: int = 0) -> None:
        self.pool = pool
        self.epoch = epoch
        self.connection: DriverConnection | None = None
        self.generation = -1
        self.expires = inf
        """When the connection is too old to be lent."""
        self.opened = 0.0
        """When the connection was opened."""
        self.idle_since = 0.0
        self.loop: Any = None
        """The event loop that the connection belongs to, where it belongs to one."""
        self.isolation: str | None = None
        """The isolation level that was set on the connection, None for its own."""
        self.uses = 0
        self.begun = 0
        """How many of those who share the connection are in a transaction."""
        self.begun_by_listener = False
        """Whether a listener has sent BEGIN on it: the next is the listener's, too."""
        self.held_at: tuple[str, int, str] = ("", 0, "")
        self.held_since = 0.0
        self.reported = False
        """Whether it was said that the connection is held for long."""
        self.thread = 0
        self.statement: str | None = None
        self._info: dict[Any, Any] | None = None
        self._record_info: dict[Any, Any] | None = None

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user that lasts as long as the connection."""
        if self._info is None:
            self._info = {}
        return self._info

    @property
    def record_info(self) -> dict[Any, Any]:
        """A dictionary for the user that lasts as long as this place in the pool."""
        if self._record_info is None:
            self._record_info = {}
        return self._record_info

    @property
    def in_use(self) -> bool:
        """Whether the connection is borrowed at present."""
        return self.uses > 0

    @property
    def dbapi_connection(self) -> Any:
        """The connection as listeners get it, or None."""
        return None if self.connection is None else self.connection.listener_view()

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection object, or None."""
        return None if self.connection is None else self.connection.raw

    def hold(self) -> None:
        """Note who borrows the connection."""
        if not self.uses:
            self.begun = 0
        self.uses += 1
        # This function, _lend(), what takes, and what connects.
        self.held_at = caller(4)
        self.held_since = now()
        self.thread = get_ident()
        self.reported = False
        self.statement = None

    def holder(self) -> Holder:
        """Return who holds the connection."""
        filename, line, function = self.held_at
        seconds = now() - self.held_since
        names = {thread.ident: thread.name for thread in enumerate_threads()}
        thread = names.get(self.thread, f"{self.thread}, which has ended")
        return Holder(filename, line, function, seconds, self.statement, thread)

    def emptied(self) -> DriverConnection | None:
        """Take the connection out and return it; the place is free to open another."""
        connection, self.connection = self.connection, None
        self._info = None
        self.isolation = None
        self.generation = -1
        self.begun = 0
        return connection

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Declare the connection dead; with *soft*, replace it at its next use only."""
        run_sync(self.pool.invalidate_steps(self, e, soft))

    def close(self) -> None:
        """Close the connection; the place is free to open another."""
        run_sync(self.pool.close_record_steps(self))


class PooledConnection(ManagesConnection):
    """A borrowed driver connection: has the driver's methods, and returns when closed.

    Made by :meth:`Engine.raw_connection`.  What is not defined here is looked up on the
    driver's own connection.
    """

    def __init__(self, record: ConnectionRecord) -> None:
        self._connection_record: ConnectionRecord | None = record
        self._detached: DriverConnection | None = None
        self._detached_info: dict[Any, Any] = {}
        self._pool = record.pool
        self._epoch = record.epoch

    @property
    def driver(self) -> DriverConnection:
        """The connection under dovetail's contract; ResourceClosedError if it is closed."""
        record = self._connection_record
        found = self._detached if record is None else record.connection
        if self._epoch != self._pool.epoch:
            raise ResourceClosedError(
                "this connection belongs to the parent of this process",
                hint="take another one: engine.raw_connection()",
            )
        if found is None:
            raise ResourceClosedError("this connection is closed")
        return found

    @property
    def dbapi_connection(self) -> Any:
        """The connection with blocking methods, None once it is closed."""
        return None if not self.is_valid else self.driver.listener_view()

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection object, None once it is closed."""
        return None if not self.is_valid else self.driver.raw

    @property
    def is_valid(self) -> bool:
        """Whether there is a connection."""
        record = self._connection_record
        return (self._detached if record is None else record.connection) is not None

    @property
    def is_detached(self) -> bool:
        """Whether the connection has left its pool."""
        return self._detached is not None

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user that lasts as long as the connection."""
        record = self._connection_record
        return self._detached_info if record is None else record.info

    @property
    def record_info(self) -> dict[Any, Any] | None:
        """A dictionary for the user that lasts as long as the place in the pool."""
        record = self._connection_record
        return None if record is None else record.record_info

    def cursor(self, *arguments: object, **options: object) -> Any:
        """Return a cursor of the driver."""
        return self.driver.listener_view().cursor(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver.listener_view(), name)

    def close_steps(self) -> Steps[None]:
        """Return the connection to its pool, or close it if it has left."""
        record, self._connection_record = self._connection_record, None
        if record is not None:
            yield from self._pool.checkin_steps(record)
        elif self._detached is not None:
            connection, self._detached = self._detached, None
            if self._epoch == self._pool.epoch:
                yield from self._pool.close_detached_steps(connection)
            else:
                leak(connection)

    def close(self) -> None:
        """Return the connection to its pool, or close it if it has left."""
        run_sync(self.close_steps())

    def invalidate_steps(
        self, error: BaseException | None = None, soft: bool = False
    ) -> Steps[None]:
        """Declare the connection dead: see :meth:`invalidate`."""
        record = self._connection_record
        if record is not None and record.connection is not None:
            yield from self._pool.invalidate_steps(record, error, soft)
            if not soft:
                yield from self.close_steps()
        elif self._detached is not None:
            connection, self._detached = self._detached, None
            connection.terminate()
        else:
            warn(
                "a connection that is closed already cannot be invalidated",
                DovetailWarning,
                stacklevel=2,
            )

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Declare the connection dead and return its place to the pool.

        With *soft* it goes on until it returns, and is replaced before it is lent again.
        """
        run_sync(self.invalidate_steps(e, soft))

    def detach_steps(self) -> Steps[None]:
        """Take the connection out of its pool, which may open another in its place."""
        record = self._connection_record
        if record is None:
            return
        self._detached, self._detached_info = self.driver, record.info
        self._connection_record = None
        yield from self._pool.detach_steps(record)

    def detach(self) -> None:
        """Take the connection out of its pool, which may open another in its place."""
        run_sync(self.detach_steps())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self.__dict__.get("_connection_record") is not None and not is_finalizing():
            abandon = getattr(self._pool, "abandon", None)
            if abandon is not None:
                abandon(self._connection_record)


class Borrower(Protocol):
    """Who has borrowed the connection that a :class:`PooledView` shows."""

    def invalidate_steps(self, exception: BaseException | None = None) -> Steps[None]: ...
    def detach_steps(self) -> Steps[None]: ...


class PooledView(PooledConnection):
    """A proxy for those who must not end the loan: it returns nothing when it goes."""

    def __init__(self, record: ConnectionRecord, borrower: Borrower | None = None) -> None:
        super().__init__(record)
        self._borrower = borrower

    def close_steps(self) -> Steps[None]:
        """Do nothing: the borrower closes."""
        yield from nothing

    def invalidate_steps(
        self, error: BaseException | None = None, soft: bool = False
    ) -> Steps[None]:
        """Declare the connection dead; its borrower gets another one."""
        if self._borrower is None or soft:
            yield from super().invalidate_steps(error, soft)
        else:
            yield from self._borrower.invalidate_steps(error)

    def detach_steps(self) -> Steps[None]:
        """Take the connection out of its pool; it stays with its borrower."""
        if self._borrower is not None:
            yield from self._borrower.detach_steps()

    def __del__(self) -> None:
        return
