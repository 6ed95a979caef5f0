"""The families of events of schema, pool and connection."""

from .engine.definition import DDLEvents
from .engine.events import ConnectionEvents, DialectEvents, PoolEvents

__all__ = [
    "ConnectionEvents",
    "DDLEvents",
    "DialectEvents",
    "PoolEvents",
]
