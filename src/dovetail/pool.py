"""The kinds of connection pool, under the path that users know."""

from .engine.pool import Pool
from .engine.pool.pools import (
    AssertionPool,
    AsyncAdaptedQueuePool,
    NullPool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)
from .engine.pool.record import (
    ConnectionRecord,
    ConnectionRecord as ConnectionPoolEntry,
    ManagesConnection,
    PooledConnection,
    PooledConnection as PoolProxiedConnection,
)
from .engine.pool.reset import PoolResetState, reset_commit, reset_none, reset_rollback

__all__ = [
    "AssertionPool",
    "AsyncAdaptedQueuePool",
    "ConnectionPoolEntry",
    "ConnectionRecord",
    "ManagesConnection",
    "NullPool",
    "Pool",
    "PoolProxiedConnection",
    "PoolResetState",
    "PooledConnection",
    "QueuePool",
    "SingletonThreadPool",
    "StaticPool",
    "reset_commit",
    "reset_none",
    "reset_rollback",
]
