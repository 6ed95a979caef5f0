"""A channel whose statements run in transactions, begun by the first of them."""

from __future__ import annotations

from re import compile as regex
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..exc import (
    DBAPIError,
    InvalidRequestError,
    PendingRollbackError,
    ResourceClosedError,
)
from ..steps import run_sync
from .channel import Channel
from .pool.fork import leak
from .pool.record import UNKNOWN
from .transaction import (
    NestedTransaction,
    RootTransaction,
    Transaction,
    TwoPhaseTransaction,
)

if TYPE_CHECKING:
    from ..steps import Steps
    from .executed import Execution
    from .pool.record import ConnectionRecord

_FIRST_WORD = regex(r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*(\w+)").match

_USUAL = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE"))
"""How nearly all statements begin, which is quicker to see than to look for their first word."""


_ENDS = frozenset(("COMMIT", "END", "ROLLBACK", "ABORT"))
"""How a statement begins that ends a transaction."""

_ENDS_PART = regex(r"(?is).*\b(?:TO|CHAIN)\b").match
"""Finds ROLLBACK TO SAVEPOINT, and COMMIT AND CHAIN, after which another one is open."""


class TransactedChannel(Channel):
    """Sends BEGIN before the first statement, and what transactions ask for."""

    _root: RootTransaction | None = None
    _savepoint: NestedTransaction | None = None
    _block: Transaction | None = None
    """The transaction whose ``with`` block is running."""

    _begun = False
    """Whether BEGIN was sent."""

    _closed = False
    _detached = False
    """Whether the connection has left its pool."""

    _autocommit = False
    _savepoints = 0

    _level: str | None = None
    """The isolation level that statements need; None for that of the driver."""

    # What a statement needs before it goes.

    def _prepare_steps(self, sql: str | None = None) -> Steps[bool]:
        record = self._record
        if record is None or (record.epoch != record.pool.epoch and self._is_inherited()):
            yield from self._reconnect_steps()
        if self._block is not None:
            self._require_open_block()
        if self._root is None:
            self._root = RootTransaction(self)
        elif not self._root.is_active:
            raise PendingRollbackError(
                "the database has ended the transaction after an error", hint="call rollback()"
            )
        record = self._record
        assert record is not None
        if self._level != record.isolation:
            yield from self._isolate_steps(record, self._level)
        watched = self._echo or self.dispatch.listening
        self._ready = None if watched else self._host.calm
        if not self._begun and not self._autocommit:
            if sql is not None and sql[:6] not in _USUAL and self._stands_outside(sql):
                # BEGIN waits for the next statement, which has to come by here again.
                self._ready = None
            else:
                yield from self._send_begin_steps()
        return watched

    def _require_open_block(self) -> None:
        """Raise InvalidRequestError in a ``with`` block whose transaction has ended."""
        block = self._block
        if block is not None and not block.is_active:
            raise InvalidRequestError(
                "the transaction of this block has ended",
                hint="leave the with block before the next statement",
            )

    def _stands_outside(self, sql: str) -> bool:
        """Tell whether *sql* has no effect, or fails, inside of a transaction."""
        words = self._host.backend.outside_transaction
        if not words:
            return False
        match = _FIRST_WORD(sql)
        return match is not None and match[1].upper() in words

    def _is_inherited(self) -> bool:
        """Tell whether the connection is that of a parent process; let go of it then."""
        record = self._record
        if record is None or record.epoch == record.pool.epoch:
            return False
        leak(record.emptied())
        self._record = None
        self._begun = False
        self._ready = None
        return True

    def _reconnect_steps(self) -> Steps[None]:
        if self._closed:
            raise ResourceClosedError(
                "this connection is closed", hint="take another one: engine.connect()"
            )
        if self._root is not None:
            raise PendingRollbackError(
                "the connection was lost inside a transaction", hint="call rollback() first"
            )
        # What replaces a connection that had left its pool stays in the pool.
        self._detached = False
        self._attach((yield from self._host.pool.checkout_steps()))

    def _isolate_steps(self, record: ConnectionRecord, level: str | None) -> Steps[None]:
        # Should a task be cancelled while it waits, nobody knows whether the level was set.
        record.isolation = UNKNOWN
        try:
            yield self._wire.set_isolation, level or self._host.backend.default_isolation
        except BaseException as error:
            failure = yield from self._failure_steps(error, None, None)
            raise failure from failure.__cause__
        record.isolation = level

    def _broken(self, *, is_over: bool) -> None:
        if not self._begun or self._root is None:
            return
        if is_over or not self._wire.in_transaction():
            self._root.is_active = False
            self._begun = False
            self._ready = None
            if self._record is not None:
                self._record.begun -= 1

    def _lost_steps(self, error: BaseException, others_too: bool = False) -> Steps[None]:
        record, self._record = self._record, None
        self._ready = None
        self._begun = False
        if record is None:
            return
        if self._detached:
            connection = record.emptied()
            if connection is not None:
                connection.terminate()
            return
        pool = self._host.pool
        if others_too:
            pool.refresh(record)
        yield from pool.invalidate_steps(record, error)
        yield from pool.checkin_steps(record)

    # What transactions need.

    def _send_begin_steps(self) -> Steps[None]:
        self._begun = True
        record = self._record
        execution: Execution | None = None
        try:
            xid = self._root.xid if self._root is not None else None
            if xid is None:
                if self.dispatch.begin:
                    self._tell_begin()
                if self._echo or self.dispatch.listening:
                    execution = self._announce_control("BEGIN")
                if record is None or not record.begun or not self._wire.in_transaction():
                    yield (self._wire.begin,)
            else:
                for function in self.dispatch.begin_twophase:
                    function(self, xid)
                execution = self._announce_control("BEGIN TWOPHASE")
                yield self._two_phase("begin"), xid
        except BaseException as error:
            failure = yield from self._failure_steps(error, "BEGIN", None)
            self._end_control(execution, failure)
            # A BEGIN that was cancelled may have been heard: the end rolls it back then.
            self._begun = self._record is not None and self._wire.in_transaction()
            raise failure from failure.__cause__
        if execution is not None:
            self._end_control(execution)
        if record is not None:
            record.begun += 1

    def _tell_begin(self) -> None:
        """Call the listeners; one may send a BEGIN of its own, and the driver sends none then."""
        was_open = self._wire.in_transaction()
        for function in self.dispatch.begin:
            function(self)
        record = self._record
        if record is not None and not was_open and self._wire.in_transaction():
            record.begun_by_listener = True

    def send_commit_steps(self) -> Steps[None]:
        """Send COMMIT, if BEGIN was sent."""
        record = self._record
        if record is None or (record.epoch != record.pool.epoch and self._is_inherited()):
            raise PendingRollbackError(
                "the connection was lost inside the transaction", hint="call rollback()"
            )
        if not self._begun:
            return
        if self._wire.has_failed():
            # The server would answer COMMIT with a rollback, and no error.
            raise PendingRollbackError(
                "the transaction has failed on the server and can't be committed",
                hint="call rollback(); to go on after an error, set a savepoint before it",
            )
        for function in self.dispatch.commit:
            function(self)
        execution = None
        if self._echo or self.dispatch.listening:
            execution = self._announce_control("COMMIT")
        try:
            yield (self._wire.commit,)
        except BaseException as error:
            try:
                failure = yield from self._failure_steps(error, "COMMIT", None)
                self._end_control(execution, failure)
                raise failure from failure.__cause__
            except DBAPIError as wrapped:
                wrapped.outcome_unknown |= wrapped.connection_invalidated
                raise
        if execution is not None:
            self._end_control(execution)
        self._begun = False
        record.begun -= 1
        if record.uses > 1 and record.begun > 0:
            yield from self._resume_steps()

    def send_rollback_steps(self) -> Steps[None]:
        """Send ROLLBACK, if BEGIN was sent and the connection lives."""
        record = self._record
        if record is None or not self._begun or self._is_inherited():
            return
        for function in self.dispatch.rollback:
            function(self)
        execution = None
        if self._echo or self.dispatch.listening:
            execution = self._announce_control("ROLLBACK")
        self._begun = False
        record.begun -= 1
        try:
            yield (self._wire.rollback,)
        except BaseException as error:
            failure = yield from self._failure_steps(error, "ROLLBACK", None)
            self._end_control(execution, failure)
            if isinstance(failure, DBAPIError) and failure.connection_invalidated:
                # The server rolls back what a lost connection leaves behind.
                return
            raise failure from failure.__cause__
        if execution is not None:
            self._end_control(execution)
        if record.uses > 1 and record.begun > 0:
            yield from self._resume_steps()

    def _resume_steps(self) -> Steps[None]:
        """Begin anew for those who share the connection: their transaction has ended as well.

        What they change from now on would be committed at once otherwise.  A listener that sends
        BEGIN does so again with the next transaction, and would find this one open.
        """
        if self._record is None or self._record.begun_by_listener:
            return
        try:
            yield (self._wire.begin,)
        except BaseException as error:
            failure = yield from self._failure_steps(error, "BEGIN", None)
            raise failure from failure.__cause__

    def send_savepoint_steps(self, verb: str, name: str) -> Steps[None]:
        """Send *verb* (SAVEPOINT, RELEASE, ROLLBACK TO) for the savepoint *name*."""
        if self._record is None or self._is_inherited():
            return
        # Under AUTOCOMMIT no BEGIN is sent, but some servers have savepoints all the same; the
        # others say that they have none, which is better than to undo nothing.
        if not self._begun and not self._autocommit:
            return
        if self.dispatch:
            self._tell_savepoint(verb, name)
        own = self._host.own_savepoints.get(verb)
        if own is not None:
            own(self, name)
        else:
            yield from self._send_steps(f"{verb} {name}")
        if not self._begun and verb == "ROLLBACK TO SAVEPOINT":
            # The savepoint is there still, and with it the transaction that it has begun.
            yield from self._send_steps(f"RELEASE SAVEPOINT {name}")

    def _send_steps(self, sql: str) -> Steps[None]:
        execution = self._announce_control(sql)
        try:
            cursor = yield self._wire.execute, sql, ()
            yield (cursor.close,)
        except BaseException as error:
            failure = yield from self._failure_steps(error, sql, None)
            self._end_control(execution, failure)
            raise failure from failure.__cause__
        self._end_control(execution)

    def _tell_savepoint(self, verb: str, name: str) -> None:
        if verb == "SAVEPOINT":
            for function in self.dispatch.savepoint:
                function(self, name)
            return
        released = verb == "RELEASE SAVEPOINT"
        dispatch = self.dispatch
        for function in dispatch.release_savepoint if released else dispatch.rollback_savepoint:
            function(self, name, None)

    def text_was_sent(self, sql: str) -> None:
        """Note what the user's own *sql* may have done: a COMMIT of his ends the transaction.

        The next statement begins another one on the server then.
        """
        if not self._begun or sql[:6] in _USUAL:
            return
        match = _FIRST_WORD(sql)
        if match is None or match[1].upper() not in _ENDS:
            return
        if not _ENDS_PART(sql) or not self._wire.in_transaction():
            self._begun = False
            self._ready = None
            self._require_record().begun -= 1

    def transaction_ended(self) -> None:
        """Note that a transaction or savepoint has ended: the next statement looks again."""
        self._ready = None

    # Two phases.

    def _two_phase(self, verb: str) -> Any:
        """Return what the driver does for *verb* of a two-phase transaction."""
        function = getattr(self._wire, f"{verb}_twophase", None)
        if function is None:
            raise InvalidRequestError(
                f"{self._host.backend.dialect_name} with the driver {self._host.backend.name} has "
                "no two-phase transactions"
            )
        return function

    def send_two_phase_steps(self, verb: str, xid: str, *is_prepared: bool) -> Steps[None]:
        """Send *verb* (prepare, commit, rollback) for the two-phase transaction *xid*."""
        if self._record is None or not self._begun or self._is_inherited():
            return
        function = self._two_phase(verb)
        for listener in getattr(self.dispatch, f"{verb}_twophase"):
            listener(self, xid, *is_prepared)
        execution = self._announce_control(f"{verb.upper()} TWOPHASE {xid}")
        try:
            yield function, xid, *is_prepared
        except BaseException as error:
            failure = yield from self._failure_steps(error, f"{verb} {xid}", None)
            self._end_control(execution, failure)
            raise failure from failure.__cause__
        self._end_control(execution)
        if verb != "prepare":
            self._begun = False
            self._require_record().begun -= 1

    def begin_twophase_steps(self, xid: str | None = None) -> Steps[TwoPhaseTransaction]:
        """Begin a two-phase transaction: see :meth:`begin_twophase`."""
        self._two_phase("begin")
        yield from self.begin_steps()
        if not self._host.dialect.features.supports_two_phase:
            self._root = None
            raise InvalidRequestError(
                "this server allows no two-phase transactions",
                hint="its configuration must allow prepared transactions; Galera has none",
            )
        transaction = TwoPhaseTransaction(self, xid or f"dovetail_{uuid4().hex}")
        self._root = transaction
        return transaction

    def begin_twophase(self, xid: str | None = None) -> TwoPhaseTransaction:
        """Begin a transaction that can be prepared, so that several databases commit together.

        InvalidRequestError is raised where the database has no such transactions.
        """
        return run_sync(self.begin_twophase_steps(xid))

    def recover_twophase(self) -> list[str]:
        """Return the names of transactions that were prepared and not ended."""
        return list(run_sync(self.prepared_steps("recover")))

    def prepared_steps(self, verb: str, *arguments: object) -> Steps[Any]:
        """Do *verb* to transactions that are prepared, which need not be those of this object."""
        if self._record is None or self._is_inherited():
            yield from self._reconnect_steps()
        function = self._two_phase(verb)
        if arguments:
            for listener in getattr(self.dispatch, f"{verb}_twophase"):
                listener(self, *arguments)
        try:
            return (yield function, *arguments)
        except BaseException as error:
            failure = yield from self._failure_steps(error, f"{verb} prepared", None)
            raise failure from failure.__cause__

    def commit_prepared(self, xid: str, recover: bool = False) -> None:
        """Commit a transaction that was prepared, perhaps by another process."""
        run_sync(self.prepared_steps("commit", xid, True))

    def rollback_prepared(self, xid: str, recover: bool = False) -> None:
        """Roll back a transaction that was prepared, perhaps by another process."""
        run_sync(self.prepared_steps("rollback", xid, True))

    # Transactions, as steps.

    def begin_steps(self) -> Steps[RootTransaction]:
        """Begin a transaction: see :meth:`begin`."""
        self._require_no_transaction()
        if self._record is None:
            yield from self._reconnect_steps()
        self._root = RootTransaction(self)
        return self._root

    def _require_no_transaction(self) -> None:
        if self._closed:
            raise ResourceClosedError("this connection is closed")
        if self._block is not None:
            self._require_open_block()
        if self._root is not None:
            raise InvalidRequestError(
                "a transaction is already in progress: begun by begin(), or by the first statement",
                hint="call commit() or rollback() first, or begin_nested() for a savepoint",
            )

    def begin_nested_steps(self) -> Steps[NestedTransaction]:
        """Set a savepoint: see :meth:`begin_nested`."""
        yield from self._prepare_steps()
        assert self._root is not None
        self._savepoints += 1
        name = f"sa_savepoint_{self._savepoints}"
        yield from self.send_savepoint_steps("SAVEPOINT", name)
        return NestedTransaction(self, self._savepoint or self._root, name)

    def commit_steps(self) -> Steps[None]:
        """Commit the transaction in progress: see :meth:`commit`."""
        if self._root is not None:
            yield from self._root.commit_steps()

    def rollback_steps(self) -> Steps[None]:
        """Roll the transaction in progress back: see :meth:`rollback`."""
        if self._root is not None:
            yield from self._root.rollback_steps()

    # Transactions.

    def begin(self) -> RootTransaction:
        """Begin a transaction; a context manager that commits or rolls back.

        InvalidRequestError is raised if one is in progress::

            with connection.begin():
                connection.execute(insert(User).values(name="eve"))
            # INSERT INTO user_account (name) VALUES (?)
            # COMMIT
        """
        if self._record is None:
            return run_sync(self.begin_steps())
        self._require_no_transaction()
        self._root = RootTransaction(self)
        return self._root

    def begin_nested(self) -> NestedTransaction:
        """Set a savepoint; a context manager that releases it or rolls back to it.

        A transaction is begun if none is in progress; only its commit makes things last.
        """
        return run_sync(self.begin_nested_steps())

    def commit(self) -> None:
        """Commit the transaction in progress, if there is one.

        With the SQL that it sends::

            connection.execute(insert(User).values(name="eve"))
            # INSERT INTO user_account (name) VALUES (?)
            connection.commit()
            # COMMIT
        """
        run_sync(self.commit_steps())

    def rollback(self) -> None:
        """Roll the transaction in progress back, if there is one.

        With the SQL that it sends::

            connection.execute(insert(User).values(name="eve"))
            # INSERT INTO user_account (name) VALUES (?)
            connection.rollback()
            # ROLLBACK
        """
        run_sync(self.rollback_steps())

    @property
    def has_begun(self) -> bool:
        """Whether BEGIN has gone to the server: statements see what they see from then on."""
        return self._begun

    def in_transaction(self) -> bool:
        """Tell whether a transaction is in progress."""
        return self._root is not None and self._root.is_active

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint is in progress."""
        return self._savepoint is not None

    def get_transaction(self) -> RootTransaction | None:
        """Return the transaction in progress, or None."""
        return self._root

    def get_nested_transaction(self) -> NestedTransaction | None:
        """Return the innermost savepoint, or None."""
        return self._savepoint
