"""One statement over one connection: URL, pool, connection, transaction, result, inspector."""

from .connection import Connection
from .context import ErrorContext, ExecutionContext
from .create import create_engine, engine_from_config
from .cursor import CursorResult
from .engine import Engine
from .inspector import Inspector
from .result import (
    FrozenResult,
    IteratorResult,
    MappingResult,
    Result,
    ScalarResult,
    SimpleResultMetaData,
)
from .rows import RMKeyView, Row, RowMapping
from .transaction import NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction
from .url import URL, make_url

__all__ = [
    "URL",
    "Connection",
    "CursorResult",
    "Engine",
    "ErrorContext",
    "ExecutionContext",
    "FrozenResult",
    "Inspector",
    "IteratorResult",
    "MappingResult",
    "NestedTransaction",
    "RMKeyView",
    "Result",
    "RootTransaction",
    "Row",
    "RowMapping",
    "ScalarResult",
    "SimpleResultMetaData",
    "Transaction",
    "TwoPhaseTransaction",
    "create_engine",
    "engine_from_config",
    "make_url",
]
