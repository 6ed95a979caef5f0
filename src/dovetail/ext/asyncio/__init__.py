"""The awaiting side: ``AsyncEngine``, ``AsyncConnection`` and what belongs to them."""

from .attributes import AsyncAttrs
from .bridge import await_only
from .create import (
    async_engine_from_config,
    create_async_engine,
    create_async_pool_from_url,
)
from .engine import AsyncConnection, AsyncEngine
from .result import (
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
    AsyncTupleResult,
)
from .scoping import async_scoped_session
from .session import (
    AsyncSession,
    AsyncSessionTransaction,
    async_object_session,
    async_session,
    async_sessionmaker,
    close_all_sessions,
)
from .transaction import AsyncTransaction

__all__ = [
    "AsyncAttrs",
    "AsyncConnection",
    "AsyncEngine",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncSession",
    "AsyncSessionTransaction",
    "AsyncTransaction",
    "AsyncTupleResult",
    "async_engine_from_config",
    "async_object_session",
    "async_session",
    "async_scoped_session",
    "async_sessionmaker",
    "await_only",
    "close_all_sessions",
    "create_async_engine",
    "create_async_pool_from_url",
]
