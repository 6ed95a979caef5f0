"""The transaction of a session: its connections, and what in memory a rollback must restore."""

from collections.abc import Mapping
from enum import Enum
from types import TracebackType
from typing import Any, Self
from warnings import warn

from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.engine.pool.holder import caller
from dovetail.engine.transaction import Transaction
from dovetail.exc import (
    DBAPIError,
    DovetailWarning,
    InvalidRequestError,
    PendingRollbackError,
    ResourceClosedError,
    StatementError,
)
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.session.afterwards import Afterwards
from dovetail.orm.session.deciding import branch_steps, commit_everywhere_steps
from dovetail.orm.tracking.expiry import lost_values
from dovetail.orm.tracking.state import InstanceState, Load, Scope
from dovetail.steps import Steps


class SessionTransactionState(Enum):
    """Where in its life a transaction stands."""

    ACTIVE = 1
    PREPARED = 2
    COMMITTED = 3
    DEACTIVE = 4
    CLOSED = 5


class SessionTransactionOrigin(Enum):
    """How a transaction began."""

    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


AUTOBEGIN = SessionTransactionOrigin.AUTOBEGIN
BEGIN = SessionTransactionOrigin.BEGIN
BEGIN_NESTED = SessionTransactionOrigin.BEGIN_NESTED
SUBTRANSACTION = SessionTransactionOrigin.SUBTRANSACTION

ACTIVE = SessionTransactionState.ACTIVE
PREPARED = SessionTransactionState.PREPARED
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

    def __init__(
        self, connection: Connection, transaction: Transaction, *, owned: bool, commits: bool
    ) -> None:
        self.connection = connection
        self.transaction = transaction
        self.owned = owned
        self.commits = commits


