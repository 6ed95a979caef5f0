"""The familiar import path of the families of events of the ORM."""

from dovetail.orm.mapping.events import AttributeEvents, InstanceEvents, MapperEvents
from dovetail.orm.query import QueryEvents
from dovetail.orm.session_events import SessionEvents

__all__ = [
    "AttributeEvents",
    "InstanceEvents",
    "MapperEvents",
    "QueryEvents",
    "SessionEvents",
]
