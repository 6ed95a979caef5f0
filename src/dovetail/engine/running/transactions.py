"""A transaction that is run until it commits: the steps, and who performs them."""

from __future__ import annotations

from asyncio import sleep as async_sleep
from inspect import iscoroutinefunction
from time import sleep
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...exc import ArgumentError, CommitOutcomeUnknown, DBAPIError
from ...steps import run_async, run_sync
from .retrying import Retrying, is_outcome_unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from ...steps import Steps

C = TypeVar("C")
R = TypeVar("R")


class Once(Generic[C]):
    """One time that a transaction is run.

    ``opened``       the session, or connection, that it is run with
    ``is_finished``  whether the work was done, so that the COMMIT came next
    ``answer``       what the work has returned
    """

    opened: C
    answer: Any = None
    is_finished = False


class Transactions(Generic[C]):
    """The times that one transaction is run.

    ``within(work, once)``  runs *work* in a new transaction, and notes in *once* what it is
    told of it; blocking, or a coroutine function
    ``sleep``    waits for a number of seconds
    ``verify``   tells whether the transaction has committed, where nothing else does
    ``confirm``  is called with what had opened a transaction that has committed after all
    """

    def __init__(
        self,
        within: Callable[[Callable[[C], Any], Once[C]], Any],
        sleep: Callable[[float], Any],
        retrying: Retrying,
        verify: Callable[[C], Any] | None,
        confirm: Callable[[C], Any] | None = None,
    ) -> None:
        self.within = within
        self.sleep = sleep
        self.retrying = retrying
        self.verify = verify
        self.confirm = confirm

    def run_steps(self, work: Callable[[C], Any]) -> Steps[Any]:
        """Run *work* in transactions until one of them commits; return what it has returned."""
        while True:
            once: Once[C] = Once()
            try:
                yield (self.within, work, once)
                return once.answer
            except Exception as error:
                pause = yield from self.settle_steps(error, once)
            if pause is None:
                return once.answer
            yield (self.sleep, pause)

    def settle_steps(self, error: Exception, once: Once[C]) -> Steps[float | None]:
        """Return how long to wait before the next time; None if it has committed after all.

        *once* is the time that ended with *error*, which is raised where it is the last word.
        """
        if is_outcome_unknown(error):
            committed = yield from self._verify_steps(error)
            if committed and not once.is_finished:
                raise unknown(error, in_work=True) from error
            if committed:
                if self.confirm is not None:
                    yield (self.confirm, once.opened)
                return None
        pause = self.retrying.pause_after(error)
        if pause is None:
            raise error
        return pause

    def _verify_steps(self, error: Exception) -> Steps[bool]:
        """Ask ``verify`` whether the transaction whose COMMIT ended with *error* has committed."""
        if self.verify is None:
            raise unknown(error) from error
        while True:
            once: Once[C] = Once()
            try:
                yield (self.within, self.verify, once)
            except Exception as failure:
                # What it has read is what counts, not how its own transaction ended.
                if not once.is_finished:
                    pause = self.retrying.pause_after(failure)
                    if pause is None:
                        raise unknown(error) from failure
                    yield (self.sleep, pause)
                    continue
            return bool(once.answer)


def unknown(error: Exception, *, in_work: bool = False) -> Exception:
    """Return what is raised for *error*, of a COMMIT that may or may not have happened."""
    if isinstance(error, DBAPIError):
        return CommitOutcomeUnknown.of(error, in_work=in_work)
    return error


def run(
    begin: Callable[[], AbstractContextManager[C]],
    work: Callable[[C], R],
    retrying: Retrying,
    verify: Callable[[C], object] | None,
    confirm: Callable[[C], Any] | None = None,
) -> R:
    """Return what *work* returns in the first transaction of *begin* that commits."""
    if iscoroutinefunction(work):
        raise ArgumentError(
            f"{work!r} awaits, and nothing here does",
            hint="await async_sessionmaker(async_engine).run(…), or async_engine.run(…)",
        )
    transactions = Transactions(blocking_within(begin), sleep, retrying, verify, confirm)
    answer: R = run_sync(transactions.run_steps(work))
    return answer


async def run_awaiting(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    work: Callable[[C], Awaitable[R]],
    retrying: Retrying,
    verify: Callable[[C], Awaitable[object]] | None,
    confirm: Callable[[C], Any] | None = None,
) -> R:
    """Return what *work* returns in the first transaction of *begin* that commits."""
    transactions = Transactions(awaiting_within(begin), async_sleep, retrying, verify, confirm)
    answer: R = await run_async(transactions.run_steps(work))
    return answer


def blocking_within(
    begin: Callable[[], AbstractContextManager[C]],
) -> Callable[[Callable[[C], Any], Once[C]], None]:
    """Return what runs work in the transactions that *begin* opens."""

    def within(work: Callable[[C], Any], once: Once[C]) -> None:
        with begin() as once.opened:
            once.answer = work(once.opened)
            once.is_finished = True

    return within


def awaiting_within(
    begin: Callable[[], AbstractAsyncContextManager[C]],
) -> Callable[[Callable[[C], Awaitable[Any]], Once[C]], Awaitable[None]]:
    """Return what awaits work in the transactions that *begin* opens."""

    async def within(work: Callable[[C], Awaitable[Any]], once: Once[C]) -> None:
        async with begin() as once.opened:
            once.answer = await work(once.opened)
            once.is_finished = True

    return within
