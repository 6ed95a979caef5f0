"""The transaction of a session: its connections, and what in memory a rollback must restore."""

from enum import Enum
from types import TracebackType
from typing import Any, Self

from dovetail.engine.connection import Connection
from dovetail.exc import InvalidRequestError, PendingRollbackError, ResourceClosedError
from dovetail.orm.members import SessionMembers
from dovetail.orm.tracking.state import InstanceState, Load
from dovetail.steps import Steps


class SessionTransactionState(Enum):
    """Where in its life a transaction stands."""

    ACTIVE = 1
    COMMITTED = 2
    DEACTIVE = 3
    CLOSED = 4


ACTIVE = SessionTransactionState.ACTIVE
COMMITTED = SessionTransactionState.COMMITTED
DEACTIVE = SessionTransactionState.DEACTIVE
CLOSED = SessionTransactionState.CLOSED

JOIN_MODES = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")


class Participant:
    """One connection in a session's transaction.

    ``owned``     the session took it from the pool and gives it back
    ``commits``   its transaction ends with the session's commit
    """

    __slots__ = ("commits", "connection", "owned", "transaction")

    def __init__(self, connection: Any, transaction: Any, *, owned: bool, commits: bool) -> None:
        self.connection = connection
        self.transaction = transaction
        self.owned = owned
        self.commits = commits


