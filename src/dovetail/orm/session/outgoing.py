"""What a session has to tell others: events that are written as it commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from dovetail.exc import ArgumentError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dovetail.orm.session.afterwards import Afterwards
    from dovetail.sql.node import Executable
    from dovetail.steps import Steps


class Telling(Protocol):
    """What is needed of the core of a session that tells others."""

    outbox: EventTable | None

    def current_afterwards(self) -> Afterwards:
        """Return what is done after the transaction in progress."""
        ...

    def run_statement_steps(
        self, statement: Executable, params: list[dict[str, Any]]
    ) -> Steps[Any]:
        """Run *statement* with each of *params*."""
        ...


class EventTable(Protocol):
    """Where the events of a session are written: an Outbox."""

    def checked(self, event: object) -> Any:
        """Return *event*; ArgumentError for what can't be written."""
        ...

    def write_steps(self, session: Telling, events: Iterable[Any]) -> Steps[None]:
        """Write *events* in the transaction of *session*, the core of one."""
        ...


class Outgoing:
    """``session.outbox``: the events that the transaction in progress leaves behind."""

    __slots__ = ("_core",)

    def __init__(self, core: Telling) -> None:
        self._core = core

    def add(self, *events: object) -> None:
        """Let *events* be written as the last of the transaction, when it commits.

        What a rollback undoes, of a savepoint too, is not told.  ArgumentError for what is no
        Event::

            session.outbox.add(Event("order.paid", {"order": 7}, key="order-7"))
        """
        core = self._core
        assert core.outbox is not None
        found = [core.outbox.checked(event) for event in events]
        core.current_afterwards().events.extend(found)


def outgoing(core: Telling) -> Outgoing:
    """Return what takes the events of *core*; InvalidRequestError where it has no outbox."""
    if core.outbox is None:
        raise InvalidRequestError(
            "this session has no outbox",
            hint="Session(engine, outbox=Outbox(Base.metadata)): dovetail.ext.outbox",
        )
    return Outgoing(core)


def checked_outbox(outbox: object) -> EventTable:
    """Return *outbox*; ArgumentError for what can't be written to."""
    if not hasattr(outbox, "write_steps"):
        raise ArgumentError(
            f"an Outbox is needed, not {outbox!r}",
            hint="Outbox(Base.metadata), of dovetail.ext.outbox",
        )
    return cast("EventTable", outbox)
