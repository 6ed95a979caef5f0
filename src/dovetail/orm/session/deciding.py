"""How a transaction over several databases is decided, and who is told before it commits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from dovetail.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    TimeoutError as PoolTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dovetail.engine.connection import Connection
    from dovetail.engine.transaction import Transaction, TwoPhaseTransaction
    from dovetail.steps import Steps


class Decisions(Protocol):
    """Where it is written what was decided: a DecisionLog."""

    @property
    def is_async(self) -> bool:
        """Whether it is written over a connection that is awaited."""
        ...

    def new_name(self) -> str:
        """Return a name for a transaction."""
        ...

    def branch_steps(self, name: str, number: int) -> Steps[str]:
        """What transaction *name* is called in the database that is *number* in it."""
        ...

    def decide_steps(self, name: str) -> Steps[None]:
        """Write that *name* commits; IntegrityError if it is decided already."""
        ...

    def outcome_steps(self, name: str) -> Steps[str]:
        """What was decided of *name*; if nothing was, that it is rolled back, from now on."""
        ...

    def forget_steps(self, name: str) -> Steps[None]:
        """Take out what was decided of *name*."""
        ...


class Promising(Protocol):
    """A database that takes part in a transaction."""

    commits: bool
    transaction: Transaction


class Decided(Protocol):
    """The transaction of a session."""

    core: Any
    name: str | None

    @property
    def participants(self) -> Mapping[Any, Promising]:
        """Those that take part, by engine."""
        ...

    def rollback_steps(self) -> Steps[None]:
        """Roll back and end."""
        ...


TwoPhase: TypeAlias = bool | Decisions
"""Whether all databases promise before one commits, and where the decision is written."""


def checked_twophase(given: object) -> TwoPhase:
    """Return *given*; ArgumentError for what decisions can't be written to."""
    if given is None or isinstance(given, bool | int) or hasattr(given, "decide_steps"):
        return cast("TwoPhase", given)
    raise ArgumentError(
        f"twophase is True, False or a DecisionLog, not {given!r}",
        hint="DecisionLog(engine), of dovetail.ext.twophase",
    )


def branch_steps(transaction: Decided, connection: Connection) -> Steps[str | None]:
    """What *transaction* is called in the database of *connection*, if its end is logged.

    InvalidRequestError where one of both is awaited and the other blocks.
    """
    log = transaction.core.twophase
    if not hasattr(log, "decide_steps"):
        return None
    if log.is_async is not connection.dialect.is_async:
        raise InvalidRequestError(
            "a session and its DecisionLog are both awaited, or both block",
            hint="DecisionLog(async_engine) for an AsyncSession, DecisionLog(engine) for a Session",
        )
    transaction.name = transaction.name or log.new_name()
    number = len(transaction.participants) + 1
    branch: str = yield from log.branch_steps(transaction.name, number)
    return branch


def commit_everywhere_steps(transaction: Decided, name: str, commit: Steps[None]) -> Steps[None]:
    """Have it written that *transaction*, called *name*, commits; do it, by *commit*.

    All databases have promised.  Where but one takes part there is nothing to decide.
    """
    log: Decisions = transaction.core.twophase
    promised = [one for one in transaction.participants.values() if one.commits]
    if len(promised) > 1:
        yield from _decide_steps(log, transaction, name, promised)
    yield from commit
    if len(promised) > 1:
        # What can't be taken out of the log now says what is true.
        with suppress(DBAPIError, PoolTimeout):
            yield from log.forget_steps(name)


def _decide_steps(
    log: Decisions, transaction: Decided, name: str, promised: list[Promising]
) -> Steps[None]:
    try:
        yield from log.decide_steps(name)
    except PoolTimeout:
        # The pool had no connection: nothing was sent.
        yield from transaction.rollback_steps()
        raise
    except Exception as error:
        try:
            outcome = yield from log.outcome_steps(name)
        except Exception:
            yield from _leave_steps(promised, error)
            raise error from None
        if outcome == "commit":
            return
        if isinstance(error, IntegrityError):
            error.add_detail("recover() has decided before: it is rolled back everywhere")
        with suppress(DBAPIError):
            # What recover() has not rolled back by now, it will.
            yield from transaction.rollback_steps()
        raise
    except BaseException as error:
        yield from _leave_steps(promised, error)
        raise


def _leave_steps(promised: list[Promising], error: BaseException) -> Steps[None]:
    """Leave what was *promised* to who recovers: nobody knows whether it was decided."""
    if isinstance(error, DBAPIError):
        error.outcome_unknown = True
    for participant in promised:
        prepared = cast("TwoPhaseTransaction", participant.transaction)
        yield from prepared.leave_prepared_steps(error)
    error.add_note("(nobody knows whether it was decided: recover() of its DecisionLog ends it)")
