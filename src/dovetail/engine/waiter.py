"""Waiting for a pooled connection, in a thread or in a task.

A waiter is handed one connection at most.  :meth:`give` is called with the pool's lock held,
and whoever stops waiting looks, under the same lock, whether something was given meanwhile:
so none is lost.
"""

from __future__ import annotations

from _thread import allocate_lock
from asyncio import Future, get_running_loop, timeout
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class Waiter(Protocol):
    """One that waits; ``given`` is what it was handed."""

    given: Any

    def give(self, thing: Any) -> None:
        """Hand *thing* over and wake the one who waits."""
        ...

    def wait(self, seconds: float | None) -> Any:
        """Wait until something is given or *seconds* have passed; a request."""
        ...


class ThreadWaiter:
    """Waits in a thread."""

    __slots__ = ("_gate", "given")

    def __init__(self) -> None:
        self.given: Any = None
        self._gate = allocate_lock()
        self._gate.acquire()

    def give(self, thing: Any) -> None:
        """Hand *thing* over and wake the thread."""
        self.given = thing
        self._gate.release()

    def wait(self, seconds: float | None) -> None:
        """Block until something is given or *seconds* have passed."""
        self._gate.acquire(True, -1 if seconds is None else seconds)


class TaskWaiter:
    """Waits in a task of an event loop; it may be given something from any thread."""

    __slots__ = ("_future", "_loop", "given")

    def __init__(self) -> None:
        self.given: Any = None
        self._loop: AbstractEventLoop = get_running_loop()
        self._future: Future[None] = self._loop.create_future()

    def give(self, thing: Any) -> None:
        """Hand *thing* over and wake the task."""
        self.given = thing
        try:
            same = get_running_loop() is self._loop
        except RuntimeError:
            same = False
        if same:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float | None) -> None:
        """Suspend the task until something is given or *seconds* have passed."""
        try:
            async with timeout(seconds):
                await self._future
        except TimeoutError:
            return
