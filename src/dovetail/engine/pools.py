"""The kinds of pool: a queue, one connection a thread, one for all, none kept."""

from __future__ import annotations

from collections import deque
from threading import get_ident, local
from typing import TYPE_CHECKING, Any

from ..exc import TimeoutError as WaitedTooLong
from ..steps import nothing
from .holder import listed
from .pool import Pool
from .record import ConnectionRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..steps import Steps
    from .pool import Opener
    from .waiter import Waiter


class QueuePool(Pool):
    """Keeps up to *pool_size* connections, and lends up to *max_overflow* more.

    Who comes when all are lent waits for *timeout* seconds; then TimeoutError says who holds
    them.  A *max_overflow* of -1 or a *pool_size* of 0 means no bound.
    """

    def __init__(
        self,
        creator: Opener | Callable[..., Any],
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float | None = 30.0,
        use_lifo: bool = False,
        **options: Any,
    ) -> None:
        self._size = pool_size
        self._max_overflow = max_overflow
        self._limit = None if max_overflow < 0 or pool_size == 0 else pool_size + max_overflow
        self._timeout = timeout
        self._use_lifo = use_lifo
        self._idle: deque[ConnectionRecord] = deque()
        self._open = 0
        self._waiters: deque[Waiter] = deque()
        super().__init__(creator, **options)
        self._settings.update(
            pool_size=pool_size, max_overflow=max_overflow, timeout=timeout, use_lifo=use_lifo
        )
        self._next_idle = self._idle.pop if use_lifo else self._idle.popleft

    def take(self) -> ConnectionRecord | None:
        """Return an idle record, if nothing has to be asked or told before."""
        if self._pre_ping or self.dispatch.checkout:
            return None
        try:
            record = self._next_idle()
        except IndexError:
            return None
        if record.connection is None or self._stale(record):
            self._put_back(record)
            return None
        self._lend(record)
        return record

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        waiter = None
        with self._lock:
            if self._idle:
                return self._next_idle()
            if self._limit is None or self._open < self._limit:
                self._open += 1
                return ConnectionRecord(self, self._epoch)
        waiter = self._new_waiter()
        with self._lock:
            # Once more under the lock: a connection may have returned in between.
            if self._idle:
                return self._next_idle()
            if self._open < (self._limit or 0):
                self._open += 1
                return ConnectionRecord(self, self._epoch)
            self._waiters.append(waiter)
        try:
            yield (waiter.wait, self._timeout)
        except BaseException:
            given = self._stop_waiting(waiter)
            if given is not None:
                self._put_back(given)
            raise
        given = self._stop_waiting(waiter)
        if given is None:
            raise self._timed_out()
        return given

    def _stop_waiting(self, waiter: Waiter) -> ConnectionRecord | None:
        with self._lock:
            if waiter.given is None:
                self._waiters.remove(waiter)
            given: ConnectionRecord | None = waiter.given
            return given

    def _timed_out(self) -> WaitedTooLong:
        holders = self.holders()
        return WaitedTooLong(
            f"QueuePool limit of size {self._size} overflow {self._max_overflow} reached, no "
            f"connection came free in {self._timeout or 0:.2f} s; the connections are held by:"
            f"{listed(holders)}",
            hint="close connections and sessions when done (with ...), or raise pool_size",
            holders=holders,
        )

    def _put_back(self, record: ConnectionRecord) -> None:
        with self._lock:
            if self._waiters:
                self._waiters.popleft().give(record)
            elif record.connection is None:
                self._open -= 1
            else:
                self._idle.append(record)

    def _keeps(self, record: ConnectionRecord) -> bool:
        return bool(self._waiters) or self._size == 0 or len(self._idle) < self._size

    def _idle_records(self) -> list[ConnectionRecord]:
        with self._lock:
            records = list(self._idle)
            self._idle.clear()
            self._open -= len(records)
        return records

    def _forget(self) -> None:
        self._open = 0
        self._waiters.clear()

    def size(self) -> int:
        """Return how many connections are kept."""
        return self._size

    def timeout(self) -> float | None:
        """Return for how many seconds a borrower waits."""
        return self._timeout

    def checkedin(self) -> int:
        """Return how many connections are idle."""
        return len(self._idle)

    def checkedout(self) -> int:
        """Return how many connections are lent."""
        return self._open - len(self._idle)

    def overflow(self) -> int:
        """Return by how many the open connections exceed the size; below zero while fewer."""
        return self._open - self._size

    def status(self) -> str:
        """Return the state of the pool in words."""
        return (
            f"Pool size: {self._size}  Connections in pool: {self.checkedin()} "
            f"Current Overflow: {self.overflow()} "
            f"Current Checked out connections: {self.checkedout()}"
        )


class AsyncAdaptedQueuePool(QueuePool):
    """The same pool: waiting suits the driver by itself."""


