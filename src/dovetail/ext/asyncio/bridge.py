"""Blocking code inside a task: each of its requests is awaited by the task.

With greenlet, the code runs as a greenlet of the task.  Without it, in a thread that hands its
requests to the event loop and waits; that is slower, and otherwise the same.
"""

from __future__ import annotations

from asyncio import (
    CancelledError,
    current_task,
    get_running_loop,
    run_coroutine_threadsafe,
    shield,
)
from concurrent.futures import CancelledError as OtherCancelledError
from contextvars import ContextVar, copy_context
from threading import Lock, Thread, local
from typing import TYPE_CHECKING, Any, TypeVar

from ...steps import bridged, bridging

greenlet: Any = None
getcurrent: Any = None
try:
    from greenlet import getcurrent, greenlet  # type: ignore[no-redef]
except ImportError:
    pass

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, Task
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_thread = local()

for_task: ContextVar[Task[Any] | None] = ContextVar("dovetail_for_task", default=None)
"""The task that blocking code in a thread runs for: what it awaits is a task of its own."""


async def run_blocking(function: Callable[..., T], *arguments: object, **options: object) -> T:
    """Return what *function* returns; what it requests of awaiting drivers is awaited.

    ::

        await run_blocking(print_report, session.sync_session)

    A task that is cancelled meanwhile is so where the code waits.
    """
    if greenlet is None:
        answered: T = await _Crossing(get_running_loop()).run(function, arguments, options)
        return answered
    child: Any = greenlet(function)
    child.dovetail_bridge = getcurrent()
    child.gr_context = getcurrent().gr_context
    answer = child.switch(*arguments, **options)
    while not child.dead:
        try:
            value = await answer
        except BaseException as error:
            answer = child.throw(error)
        else:
            answer = child.switch(value)
    result: T = answer
    return result


class _Crossing:
    """A thread of blocking code, and its way to the event loop and back."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = Lock()
        self._awaited: Any = None
        self._is_cancelled = False

    async def run(
        self, function: Callable[..., T], arguments: object, options: dict[str, Any]
    ) -> T:
        """Return what *function* returns, once its thread has ended."""
        done: Future[tuple[Any, BaseException | None]] = self._loop.create_future()
        before = for_task.set(for_task.get() or current_task())
        # A thread of its own: code that is bridged may bridge other code, and a pool of threads
        # would run out of them.
        context = copy_context()
        for_task.reset(before)
        thread = Thread(
            target=context.run,
            args=(self._work, done, function, arguments, options),
            name="dovetail bridge",
            daemon=True,
        )
        thread.start()
        while not done.done():
            try:
                await shield(done)
            except CancelledError:
                # The code has to come to its end: it uses what the task goes on to use.
                self._cancel()
        value, error = done.result()
        if error is not None:
            raise error
        answer: T = value
        return answer

    def _work(self, done: Future[Any], function: Any, arguments: Any, options: Any) -> None:
        _thread.cross, _thread.loop = self._cross, self._loop
        value, error = None, None
        try:
            value = function(*arguments, **options)
        except BaseException as failure:
            error = failure
        self._loop.call_soon_threadsafe(done.set_result, (value, error))

    def _cross(self, awaitable: Awaitable[Any]) -> Any:
        """Return what *awaitable* gives: called in the thread."""
        with self._lock:
            if self._is_cancelled:
                self._is_cancelled = False
                close = getattr(awaitable, "close", None)
                if close is not None:
                    close()
                raise CancelledError
            awaited = self._awaited = run_coroutine_threadsafe(_awaiting(awaitable), self._loop)
        try:
            return awaited.result()
        except OtherCancelledError:
            raise CancelledError from None
        finally:
            with self._lock:
                self._awaited = None

    def _cancel(self) -> None:
        with self._lock:
            if self._awaited is None or not self._awaited.cancel():
                self._is_cancelled = True


async def _awaiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _find() -> Callable[[Any], Any] | None:
    """Return what awaits for the code that is running, or None outside of a bridge."""
    if greenlet is not None:
        task = getattr(getcurrent(), "dovetail_bridge", None)
        return None if task is None else task.switch
    return getattr(_thread, "cross", None)


def _loop() -> AbstractEventLoop | None:
    """Return the event loop of the code that is running, which may be in a thread of a bridge."""
    try:
        return get_running_loop()
    except RuntimeError:
        return getattr(_thread, "loop", None)


def _frame() -> Any:
    """Return the frame of the task that waits for the greenlet that is running, or None."""
    if greenlet is None:
        return None
    task = getattr(getcurrent(), "dovetail_bridge", None)
    return None if task is None else task.gr_frame


bridging.use(find=_find, loop=_loop, frame=_frame, run=run_blocking)


def await_only(awaitable: Awaitable[T]) -> T:
    """Return what *awaitable* gives, from blocking code that ``run_sync()`` runs.

    MissingGreenlet is raised elsewhere.
    """
    answer: T = bridged(awaitable)
    return answer


def in_greenlet() -> bool:
    """Tell whether the code that is running may call :func:`await_only`."""
    return bridging.find() is not None


greenlet_spawn = run_blocking