class SessionTransaction:
    """A transaction of a session, or a savepoint within one.

    It knows what became persistent, was deleted, or changed its key since it began, so that a
    rollback restores the instances in memory as well as the rows.
    """

    def __init__(self, session: Any, parent: "SessionTransaction | None" = None) -> None:
        self.session = session
        self.parent = parent
        self.nested = parent is not None
        self.state = ACTIVE
        self.cause: BaseException | None = None
        self.participants: dict[Any, Participant] = {}
        self.new: list[InstanceState] = []
        self.deleted: dict[InstanceState, tuple[Any, Load]] = {}
        self.dirty: set[InstanceState] = set()
        self.switched: dict[InstanceState, Any] = {}

    def __repr__(self) -> str:
        kind = "savepoint" if self.nested else "transaction"
        return f"<{kind} of a session, {self.state.name.lower()}>"

    @property
    def is_active(self) -> bool:
        """True until it ends or fails."""
        return self.state is ACTIVE and self.session._transaction is not None

    @property
    def origin(self) -> str:
        """How it began."""
        return "BEGIN_NESTED" if self.nested else "BEGIN"

    def check(self) -> None:
        """Raise unless statements may be sent."""
        if self.state is ACTIVE:
            return
        if self.state is DEACTIVE:
            failure = self.cause
            what = ""
            if failure is not None:
                text = str(failure).splitlines()[0]
                what = f": {type(failure).__name__}: {text}"
            raise PendingRollbackError(
                f"this session's transaction was rolled back after a failed flush{what}",
                hint="call session.rollback() to begin anew",
            ) from failure
        raise ResourceClosedError(
            "this transaction of the session has ended",
            hint="begin another: session.begin() or session.begin_nested()",
        )

    # Connections ------------------------------------------------------------------------------

    def connection_steps(self, bind: Any) -> Steps[Any]:
        """The connection to *bind* in this transaction, begun at its first use."""
        self.check()
        found = self.participants.get(bind)
        if found is not None:
            return found.connection
        if self.parent is not None:
            connection = yield from self.parent.connection_steps(bind)
            savepoint = yield from connection.begin_nested_steps()
            self.participants[bind] = Participant(connection, savepoint, owned=False, commits=True)
        elif isinstance(bind, Connection):
            yield from self._join_steps(bind)
        else:
            connection = yield from bind.connect_steps()
            try:
                transaction = yield from connection.begin_steps()
            except BaseException:
                yield from connection.close_steps()
                raise
            self.participants[bind] = Participant(connection, transaction, owned=True, commits=True)
        return self.participants[bind].connection

    def _join_steps(self, connection: Any) -> Steps[None]:
        """Take part in *connection*, which somebody else opened, as the join mode says."""
        mode = self.session.join_transaction_mode
        commits = True
        if not connection.in_transaction():
            transaction = yield from connection.begin_steps()
        elif mode == "create_savepoint" or (
            mode == "conditional_savepoint" and connection.in_nested_transaction()
        ):
            transaction = yield from connection.begin_nested_steps()
        else:
            transaction = connection.get_nested_transaction() or connection.get_transaction()
            commits = mode == "control_fully"
        self.participants[connection] = Participant(
            connection, transaction, owned=False, commits=commits
        )

    # Ending -----------------------------------------------------------------------------------

    def commit_steps(self) -> Steps[None]:
        """Commit, or release the savepoint; the session has flushed."""
        self.check()
        for participant in self.participants.values():
            if participant.commits:
                yield from participant.transaction.commit_steps()
        self.state = COMMITTED
        self._keep()
        yield from self.close_steps()

    def _keep(self) -> None:
        """After success: hand what was noted to the parent, or forget it and expire."""
        session = self.session
        parent = self.parent
        if parent is not None:
            parent.new.extend(self.new)
            parent.deleted.update(self.deleted)
            parent.dirty |= self.dirty
            for state, key in self.switched.items():
                parent.switched.setdefault(state, key)
            return
        for state in self.deleted:
            if state.load.deleted:
                state.load = state.load.mapper.removed_load
        session.epoch += 1
        if session.expire_on_commit:
            session.expire_all()

    def fail_steps(self, error: BaseException) -> Steps[None]:
        """Roll back after a failed flush; the session refuses work until its user rolls back."""
        yield from self._undo_steps()
        self.state = DEACTIVE
        self.cause = error

    def rollback_steps(self, leaving: frozenset[InstanceState] = frozenset()) -> Steps[None]:
        """Roll back and end; *leaving* are about to leave the session with what they hold."""
        try:
            if self.state is ACTIVE:
                yield from self._undo_steps(leaving)
            elif self.state is DEACTIVE:
                # What was done to instances after the failure is undone too.
                self._restore(leaving)
        finally:
            yield from self.close_steps()

    def _undo_steps(self, leaving: frozenset[InstanceState] = frozenset()) -> Steps[None]:
        failure: BaseException | None = None
        for participant in self.participants.values():
            try:
                yield from participant.transaction.rollback_steps()
            except Exception as error:
                failure = failure or error
        self._restore(leaving)
        if failure is not None:
            raise failure

    def close_steps(self, *, invalidate: bool = False) -> Steps[None]:
        """Give the connections back and let the session go on with the parent."""
        session = self.session
        if session._transaction is self:
            session._transaction = self.parent
        ended, self.state = self.state, CLOSED
        for participant in self.participants.values():
            if invalidate:
                yield from participant.connection.invalidate_steps()
            if participant.owned:
                yield from participant.connection.close_steps()
            elif ended is ACTIVE and self.parent is None:
                yield from self._leave_joined_steps(participant)
        self.participants.clear()

    @staticmethod
    def _leave_joined_steps(participant: Participant) -> Steps[None]:
        """Undo, on somebody else's connection, what was not committed."""
        if participant.transaction.is_active and participant.commits:
            yield from participant.transaction.rollback_steps()

    # Memory -------------------------------------------------------------------------------------

    def _restore(self, leaving: frozenset[InstanceState]) -> None:
        """Make the instances in memory what they were when this began."""
        session = self.session
        scope = session.scope
        for state in (*self.new, *list(scope.new)):
            self._expel(scope, state)
        for identity in scope.identities.values():
            for state in list(identity.values()):
                if state.extra is not None:
                    # No parent has left its child.
                    state.extra.pop("parents", None)
        scope.new.clear()
        scope.deleted.clear()
        for state, key in self.switched.items():
            if state.key is not None:
                _switch(scope, state, key)
                instance = state()
                if instance is not None:
                    mapper = state.load.mapper
                    own = zip(mapper.primary_keys, mapper.key_tuple(key), strict=True)
                    instance.__dict__.update(own)
        for state, (instance, load) in self.deleted.items():
            if state.key is not None and state() is instance:
                state.load = load
                scope.identity(load.mapper)[state.key] = state
                # What had been changed before the delete is not known to be the row's.
                self.dirty.add(state)
        if self.nested:
            stale = {*scope.modified, *self.dirty} - leaving
            session.expire_states([s for s in stale if s.key is not None and s.load.scope is scope])
        else:
            session.expire_all()
        session.epoch += 1

    @staticmethod
    def _expel(scope: Any, state: InstanceState) -> None:
        mapper = state.load.mapper
        if state.key is not None:
            identity = scope.identity(mapper)
            if identity.get(state.key) is state:
                del identity[state.key]
        scope.modified.pop(state, None)
        state.key = state.committed = state.expired = None
        state.load = mapper.transient_load

    # Blocks -------------------------------------------------------------------------------------

    def commit(self, _to_root: bool = False) -> None:
        """Commit this transaction, or release this savepoint."""
        self._require_current()
        self.session._run(self.session.commit_one_steps(self))

    def rollback(self, _to_root: bool = False) -> None:
        """Roll this transaction, or savepoint, back."""
        if self.state is not CLOSED:
            self.session._run(self.session.rollback_until_steps(self))

    def close(self, invalidate: bool = False) -> None:
        """End without commit."""
        if self.state is not CLOSED:
            self.session._run(self.close_steps(invalidate=invalidate))

    def _require_current(self) -> None:
        self.check()

    def __enter__(self) -> Self:
        if self.state is CLOSED:
            raise InvalidRequestError("this transaction has ended", hint="begin another one")
        if not self.nested:
            self.session._block_transaction = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self.session._block_transaction is self:
            self.session._block_transaction = None
        self.session._run(self.exit_steps(kind))

    def exit_steps(self, kind: type[BaseException] | None) -> Steps[None]:
        """Leave a ``with`` block: commit after success, roll back after an error."""
        if self.state in (CLOSED, COMMITTED):
            return
        session = self.session
        if kind is not None or self.state is DEACTIVE:
            yield from session.rollback_until_steps(self)
            return
        try:
            yield from session.commit_one_steps(self)
        except BaseException:
            yield from session.rollback_until_steps(self)
            raise


