"""How a cache is asked, in steps: regions block, and an awaiting session must not."""

from asyncio import shield, to_thread, wait_for, wrap_future
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from dovetail.steps import Request

from ...engine.connection import Connection


class Calls(Protocol):
    """Makes requests."""

    may_lock: bool
    """Whether a lock may be held from one request to another."""

    def request(self, function: Callable[..., Any], *arguments: object) -> Request:
        """The request that calls *function*, which blocks."""
        ...

    def landing(self, future: Future[Any], seconds: float) -> Request:
        """The request that waits for *future*; TimeoutError after *seconds*."""
        ...


class Blocking:
    """For sessions that block."""

    may_lock = True

    def request(self, function: Callable[..., Any], *arguments: object) -> Request:
        """The request that calls *function*."""
        return (function, *arguments)

    def landing(self, future: Future[Any], seconds: float) -> Request:
        """The request that waits for *future*."""
        return (future.result, seconds)


class Awaiting:
    """For sessions that are awaited: what blocks runs in a thread."""

    # Each request may run in another thread, and locks of Redis belong to one.
    may_lock = False

    def request(self, function: Callable[..., Any], *arguments: object) -> Request:
        """The request that awaits *function*."""
        return (to_thread, function, *arguments)

    def landing(self, future: Future[Any], seconds: float) -> Request:
        """The request that awaits *future*."""
        return (_landed, future, seconds)


async def _landed(future: Future[Any], seconds: float) -> Any:
    # Who gives up waiting must not take the future from the others.
    return await wait_for(shield(wrap_future(future)), seconds)


BLOCKING, AWAITING = Blocking(), Awaiting()


def calls_of(connection: Connection) -> Calls:
    """How the cache is asked for a session on *connection*."""
    return AWAITING if connection.engine.is_async else BLOCKING
