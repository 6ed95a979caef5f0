"""An event loop in a thread of its own, on which blocking code reaches awaiting drivers.

So one test of blocking calls runs with drivers of both flavours.
"""

import asyncio
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path

from dovetail.steps import bridging
from tests.servers import AWAITING_BACKENDS

HOUSE = Path(__file__).parents[1]
"""Where a program of its own finds this module."""


@contextmanager
def loop_thread():
    """Await, in a thread of its own, what blocking code requests while the block runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    inside, loop_inside = bridging.find, bridging.loop

    def await_there(answer):
        async def awaited():
            return await answer

        return asyncio.run_coroutine_threadsafe(awaited(), loop).result(60)

    def find():
        # On the loop itself there is a bridge only where run_sync() has built one.
        return inside() if threading.current_thread() is thread else await_there

    thread.start()
    bridging.find, bridging.loop = find, lambda: loop
    try:
        yield
    finally:
        bridging.find, bridging.loop = inside, loop_inside
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(asyncio.sleep(0.01))  # what is dropped closes a little later
        loop.close()


def calls_to(backend):
    """Let blocking calls reach *backend* while the block runs, be its driver awaiting or not."""
    return loop_thread() if backend in AWAITING_BACKENDS else nullcontext()


def start_of_program(backend):
    """What stands first in a program that uses *backend* with blocking calls."""
    if backend not in AWAITING_BACKENDS:
        return ""
    return "from tests.loop_thread import loop_thread; around = loop_thread(); around.__enter__()"
