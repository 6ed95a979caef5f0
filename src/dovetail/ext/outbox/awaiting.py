"""The relay of an outbox, awaited."""

from __future__ import annotations

from asyncio import sleep
from typing import TYPE_CHECKING

from ..asyncio.one_task import perform
from .relay import Batch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ...sql.schema import Table
    from ..asyncio import AsyncEngine
    from .event import Delivery


async def deliveries(
    table: Table, engine: AsyncEngine, size: int, wait: float | None
) -> AsyncGenerator[Delivery, None]:
    """The events of *table*, *size* in a transaction; it waits for more, or ends there."""
    late_ones: set[int] = set()
    while True:
        batch = Batch(table, size)
        try:
            await perform(batch.claim_steps(engine.sync_engine))
            for delivery in batch:
                yield delivery
                batch.note(delivery)
        finally:
            await perform(batch.settle_steps())
        if not batch.goes_on(late_ones):
            if wait is None:
                return
            late_ones.clear()
            await sleep(wait)
