"""The familiar import path of the families of events of the ORM."""

from dovetail.orm.mapping.events import AttributeEvents, InstanceEvents, MapperEvents
from dovetail.orm.mapping.mapping_events import InstrumentationEvents, RegistryEvents
from dovetail.orm.query import QueryEvents
from dovetail.orm.session.events import SessionEvents

__all__ = [
    "AttributeEvents",
    "InstanceEvents",
    "InstrumentationEvents",
    "MapperEvents",
    "QueryEvents",
    "RegistryEvents",
    "SessionEvents",
]
