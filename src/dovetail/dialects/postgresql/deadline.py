"""Connections of psycopg that wait for the server so long and no longer."""

from __future__ import annotations

from asyncio import CancelledError, timeout as time_limit
from collections.abc import Generator
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, Connection, Error, OperationalError
from psycopg.pq import TransactionStatus
from psycopg.waiting import Ready, wait_async

from ..cancelling import ended

_GRACE = 5.0
"""Seconds that the server has to stop a statement whose task was cancelled."""
_INTERVAL = 0.1
"""Seconds after which a wait looks around, as in psycopg itself."""


def _limited(connection: Any, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run *gen*, which talks to the server, until it is done or out of time."""
    seconds = connection.read_timeout
    deadline = monotonic() + seconds
    try:
        state = next(gen)
        while True:
            ready = yield state
            # The waiting function reports several times a second that nothing came.
            if ready == Ready.NONE and monotonic() > deadline:
                connection.pgconn.finish()
                raise OperationalError(
                    f"the server has not answered within read_timeout={seconds:g} seconds; "
                    "the connection is closed"
                )
            state = gen.send(ready)
    except StopIteration as stop:
        return stop.value


class PatientConnection(Connection[Any]):
    """A connection whose server has ``read_timeout`` seconds for each answer.

    A server that is gone without a word (a cut cable, a firewall that forgets) is not noticed
    by the kernel; ``statement_timeout`` is the server's, and does not help then.
    """

    read_timeout: float = 0.0

    def wait(self, gen: Any, *arguments: Any, **keywords: Any) -> Any:
        """Run *gen*, which talks to the server, until it is done or out of time."""
        return super().wait(_limited(self, gen), *arguments, **keywords)


class AwaitingConnection(AsyncConnection[Any]):
    """A connection that awaits: the server stops what it does for a task that is cancelled.

    psycopg's own gives up on the second cancellation, and leaves the server at work.
    """

    read_timeout: float | None = None
    """Seconds that the server has for each answer; None for no limit."""

    async def wait(
        self,
        gen: Generator[Any, Any, Any],
        interval: float = _INTERVAL,
        timeout: float | None = None,  # noqa: ASYNC109 - the name that psycopg has for it
    ) -> Any:
        """Run *gen*, which talks to the server, until it is done or out of time."""
        if self.read_timeout is not None:
            gen = _limited(self, gen)
        # Earlier versions of psycopg have no such limit.
        limit = {} if timeout is None else {"timeout": timeout}
        try:
            return await wait_async(gen, self.pgconn.socket, interval=interval, **limit)
        except (CancelledError, KeyboardInterrupt, SystemExit):
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                (await ended(self._stop(gen))).result()
            raise

    async def _stop(self, gen: Generator[Any, Any, Any]) -> None:
        """Ask the server to stop, and wait for what it answers; give it up if it does not."""
        try:
            await self.cancel_safe(timeout=_GRACE)
            async with time_limit(_GRACE):
                await wait_async(gen, self.pgconn.socket, interval=_INTERVAL)
        except Error as error:
            if error.sqlstate is None:
                self.pgconn.finish()
        except Exception:
            self.pgconn.finish()
