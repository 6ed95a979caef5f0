"""Blocking code inside a task: each of its requests is awaited by the task.

With greenlet, the code runs as a greenlet of the task.  Without it, in a thread that hands its
requests to the event loop and waits; that is slower, and otherwise the same.
"""

from __future__ import annotations

from asyncio import current_task, get_running_loop, run_coroutine_threadsafe, to_thread
from contextvars import ContextVar
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar

from ...steps import bridging

greenlet: Any = None
getcurrent: Any = None
try:
    from greenlet import getcurrent, greenlet  # type: ignore[no-redef]
except ImportError:
    pass

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable

T = TypeVar("T")

_thread = local()

for_task: ContextVar[Task[Any] | None] = ContextVar("dovetail_for_task", default=None)
"""The task that blocking code in a thread runs for: what it awaits is a task of its own."""


async def run_blocking(function: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Return what *function* returns; what it requests of awaiting drivers is awaited."""
    if greenlet is None:
        before = for_task.set(for_task.get() or current_task())
        try:
            return await to_thread(_in_thread, get_running_loop(), function, arguments, options)
        finally:
            for_task.reset(before)
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


def _in_thread(loop: Any, function: Callable[..., T], arguments: Any, options: dict[str, Any]) -> T:
    _thread.loop = loop
    try:
        return function(*arguments, **options)
    finally:
        del _thread.loop


def _find() -> Callable[[Any], Any] | None:
    """Return what awaits for the code that is running, or None outside of a bridge."""
    if greenlet is not None:
        task = getattr(getcurrent(), "dovetail_bridge", None)
        return None if task is None else task.switch
    loop = getattr(_thread, "loop", None)
    if loop is None:
        return None
    return lambda answer: run_coroutine_threadsafe(answer, loop).result()


bridging.find = _find
bridging.run = run_blocking


def await_only(awaitable: Any) -> Any:
    """Return what *awaitable* gives, from blocking code that :func:`run_blocking` runs."""
    cross = _find()
    if cross is None:
        raise RuntimeError("await_only() was called outside of run_sync()")
    return cross(awaitable)
