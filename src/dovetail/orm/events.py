"""The familiar import path of the families of events of the ORM."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.events import (
    AttributeEvents as AttributeEvents, InstanceEvents as InstanceEvents,
    MapperEvents as MapperEvents,
)
from .mapping.mapping_events import (
    InstrumentationEvents as InstrumentationEvents, RegistryEvents as RegistryEvents,
)
from .query import QueryEvents as QueryEvents
from .session.events import SessionEvents as SessionEvents