def _switch(scope: Any, state: InstanceState, key: Any) -> None:
    """Give *state* the identity *key*."""
    identity = scope.identity(state.load.mapper)
    if identity.get(state.key) is state:
        del identity[state.key]
    state.key = key
    identity[key] = state


class TransactionalSession(SessionMembers):
    """The second storey of the Session: begin, commit, rollback, connections."""

    expire_on_commit: bool
    join_transaction_mode: str
    autobegin: bool

    _transaction: SessionTransaction | None = None
    _closed = False
    _resets_only = True
    _block_transaction: SessionTransaction | None = None
    """The transaction whose ``with`` block is being executed."""

    def _run(self, steps: Steps[Any]) -> Any:
        raise NotImplementedError

    def flush_steps(self, objects: Any = None) -> Steps[None]:
        """Write pending changes: the next storey knows how."""
        raise NotImplementedError

    def begin_on_change(self) -> None:
        if self._transaction is None:
            self._autobegin()

    def _autobegin(self) -> SessionTransaction:
        transaction = self._transaction
        if transaction is None:
            if self._closed:
                raise InvalidRequestError(
                    "this session is closed for good (close_resets_only=False)",
                    hint="make another session",
                )
            if self._block_transaction is not None:
                # What follows would be in another transaction, which nobody commits.
                raise InvalidRequestError(
                    "the transaction of this with block has ended",
                    hint="leave the block before doing more work with the session",
                )
            if not self.autobegin:
                raise InvalidRequestError(
                    "this session begins no transaction by itself (autobegin=False)",
                    hint="call session.begin() first",
                )
            transaction = self._transaction = SessionTransaction(self)
        return transaction

    def get_transaction(self) -> SessionTransaction | None:
        """The transaction in progress, the outermost one, or None."""
        transaction = self._transaction
        while transaction is not None and transaction.parent is not None:
            transaction = transaction.parent
        return transaction

    def get_nested_transaction(self) -> SessionTransaction | None:
        """The savepoint in progress, the innermost one, or None."""
        transaction = self._transaction
        return transaction if transaction is not None and transaction.nested else None

    def in_transaction(self) -> bool:
        """True while a transaction is in progress."""
        return self._transaction is not None

    def in_nested_transaction(self) -> bool:
        """True within a savepoint."""
        return self._transaction is not None and self._transaction.nested

    @property
    def is_active(self) -> bool:
        """False after a failed flush, until ``rollback()``."""
        if self._transaction is None:
            return self.autobegin
        return self._transaction.state is ACTIVE

    # Steps ---------------------------------------------------------------------------------------

    def begin_transaction(self) -> SessionTransaction:
        """Begin; InvalidRequestError when a transaction is in progress."""
        if self._transaction is not None:
            raise InvalidRequestError(
                "a transaction is in progress in this session: it begins with the first "
                "statement or change",
                hint="commit() or rollback() first, or begin_nested() for a savepoint",
            )
        transaction = self._transaction = SessionTransaction(self)
        return transaction

    def begin_nested_steps(self) -> Steps[SessionTransaction]:
        """Flush, and set a savepoint on every connection in use."""
        parent = self._autobegin()
        parent.check()
        yield from self.flush_steps()
        nested = SessionTransaction(self, parent)
        try:
            for bind in list(parent.participants):
                yield from nested.connection_steps(bind)
        except BaseException:
            yield from nested.rollback_steps()
            raise
        self._transaction = nested
        return nested

    def commit_steps(self) -> Steps[None]:
        """Flush and commit: savepoints in progress, then the transaction."""
        transaction = self._autobegin()
        transaction.check()
        while True:
            current = self._transaction
            if current is None:
                return
            parent = current.parent
            yield from self.commit_one_steps(current)
            if parent is None:
                return

    def commit_one_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """Commit *transaction*, and the savepoints within it."""
        transaction.check()
        while self._transaction is not None and self._transaction is not transaction:
            yield from self.commit_one_steps(self._transaction)
        for _ in range(100):
            if not self.has_pending():
                break
            yield from self.flush_steps()
        try:
            yield from transaction.commit_steps()
        except BaseException:
            if transaction.state is not CLOSED:
                yield from transaction.rollback_steps()
            raise

    def rollback_steps(self) -> Steps[None]:
        """Roll back everything: savepoints in progress, then the transaction."""
        root = self.get_transaction()
        if root is not None:
            yield from self.rollback_until_steps(root)

    def rollback_until_steps(self, transaction: SessionTransaction) -> Steps[None]:
        """Roll back *transaction*, and before it the savepoints within it."""
        leaving = frozenset(transaction.new)
        while self._transaction is not None and self._transaction is not transaction:
            yield from self._transaction.rollback_steps(leaving)
        yield from transaction.rollback_steps()

    def close_steps(self, *, invalidate: bool = False) -> Steps[None]:
        """Detach all instances, end the transaction without commit, give connections back."""
        self._closed = not self._resets_only
        yield from self.reset_steps(invalidate=invalidate)

    def reset_steps(self, *, invalidate: bool = False) -> Steps[None]:
        """As ``close_steps()``; the session can be used again whatever its configuration."""
        self.expunge_all()
        while self._transaction is not None:
            current = self._transaction
            yield from self._end_unfinished_steps(current, invalidate)
            if self._transaction is current:
                self._transaction = current.parent

    @staticmethod
    def _end_unfinished_steps(current: SessionTransaction, invalidate: bool) -> Steps[None]:
        if not invalidate and current.state is ACTIVE:
            for participant in current.participants.values():
                if participant.commits or participant.owned:
                    yield from participant.transaction.rollback_steps()
        yield from current.close_steps(invalidate=invalidate)
