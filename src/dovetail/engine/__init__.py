"""One statement over one connection: URL, pool, connection, transaction, result, inspector."""

from typing import TYPE_CHECKING

from ..later import names_later
from .connection import Connection
from .context import ErrorContext, ExecutionContext
from .create import create_engine, create_pool_from_url, engine_from_config
from .cursor import CursorResult
from .engine import Engine
from .plugin import register_plugin
from .result import (
    FilterResult,
    FrozenResult,
    MappingResult,
    MergedResult,
    Result,
    ScalarResult,
    TupleResult,
)
from .rows import RMKeyView, Row, Row as BaseRow, RowMapping
from .transaction import NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction
from .url import URL, make_url

if TYPE_CHECKING:
    from . import (
        base as base,
        default as default,
        interfaces as interfaces,
        mock as mock,
        reflection as reflection,
        row as row,
    )
    from .inspector import Inspector
    from .interfaces import (
        AdaptedConnection,
        BindTyping,
        Compiled,
        Connectable,
        CreateEnginePlugin,
        Dialect,
        ExceptionContext,
        TypeCompiler,
    )
    from .kinds import ObjectKind, ObjectScope, ReflectionDefaults
    from .made_results import (
        ChunkedIteratorResult,
        IteratorResult,
        SimpleResultMetaData,
        result_tuple,
    )
    from .mock import MockConnection, create_mock_engine

__getattr__, __dir__ = names_later(
    __name__,
    {
        "dovetail.engine.inspector": ("Inspector",),
        "dovetail.engine.interfaces": (
            "AdaptedConnection",
            "BindTyping",
            "Compiled",
            "Connectable",
            "CreateEnginePlugin",
            "Dialect",
            "ExceptionContext",
            "TypeCompiler",
        ),
        "dovetail.engine.kinds": ("ObjectKind", "ObjectScope", "ReflectionDefaults"),
        "dovetail.engine.made_results": (
            "ChunkedIteratorResult",
            "IteratorResult",
            "SimpleResultMetaData",
            "result_tuple",
        ),
        "dovetail.engine.mock": ("MockConnection", "create_mock_engine"),
        # Modules that programs reach by the package: engine.reflection.
        "dovetail.engine": ("base", "default", "interfaces", "mock", "reflection", "row"),
    },
)

__all__ = [
    "URL",
    "AdaptedConnection",
    "BaseRow",
    "BindTyping",
    "ChunkedIteratorResult",
    "Compiled",
    "Connectable",
    "Connection",
    "CreateEnginePlugin",
    "CursorResult",
    "Dialect",
    "Engine",
    "ErrorContext",
    "ExceptionContext",
    "ExecutionContext",
    "FilterResult",
    "FrozenResult",
    "Inspector",
    "IteratorResult",
    "MappingResult",
    "MergedResult",
    "MockConnection",
    "NestedTransaction",
    "ObjectKind",
    "ObjectScope",
    "RMKeyView",
    "ReflectionDefaults",
    "Result",
    "RootTransaction",
    "Row",
    "RowMapping",
    "ScalarResult",
    "SimpleResultMetaData",
    "Transaction",
    "TupleResult",
    "TwoPhaseTransaction",
    "TypeCompiler",
    "create_engine",
    "create_mock_engine",
    "create_pool_from_url",
    "engine_from_config",
    "make_url",
    "register_plugin",
    "result_tuple",
]
