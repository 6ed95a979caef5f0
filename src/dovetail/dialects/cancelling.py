"""What is done to its end, although the task that waits for it is cancelled."""

from __future__ import annotations

from asyncio import CancelledError, ensure_future, shield, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


async def ended(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Await the end of *work*, which has a time limit of its own; return it as a future.

    Cancellations of the waiting task meanwhile have no effect: it is for a task that is
    cancelled already, and must leave its connection at rest before it says so.
    """
    task = ensure_future(work)
    while not task.done():
        try:
            await wait([task])
        except CancelledError:
            continue
    return task


async def kept_or_closed(making: Coroutine[Any, Any, T], close: Callable[[T], Any]) -> T:
    """Return what *making* gives; if nobody waits for it any more, it is closed once it is made.

    It is for packages that forget a connection whose making is cancelled, and leave it open.
    """

    def forget(done: Future[T]) -> None:
        if not done.cancelled() and done.exception() is None:
            close(done.result())

    task = ensure_future(making)
    try:
        return await shield(task)
    except CancelledError:
        task.add_done_callback(forget)
        raise
