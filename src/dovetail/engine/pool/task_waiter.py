"""Waiting for a pooled connection in a task; imported for awaiting drivers alone."""

from __future__ import annotations

from asyncio import Future, get_running_loop
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class TaskWaiter:
    """Waits in a task of an event loop; it may be given something from any thread."""

    __slots__ = ("_future", "_loop", "given")

    def __init__(self) -> None:
        # Made where the steps run, which may be a thread; the loop is known once it waits.
        self.given: Any = None
        self._loop: AbstractEventLoop | None = None
        self._future: Future[None]

    def give(self, thing: object) -> bool:
        """Hand *thing* over and wake the task; false if its event loop has ended."""
        self.given = thing
        loop = self._loop
        if loop is None:
            return True  # wait() will look
        try:
            same = get_running_loop() is loop
        except RuntimeError:
            same = False
        if same:
            self._wake()
            return True
        try:
            loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            self.given = None
            return False
        return True

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float | None) -> None:
        """Suspend the task until something is given or *seconds* have passed."""
        loop = get_running_loop()
        self._future = loop.create_future()
        self._loop = loop
        if self.given is not None:
            return
        if seconds is None:
            await self._future
            return
        # All that a timeout() would do besides is for those whom it interrupts: nobody, here.
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._future
        finally:
            timer.cancel()
