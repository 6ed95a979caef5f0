"""The table of an outbox: what sessions write to it, and what a relay takes from it."""

from __future__ import annotations

from datetime import UTC
from importlib import import_module
from typing import TYPE_CHECKING, overload

from ...dialects.mysql.types import DATETIME
from ...engine import Engine
from ...exc import ArgumentError
from ...sql import insert
from ...sql.constraints import Index
from ...sql.schema import Column, Table
from ...types import JSON, BigInteger, DateTime, Integer, String, Uuid
from .event import LONGEST, Delivery, Event
from .relay import deliveries

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable

    from ...orm.session.outgoing import Telling
    from ...sql.metadata import MetaData
    from ...steps import Steps
    from ..asyncio import AsyncEngine


class Outbox:
    """Events that are written in the transaction that they tell of, and delivered afterwards.

    A program that commits and then tells others, of an order that was paid, loses what it had to
    tell where it dies in between.  An event in a table is there exactly if the transaction is, and
    a relay, in a thread, a task or a program of its own, delivers it at least once::

        outbox = Outbox(Base.metadata)
        Factory = sessionmaker(engine, outbox=outbox)

        with Factory.begin() as session:
            session.add(Payment(order_id=7))
            session.outbox.add(Event("order.paid", {"order": 7}, key="order-7"))

        for event in outbox.relay(engine):
            publish(event.topic, event.payload, event.id)

    ``metadata``  where its table belongs: ``create_all()`` and Alembic know it
    ``name``      of the table
    ``schema``    of the table

    After the pattern "Transactional outbox" (Chris Richardson, Microservices Patterns, 2018).
    """

    def __init__(
        self, metadata: MetaData, name: str = "outbox", *, schema: str | None = None
    ) -> None:
        moment = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
        self.table = Table(
            name,
            metadata,
            Column("position", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
            Column("id", Uuid(), nullable=False),
            Column("topic", String(LONGEST), nullable=False),
            Column("ordering_key", String(LONGEST)),
            Column("payload", JSON(none_as_null=True)),
            Column("created_at", moment, nullable=False),
            Column("due_at", moment),
            Column("attempts", Integer(), nullable=False),
            Index(f"ix_{name}_ordering_key", "ordering_key", "position"),
            schema=schema,
            # A position that was used is not used again: those who deliver go by it.
            sqlite_autoincrement=True,
        )

    def __repr__(self) -> str:
        return f"<Outbox {self.table.fullname!r}>"

    def checked(self, event: object) -> Event:
        """Return *event*; ArgumentError for what is none."""
        if not isinstance(event, Event):
            raise ArgumentError(
                f"an outbox takes events, not {event!r}",
                hint='session.outbox.add(Event("order.paid", {"order": 7}, key="order-7"))',
            )
        return event

    def write_steps(self, session: Telling, events: Iterable[Event]) -> Steps[None]:
        """Write *events* in the transaction of *session*, the core of one, which commits next.

        What was changed is locked by then: who changes the same rows next is given later
        positions.
        """
        rows = [
            {
                "id": event.id,
                "topic": event.topic,
                "ordering_key": event.key,
                "payload": event.payload,
                "created_at": event.created_at.astimezone(UTC).replace(tzinfo=None),
                "attempts": 0,
            }
            for event in events
        ]
        yield from session.run_statement_steps(insert(self.table), rows)

    @overload
    def relay(
        self, engine: Engine, *, batch: int = 100, wait: float | None = None
    ) -> Generator[Delivery, None, None]: ...
    @overload
    def relay(
        self, engine: AsyncEngine, *, batch: int = 100, wait: float | None = None
    ) -> AsyncGenerator[Delivery, None]: ...
    def relay(
        self, engine: Engine | AsyncEngine, *, batch: int = 100, wait: float | None = None
    ) -> Generator[Delivery, None, None] | AsyncGenerator[Delivery, None]:
        """Give the events one after the other; each is deleted when the next is asked for.

        ``engine``  where the table is; with an AsyncEngine, ``async for``
        ``batch``   how many are read, and deleted, in one transaction, at least 1
        ``wait``    how many seconds to wait where there are none, before it looks again; None
                    ends the loop there

        An event is delivered at least once: a relay that is killed leaves those of its batch, and
        the event at which a loop is left (by ``break``, or by an error) is not deleted either.
        Those who must not do a thing twice remember ``event.id``.  Events of one key come in the
        order in which their transactions have committed, also where several relays are at work:
        each takes keys that no other has (``FOR UPDATE SKIP LOCKED``).  SQLite has no such locks:
        there several relays deliver the same.

        One that can't be delivered now is postponed: see :meth:`Delivery.postpone`.
        ArgumentError is raised for a batch or a wait that is none.
        """
        if type(batch) is not int or batch < 1:
            raise ArgumentError(f"a batch has one event or more, not {batch!r}")
        if wait is not None and not wait >= 0:
            raise ArgumentError(f"wait is a number of seconds, or None, not {wait!r}")
        if isinstance(engine, Engine):
            return deliveries(self.table, engine, batch, wait)
        if not hasattr(engine, "sync_engine"):
            raise ArgumentError(
                f"a relay needs an Engine or an AsyncEngine, not {engine!r}",
                hint="it has transactions of its own: outbox.relay(session.get_bind())",
            )
        # Loaded by name: who has an AsyncEngine has imported what this needs.
        awaiting = import_module("dovetail.ext.outbox.awaiting")
        given: AsyncGenerator[Delivery, None] = awaiting.deliveries(self.table, engine, batch, wait)
        return given