class SessionTransaction:
    """A transaction of a session, or a savepoint within one.

    It knows what became persistent, was deleted, or changed its key since it began, so that a
    rollback restores the instances in memory as well as the rows.

    ``nested``        whether it is a savepoint
    ``parent``        the transaction around it, or None
    ``origin``        how it began
    ``keeps_values``  its commit expires nothing: it was for one read alone
    ``flushed``       a flush has written rows in it
    ``has_sent``      something else than a SELECT was sent in it, or its connection handed out
    ``is_writing``    it has locked rows, or is about to write: nothing is read from replicas
    ``is_held``       a result still reads from its connection: it lasts until it is ended
    ``replicas_read``  by engine: that of the replica read in its place, in the outermost one
    ``ended_within``  a savepoint in it that has ended, and whose ``with`` block has not
    ``source_record``  what the session's row source notes here, in the outermost one
    ``afterwards``    what the program does once it has ended, or None
    ``name``          by which the log of decisions knows it, or None
    """

    ended_within: "SessionTransaction | None" = None
    _outer_block: "SessionTransaction | None" = None

    cause: BaseException | None = None
    place = ""
    """Where in the program a flush failed."""

    flushed = False
    has_sent = False
    is_held = False
    is_writing = False
    keeps_values = False
    source_record: Any = None
    replicas_read: dict[Engine, Engine] | None = None
    afterwards: Afterwards | None = None
    name: str | None = None

    def __init__(
        self,
        core: Any,
        origin: SessionTransactionOrigin = BEGIN,
        parent: "SessionTransaction | None" = None,
    ) -> None:
        self.core = core
        self.session = core.reference()
        self.origin = origin
        self.parent = parent
        self.nested = origin is BEGIN_NESTED
        self.state = ACTIVE
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
        return self.state is ACTIVE and self.core.transaction is not None

    def has_only_read(self) -> bool:
        """True where a rollback would lose nothing, and nobody waits for the end."""
        return not (self.flushed or self.has_sent or self.afterwards is not None)

    def reads_primary(self) -> bool:
        """True where it has written, or is about to: its reads must see that."""
        if self.flushed or self.has_sent or self.is_writing:
            return True
        return self.parent is not None and self.parent.reads_primary()

    def owns_connections(self) -> bool:
        """True where all connections came from pools, and go back there."""
        return all(participant.owned for participant in self.participants.values())

    def is_brief(self) -> bool:
        """True where a session that holds no connection between statements ends it now."""
        return (
            self.origin is AUTOBEGIN
            and self.state is ACTIVE
            and bool(self.participants)
            and not (self.is_held or self.is_writing)
            and self.has_only_read()
            and self.owns_connections()
        )

    def check(self) -> None:
        """Raise unless statements may be sent."""
        if self.state is ACTIVE:
            return
        if self.state is DEACTIVE:
            failure = self.cause
            what = "by rollback() in a transaction within it"
            if failure is not None:
                what = f"after a failed flush, {self.place}: {_first_words(failure)}"
            raise PendingRollbackError(
                f"this session's transaction was rolled back {what}",
                hint="call session.rollback() to begin anew",
            ) from failure
        raise ResourceClosedError(
            "this transaction of the session has ended",
            hint="begin another: session.begin() or session.begin_nested()",
        )

    # Connections ------------------------------------------------------------------------------

    def connection_steps(
        self,
        bind: Engine | Connection,
        execution_options: Mapping[str, Any] | None = None,
        opened: Connection | None = None,
    ) -> Steps[Any]:
        """The connection to *bind* in this transaction, begun at its first use.

        The connection is given *execution_options*, with a warning if it takes part already.
        *opened* is one to a replica, which was opened before, and is only read from.
        """
        if self.state is not ACTIVE:
            self.check()
        if self.ended_within is not None:
            self.core.refuse_after_block()
        found = self.participants.get(bind)
        if found is not None:
            if execution_options:
                warn(
                    "this transaction uses the connection already: execution_options have no "
                    "effect; call session.connection(execution_options=...) before anything else",
                    DovetailWarning,
                    stacklevel=5,
                )
            return found.connection
        if self.origin is SUBTRANSACTION:
            return (yield from self.around.connection_steps(bind, execution_options, opened))
        if self.parent is not None:
            connection = yield from self.parent.connection_steps(bind, execution_options, opened)
            savepoint = yield from connection.begin_nested_steps()
            self.participants[bind] = Participant(connection, savepoint, owned=False, commits=True)
        elif isinstance(bind, Connection):
            options = {**self.core.execution_options_dict, **(execution_options or {})}
            if options:
                bind.execution_options(**options)
            yield from self._join_steps(bind)
        else:
            connection = opened or (yield from bind.connect_steps())
            options = self.core.execution_options_dict
            if execution_options:
                options = {**options, **execution_options}
            try:
                if options:
                    connection.execution_options(**options)
                transaction = yield from self._begin_steps(connection)
            except BaseException:
                yield from connection.close_steps()
                raise
            self.participants[bind] = Participant(
                connection, transaction, owned=True, commits=opened is None
            )
        core = self.core
        connection = self.participants[bind].connection
        connection.used_by = core
        if core.until is not None:
            connection.limit_time(connection.timeout, core.until)
        if core.row_source is not None and self.parent is None:
            yield from core.row_source.began_steps(self, connection)
        for call in core.dispatch.after_begin:
            call(self.session, self, connection)
        return connection

    @property
    def around(self) -> "SessionTransaction":
        """The transaction that this one, which is not the outermost, is within."""
        assert self.parent is not None
        return self.parent

    def _begin_steps(self, connection: Connection) -> Steps[Any]:
        if self.core.twophase:
            branch = yield from branch_steps(self, connection)
            return (yield from connection.begin_twophase_steps(branch))
        if connection.dispatch.listening and connection.in_transaction():
            return connection.get_transaction()  # begun by what listens to new connections
        return (yield from connection.begin_steps())

    def _join_steps(self, connection: Connection) -> Steps[None]:
        """Take part in *connection*, which somebody else opened, as the join mode says."""
        mode = self.core.join_transaction_mode
        commits = True
        if not connection.in_transaction():
            transaction = yield from self._begin_steps(connection)
        elif mode == "create_savepoint" or (
            mode == "conditional_savepoint" and connection.in_nested_transaction()
        ):
            transaction = yield from connection.begin_nested_steps()
        else:
            transaction = connection.get_nested_transaction() or connection.get_transaction()
            assert transaction is not None
            commits = mode == "control_fully"
        self.participants[connection] = Participant(
            connection, transaction, owned=False, commits=commits
        )

    # Ending -----------------------------------------------------------------------------------

    def prepare_steps(self) -> Steps[None]:
        """Let each database promise to commit; a failure rolls all of them back."""
        self.check()
        try:
            for participant in self.participants.values():
                if participant.commits:
                    yield from participant.transaction.prepare_steps()
        except BaseException:
            yield from self.rollback_steps()
            raise
        self.state = PREPARED

    def commit_steps(self) -> Steps[None]:
        """Commit, or release the savepoint; the session has flushed."""
        if self.state is not PREPARED:
            self.check()
        core = self.core
        if self.origin is not SUBTRANSACTION:
            commit = self._commit_participants_steps()
            if self.name is not None and self.state is PREPARED:
                commit = commit_everywhere_steps(self, self.name, commit)
            if core.row_source is not None and self.parent is None:
                commit = core.row_source.committing_steps(self, commit)
            yield from commit
        self.state = COMMITTED
        try:
            if self.origin is not SUBTRANSACTION:
                for call in core.dispatch.after_commit:
                    call(self.session)
            self._keep()
            yield from self.close_steps()
        except Exception as error:
            if self.parent is None and isinstance(error, DBAPIError):
                # Its rows are there: what failed is no reason to write them again.
                error.retry_scope = "never"
            raise

    def _commit_participants_steps(self) -> Steps[None]:
        failure: BaseException | None = None
        has_committed = self.state is PREPARED
        for participant in self.participants.values():
            if participant.commits:
                try:
                    yield from participant.transaction.commit_steps()
                except BaseException as error:
                    if has_committed and isinstance(error, DBAPIError):
                        # A part of the transaction is there: nobody must run it as a whole again.
                        error.outcome_unknown = True
                    if self.state is not PREPARED:
                        raise
                    # The others have promised too, and the decision is to commit.
                    failure = failure or error
                has_committed = True
        if failure is not None:
            raise failure

    def _keep(self) -> None:
        """After success: hand what was noted to the parent, or forget it and expire."""
        core = self.core
        if self.parent is not None:
            self._hand_on(self.parent)
            return
        core.epoch += 1
        if core.routes is not None and self.reads_primary():
            core.routes.has_written = True
        if core.expire_on_commit and not self.keeps_values:
            core.expire_all()
        for state in self.deleted:
            if state.load.deleted:
                state.load = state.load.let_go()
                core.announce_state("deleted_to_detached", state)

    def _hand_on(self, parent: "SessionTransaction") -> None:
        """Let *parent* restore, if it is rolled back, what this one would have restored."""
        parent.new.extend(self.new)
        parent.deleted.update(self.deleted)
        parent.dirty |= self.dirty
        parent.flushed = parent.flushed or self.flushed
        parent.has_sent = parent.has_sent or self.has_sent
        parent.is_held = parent.is_held or self.is_held
        parent.is_writing = parent.is_writing or self.is_writing
        for state, key in self.switched.items():
            parent.switched.setdefault(state, key)
        if self.afterwards is not None:
            self.afterwards.hand_on(parent.require_afterwards())
            self.afterwards = None

    def require_afterwards(self) -> Afterwards:
        """Return what is done once this transaction has ended, made where there is nothing yet."""
        if self.afterwards is None:
            self.afterwards = Afterwards()
        return self.afterwards

    def all_deleted(self) -> list[InstanceState]:
        """The instances deleted in this transaction, and in those around it, and still gone."""
        outer = [] if self.parent is None else self.parent.all_deleted()
        return [*outer, *(state for state in self.deleted if state.load.deleted)]

    def fail_steps(self, error: BaseException) -> Steps[None]:
        """Roll back after a failed flush; the session refuses work until its user rolls back."""
        file, line, function = caller()
        self.place = f"{file}:{line} in {function}"
        yield from self._fail_around_steps(error)
        self.state = DEACTIVE
        self.cause = error

    def _fail_around_steps(self, error: BaseException | None) -> Steps[None]:
        """Undo all back to the savepoint, or the transaction, that has a ROLLBACK of its own."""
        if self.origin is not SUBTRANSACTION:
            yield from self._undo_steps()
            return
        outer = self.around
        self._hand_on(outer)
        yield from outer._fail_around_steps(error)
        outer.state = DEACTIVE
        outer.cause = error
        outer.place = self.place

    def rollback_steps(self, leaving: frozenset[InstanceState] = frozenset()) -> Steps[None]:
        """Roll back and end; *leaving* are about to leave the session with what they hold."""
        try:
            if self.origin is SUBTRANSACTION:
                if self.state is ACTIVE:
                    yield from self._fail_around_steps(None)
            elif self.state in (ACTIVE, PREPARED):
                yield from self._undo_steps(leaving)
            elif self.state is DEACTIVE:
                # What was done to instances after the failure is undone too.
                self._restore(leaving)
        finally:
            yield from self.close_steps()
        core = self.core
        for call in core.dispatch.after_soft_rollback:
            call(self.session, self)

    def _undo_steps(self, leaving: frozenset[InstanceState] = frozenset()) -> Steps[None]:
        failure: BaseException | None = None
        for participant in self.participants.values():
            try:
                yield from participant.transaction.rollback_steps()
            except GeneratorExit:
                raise
            except BaseException as error:  # a task that is cancelled, too
                failure = failure or error
        core = self.core
        for call in core.dispatch.after_rollback:
            call(self.session)
        self._restore(leaving)
        if failure is not None:
            raise failure

    def close_steps(self, *, invalidate: bool = False) -> Steps[None]:
        """Give the connections back and let the session go on with the parent."""
        core = self.core
        if core.transaction is self:
            core.transaction = self.parent
        ended, self.state = self.state, CLOSED
        if self.nested and core.block_transaction is self:
            self.around.ended_within = self
        failure: BaseException | None = None
        for participant in self.participants.values():
            try:
                if invalidate:
                    yield from participant.connection.invalidate_steps()
                if participant.owned:
                    yield from participant.connection.close_steps()
                elif ended is ACTIVE and self.parent is None:
                    yield from self._leave_joined_steps(participant)
                if self.parent is None:
                    participant.connection.used_by = None
                    if core.until is not None and not participant.owned:
                        participant.connection.limit_time(participant.connection.timeout)
            except GeneratorExit:
                raise
            except BaseException as error:  # a task that is cancelled, too: all are given back
                failure = failure or error
        self.participants.clear()
        if ended is not CLOSED:
            for call in core.dispatch.after_transaction_end:
                call(self.session, self)
        if self.afterwards is not None:
            yield from self._end_afterwards_steps(self.afterwards, ended)
        if failure is not None:
            raise failure

    def _end_afterwards_steps(
        self, afterwards: Afterwards, ended: SessionTransactionState
    ) -> Steps[None]:
        """Do what the program does after a transaction that *ended* in this state."""
        self.afterwards = None
        if ended is COMMITTED:
            yield from afterwards.committed_steps()
        elif ended is not CLOSED:
            yield from afterwards.rolled_back_steps()

    @staticmethod
    def _leave_joined_steps(participant: Participant) -> Steps[None]:
        """Undo, on somebody else's connection, what was not committed."""
        if participant.transaction.is_active and participant.commits:
            yield from participant.transaction.rollback_steps()

    # Memory -------------------------------------------------------------------------------------

    def _restore(self, leaving: frozenset[InstanceState]) -> None:
        """Make the instances in memory what they were when this began."""
        core = self.core
        scope = core.scope
        # Held until those who listen have been told; in the session they are no more.
        pending = dict(scope.new)
        scope.new.clear()
        for state in (*self.new, *pending):
            was_pending = state.row_key is None
            self._expel(scope, state)
            if core.dispatch.listening:
                left = "pending_to_transient" if was_pending else "persistent_to_transient"
                core.announce_state(left, state)
        for identity in scope.identities.values():
            for state in list(identity.values()):
                if state.extra is not None:
                    # No parent has left its child.
                    state.extra.pop("parents", None)
        scope.deleted.clear()
        for state, key in self.switched.items():
            if state.row_key is not None:
                _switch(scope, state, key)
                instance = state()
                if instance is not None:
                    mapper = state.load.mapper
                    own = zip(mapper.primary_keys, mapper.key_tuple(key), strict=True)
                    instance.__dict__.update(own)
        for state, (instance, load) in self.deleted.items():
            if state.row_key is None or state() is not instance:
                continue
            if state.load.scope is not scope or load.identity is None:
                # It was let go meanwhile: its row is back, and it stays outside.
                if state.load.deleted:
                    state.load = load.let_go()
            else:
                state.load = load
                load.identity[state.row_key] = state
                # What had been changed before the delete is not known to be the row's.
                self.dirty.add(state)
                core.announce_state("deleted_to_persistent", state)
        if self.nested:
            stale = {*scope.modified, *self.dirty} - leaving
            core.expire_states(
                [s for s in stale if s.row_key is not None and s.load.scope is scope]
            )
        else:
            core.expire_all()
        core.epoch += 1
        for restored in (self.new, self.deleted, self.dirty, self.switched):
            restored.clear()

    @staticmethod
    def _expel(scope: Scope, state: InstanceState) -> None:
        mapper = state.load.mapper
        if state.row_key is not None:
            identity = state.load.identity
            if identity is not None and identity.get(state.row_key) is state:
                del identity[state.row_key]
        scope.modified.pop(state, None)
        state.stale = lost_values(state) or None
        state.row_key = state.committed = None
        state.load = mapper.transient_load

    def hand_out(self) -> None:
        """Note that its user has a connection of it, and may do anything by that."""
        if self.core.row_source is not None:
            self.core.row_source.handed_out(self)
        self.has_sent = True

    def connection(
        self,
        bindkey: Mapper | type | None = None,
        execution_options: Mapping[str, Any] | None = None,
        **bind_arguments: object,
    ) -> Any:
        """The connection of this transaction: for a mapped class, or an Engine, where it matters.

        ``session.connection()`` is the same for the transaction in progress.
        """
        self.check()
        is_bind = hasattr(bindkey, "connect_steps") or isinstance(bindkey, Connection)
        if bindkey is not None and not is_bind:
            bind_arguments = {"mapper": bindkey, **bind_arguments}
        self.hand_out()
        bind: Any = bindkey if is_bind else self.core.get_bind(**bind_arguments)
        return self.core.run(self.connection_steps(bind, execution_options))

    def prepare(self) -> None:
        """Prepare to commit in all databases: as ``Session.prepare()``."""
        self._require_current()
        self.core.run(self.core.prepare_steps())

    @property
    def connections(self) -> frozenset[Connection]:
        """The connections that take part; of a savepoint, those that were used within it."""
        return frozenset(participant.connection for participant in self.participants.values())

    def bound_connection(
        self, bindkey: Mapper | type | None = None, **kwargs: object
    ) -> Connection:
        """Return the connection that takes part, for a mapped class where there are several.

        ``kwargs`` go to ``Session.get_bind()``: ``clause`` or ``bind``.  InvalidRequestError is
        raised where there is none yet; ``connection()`` takes one.
        """
        is_bind = hasattr(bindkey, "connect_steps") or isinstance(bindkey, Connection)
        if bindkey is not None and not is_bind:
            kwargs = {"mapper": bindkey, **kwargs}
        bind = bindkey if is_bind else self.core.get_bind(**kwargs)
        found = self.participants.get(bind)
        if found is None:
            raise InvalidRequestError(
                f"no connection to {bind!r} takes part in this transaction yet",
                hint="take one: session.connection()",
            )
        self.hand_out()
        connection: Connection = found.connection
        return connection

    # Blocks -------------------------------------------------------------------------------------

    def commit(self, _to_root: bool = False) -> None:
        """Commit this transaction, or release this savepoint."""
        self._require_current()
        self.core.run(self.core.commit_one_steps(self))

    def rollback(self, _to_root: bool = False) -> None:
        """Roll this transaction, or savepoint, back."""
        if self.state is not CLOSED:
            self.core.run(self.core.rollback_until_steps(self))

    def close(self, invalidate: bool = False) -> None:
        """End without commit."""
        if self.state is not CLOSED:
            self.core.run(self.close_steps(invalidate=invalidate))

    def _require_current(self) -> None:
        self.check()

    def enter_block(self) -> None:
        """Note that a ``with`` block of this transaction begins."""
        if self.state is CLOSED:
            raise InvalidRequestError("this transaction has ended", hint="begin another one")
        self._outer_block = self.core.block_transaction
        self.core.block_transaction = self

    def leave_block(self) -> None:
        """Note that the block has ended."""
        if self.core.block_transaction is self:
            self.core.block_transaction = self._outer_block
        self._outer_block = None
        if self.nested:
            self.around.ended_within = None

    def __enter__(self) -> Self:
        self.enter_block()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.leave_block()
        self.core.run(self.exit_steps(kind))

    def exit_steps(self, kind: type[BaseException] | None) -> Steps[None]:
        """Leave a ``with`` block: commit after success, roll back after an error."""
        if self.state in (CLOSED, COMMITTED):
            return
        core = self.core
        if kind is not None or self.state is DEACTIVE:
            yield from core.rollback_until_steps(self)
            return
        try:
            yield from core.commit_one_steps(self)
        except BaseException:
            if self.state is not CLOSED:
                yield from core.rollback_until_steps(self)
            raise


def _first_words(failure: BaseException) -> str:
    """What *failure* says: its class, and of a statement whose fault it was and its text."""
    lines = str(failure).splitlines()
    if isinstance(failure, StatementError) and failure.statement is not None:
        own = failure.message.splitlines()[0]
        statement = " ".join(failure.statement.split())
        lines = ["; ".join([own, *failure.detail, f"{statement:.120}"])]
    return f"{type(failure).__name__}: {lines[0] if lines else ''}"


def _switch(scope: Scope, state: InstanceState, key: object) -> None:
    """Give *state* the identity *key*."""
    with scope.at(state.load.token):
        identity = scope.identity(state.load.mapper)
    if identity.get(state.row_key) is state:
        del identity[state.row_key]
    state.row_key = key
    identity[key] = state
