"""A borrowed connection of an awaiting driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...engine.pool.record import PooledConnection
from ...steps import bridging, run_sync
from .one_task import perform

if TYPE_CHECKING:
    from typing import Self

    from ...steps import Steps


class AwaitingPooledConnection(PooledConnection):
    """A borrowed connection of an awaiting driver: what ends the loan is awaited.

    In code that ``run_sync()`` runs the same methods block.
    """

    def _end(self, steps: Steps[None]) -> Any:
        return run_sync(steps) if bridging.find() is not None else perform(steps)

    def close(self) -> Any:
        """Return the connection to its pool, or close it if it has left."""
        return self._end(self.close_steps())

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> Any:
        """Declare the connection dead and return its place to the pool."""
        return self._end(self.invalidate_steps(e, soft))

    def detach(self) -> Any:
        """Take the connection out of its pool, which may open another in its place."""
        return self._end(self.detach_steps())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await perform(self.close_steps())