class NullPool(Pool):
    """Keeps nothing: opens a connection for each borrower and closes it afterwards."""

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        yield from nothing
        return ConnectionRecord(self, self._epoch)

    def _put_back(self, record: ConnectionRecord) -> None:
        return

    def _keeps(self, record: ConnectionRecord) -> bool:
        return False

    def _idle_records(self) -> list[ConnectionRecord]:
        return []

    def status(self) -> str:
        """Return the name of the pool."""
        return "NullPool"


class StaticPool(Pool):
    """Has one connection, and lends it to everybody at once."""

    def __init__(self, creator: Opener | Callable[..., Any], **options: Any) -> None:
        self._single: ConnectionRecord | None = None
        self._opening = False
        self._waiters: list[Waiter] = []
        super().__init__(creator, **options)

    def take(self) -> ConnectionRecord | None:
        """Return the one record, if it is open."""
        record = self._single
        if record is None or record.connection is None or self.dispatch.checkout:
            return None
        if self._pre_ping or self._opening or self._stale(record):
            return None
        self._lend(record)
        return record

    def give(self, record: ConnectionRecord) -> bool:
        """Take *record* back, if others use it still or its connection needs no reset."""
        with self._lock:
            return super().give(record)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        while True:
            waiter = self._new_waiter()
            with self._lock:
                if not self._opening:
                    # The first of those who come at once opens; the others wait for it.
                    self._opening = True
                    if self._single is None:
                        self._single = ConnectionRecord(self, self._epoch)
                    return self._single
                self._waiters.append(waiter)
            yield (waiter.wait, None)

    def _lend(self, record: ConnectionRecord) -> None:
        with self._lock:
            super()._lend(record)
            self._let_others()

    def _put_back(self, record: ConnectionRecord) -> None:
        with self._lock:
            self._let_others()

    def _let_others(self) -> None:
        self._opening = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.give(self)

    def _keeps(self, record: ConnectionRecord) -> bool:
        return True

    def _idle_records(self) -> list[ConnectionRecord]:
        with self._lock:
            records = [self._single] if self._single is not None else []
            self._single = None
        return records

    def _forget(self) -> None:
        self._opening = False
        self._waiters = []

    def status(self) -> str:
        """Return the name of the pool."""
        return "StaticPool"


class SingletonThreadPool(Pool):
    """Has one connection for each thread; all borrowers of one thread share it.

    Beyond *pool_size* threads, connections of other threads that nobody uses are closed.
    """

    def __init__(
        self, creator: Opener | Callable[..., Any], pool_size: int = 5, **options: Any
    ) -> None:
        self._size = pool_size
        self._local = local()
        self._records: dict[int, ConnectionRecord] = {}
        super().__init__(creator, **options)
        self._settings.update(pool_size=pool_size)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        record: ConnectionRecord | None = getattr(self._local, "record", None)
        if record is None or record.epoch != self._epoch:
            with self._lock:
                surplus = self._surplus()
            for old in surplus:
                yield from self._close_steps(old)
            record = ConnectionRecord(self, self._epoch)
            self._local.record = record
            with self._lock:
                self._records[get_ident()] = record
        return record

    def _surplus(self) -> list[ConnectionRecord]:
        """Remove unused records until there is room for one more, oldest first; return them."""
        unused = [ident for ident, record in self._records.items() if not record.uses]
        most = max(0, len(self._records) - self._size + 1)
        return [self._records.pop(ident) for ident in unused[:most]]

    def take(self) -> ConnectionRecord | None:
        """Return the record of this thread, if it is open."""
        record: ConnectionRecord | None = getattr(self._local, "record", None)
        if record is None or record.connection is None or self.dispatch.checkout:
            return None
        if self._pre_ping or record.epoch != self._epoch or self._stale(record):
            return None
        self._lend(record)
        return record

    def _put_back(self, record: ConnectionRecord) -> None:
        return

    def _keeps(self, record: ConnectionRecord) -> bool:
        return True

    def _idle_records(self) -> list[ConnectionRecord]:
        with self._lock:
            records = list(self._records.values())
            self._records.clear()
        self._local = local()
        return records

    def status(self) -> str:
        """Return the state of the pool in words."""
        return f"SingletonThreadPool id:{id(self)} size: {len(self._records)}"


class AssertionPool(Pool):
    """Lends one connection at a time, and fails an assertion when a second one is asked for."""

    def __init__(self, creator: Opener | Callable[..., Any], **options: Any) -> None:
        self._single: ConnectionRecord | None = None
        super().__init__(creator, **options)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        yield from nothing
        with self._lock:
            if self._borrowed:
                holders = listed(self.holders())
                raise AssertionError(f"connection is already checked out at:{holders}")
            if self._single is None:
                self._single = ConnectionRecord(self, self._epoch)
            return self._single

    def _put_back(self, record: ConnectionRecord) -> None:
        return

    def _keeps(self, record: ConnectionRecord) -> bool:
        return True

    def _idle_records(self) -> list[ConnectionRecord]:
        with self._lock:
            records = [self._single] if self._single is not None else []
            self._single = None
        return records

    def status(self) -> str:
        """Return the name of the pool."""
        return "AssertionPool"
