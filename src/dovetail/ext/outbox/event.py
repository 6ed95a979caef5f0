"""What has happened, for others to hear of, and its way to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from ...exc import ArgumentError

LONGEST = 200
"""The most characters of a topic, and of a key."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened, to be told to others once it is committed.

    ``topic``       what it is about, in 200 characters at most
    ``payload``     what can be told of it: anything that is JSON
    ``key``         events of the same key, of 200 characters at most, are delivered in their
                    order; None for one that stands alone
    ``id``          how those who get it twice know it again
    ``created_at``  when it was made, in UTC

    ::

        Event("order.paid", {"order": 7, "amount": "12.50"}, key="order-7")
    """

    topic: str
    payload: Any = None
    key: str | None = None
    id: UUID = field(default_factory=uuid4)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        for name, value in (("topic", self.topic), ("key", self.key)):
            if value is None and name == "key":
                continue
            if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
                raise ArgumentError(
                    f"the {name} of an event is a text of 1 to {LONGEST} characters, not {value!r}",
                    hint="what is longer belongs to the payload",
                )


class Delivery:
    """An event on its way: it is gone once the next one is asked for.

    It has what the Event has, and ``attempts``, how often it was postponed.
    """

    __slots__ = (
        "attempts", "created_at", "delay", "id", "key", "payload", "position", "topic",
    )  # fmt: skip

    def __init__(
        self,
        position: int,
        id: UUID,
        topic: str,
        key: str | None,
        payload: Any,
        created_at: datetime,
        attempts: int,
    ) -> None:
        self.position = position
        self.id = id
        self.topic = topic
        self.key = key
        self.payload = payload
        self.created_at = created_at.replace(tzinfo=UTC)
        self.attempts = attempts
        self.delay: float | None = None
        """The seconds for which it is postponed; None where it is not."""

    def __repr__(self) -> str:
        return f"<Delivery of {self.topic!r}, {self.id}>"

    def postpone(self, seconds: float = 1) -> None:
        """Let it be delivered another time, in *seconds* at the earliest.

        So does what comes after it with the same key.  For one whose receiver is not there::

            for event in outbox.relay(engine, wait=1):
                try:
                    publish(event.topic, event.payload)
                except ConnectionError:
                    event.postpone(2**event.attempts)
        """
        if not seconds >= 0:
            raise ArgumentError(f"an event is postponed for 0 seconds or more, not {seconds!r}")
        self.delay = seconds
