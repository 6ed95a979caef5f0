"""Transactions of a connection: the outermost one, and savepoints inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..exc import InvalidRequestError, PendingRollbackError
from ..steps import run_sync

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ..steps import Steps


class Owner(Protocol):
    """What a transaction needs of its connection."""

    _root: Any
    _savepoint: Any
    _block: Any

    def send_commit_steps(self) -> Steps[None]: ...
    def send_rollback_steps(self) -> Steps[None]: ...
    def send_savepoint_steps(self, verb: str, name: str) -> Steps[None]: ...
    def send_two_phase_steps(self, verb: str, xid: str, *is_prepared: bool) -> Steps[None]: ...
    def transaction_ended(self) -> None: ...


class Transaction:
    """A transaction in progress; a context manager that commits or rolls back.

    ::

        with connection.begin():
            connection.execute(...)  # committed at the end, rolled back by an error
    """

    nested = False
    """Whether this is a savepoint."""

    def __init__(self, connection: Any, parent: Transaction | None = None) -> None:
        self._connection: Owner = connection
        self.connection: Any = connection
        self.parent = parent
        self.is_active = True
        self._outer_block: Transaction | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the transaction is active and its connection alive."""
        return self.is_active and not self.connection.invalidated

    # What the two kinds do.

    def _commit_steps(self) -> Steps[None]:
        raise NotImplementedError

    def _rollback_steps(self) -> Steps[None]:
        raise NotImplementedError

    def _is_current(self) -> bool:
        """Tell whether the connection is inside this transaction still."""
        raise NotImplementedError

    # The verbs, as steps.

    def commit_steps(self) -> Steps[None]:
        """Commit: see :meth:`commit`."""
        if not self.is_active:
            raise InvalidRequestError(
                "this transaction is inactive: it was ended before, or has failed",
                hint="end it with rollback()" if self._is_current() else None,
            )
        return self._commit_steps()

    def rollback_steps(self) -> Steps[None]:
        """Roll back: see :meth:`rollback`."""
        if self._is_current():
            yield from self._rollback_steps()
        self.is_active = False

    def close_steps(self) -> Steps[None]:
        """Close: see :meth:`close`."""
        yield from self.rollback_steps()

    def exit_steps(self, failed: bool) -> Steps[None]:
        """End the block of this transaction: commit, or roll back if it has *failed*."""
        self._leave_block()
        if failed or not self.is_active:
            yield from self.rollback_steps()
            return
        try:
            yield from self._commit_steps()
        except BaseException:
            yield from self.rollback_steps()
            raise

    # The verbs.

    def commit(self) -> None:
        """Make the changes last; InvalidRequestError is raised if the transaction has ended."""
        run_sync(self.commit_steps())

    def rollback(self) -> None:
        """Undo the changes; without effect if the transaction has ended."""
        run_sync(self.rollback_steps())

    def close(self) -> None:
        """Roll back if the transaction is in progress."""
        run_sync(self.close_steps())

    def prepare(self) -> None:
        """Raise InvalidRequestError: only a two-phase transaction can be prepared."""
        run_sync(self.prepare_steps())

    def prepare_steps(self) -> Steps[None]:
        """Raise InvalidRequestError: only a two-phase transaction can be prepared."""
        raise InvalidRequestError(
            "this transaction cannot be prepared", hint="begin it with begin_twophase()"
        )

    def enter_block(self) -> None:
        """Note that a ``with`` block of this transaction begins."""
        self._outer_block = self._connection._block
        self._connection._block = self

    def _leave_block(self) -> None:
        if self._connection._block is self:
            self._connection._block = self._outer_block
        self._outer_block = None

    def __enter__(self) -> Self:
        self.enter_block()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        run_sync(self.exit_steps(error is not None))


class RootTransaction(Transaction):
    """The outermost transaction of a connection."""

    xid: str | None = None
    """The name of a two-phase transaction."""

    def _is_current(self) -> bool:
        return self._connection._root is self

    def _commit_steps(self) -> Steps[None]:
        try:
            yield from self._connection.send_commit_steps()
        except PendingRollbackError:
            # Nothing was sent: the transaction has failed before, and rollback() is to end it.
            self.is_active = False
            raise
        except BaseException:
            # What the server did not accept is given up, here and there.
            yield from self._rollback_steps()
            raise
        self.end()

    def _rollback_steps(self) -> Steps[None]:
        try:
            yield from self._connection.send_rollback_steps()
        finally:
            self.end()

    def end(self) -> None:
        """Leave this transaction and the savepoints inside it, without any request."""
        connection = self._connection
        self.is_active = False
        inner = connection._savepoint
        while inner is not None:
            inner.is_active = False
            inner = inner.outer
        connection._savepoint = None
        connection._root = None
        connection.transaction_ended()


