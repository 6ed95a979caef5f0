"""What a program does once a transaction has ended: functions bound to it."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any
from warnings import warn

from dovetail.exc import AfterCommitError, ArgumentError, DovetailWarning
from dovetail.steps import Steps


class Afterwards:
    """The functions to call after the COMMIT of a transaction, or after its rollback.

    ``events``  what is written to the session's outbox before the COMMIT
    """

    __slots__ = ("committed", "events", "rolled_back")

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.committed: list[Callable[[], Any]] = []
        self.rolled_back: list[Callable[[], Any]] = []

    def hand_on(self, outer: "Afterwards") -> None:
        """Let *outer*, of the transaction around a savepoint, call them when that ends."""
        outer.events.extend(self.events)
        outer.committed.extend(self.committed)
        outer.rolled_back.extend(self.rolled_back)

    def committed_steps(self) -> Steps[None]:
        """Call all functions; the first failure is raised once all were called."""
        failure: Exception | None = None
        for function in self.committed:
            try:
                yield (function,)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise AfterCommitError.of(failure) from failure

    def rolled_back_steps(self) -> Steps[None]:
        """Call all functions; a failure is a warning, for the rollback has a cause of its own."""
        for function in self.rolled_back:
            try:
                yield (function,)
            except Exception as error:
                warn(
                    f"{function!r}, called after a rollback, has failed: {error!r}",
                    DovetailWarning,
                    stacklevel=2,
                )


def checked(function: Callable[[], Any], awaits: bool) -> Callable[[], Any]:
    """Return *function*; ArgumentError for what can't be called, or awaits where nothing does."""
    if not callable(function):
        raise ArgumentError(
            f"a function is needed, not {function!r}",
            hint="session.on_commit(lambda: print('it is there'))",
        )
    if iscoroutinefunction(function) and not awaits:
        raise ArgumentError(
            f"{function!r} awaits, and this session does not",
            hint="give a plain function, or use AsyncSession",
        )
    return function
