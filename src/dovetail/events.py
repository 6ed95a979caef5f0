"""The families of events of schema, pool and connection."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .engine.definition import DDLEvents as DDLEvents
from .engine.events import (
    ConnectionEvents as ConnectionEvents, DialectEvents as DialectEvents, PoolEvents as PoolEvents,
)
