"""The kinds of pool: a queue, one connection a thread, one for all, none kept."""

from __future__ import annotations

from collections import deque
from threading import get_ident, local
from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError, TimeoutError as WaitedTooLong
from ...steps import nothing
from .holder import listed, now
from .options import optional_number, overflow, switch, whole
from .pool import Pool
from .record import ConnectionRecord
from .waits import PoolMetrics, WaitTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...steps import Steps
    from .opener import Opener
    from .waiter import Waiter


class QueuePool(Pool):
    """Keeps up to *pool_size* connections, and lends up to *max_overflow* more.

    Who comes when all are lent waits for *timeout* seconds; then TimeoutError says who holds
    them.  A *max_overflow* of -1 or a *pool_size* of 0 means no bound.

    With a *queue_target* the queue is kept short: while each wait takes more than so many seconds,
    for a second on end, who comes next waits for twice as long and no longer.

    Whenever a connection has to be opened, more are opened with it until *min_size* are there:
    so that many are warm after the first borrower has come, or the first after a disconnect.
    """

    def __init__(
        self,
        creator: Opener | Callable[..., Any],
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float | None = 30.0,
        use_lifo: bool = False,
        min_size: int = 0,
        queue_target: float | None = None,
        **options: Any,
    ) -> None:
        self._size = whole("pool_size", pool_size)
        self._max_overflow = overflow("max_overflow", max_overflow)
        self._limit = None if max_overflow < 0 or pool_size == 0 else pool_size + max_overflow
        self._timeout = optional_number("timeout", timeout)
        self._use_lifo = switch("use_lifo", use_lifo)
        self._min_size = whole("min_size", min_size)
        if pool_size and min_size > pool_size:
            raise ArgumentError(f"min_size={min_size} is more than pool_size={pool_size}")
        self._idle: deque[ConnectionRecord] = deque()
        self._open = 0
        self._waiters: deque[Waiter] = deque()
        self._waits = WaitTimes(optional_number("queue_target", queue_target))
        super().__init__(creator, **options)
        self._settings.update(
            pool_size=pool_size,
            max_overflow=max_overflow,
            timeout=timeout,
            use_lifo=use_lifo,
            min_size=min_size,
            queue_target=queue_target,
        )
        # Taken without the lock: a deque gives each of its items to one who asks.
        self._next_idle = self._idle.pop if use_lifo else self._idle.popleft
        self._undo_next = self._idle.append if use_lifo else self._idle.appendleft

    def take(self) -> ConnectionRecord | None:
        """Return an idle record, if nothing has to be asked or told before."""
        if not self._idle:
            return None
        try:
            record = self._next_idle()
        except IndexError:
            return None  # another thread was quicker
        if not self._is_ready(record):
            with self._lock:
                if not self._hand_on(record):
                    self._undo_next(record)
            return None
        self._lend(record)
        return record

    def checkout_steps(self) -> Steps[ConnectionRecord]:
        """Lend a record; open as many connections as are to be warm."""
        record = yield from super().checkout_steps()
        if self._open < self._min_size:
            try:
                yield from self._warm_steps()
            except BaseException:
                self._drop(record)
                self._returned(record)
                raise
        return record

    def _warm_steps(self) -> Steps[None]:
        """Open connections until *min_size* are there; who asked for one gets it in any case."""
        while True:
            with self._lock:
                if self._open >= self._min_size:
                    return
                self._open += 1
                record = ConnectionRecord(self, self.epoch)
            try:
                yield from self._open_steps(record)
            except BaseException as error:
                self._put_back(record)
                if not isinstance(error, Exception):
                    raise
                self._logger.warning("a connection to be kept warm failed to open: %s", error)
                return
            if not self._put_back(record):
                yield from self._close_steps(record)
                self._put_back(record)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        waiter = self._new_waiter()
        with self._lock:
            record = self._free()
            if record is not None:
                return record
            self._waiters.append(waiter)
            patience = self._timeout
            self._waits.began[waiter] = at = now()
            if self._waits.target is not None:
                patience = self._waits.patience(at, patience)
        try:
            if self._hold_warn is not None:
                self._report_all()
            yield (waiter.wait, patience)
        except BaseException:
            given = self._stop_waiting(waiter)
            if given is not None:
                self._restore(given)
            raise
        given = self._stop_waiting(waiter)
        if given is None:
            raise self._timed_out(patience)
        return given

    def _free(self) -> ConnectionRecord | None:
        """Return a record that is idle, or one that may be opened; the caller has the lock."""
        if self._idle:
            try:
                return self._next_idle()
            except IndexError:
                pass  # take() does not ask for the lock
        if self._limit is None or self._open < self._limit:
            self._open += 1
            return ConnectionRecord(self, self.epoch)
        return None

    def _stop_waiting(self, waiter: Waiter) -> ConnectionRecord | None:
        with self._lock:
            given: ConnectionRecord | None = waiter.given
            if given is None and waiter in self._waiters:
                self._waiters.remove(waiter)
            # Counted here, for a call of a function would take as long as the rest.
            waits, at = self._waits, now()
            seconds = at - waits.began.pop(waiter, at)
            waits.waits += 1
            waits.waited += seconds
            waits.refused += given is None
            if seconds > waits.longest:
                waits.longest = seconds
            if waits.target is not None:
                waits.judge(at, seconds, given is not None)
            return given

    def _timed_out(self, patience: float | None) -> WaitedTooLong:
        holders = self.holders()
        hint = "close connections and sessions when done (with ...), or raise pool_size"
        if patience != self._timeout:
            hint = (
                "more is asked for than the connections can do, so that nobody waits for "
                "pool_timeout any more: let callers come again later, or raise pool_size"
            )
        return WaitedTooLong(
            f"QueuePool limit of size {self._size} overflow {self._max_overflow} reached, no "
            f"connection came free in {patience or 0:.2f} s; the connections are held by:"
            f"{listed(holders)}",
            hint=hint,
            holders=holders,
        )

    def metrics(self) -> PoolMetrics:
        """Return how many connections are in use, who waits, and how long that takes."""
        with self._lock:
            waits, waiting = self._waits, len(self._waiters)
            held = [record.held_since for record in self._borrowed]
            places = (*self._borrowed, *self._idle)
            opened = [place.opened for place in places if place.connection is not None]
            at = now()
            return PoolMetrics(
                in_use=len(held),
                idle=len(self._idle),
                waiting=waiting,
                limit=self._limit,
                oldest=at - min(opened, default=at),
                longest_use=at - min(held, default=at),
                oldest_wait=waits.oldest(at),
                waits=waits.waits,
                waited=waits.waited,
                longest_wait=waits.longest,
                refused=waits.refused,
            )

    def _hand_on(self, record: ConnectionRecord) -> bool:
        """Give *record* to who has waited longest; false if nobody waits.  Needs the lock."""
        while self._waiters:
            if self._waiters.popleft().give(record):
                return True
        return False

    def _put_back(self, record: ConnectionRecord) -> bool:
        with self._lock:
            if self._waiters and self._hand_on(record):
                return True
            if record.connection is None:
                self._open -= 1
            elif self._size == 0 or len(self._idle) < self._size:
                self._idle.append(record)
            else:
                return False
        return True

    def _restore(self, record: ConnectionRecord) -> None:
        """Take back *record*, which its borrower has not used."""
        with self._lock:
            if self._hand_on(record):
                return
            if record.connection is None:
                self._open -= 1
            else:
                # Perhaps one more than are kept, until it is lent again.
                self._idle.append(record)

    def _idle_records(self) -> list[ConnectionRecord]:
        records: list[ConnectionRecord] = []
        with self._lock:
            # One after the other: take() does not ask for the lock.
            while self._idle:
                try:
                    records.append(self._idle.popleft())
                except IndexError:
                    break
            self._open -= len(records)
        return records

    def _forget(self) -> None:
        self._open = 0
        self._waiters.clear()
        self._waits.began.clear()

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
        return self._open - self._size if self._size else 0

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
        return ConnectionRecord(self, self.epoch)

    def _put_back(self, record: ConnectionRecord) -> bool:
        return record.connection is None

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
        if record is None or self._opening or not self._is_ready(record):
            return None
        self._lend(record)
        return record

    def give(self, record: ConnectionRecord) -> bool:
        """Take *record* back, if others use it still or its connection needs no reset."""
        with self._lock:
            return super().give(record)

    def _returned(self, record: ConnectionRecord) -> bool:
        with self._lock:
            if record.uses > 1:
                # Somebody has borrowed it while it was reset.
                record.uses -= 1
                return True
            return super()._returned(record)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        while True:
            waiter = self._new_waiter()
            with self._lock:
                if not self._opening:
                    # The first of those who come at once opens; the others wait for it.
                    self._opening = True
                    if self._single is None:
                        self._single = ConnectionRecord(self, self.epoch)
                    return self._single
                self._waiters.append(waiter)
            yield (waiter.wait, None)

    def _lend(self, record: ConnectionRecord) -> None:
        with self._lock:
            super()._lend(record)
            self._let_others()

    def _put_back(self, record: ConnectionRecord) -> bool:
        with self._lock:
            self._let_others()
        return True

    def _let_others(self) -> None:
        self._opening = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.give(self)

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

    Beyond *pool_size* threads, which is ``size`` of the pool, connections of other threads that
    nobody uses are closed.
    """

    def __init__(
        self, creator: Opener | Callable[..., Any], pool_size: int = 5, **options: Any
    ) -> None:
        self.size = whole("pool_size", pool_size)
        self._local = local()
        self._records: dict[int, ConnectionRecord] = {}
        super().__init__(creator, **options)
        self._settings.update(pool_size=pool_size)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        ident = get_ident()
        record: ConnectionRecord | None = getattr(self._local, "record", None)
        # dispose() closes what stands in _records; a surplus record stands there no more.
        if record is None or self._records.get(ident) is not record:
            with self._lock:
                surplus = self._surplus()
                # A new thread may get the number of one that has ended: whose record is left.
                left = self._records.get(ident)
                record = self._records[ident] = ConnectionRecord(self, self.epoch)
            self._local.record = record
            if left is not None:
                if left.uses:
                    left.generation = -1  # closed when it returns
                else:
                    surplus.append(left)
            for old in surplus:
                yield from self._close_steps(old)
        return record

    def _surplus(self) -> list[ConnectionRecord]:
        """Remove unused records until there is room for one more, oldest first; return them."""
        unused = [ident for ident, record in self._records.items() if not record.uses]
        most = max(0, len(self._records) - self.size + 1)
        return [self._records.pop(ident) for ident in unused[:most]]

    def take(self) -> ConnectionRecord | None:
        """Return the record of this thread, if it is open."""
        record: ConnectionRecord | None = getattr(self._local, "record", None)
        if record is None or record.epoch != self.epoch or not self._is_ready(record):
            return None
        self._lend(record)
        return record

    def _put_back(self, record: ConnectionRecord) -> bool:
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
        self._lent = False
        super().__init__(creator, **options)

    def _acquire_steps(self) -> Steps[ConnectionRecord]:
        yield from nothing
        with self._lock:
            if self._lent:
                holders = listed(self.holders())
                raise AssertionError(f"connection is already checked out at:{holders}")
            self._lent = True
            if self._single is None:
                self._single = ConnectionRecord(self, self.epoch)
            return self._single

    def _put_back(self, record: ConnectionRecord) -> bool:
        self._lent = False
        return True

    def _forget(self) -> None:
        self._lent = False

    def _idle_records(self) -> list[ConnectionRecord]:
        with self._lock:
            records = [self._single] if self._single is not None else []
            self._single = None
        return records

    def status(self) -> str:
        """Return the name of the pool."""
        return "AssertionPool"
