"""I/O as values: code that talks to a database is a generator of requests.

A *request* is a tuple ``(function, *arguments)``.  A function named ``..._steps`` yields
requests and is sent their answers.  Two runners perform them: :func:`run_sync` calls the
function, :func:`run_async` awaits what it returns.  A blocking and an awaiting driver have the
same method names, so that each sequence of requests is written once::

    def count_steps(connection: Any, table: str) -> Steps[int]:
        rows = yield (connection.fetch, f"SELECT count(*) FROM {table}", ())
        return rows[0][0]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from inspect import iscoroutine
from types import CoroutineType
from typing import Any, TypeVar

from .exc import MissingGreenlet

T = TypeVar("T")

Request = tuple[Any, ...]
Steps = Generator[Request, Any, T]

nothing: tuple[Request, ...] = ()
"""``yield from nothing`` makes a generator of a function that requests nothing."""


def run_sync(steps: Steps[T]) -> T:
    """Run *steps* over a blocking driver and return their result.

    An error of a request is thrown into the generator at its ``yield``.
    MissingGreenlet is raised where a request answers with a coroutine: the driver awaits.
    """
    send = steps.send
    answer: Any = None
    try:
        while True:
            request = send(answer)
            try:
                answer = request[0](*request[1:])
            except BaseException as error:
                request = steps.throw(error)
                answer = _insist(steps, request)
            else:
                if type(answer) is CoroutineType:
                    answer = _meet(steps, answer)
    except StopIteration as stop:
        value: T = stop.value
        return value


def _insist(steps: Steps[T], request: Request) -> Any:
    """Perform *request* and those that its failures lead to, until one has an answer."""
    while True:
        try:
            answer = request[0](*request[1:])
        except BaseException as error:
            request = steps.throw(error)
        else:
            return _meet(steps, answer) if iscoroutine(answer) else answer


def _no_bridge() -> Callable[[Any], Any] | None:
    return None


def _nothing() -> Any:
    return None


class Bridging:
    """How a blocking call awaits all the same, where somebody has built a bridge.

    ``find()`` returns the function that awaits for the code that is running, or None, ``loop()``
    the event loop that it awaits in.
    """

    def __init__(self) -> None:
        self.find: Callable[[], Callable[[Any], Any] | None] = _no_bridge
        self.loop: Callable[[], Any] = _nothing
        self.frame: Callable[[], Any] = _nothing
        """Returns the frame that waits on the other side of the bridge, or None."""
        self.run: Callable[..., Any] | None = None
        """``await run(function, *arguments)`` builds a bridge for *function*, which blocks."""

    def use(
        self,
        *,
        find: Callable[[], Callable[[Any], Any] | None],
        loop: Callable[[], Any],
        frame: Callable[[], Any],
        run: Callable[..., Any],
    ) -> None:
        """Build bridges in this way from now on: one way serves the whole process."""
        self.find, self.loop, self.frame, self.run = find, loop, frame, run


bridging = Bridging()


def _meet(steps: Steps[T], answer: object) -> Any:
    """Return what the coroutine *answer* gives, if there is a bridge to an event loop."""
    cross = bridging.find()
    if cross is None:
        return _insist(steps, _refuse(steps, answer))
    try:
        return cross(answer)
    except BaseException as error:
        return _insist(steps, steps.throw(error))


def _refuse(steps: Steps[T], answer: Any) -> Request:
    answer.close()
    return steps.throw(_no_bridge_here())


def _no_bridge_here() -> MissingGreenlet:
    return MissingGreenlet(
        "a blocking call met a driver that awaits",
        hint="use the awaiting interface (AsyncEngine, AsyncConnection, AsyncSession), "
        "run_sync() around blocking code, or an engine with a blocking driver; listeners that "
        "send statements need the package greenlet",
    )


def bridged(answer: object) -> Any:
    """Return what *answer* gives; where it is to be awaited, that is done over the bridge.

    MissingGreenlet is raised where there is none.
    """
    if not isinstance(answer, Awaitable):
        return answer
    cross = bridging.find()
    if cross is not None:
        return cross(answer)
    if iscoroutine(answer):
        answer.close()
    raise _no_bridge_here()


async def run_async(steps: Steps[T]) -> T:
    """Run *steps* over an awaiting driver and return their result.

    A request that answers at once, with something not awaitable, is taken as it is.
    """
    try:
        request = steps.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    return await go_on_async(steps, request)


async def go_on_async(steps: Steps[T], request: Request) -> T:
    """Perform *request*, which *steps* have yielded, and run the rest of them."""
    send = steps.send
    answer: Any = None
    try:
        while True:
            try:
                answer = request[0](*request[1:])
                if type(answer) is CoroutineType or isinstance(answer, Awaitable):
                    answer = await answer
            except BaseException as error:
                request = steps.throw(error)
            else:
                request = send(answer)
    except StopIteration as stop:
        value: T = stop.value
        return value


def no_steps(value: T) -> Steps[T]:
    """Return steps that request nothing and end with *value*."""
    yield from nothing
    return value