class TwoPhaseTransaction(RootTransaction):
    """A transaction that is prepared first and committed then.

    Once all databases of a program have prepared, all of them can commit: a failure before
    that rolls all of them back.
    """

    def __init__(self, connection: object, xid: str) -> None:
        super().__init__(connection)
        self.xid = xid
        self.is_prepared = False

    def _send_steps(self, verb: str, *is_prepared: bool) -> Steps[None]:
        assert self.xid is not None
        yield from self._connection.send_two_phase_steps(verb, self.xid, *is_prepared)

    def prepare_steps(self) -> Steps[None]:
        """Prepare: see :meth:`prepare`."""
        if not self.is_active:
            raise InvalidRequestError("this transaction is inactive")
        yield from self._send_steps("prepare")
        self.is_prepared = True

    def prepare(self) -> None:
        """Make the database promise that the commit will succeed."""
        run_sync(self.prepare_steps())

    def _commit_steps(self) -> Steps[None]:
        try:
            yield from self._send_steps("commit", self.is_prepared)
        except BaseException as error:
            if not self.is_prepared:
                yield from self._rollback_steps()
                raise
            # The decision was to commit, and others may have: it stays for recovery.
            yield from self.leave_prepared_steps(error)
            raise
        self.end()

    def leave_prepared_steps(self, error: BaseException) -> Steps[None]:
        """Let go of what is prepared, for *error*: somebody else ends it, or nobody."""
        error.add_note(
            f"(the transaction {self.xid!r} is prepared and not ended: "
            "connection.commit_prepared(xid) commits it)"
        )
        self.end()
        yield from self.connection.invalidate_steps(error)

    def _rollback_steps(self) -> Steps[None]:
        try:
            yield from self._send_steps("rollback", self.is_prepared)
        except BaseException as error:
            if self.is_prepared:
                # Drivers think that they are in it still: nothing else could be sent.
                self.end()
                yield from self.connection.invalidate_steps(error)
            raise
        finally:
            self.end()


class NestedTransaction(Transaction):
    """A savepoint: what happened since can be undone while the outer transaction goes on."""

    nested = True

    def __init__(self, connection: object, parent: Transaction, name: str) -> None:
        super().__init__(connection, parent)
        self.name = name
        self.outer: NestedTransaction | None = self._connection._savepoint
        self._connection._savepoint = self

    def _is_current(self) -> bool:
        inner = self._connection._savepoint
        while inner is not None:
            if inner is self:
                return True
            inner = inner.outer
        return False

    def _commit_steps(self) -> Steps[None]:
        yield from self._send_steps("RELEASE SAVEPOINT")
        self._end()

    def _rollback_steps(self) -> Steps[None]:
        try:
            if self.parent is not None and self.parent.is_active:
                yield from self._send_steps("ROLLBACK TO SAVEPOINT")
        finally:
            self._end()

    def _send_steps(self, verb: str) -> Steps[None]:
        try:
            yield from self._connection.send_savepoint_steps(verb, self.name)
        except Exception:
            if verb == "ROLLBACK TO SAVEPOINT":
                self._give_up()
            raise
        except BaseException:
            # A task was cancelled, and nobody knows whether the server has heard.
            self._give_up()
            raise

    def _give_up(self) -> None:
        """Let the whole transaction be rolled back alone.

        What is within the savepoint may be undone or not, or a part of what is around it.
        """
        self._end()
        root = self._connection._root
        if root is not None:
            root.is_active = False

    def _end(self) -> None:
        """Leave this savepoint, and with it those inside it."""
        inner = self._connection._savepoint
        while inner is not None:
            inner.is_active = False
            if inner is self:
                break
            inner = inner.outer
        self._connection._savepoint = self.outer
        self._connection.transaction_ended()
