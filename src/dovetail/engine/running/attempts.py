"""Transactions that are run again as blocks of a loop: ``for attempt in factory.attempts()``."""

from __future__ import annotations

import sys
from asyncio import sleep as async_sleep
from time import sleep
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...exc import InvalidRequestError
from ...steps import run_async, run_sync
from .leaving import goes_on
from .transactions import Once, Transactions, awaiting_within, blocking_within

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import FrameType, TracebackType

    from .retrying import Retrying

C = TypeVar("C")

_LEFT = (
    "the COMMIT at the end of this block of attempts() has failed, and the block was left for "
    "good: it is run again where nothing but the loop follows it; return, or break, after the loop"
)


class _Attempt(Generic[C]):
    """One time that a transaction is run; ``pause`` says when the next one is due, if any."""

    pause: float | None = None
    _block: Any = None

    def __init__(self, transactions: Transactions[C], begin: Callable[[], Any]) -> None:
        self._transactions = transactions
        self._begin = begin
        self._once: Once[C] = Once()

    def _open(self) -> Any:
        if self._block is not None:
            raise InvalidRequestError(
                "this attempt has been used before", hint="for attempt in factory.attempts(): …"
            )
        self._block = self._begin()
        return self._block


def _refuse_to_leave(failed: BaseException, frame: FrameType) -> None:
    """Raise *failed*, of a COMMIT, unless the loop in *frame* goes on after the block."""
    if not goes_on(frame):
        failed.add_note(_LEFT)
        raise failed


class Attempt(_Attempt[C]):
    """One time that a transaction is run: a block with a new session, which commits at its end."""

    def __enter__(self) -> C:
        opened: C = self._open().__enter__()
        self._once.opened = opened
        return opened

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        failed, self._once.is_finished = error, error is None
        try:
            self._block.__exit__(kind, error, trace)
        except Exception as failure:
            failed = error or failure
        if not isinstance(failed, Exception):
            return False
        self.pause = run_sync(self._transactions.settle_steps(failed, self._once))
        if error is None and self.pause is not None:
            _refuse_to_leave(failed, sys._getframe(1))
        return True


class AwaitingAttempt(_Attempt[C]):
    """One time that a transaction is run: a block with a new session, which commits at its end."""

    async def __aenter__(self) -> C:
        opened: C = await self._open().__aenter__()
        self._once.opened = opened
        return opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        failed, self._once.is_finished = error, error is None
        try:
            await self._block.__aexit__(kind, error, trace)
        except Exception as failure:
            failed = error or failure
        if not isinstance(failed, Exception):
            return False
        self.pause = await run_async(self._transactions.settle_steps(failed, self._once))
        if error is None and self.pause is not None:
            _refuse_to_leave(failed, sys._getframe(1))
        return True


def attempts(
    begin: Callable[[], AbstractContextManager[C]],
    retrying: Retrying,
    verify: Callable[[C], Any] | None,
    confirm: Callable[[C], Any] | None = None,
) -> Iterator[Attempt[C]]:
    """Yield attempts, the next one after a pause where one has failed."""
    transactions: Transactions[C] = Transactions(
        blocking_within(begin), sleep, retrying, verify, confirm
    )
    while True:
        attempt: Attempt[C] = Attempt(transactions, begin)
        yield attempt
        if attempt.pause is None:
            return
        sleep(attempt.pause)


async def awaiting_attempts(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    retrying: Retrying,
    verify: Callable[[C], Any] | None,
    confirm: Callable[[C], Any] | None = None,
) -> AsyncIterator[AwaitingAttempt[C]]:
    """Yield attempts, the next one after a pause where one has failed."""
    within = awaiting_within(begin)
    transactions: Transactions[C] = Transactions(within, async_sleep, retrying, verify, confirm)
    while True:
        attempt: AwaitingAttempt[C] = AwaitingAttempt(transactions, begin)
        yield attempt
        if attempt.pause is None:
            return
        await async_sleep(attempt.pause)
