"""The replicas of a database: which of them is read from, and whether it is good enough."""

from __future__ import annotations

from asyncio import sleep as async_sleep
from itertools import count
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ..dialects.replication import KINDS
from ..exc import ArgumentError, DBAPIError, InvalidRequestError, TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..dialects.dialect import Dialect
    from ..dialects.replication import Replication
    from ..steps import Steps
    from .connection import Connection
    from .engine import Engine

FIRST_PAUSE = 0.002
"""Seconds after which a replica is asked again whether it has come as far as it should."""

LONGEST_PAUSE = 0.05


class Replica:
    """One replica, and what is known of it.

    ``engine``      connects to it
    ``left_until``  the moment until which it is not asked, since it was down or too far behind
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.left_until = 0.0
        self.measured_at = 0.0

    def __repr__(self) -> str:
        state = "left out" if self.left_until > monotonic() else "in use"
        return f"<Replica {self.engine.url!r}, {state}>"


class Replicas:
    """The replicas of one primary.

    ``members``      them
    ``max_lag``      the seconds that one may be behind; None for any number
    ``wait``         the seconds that it may take one to come as far as a token says
    ``retry_after``  the seconds after which one that was down, or behind, is asked again
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        *,
        max_lag: float | None,
        wait: float,
        retry_after: float,
    ) -> None:
        self.members = [Replica(engine) for engine in engines]
        self.max_lag = max_lag
        self.wait = wait
        self.retry_after = retry_after
        self._sleep: Callable[[float], Any] = async_sleep if engines[0].is_async else sleep
        self._turn = count()

    def connect_steps(
        self, options: Mapping[str, Any], token: str | None
    ) -> Steps[tuple[Engine, Connection] | None]:
        """Return a replica that is up and not too far behind, and a connection to it.

        They take turns.  *options* are execution options of the primary's engine; a replica that
        has not come as far as *token* in time is passed by.  None is returned where there is no
        such replica: the primary is read.
        """
        first = next(self._turn)
        until = monotonic() + self.wait
        for number in range(len(self.members)):
            replica = self.members[(first + number) % len(self.members)]
            if replica.left_until > monotonic():
                continue
            engine = replica.engine.execution_options(**options) if options else replica.engine
            try:
                connection = yield from engine.connect_steps()
            except (DBAPIError, PoolTimeoutError):
                replica.left_until = monotonic() + self.retry_after
                continue
            try:
                is_good = yield from self._is_good_steps(replica, connection, token, until)
            except DBAPIError:
                replica.left_until = monotonic() + self.retry_after
                is_good = False
            except BaseException:
                yield from connection.close_steps()
                raise
            if is_good:
                return engine, connection
            yield from connection.close_steps()
        return None

    def _is_good_steps(
        self, replica: Replica, connection: Connection, token: str | None, until: float
    ) -> Steps[bool]:
        replication = replication_of(connection.dialect)
        if replication is None:
            return True
        now = monotonic()
        if self.max_lag is not None and now - replica.measured_at > min(1.0, self.max_lag):
            lag = yield from _answer_steps(connection, replication.lag, replication.lag_column)
            if lag is None or lag > self.max_lag:
                replica.left_until = now + self.retry_after
                return False
            replica.measured_at = now
        position = None if token is None else replication.position_of(token)
        if position is None:
            return True
        pause = FIRST_PAUSE
        while True:
            if (yield from _answer_steps(connection, replication.reached(position))):
                return True
            if monotonic() + pause > until:
                return False
            yield (self._sleep, pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def replication_of(dialect: Dialect) -> Replication | None:
    """Return how servers of *dialect* are asked how far they are; None if they can't be."""
    return None if dialect.replication is None else KINDS[dialect.replication]


def position_steps(engine: Engine) -> Steps[str]:
    """Return a token of how far *engine*'s database, a primary, has written."""
    connection = yield from engine.connect_steps()
    try:
        replication = replication_of(connection.dialect)
        position = None
        if replication is not None:
            position = yield from _answer_steps(connection, replication.position)
        if replication is None or position is None:
            raise InvalidRequestError(
                f"{connection.dialect.name} does not tell how far it has written",
                hint="PostgreSQL does, and MariaDB with a binary log (log_bin)",
            )
        return replication.token(position)
    finally:
        yield from connection.close_steps()


def checked_token(dialect: Dialect, token: object) -> str:
    """Return *token*; ArgumentError for what ``write_token()`` has not made."""
    replication = replication_of(dialect)
    if isinstance(token, str) and replication is not None and replication.position_of(token):
        return token
    raise ArgumentError(
        f"after={token!r} is no token of this database",
        hint="give what session.write_token() has returned, or None",
    )


def _answer_steps(connection: Connection, sql: str, column: str | None = None) -> Steps[Any]:
    """Return the answer to *sql* in a transaction of its own: the next one begins anew."""
    result = yield from connection.exec_driver_sql_steps(sql)
    row = result.mappings().first()
    transaction = connection.get_transaction()
    if transaction is not None:
        yield from transaction.rollback_steps()
    if row is None:
        return None
    return next(iter(row.values())) if column is None else row[column]
