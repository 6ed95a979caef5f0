"""What a session does with transactions: begin, commit, rollback, close."""

from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from dovetail.dialects.time_limit import checked_seconds
from dovetail.exc import ArgumentError, FlushError, InvalidRequestError
from dovetail.orm.session.afterwards import Afterwards
from dovetail.orm.session.deciding import TwoPhase
from dovetail.orm.session.members import SessionMembers
from dovetail.orm.session.outgoing import EventTable
from dovetail.orm.session.routes import Routes
from dovetail.orm.session.transaction import (
    ACTIVE,
    AUTOBEGIN,
    BEGIN_NESTED,
    CLOSED,
    PREPARED,
    SUBTRANSACTION,
    SessionTransaction,
)
from dovetail.sql.node import Executable
from dovetail.steps import Steps

T = TypeVar("T")


def ends_reads(hold: str) -> bool:
    """Whether *hold*, "transaction" or "statement", ends a transaction that has only read."""
    if hold not in ("transaction", "statement"):
        raise ArgumentError(
            f"hold={hold!r} is not known",
            hint='"transaction" keeps the connection until the transaction ends, "statement" '
            "gives it back after each statement that only reads",
        )
    return hold == "statement"


class SessionTransactions(SessionMembers):
    """The second base class of the core: begin, commit, rollback, connections."""

    expire_on_commit: bool
    join_transaction_mode: str
    autobegin: bool

    transaction: SessionTransaction | None = None
    closed = False
    resets_only = True
    block_transaction: SessionTransaction | None = None
    """The transaction whose ``with`` block is being executed."""

    undecided: Afterwards | None = None
    """What was to be done after a transaction whose COMMIT may or may not have happened."""

    twophase: TwoPhase = False
    until: float | None = None
    """The moment at which statements have to end, of ``time.monotonic()``; None for no such."""
    autocommit = False
    """True for a session without a lasting transaction, the classic mode."""

    outbox: EventTable | None = None
    """Where the events of the transactions are written."""

    routes: Routes | None = None
    """Where it is read: on replicas, as long as nothing was written.  None: on the primary."""

    ends_reads = False
    """Whether a transaction that has only read ends with each operation: hold="statement"."""

    _is_giving_back = False

    if TYPE_CHECKING:
        # What the base class of persistence, and the core, have.
        def run(self, steps: Steps[Any]) -> Any: ...
        def flush_steps(self, objects: Iterable[object] | None = None) -> Steps[None]: ...
        def run_statement_steps(
            self, statement: Executable, params: list[dict[str, Any]]
        ) -> Steps[Any]: ...

    def begin_on_change(self) -> None:
        """Begin the session's transaction, where none is in progress."""
        if self.transaction is None and not self.autocommit:
            self.ensure_transaction()

    def ensure_transaction(self) -> SessionTransaction:
        transaction = self.transaction
        if transaction is None:
            if self.closed:
                raise InvalidRequestError(
                    "this session is closed for good (close_resets_only=False)",
                    hint="make another session",
                )
            if self.block_transaction is not None:
                self.refuse_after_block()
            if not self.autobegin:
                raise InvalidRequestError(
                    "this session begins no transaction by itself (autobegin=False)",
                    hint="call session.begin() first",
                )
            transaction = self.transaction = SessionTransaction(self, AUTOBEGIN)
            for call in self.dispatch.after_transaction_create:
                call(self.session, transaction)
        return transaction

    def _begun(self, transaction: SessionTransaction) -> SessionTransaction:
        """Go on with *transaction*, of which those who listen are told; return it."""
        self.transaction = transaction
        for call in self.dispatch.after_transaction_create:
            call(self.session, transaction)
        return transaction

    def refuse_after_block(self) -> None:
        """Refuse work in a ``with`` block whose transaction has ended."""
        block = self.block_transaction
        if block is not None and block.state is CLOSED:
            # What follows would be in another transaction, which nobody commits.
            raise InvalidRequestError(
                "the transaction of this with block has ended",
                hint="leave the block before doing more work with the session",
            )

    def is_passing(self) -> bool:
        """True in a transaction for one operation, in a session without a lasting one."""
        current = self.transaction
        return self.autocommit and current is not None and current.origin is AUTOBEGIN

    def get_transaction(self) -> SessionTransaction | None:
        """The transaction in progress, the outermost one, or None."""
        transaction = self.transaction
        while transaction is not None and transaction.parent is not None:
            transaction = transaction.parent
        return transaction

    def get_nested_transaction(self) -> SessionTransaction | None:
        """The savepoint in progress, the innermost one, or None."""
        transaction = self.transaction
        return transaction if transaction is not None and transaction.nested else None

    def in_transaction(self) -> bool:
        """True while a transaction is in progress."""
        return self.transaction is not None

    def in_nested_transaction(self) -> bool:
        """True within a savepoint."""
        return self.transaction is not None and self.transaction.nested

    @property
    def is_active(self) -> bool:
        """False after a failed flush, until ``rollback()``."""
        if self.transaction is None:
            return self.autobegin and not self.autocommit
        return self.transaction.state is ACTIVE

    # Steps ---------------------------------------------------------------------------------------

    def begin_transaction(self) -> SessionTransaction:
        """Begin; InvalidRequestError when a transaction is in progress."""
        if self.transaction is not None:
            raise InvalidRequestError(
                "a transaction is in progress in this session: it begins with the first "
                "statement or change",
                hint="commit() or rollback() first, or begin_nested() for a savepoint",
            )
        self.refuse_after_block()
        return self._begun(SessionTransaction(self))

    def current_afterwards(self) -> Afterwards:
        """Return what is done after the transaction, or savepoint, in progress."""
        if self.autocommit and self.transaction is None:
            raise InvalidRequestError(
                "no transaction is in progress whose end could be waited for",
                hint="call session.begin() first",
            )
        transaction = self.ensure_transaction()
        transaction.check()
        return transaction.require_afterwards()

    def confirm_steps(self) -> Steps[None]:
        """Do what was to be done after a COMMIT that is found to have happened."""
        afterwards, self.undecided = self.undecided, None
        if afterwards is not None:
            yield from afterwards.committed_steps()

    def atomic_steps(self, nested: bool) -> Steps[SessionTransaction]:
        """Begin; in a transaction, a savepoint where *nested*, or a part that ends with it."""
        if self.transaction is None:
            return self.begin_transaction()
        if nested:
            return (yield from self.begin_nested_steps())
        self.refuse_after_block()
        return self.begin_within()

    def begin_within(self) -> SessionTransaction:
        """Begin; within a transaction in progress, one that ends with that."""
        outer = self.transaction
        if outer is None:
            return self.begin_transaction()
        outer.check()
        return self._begun(SessionTransaction(self, SUBTRANSACTION, outer))

    def begin_nested_steps(self) -> Steps[SessionTransaction]:
        """Flush, and set a savepoint on every connection in use."""
        if self.autocommit and self.transaction is None:
            raise InvalidRequestError(
                "no transaction is in progress that the savepoint could be in",
                hint="call session.begin() first",
            )
        parent = self.ensure_transaction()
        parent.check()
        self.refuse_after_block()
        yield from self.flush_steps()
        nested = SessionTransaction(self, BEGIN_NESTED, parent)
        try:
            self._begun(nested)
            for bind in list(parent.participants):
                yield from nested.connection_steps(bind)
        except BaseException:
            yield from nested.rollback_steps()
            raise
        return nested

    def commit_steps(self) -> Steps[None]:
        """Flush and commit: savepoints in progress, then the transaction."""
        if self.autocommit and self.transaction is None:
            raise InvalidRequestError(
                "no transaction is in progress in this session", hint="call session.begin() first"
            )
        transaction = self.ensure_transaction()
        if transaction.state is not PREPARED:
            transaction.check()
        while True:
            current = self.transaction
            if current is None:
                return
            parent = current.parent
            yield from self.commit_one_steps(current)
            if parent is None or current.origin is SUBTRANSACTION:
                return

    def let_end_in(self, seconds: float | None) -> None:
        """Let statements end in *seconds* from now, those of the transaction in progress too."""
        checked_seconds(seconds, "deadline")
        self.until = None if seconds is None else monotonic() + seconds
        transaction = self.transaction
        while transaction is not None:
            for participant in transaction.participants.values():
                connection = participant.connection
                connection.limit_time(connection.timeout, self.until)
            transaction = transaction.parent

    def prepare_steps(self) -> Steps[None]:
        """Flush, and prepare the transaction in all its databases: see ``Session.prepare``."""
        transaction = self.ensure_transaction()
        if not self.twophase or transaction.parent is not None:
            raise InvalidRequestError(
                "only the outermost transaction of a session with twophase=True can be prepared",
                hint="Session(twophase=True)" if not self.twophase else "end the savepoints first",
            )
        yield from self._flush_all_steps(transaction)
        yield from transaction.prepare_steps()

    def commit_one_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """Commit *transaction*, and the savepoints within it."""
        if transaction.state is not PREPARED:
            transaction.check()
            while self.transaction is not None and self.transaction is not transaction:
                yield from self.commit_one_steps(self.transaction)
            yield from self._flush_all_steps(transaction)
            if self.twophase and transaction.parent is None:
                yield from transaction.prepare_steps()
        try:
            yield from transaction.commit_steps()
        except BaseException as error:
            if transaction.state is PREPARED or getattr(error, "outcome_unknown", False):
                # Nobody knows how it has ended: nothing is done about it until somebody does.
                self.undecided, transaction.afterwards = transaction.afterwards, None
            if transaction.state is PREPARED:
                # Some databases may have committed: nothing in memory is taken back.
                self.expire_all()
                yield from transaction.close_steps()
            elif transaction.state is not CLOSED:
                yield from transaction.rollback_steps()
            raise

    def _flush_all_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """Flush until nothing is pending: what listens to a flush may add more."""
        if transaction.origin is not SUBTRANSACTION:
            for call in self.dispatch.before_commit:
                call(self.session)
        for flushes in range(100):
            if not self.has_pending() or (flushes and not self._has_changes()):
                if transaction.afterwards is not None:
                    yield from self._write_events_steps(transaction, transaction.afterwards)
                return
            yield from self.flush_steps()
        raise FlushError(
            "a hundred flushes before the commit have left pending changes",
            hint="does a listener to after_flush change something each time?",
        )

    def _write_events_steps(
        self, transaction: SessionTransaction, afterwards: Afterwards
    ) -> Steps[None]:
        """Write what *transaction*, if it is the outermost one, leaves in the outbox."""
        if transaction.parent is None and afterwards.events:
            assert self.outbox is not None
            yield from self.outbox.write_steps(self, afterwards.events)
            afterwards.events = []

    def rollback_steps(self) -> Steps[None]:
        """Roll back everything: savepoints in progress, then the transaction."""
        current = self.transaction
        if current is not None and current.origin is SUBTRANSACTION:
            yield from current.rollback_steps()
            return
        root = self.get_transaction()
        if root is not None:
            yield from self.rollback_until_steps(root)
        elif self.ends_reads:
            # Reads that have ended were part of what is rolled back: it is read anew.
            self.expire_all()

    def note_sent(self) -> None:
        """Note that the transaction in progress may have done more than reading."""
        transaction = self.transaction or self.ensure_transaction()
        transaction.has_sent = True

    def note_held(self) -> None:
        """Note that a result reads from the connection while it is used."""
        if self.ends_reads:
            self.ensure_transaction().is_held = True

    def note_writing(self) -> None:
        """Note that the transaction is going to lock rows, or to write what it reads next."""
        if self.ends_reads or self.routes is not None:
            self.ensure_transaction().is_writing = True

    def giving_back_steps(self, steps: Steps[T]) -> Steps[T]:
        """Run *steps*; then end the transaction, where it has only read: hold="statement".

        What listens runs steps within those of others, to whose transaction they belong.
        """
        if self._is_giving_back:
            return (yield from steps)
        self._is_giving_back = True
        try:
            answer = yield from steps
            transaction = self.transaction
            if transaction is not None and transaction.is_brief():
                yield from self._let_go_steps(transaction)
        except Exception:
            transaction = self.transaction
            if transaction is not None and transaction.is_brief():
                # What failed has written nothing; what is pending is left for another try.
                with suppress(Exception):
                    yield from self._end_unfinished_steps(transaction, False)
                self._begin_for_pending()
            raise
        finally:
            self._is_giving_back = False
        return answer

    def release_steps(self) -> Steps[None]:
        """End a transaction that has only read: see ``Session.release``."""
        transaction = self.transaction
        if transaction is None:
            return
        transaction.check()
        if transaction.origin is not AUTOBEGIN:
            raise InvalidRequestError(
                "this transaction was begun by its user, who ends it: it can't be released",
                hint="commit() or rollback(), or leave the with block; a session begins "
                "transactions by itself where nobody calls begin()",
            )
        if not transaction.has_only_read():
            raise InvalidRequestError(
                "this transaction has done more than reading: release() would lose it",
                hint="commit() or rollback() ends it; what was loaded stays loaded with "
                "Session(expire_on_commit=False)",
            )
        if transaction.owns_connections():
            yield from self._let_go_steps(transaction)

    def _let_go_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """End *transaction*, which has only read: what was loaded stays as it is."""
        yield from self.commit_passing_steps(transaction)
        self._begin_for_pending()

    def commit_passing_steps(self, passing: SessionTransaction) -> Steps[None]:
        """Commit *passing*, which was begun for one operation: with it go the events of those who
        listened to that.
        """
        passing.keeps_values = not passing.flushed
        try:
            if passing.afterwards is not None:
                yield from self._write_events_steps(passing, passing.afterwards)
            yield from passing.commit_steps()
        except BaseException:
            if passing.state is not CLOSED:
                yield from passing.rollback_steps()
            raise

    def _begin_for_pending(self) -> None:
        """Begin anew where something is pending: the rollback of a transaction undoes it."""
        if self.has_pending():
            self.ensure_transaction()

    def rollback_until_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """Roll back *transaction*, and before it the savepoints within it."""
        leaving = frozenset(transaction.new)
        while self.transaction is not None and self.transaction is not transaction:
            yield from self.transaction.rollback_steps(leaving)
        yield from transaction.rollback_steps()

    def close_steps(self, *, invalidate: bool = False) -> Steps[None]:
        """Detach all instances, end the transaction without commit, give connections back."""
        return self.reset_steps(invalidate=invalidate, for_good=not self.resets_only)

    def reset_steps(self, *, invalidate: bool = False, for_good: bool = False) -> Steps[None]:
        """As ``close_steps()``; the session can be used again unless this is *for_good*."""
        if for_good:
            self.closed = True
        if self.routes is not None:
            self.routes.has_written = False
        self.expunge_all()
        failure: BaseException | None = None
        while self.transaction is not None:
            current = self.transaction
            try:
                yield from self._end_unfinished_steps(current, invalidate)
            except GeneratorExit:
                raise
            except BaseException as error:  # a task that is cancelled, too: all must end
                failure = failure or error
            if self.transaction is current:
                self.transaction = current.parent
        if failure is not None:
            raise failure

    @staticmethod
    def _end_unfinished_steps(current: SessionTransaction, invalidate: bool) -> Steps[None]:
        failure: BaseException | None = None
        if not invalidate and current.state in (ACTIVE, PREPARED):
            for participant in current.participants.values():
                if participant.commits or participant.owned:
                    try:
                        yield from participant.transaction.rollback_steps()
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        failure = failure or error
        yield from current.close_steps(invalidate=invalidate)
        if failure is not None:
            raise failure
