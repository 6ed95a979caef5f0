"""Connections that wait for the server so long and no longer."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.waiting import Ready


def _limited(connection: Any, gen: Any) -> Generator[Any, Any, Any]:
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


class AsyncPatientConnection(AsyncConnection[Any]):
    """The same, awaited."""

    read_timeout: float = 0.0

    async def wait(self, gen: Any, *arguments: Any, **keywords: Any) -> Any:
        """Run *gen*, which talks to the server, until it is done or out of time."""
        return await super().wait(_limited(self, gen), *arguments, **keywords)
