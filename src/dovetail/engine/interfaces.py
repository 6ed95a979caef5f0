"""Contracts between engine, dialect and driver, under a path that users know."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..compiler.cache import CacheStats
from ..compiler.compiled import Compiled
from ..compiler.types import TypeCompiler
from ..dialects.dbapi import DBAPIConnection, DBAPICursor
from ..dialects.dialect import Dialect
from ..dialects.reflected import (
    ReflectedCheckConstraint,
    ReflectedColumn,
    ReflectedComputed,
    ReflectedConstraint,
    ReflectedForeignKeyConstraint,
    ReflectedIdentity,
    ReflectedIndex,
    ReflectedPrimaryKeyConstraint,
    ReflectedTableComment,
    ReflectedUniqueConstraint,
)
from .connection import Connection
from .context import ErrorContext as ExceptionContext, ExecutionContext
from .engine import Engine
from .plugin import CreateEnginePlugin

if TYPE_CHECKING:
    from collections.abc import Callable


class BindTyping(Enum):
    """How a server learns the types of parameters."""

    NONE = 1
    SETINPUTSIZES = 2
    RENDER_CASTS = 3


@runtime_checkable
class AdaptedConnection(Protocol):
    """What listeners get as the connection of an awaiting driver: one with blocking methods."""

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        ...

    def run_async(self, fn: Callable[[Any], Any]) -> Any:
        """Return what ``await fn(driver_connection)`` gives."""
        ...


Connectable = Engine | Connection
"""What statements can be run on."""

__all__ = [
    "AdaptedConnection",
    "BindTyping",
    "CacheStats",
    "Compiled",
    "Connectable",
    "CreateEnginePlugin",
    "DBAPIConnection",
    "DBAPICursor",
    "Dialect",
    "ExceptionContext",
    "ExecutionContext",
    "ReflectedCheckConstraint",
    "ReflectedColumn",
    "ReflectedComputed",
    "ReflectedConstraint",
    "ReflectedForeignKeyConstraint",
    "ReflectedIdentity",
    "ReflectedIndex",
    "ReflectedPrimaryKeyConstraint",
    "ReflectedTableComment",
    "ReflectedUniqueConstraint",
    "TypeCompiler",
]
