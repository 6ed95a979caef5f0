"""The events of sessions."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from dovetail.engine.connection import Connection
from dovetail.event import Dispatch, Events, root
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.query import BulkDelete, BulkUpdate
from dovetail.orm.session.orm_execute import ORMExecuteState
from dovetail.orm.session.session import Session
from dovetail.orm.session.transaction import SessionTransaction
from dovetail.orm.tracking.state import state_of


class SessionEvents(Events, sends=True):
    """What happens in sessions.  Targets: ``Session`` or a subclass, a sessionmaker, one session.

    ``raw=True`` gives listeners that take an instance its InstanceState instead::

        @listens_for(Session, "before_flush")
        def stamp(session, flush_context, instances):
            for instance in session.dirty:
                instance.changed_at = now()
    """

    options: ClassVar[frozenset[str]] = frozenset(("raw", "restore_load_context"))

    @classmethod
    def _dispatch_of(cls, target: object) -> Dispatch | None:
        found = super()._dispatch_of(target)
        core = None if isinstance(target, type) else getattr(target, "_core", None)
        if core is not None:
            # What the session does is done by its core, which asks who listens.
            core.dispatch = found
        return found

    # Statements

    def do_orm_execute(self, orm_execute_state: ORMExecuteState) -> Any:
        """Call before a statement is run; it may be changed, or answered: ORMExecuteState."""

    # Transactions

    def after_transaction_create(self, session: Session, transaction: SessionTransaction) -> None:
        """Call after a SessionTransaction, or a savepoint, was made."""

    def after_transaction_end(self, session: Session, transaction: SessionTransaction) -> None:
        """Call after a SessionTransaction, or a savepoint, has ended in whatever way."""

    def before_commit(self, session: Session) -> None:
        """Call before the flush that precedes a commit, or the release of a savepoint."""

    def after_commit(self, session: Session) -> None:
        """Call after a commit, while no SQL can be sent."""

    def after_rollback(self, session: Session) -> None:
        """Call after the connections were rolled back."""

    def after_soft_rollback(
        self, session: Session, previous_transaction: SessionTransaction
    ) -> None:
        """Call after a rollback, when the session goes on with what is around it."""

    def after_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None:
        """Call after a transaction has begun on *connection*."""

    # Flush

    def before_flush(
        self, session: Session, flush_context: FlushContext, instances: Iterable[object] | None
    ) -> None:
        """Call before a flush looks at what is pending: more may be added, changed, deleted."""

    def after_flush(self, session: Session, flush_context: FlushContext) -> None:
        """Call after the rows were written, while ``new``, ``dirty``, ``deleted`` are as before."""

    def after_flush_postexec(self, session: Session, flush_context: FlushContext) -> None:
        """Call after a flush, when the instances have their new states."""

    # Instances

    def before_attach(self, session: Session, instance: object) -> None:
        """Call before *instance* comes into the session."""

    def after_attach(self, session: Session, instance: object) -> None:
        """Call after *instance* has come into the session."""

    def transient_to_pending(self, session: Session, instance: object) -> None:
        """Call after a new instance was added."""

    def pending_to_transient(self, session: Session, instance: object) -> None:
        """Call after a new instance has left before it was inserted."""

    def persistent_to_transient(self, session: Session, instance: object) -> None:
        """Call after the INSERT of an instance was rolled back."""

    def pending_to_persistent(self, session: Session, instance: object) -> None:
        """Call after an instance was inserted."""

    def detached_to_persistent(self, session: Session, instance: object) -> None:
        """Call after an instance with a row was added."""

    def loaded_as_persistent(self, session: Session, instance: object) -> None:
        """Call after an instance was made of a row."""

    def persistent_to_deleted(self, session: Session, instance: object) -> None:
        """Call after the row of an instance was deleted."""

    def deleted_to_persistent(self, session: Session, instance: object) -> None:
        """Call after the DELETE of an instance was rolled back."""

    def deleted_to_detached(self, session: Session, instance: object) -> None:
        """Call after a deleted instance has left: its DELETE is committed, or expunged."""

    def persistent_to_detached(self, session: Session, instance: object) -> None:
        """Call after an instance with a row has left the session."""

    # Bulk statements

    def after_bulk_update(self, update_context: BulkUpdate) -> None:
        """Call after ``Query.update()``."""

    def after_bulk_delete(self, delete_context: BulkDelete) -> None:
        """Call after ``Query.delete()``."""

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        if not options.get("raw") or name not in INSTANCE_EVENTS:
            return function

        def call(session: Session, instance: object) -> Any:
            return function(session, state_of(instance))

        return call


INSTANCE_EVENTS = frozenset(
    name for name in SessionEvents.event_names if "_to_" in name or "attach" in name
) | {"loaded_as_persistent"}

root(SessionEvents, Session)
