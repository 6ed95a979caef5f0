"""Which database a session reads from: the primary, or one of its replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.exc import ArgumentError

if TYPE_CHECKING:
    from dovetail.orm.session.transaction import SessionTransaction
    from dovetail.steps import Steps

PLACES = ("primary", "replica")


class Routes:
    """Where a session reads; which replica a transaction has chosen, it knows itself.

    ``wants_replica``  whether replicas are read
    ``after``          a token: a replica has to have come as far
    """

    __slots__ = ("after", "has_written", "wants_replica")

    def __init__(self, wants_replica: bool, after: str | None) -> None:
        self.wants_replica = wants_replica
        self.after = after
        self.has_written = False
        """Whether a transaction of the session has written: it reads that on the primary."""

    @classmethod
    def for_once(cls, reads: str, usual: Routes | None) -> Routes:
        """Return those of one statement, which reads from *reads* and not as is *usual*."""
        return cls(wants_replica(reads), None if usual is None else usual.after)

    @property
    def name(self) -> str:
        """What the session reads, by its word."""
        return "replica" if self.wants_replica else "primary"

    def source(
        self, bind: Engine | Connection, transaction: SessionTransaction
    ) -> Engine | Connection | None:
        """Return what is read in the place of *bind*; None where nobody has looked yet."""
        if not self.wants_replica or isinstance(bind, Connection) or bind.replicas is None:
            return bind
        if self.has_written or transaction.core.flushing or transaction.reads_primary():
            return bind
        chosen = _outermost(transaction).replicas_read
        return None if chosen is None else chosen.get(bind)

    def connection_steps(
        self, bind: Engine | Connection, transaction: SessionTransaction
    ) -> Steps[Any]:
        """Return the connection to *bind*, or to a replica of it, in *transaction*."""
        source = self.source(bind, transaction)
        if source is not None:
            return (yield from transaction.connection_steps(source))
        # Before a connection is borrowed, which nobody would give back.
        transaction.check()
        if transaction.ended_within is not None:
            transaction.core.refuse_after_block()
        outermost = _outermost(transaction)
        if outermost.replicas_read is None:
            outermost.replicas_read = {}
        chosen = outermost.replicas_read
        assert isinstance(bind, Engine)
        assert bind.replicas is not None
        found = yield from bind.replicas.connect_steps(bind.get_execution_options(), self.after)
        if found is None:
            chosen[bind] = bind
            return (yield from transaction.connection_steps(bind))
        engine, connection = found
        chosen[bind] = engine
        return (yield from transaction.connection_steps(engine, None, connection))


def _outermost(transaction: SessionTransaction) -> SessionTransaction:
    while transaction.parent is not None:
        transaction = transaction.parent
    return transaction


def wants_replica(reads: object) -> bool:
    """Whether *reads*, "primary" or "replica", is the latter; ArgumentError for others."""
    if reads not in PLACES:
        raise ArgumentError(
            f"reads={reads!r} is not known",
            hint='"replica" reads from the replicas of create_engine(url, replicas=[…]), '
            '"primary" from where is written',
        )
    return reads == "replica"
