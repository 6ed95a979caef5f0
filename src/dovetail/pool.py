"""The kinds of connection pool, under the path that users know."""

from .engine.pool import Pool
from .engine.pools import (
    AssertionPool,
    AsyncAdaptedQueuePool,
    NullPool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)
from .engine.record import (
    ConnectionRecord,
    PooledConnection,
    PooledConnection as PoolProxiedConnection,
)

__all__ = [
    "AssertionPool",
    "AsyncAdaptedQueuePool",
    "ConnectionRecord",
    "NullPool",
    "Pool",
    "PoolProxiedConnection",
    "PooledConnection",
    "QueuePool",
    "SingletonThreadPool",
    "StaticPool",
]
