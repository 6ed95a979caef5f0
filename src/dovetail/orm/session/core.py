"""The core of a session: its state and its steps, without the verbs of users."""

from _thread import RLock
from itertools import count
from typing import Any, TypeVar
from weakref import ref

from dovetail.exc import DovetailError, IllegalStateChangeError
from dovetail.orm.session.execution import SessionStatements
from dovetail.orm.session.transaction import AUTOBEGIN, SessionTransaction
from dovetail.orm.tracking.state import Scope, cores
from dovetail.steps import Steps, run_sync

T = TypeVar("T")

_numbers = count(1)


class SessionCore(SessionStatements):
    """What a session is made of, and what the rooms below are handed in its place.

    A Session has the verbs that users call, each a line or three over its core, which has one
    base class for each subject: members, transactions, databases, persistence, statements.  A
    class of the user's own overrides verbs, and meets none of the names here.  A session may be
    made for one statement: all of its core is made here, in one function.
    """

    def __init__(self, session: Any, has_own_get_bind: bool) -> None:
        self.reference = ref(session)
        self.dispatch = session.dispatch
        self.scope = Scope(self)
        self.hash_key = next(_numbers)
        self.overrides = session.__dict__
        self.has_own_get_bind = has_own_get_bind
        self._lock = RLock()
        cores.references.add(ref(self, cores.references.discard))

    def run(self, steps: Steps[T]) -> T:
        """Run *steps* for the thread that calls; IllegalStateChangeError if there is another.

        In one thread, what listens may use the session meanwhile.
        """
        if not self._lock.acquire(blocking=False):
            steps.close()
            raise used_at_once("another thread")
        try:
            if self.autocommit:
                return self._run_for_itself(steps)
            if self.ends_reads:
                steps = self.giving_back_steps(steps)
            return run_sync(steps)
        finally:
            self._lock.release()

    def _run_for_itself(self, steps: Steps[T]) -> T:
        """Run *steps*, of a session with ``autocommit=True``, in a transaction of their own."""
        if self.transaction is not None:
            return run_sync(steps)
        try:
            answer = run_sync(steps)
        except BaseException:
            for passing in self._passing():
                run_sync(passing.rollback_steps())
            raise
        for passing in self._passing():
            run_sync(self.commit_passing_steps(passing))
        return answer

    def _passing(self) -> list[SessionTransaction]:
        """Return the transaction that was begun for one operation, if there is one."""
        found = self.transaction
        return [found] if found is not None and found.origin is AUTOBEGIN else []


def used_at_once(other: str) -> DovetailError:
    """Return the error that names the use of one session by two threads or tasks at a time."""
    return IllegalStateChangeError(
        f"{other} is using this session: a session is for one thread, or one task, at a time",
        hint="make a session for each: sessionmaker(), or scoped_session()",
    )
