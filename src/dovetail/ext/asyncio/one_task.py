"""One task at a time: who works with a session or a connection, and with their results."""

from __future__ import annotations

from asyncio import current_task
from typing import TYPE_CHECKING, Any, TypeVar

from ...event import sending
from ...exc import IllegalStateChangeError
from ...steps import go_on_async, run_async, run_sync
from . import bridge
from .bridge import for_task

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable
    from typing import Never

    from ...steps import Steps

T = TypeVar("T")

_MADE_BY = {"session": "async_sessionmaker(engine)", "connection": "engine.connect()"}


_blocking: Callable[..., Any] = run_sync


async def perform(steps: Steps[T]) -> T:
    """Run *steps* in this task.

    Where somebody listens, they run in a greenlet, if there are any: a listener can't await, and
    may send statements all the same.
    """
    if sending.listened_to and bridge.greenlet is not None:
        answer: T = await bridge.run_blocking(_blocking, steps)
        return answer
    return await run_async(steps)


class OneTask:
    """Lets one task at a time work; what another one begins meanwhile is refused."""

    __slots__ = ("_noun", "_task", "around")

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self.around: Callable[[Steps[Any]], Steps[Any]] | None = None
        """What is done besides, before and after all steps, or None."""

        self._task: Task[Any] | None = None

    def check(self) -> None:
        """Raise IllegalStateChangeError while another task is at work."""
        working = self._task
        if working is not None and working is not current_task():
            if working is not for_task.get():
                self._refuse()

    def _refuse(self) -> Never:
        raise IllegalStateChangeError(
            f"another task is using this {self._noun}: it is for one task at a time",
            hint=f"give each task a {self._noun} of its own: {_MADE_BY[self._noun]}",
        )

    async def run(self, steps: Steps[T]) -> T:
        """Return what *steps* give; they are closed, and refused, while another task is at work."""
        outer = self._task
        if outer is not None and outer is not current_task() and outer is not for_task.get():
            steps.close()
            self._refuse()
        if self.around is not None:
            steps = self.around(steps)
        if sending.listened_to and bridge.greenlet is not None:
            self._task = current_task()
            try:
                answer: T = await bridge.run_blocking(_blocking, steps)
                return answer
            finally:
                self._task = outer
        try:
            request = steps.send(None)
        except StopIteration as stop:
            # Nothing was to be awaited, so that no other task could come in between.
            ended: T = stop.value
            return ended
        self._task = current_task()
        try:
            return await go_on_async(steps, request)
        finally:
            self._task = outer

    async def during(self, work: Awaitable[T]) -> T:
        """Return what *work*, a coroutine, gives; refused while another task is at work."""
        outer, task = self._task, current_task()
        if outer is not None and outer is not task and outer is not for_task.get():
            close = getattr(work, "close", None)
            if close is not None:
                close()
            self._refuse()
        self._task = task
        try:
            return await work
        finally:
            self._task = outer
