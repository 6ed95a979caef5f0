"""How events leave an outbox: batch by batch, each in a transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

from ...sql import delete, exists, not_, or_, select, update
from ...steps import run_sync
from .event import Delivery

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from ...engine import Connection, Engine
    from ...sql.schema import Table
    from ...steps import Steps


TRIES = 5
"""How often a batch is asked for where the database says to ask again."""


def deliveries(
    table: Table, engine: Engine, size: int, wait: float | None
) -> Generator[Delivery, None, None]:
    """The events of *table*, *size* in a transaction; it waits for more, or ends there."""
    late_ones: set[int] = set()
    while True:
        batch = Batch(table, size)
        try:
            run_sync(batch.claim_steps(engine))
            for delivery in batch:
                yield delivery
                batch.note(delivery)
        finally:
            run_sync(batch.settle_steps())
        if not batch.goes_on(late_ones):
            if wait is None:
                return
            late_ones.clear()
            sleep(wait)


class Batch:
    """Some events that one transaction takes from the table, if they were delivered.

    ``delivered``  the positions of those that were
    """

    def __init__(self, table: Table, size: int) -> None:
        self.delivered: list[int] = []
        self._table = table
        self._size = size
        self._postponed: list[Delivery] = []
        self._waiting: list[Delivery] = []
        self._connection: Connection | None = None

    def __iter__(self) -> Iterator[Delivery]:
        """Those that nothing stands before: of a key that one was postponed of, no more come."""
        for delivery in self._waiting:
            if not any(late.key == delivery.key for late in self._postponed if late.key):
                yield delivery

    def note(self, delivery: Delivery) -> None:
        """Note that *delivery* was given to those who want it, or postponed."""
        if delivery.delay is None:
            self.delivered.append(delivery.position)
        else:
            self._postponed.append(delivery)

    def goes_on(self, late_ones: set[int]) -> bool:
        """Whether there may be more, now that this is settled.

        Behind what was postponed for some time there is, but for what is found a second time:
        *late_ones* are the positions that were postponed so far, and get those of this.
        """
        new = {late.position for late in self._postponed if late.delay} - late_ones
        late_ones |= new
        return bool(self.delivered or new)

    def claim_steps(self, engine: Engine) -> Steps[None]:
        """Take some events that no other relay has.

        The first of each key is locked, which stands for all of the key: one that is not the
        first is never taken without it.
        """
        tries = TRIES
        while True:
            tries -= 1
            connection = self._connection = yield from engine.connect_steps()
            try:
                self._waiting = yield from _claimed_steps(self._table, connection, self._size)
                return
            except BaseException as error:
                self._connection = None
                yield from connection.close_steps()
                # A deadlock with another relay: nothing was delivered, and it can be done again.
                if not tries or getattr(error, "retry_scope", None) != "transaction":
                    raise

    def settle_steps(self) -> Steps[None]:
        """Take what was delivered out of the table, and let the others go."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        table = self._table
        try:
            if self.delivered:
                gone = delete(table).where(table.c.position.in_(self.delivered))
                yield from connection.execute_steps(gone)
            for late in self._postponed:
                due = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=late.delay or 0)
                again = update(table).where(table.c.position == late.position)
                values = {"due_at": due, "attempts": table.c.attempts + 1}
                yield from connection.execute_steps(again.values(values))
            transaction = connection.get_transaction()
            if transaction is not None:
                yield from transaction.commit_steps()
        finally:
            yield from connection.close_steps()


def _claimed_steps(table: Table, connection: Connection, size: int) -> Steps[list[Delivery]]:
    now = datetime.now(UTC).replace(tzinfo=None)
    # Each statement sees what has been committed by then; with REPEATABLE READ a relay would
    # still see the events that others have delivered meanwhile.
    connection.execution_options(isolation_level="READ COMMITTED")
    skips = connection.dialect.features.supports_skip_locked
    found = yield from connection.execute_steps(_first_ones(table, now, size, skips))
    first: dict[str | None, list[int]] = {}
    for position, key in found.all():
        first.setdefault(key, []).append(position)
    if not first:
        return []
    found = yield from connection.execute_steps(_all_of(table, first, size))
    return list(_in_order(found.all(), first, now))


def _first_ones(table: Table, now: datetime, size: int, skips: bool) -> Any:
    """The events that are due and that no other one of their key stands before."""
    earlier = table.alias("earlier")
    stands_before = exists().where(
        earlier.c.ordering_key == table.c.ordering_key, earlier.c.position < table.c.position
    )
    found = (
        select(table.c.position, table.c.ordering_key)
        .where(or_(table.c.ordering_key.is_(None), not_(stands_before)))
        .where(or_(table.c.due_at.is_(None), table.c.due_at <= now))
        .order_by(table.c.position)
        .limit(size)
    )
    return found.with_for_update(skip_locked=True) if skips else found


def _all_of(table: Table, first: dict[str | None, list[int]], size: int) -> Any:
    """The events without a key that were found, and all those of the keys."""
    keys = [key for key in first if key is not None]
    alone = table.c.position.in_(first.get(None, []))
    found = select(table).where(or_(alone, table.c.ordering_key.in_(keys)))
    return found.order_by(table.c.position).limit(size)


def _in_order(
    rows: Sequence[Any], first: dict[str | None, list[int]], now: datetime
) -> Iterator[Delivery]:
    """What can be delivered of *rows*: of each key, from the one that was locked.

    Where an earlier one is there by now, or one that is not due, the key has to wait.
    """
    seen: set[str] = set()
    waiting: set[str] = set()
    for row in rows:
        key = row.ordering_key
        if key is not None:
            is_late = row.due_at is not None and row.due_at > now
            # Where texts are compared without regard to case, "A" waits behind "a", whose key was
            # found, and comes with another batch.
            if is_late or (key not in seen and [row.position] != first.get(key)):
                waiting.add(key)
            seen.add(key)
            if key in waiting:
                continue
        yield Delivery(
            row.position, row.id, row.topic, key, row.payload, row.created_at, row.attempts
        )
