"""A transactional outbox: events that are written with what they tell of, and sent afterwards."""

from .event import Delivery, Event
from .outbox import Outbox

__all__ = ["Delivery", "Event", "Outbox"]
