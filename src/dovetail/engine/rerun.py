"""How transactions are run again: what does it is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from .running.attempts import Attempt, AwaitingAttempt
    from .running.retrying import Retrying

C = TypeVar("C")
R = TypeVar("R")


def retrying(retries: int, deadline: float | None) -> Retrying:
    """Return how often, and until when, a transaction is run again."""
    made: Retrying = _room("retrying").Retrying(retries, deadline)
    return made


def run(
    begin: Callable[[], AbstractContextManager[C]],
    work: Callable[[C], R],
    often: Retrying,
    verify: Callable[[C], object] | None,
    confirm: Callable[[C], object] | None = None,
) -> R:
    """Return what *work* returns in the first transaction of *begin* that commits.

    *confirm* is called with what has opened one that was found, by *verify*, to have committed.
    """
    answer: R = _room("transactions").run(begin, work, often, verify, confirm)
    return answer


async def run_awaiting(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    work: Callable[[C], Awaitable[R]],
    often: Retrying,
    verify: Callable[[C], Awaitable[object]] | None,
    confirm: Callable[[C], Awaitable[object]] | None = None,
) -> R:
    """Return what *work* returns in the first transaction of *begin* that commits."""
    answer: R = await _room("transactions").run_awaiting(begin, work, often, verify, confirm)
    return answer


def attempts(
    begin: Callable[[], AbstractContextManager[C]],
    often: Retrying,
    verify: Callable[[C], object] | None,
    confirm: Callable[[C], object] | None = None,
) -> Iterator[Attempt[C]]:
    """Return the attempts at one transaction of *begin*."""
    made: Iterator[Attempt[C]] = _room("attempts").attempts(begin, often, verify, confirm)
    return made


def awaiting_attempts(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    often: Retrying,
    verify: Callable[[C], Awaitable[object]] | None,
    confirm: Callable[[C], Awaitable[object]] | None = None,
) -> AsyncIterator[AwaitingAttempt[C]]:
    """Return the attempts at one transaction of *begin*."""
    made: AsyncIterator[AwaitingAttempt[C]] = _room("attempts").awaiting_attempts(
        begin, often, verify, confirm
    )
    return made


def _room(module: str) -> Any:
    return import_module(f".running.{module}", __package__)
