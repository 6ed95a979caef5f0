"""Waiting for a pooled connection, in a thread or in a task.

A waiter is handed one connection at most.  :meth:`give` is called with the pool's lock held,
and whoever stops waiting looks, under the same lock, whether something was given meanwhile:
so none is lost.
"""

from __future__ import annotations

from _thread import allocate_lock
from importlib import import_module
from typing import Any, Protocol


class Waiter(Protocol):
    """One that waits; ``given`` is what it was handed."""

    given: Any

    def give(self, thing: object) -> bool:
        """Hand *thing* over and wake the one who waits; false if nobody can be woken."""
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

    def give(self, thing: object) -> bool:
        """Hand *thing* over and wake the thread."""
        self.given = thing
        self._gate.release()
        return True

    def wait(self, seconds: float | None) -> None:
        """Block until something is given or *seconds* have passed."""
        self._gate.acquire(True, -1 if seconds is None else seconds)


def waiter_class(is_async: bool) -> type[Waiter]:
    """Return what waits for a connection of a driver that awaits or one that blocks.

    ``asyncio`` takes longer to import than all of this library, so blocking programs never do.
    """
    if not is_async:
        return ThreadWaiter
    found: type[Waiter] = import_module(".task_waiter", __package__).TaskWaiter
    return found
