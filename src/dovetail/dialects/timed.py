"""Requests that are stopped, on the server, when their time is up.

A connection whose statements have a time limit stands behind another of the same interface, so
that those without one go their short way.  What blocks is watched by one thread of the process,
which asks the driver to stop it; a task is cancelled, and the awaiting connections tell the
server so themselves.  Either way the connection is at rest when :class:`OutOfTime` is raised.
"""

from __future__ import annotations

import asyncio
import os
from logging import getLogger
from math import inf
from threading import Condition, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from .time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .driver import Driver, DriverConnection

_log = getLogger("dovetail.engine")
_HOUR = 3600.0


class _Watch:
    """One request that is to be stopped when its time is up, unless it has ended."""

    __slots__ = ("_dog", "_ended", "_lock", "_stop", "_stopped")

    def __init__(self, dog: _Watchdog, stop: Callable[[], object]) -> None:
        self._dog = dog
        self._stop = stop
        self._lock = Lock()
        self._ended = self._stopped = False

    def expire(self) -> None:
        """Stop the request; who ends the watch meanwhile waits until that is done."""
        with self._lock:
            if self._ended:
                return
            self._stopped = True
            try:
                self._stop()
            except Exception:
                _log.warning("a statement whose time is up could not be stopped", exc_info=True)

    def end(self) -> bool:
        """End the watch; tell whether the request was to be stopped."""
        with self._lock:
            self._ended = True
        self._dog.forget(self)
        return self._stopped


class _Watchdog:
    """A thread that looks when the time of requests is up, begun with the first of them."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._moments: dict[_Watch, float] = {}
        """When the time of each request in progress is up."""
        self._wakes = inf
        self._thread: Thread | None = None

    def watch(self, seconds: float, stop: Callable[[], object]) -> _Watch:
        """Call *stop*, which may block, in *seconds* from now, unless the watch has ended."""
        watch, moment = _Watch(self, stop), monotonic() + seconds
        with self._changed:
            self._moments[watch] = moment
            if self._thread is None:
                self._thread = Thread(target=self._run, name="dovetail-deadlines", daemon=True)
                self._thread.start()
            elif moment < self._wakes:
                self._changed.notify()
        return watch

    def forget(self, watch: _Watch) -> None:
        """Look after *watch* no more."""
        with self._changed:
            self._moments.pop(watch, None)

    def _run(self) -> None:
        while True:
            for watch in self._due():
                # A server that does not answer must not keep the others waiting.
                stopping = Thread(target=watch.expire, name="dovetail-stop", daemon=True)
                try:
                    stopping.start()
                except RuntimeError:
                    # The system gives no thread more.
                    watch.expire()

    def _due(self) -> list[_Watch]:
        """Wait until the time of some is up; return them."""
        with self._changed:
            while True:
                now = monotonic()
                due = [watch for watch, moment in self._moments.items() if moment <= now]
                if due:
                    for watch in due:
                        del self._moments[watch]
                    return due
                self._wakes = min(self._moments.values(), default=inf)
                # No lock waits for as long as a limit may be.
                self._changed.wait(None if self._wakes == inf else min(self._wakes - now, _HOUR))


class _Watchdogs:
    """The watchdog of this process."""

    def __init__(self) -> None:
        self.current = _Watchdog()
        if hasattr(os, "register_at_fork"):
            # The thread is not there in a child process, and nobody knows who held the lock.
            os.register_at_fork(after_in_child=self.begin_anew)

    def begin_anew(self) -> None:
        """Have another one."""
        self.current = _Watchdog()


_dogs = _Watchdogs()


class _Closable(Protocol):
    def close(self) -> object: ...


class TimedConnection:
    """A connection that blocks, with a time limit for each request."""

    def __init__(
        self,
        wire: DriverConnection,
        limit: TimeLimit,
        driver: Driver,
        another: Callable[[], object],
    ) -> None:
        self._wire = wire
        self._limit = limit
        self._driver = driver
        self._another = another

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wire, name)

    def execute(self, *arguments: object) -> Any:
        """Run one statement; return the cursor."""
        return self._timed(self._wire.execute, arguments)

    def execute_many(self, *arguments: object) -> Any:
        """Run a statement once for each set of parameters; return the cursor."""
        return self._timed(self._wire.execute_many, arguments)

    def fetch(self, *arguments: object) -> Any:
        """Run one statement and return all its rows."""
        return self._timed(self._wire.fetch, arguments)

    def stream(self, *arguments: object) -> Any:
        """Run one statement; return a cursor that holds its rows on the server."""
        return self._timed(self._wire.stream, arguments)

    def _timed(self, request: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
        left = self._limit.left()
        if left <= 0:
            raise self._limit.passed(left, was_sent=False)
        waits = self._driver.bound_waits(self._wire, left)
        watch = _dogs.current.watch(left, self._driver.stopper(self._wire, self._another))
        answer: _Closable | list[object] | None = None
        try:
            answer = request(*arguments)
        except Exception as error:
            if watch.end() and isinstance(error, self._driver.errors):
                raise self._limit.passed(left, was_sent=True) from error
            raise
        finally:
            was_stopped = watch.end()
            if was_stopped and answer is not None:
                self._absorb(answer)
            if waits is not None:
                waits()
        if was_stopped:
            # Done a moment before, or a sleep that ends without an error: the time is up.
            raise self._limit.passed(left, was_sent=True)
        return answer

    def _absorb(self, answer: _Closable | list[object]) -> None:
        """Let a stop that comes too late for its statement meet one of which nothing is wanted.

        On SQLite it holds for all that is at work, as long as a cursor has rows to give.
        """
        if not isinstance(answer, list):
            answer.close()
        try:
            self._wire.ping()
        except self._driver.errors:
            self._wire.ping()


class AwaitingTimedConnection:
    """A connection that awaits, with a time limit for each request."""

    def __init__(self, wire: DriverConnection, limit: TimeLimit) -> None:
        self._wire = wire
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wire, name)

    async def execute(self, *arguments: object) -> Any:
        """Run one statement; return the cursor."""
        return await self._timed(self._wire.execute, arguments)

    async def execute_many(self, *arguments: object) -> Any:
        """Run a statement once for each set of parameters; return the cursor."""
        return await self._timed(self._wire.execute_many, arguments)

    async def fetch(self, *arguments: object) -> Any:
        """Run one statement and return all its rows."""
        return await self._timed(self._wire.fetch, arguments)

    async def stream(self, *arguments: object) -> Any:
        """Run one statement; return a cursor that holds its rows on the server."""
        return await self._timed(self._wire.stream, arguments)

    async def _timed(self, request: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
        left = self._limit.left()
        if left <= 0:
            raise self._limit.passed(left, was_sent=False)
        timer = asyncio.timeout(left)
        try:
            async with timer:
                return await request(*arguments)
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise self._limit.passed(left, was_sent=True) from error


def timed(
    wire: DriverConnection, limit: TimeLimit, driver: Driver, another: Callable[[], object]
) -> Any:
    """Return *wire*, a connection of *driver*, whose requests take no longer than *limit*.

    *another* opens one more connection of the driver's package to the same server.
    """
    if driver.is_async:
        return AwaitingTimedConnection(wire, limit)
    return TimedConnection(wire, limit, driver, another)
