"""The kinds of connection pool, under the path that users know."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .engine.pool import Pool as Pool
from .engine.pool.pools import (
    AssertionPool as AssertionPool, AsyncAdaptedQueuePool as AsyncAdaptedQueuePool,
    NullPool as NullPool, QueuePool as QueuePool, SingletonThreadPool as SingletonThreadPool,
    StaticPool as StaticPool,
)
from .engine.pool.record import (
    ConnectionRecord as ConnectionRecord, ManagesConnection as ManagesConnection,
    PooledConnection as PooledConnection,
)
from .engine.pool.reset import (
    PoolResetState as PoolResetState, reset_commit as reset_commit, reset_none as reset_none,
    reset_rollback as reset_rollback,
)

ConnectionPoolEntry = ConnectionRecord
PoolProxiedConnection = PooledConnection
