"""The garbage collector rests while many objects are built.

Building objects by the ten thousand makes CPython's cyclic collector run again and again over
objects that are all alive; it is the largest single cost of a large load.
"""

from contextlib import AbstractContextManager, nullcontext
from gc import disable, enable, isenabled
from threading import Lock

MANY = 100
"""From here on the collector rests; for fewer it is not worth asking."""

_RUNNING = nullcontext()


class CollectorGuard(AbstractContextManager[None]):
    """Pauses the collector for as long as at least one block asks for it.

    The last block that ends restores what was found; ``allowed = False`` switches the guard off.
    """

    def __init__(self) -> None:
        self.allowed = True
        self._lock = Lock()
        self._depth = 0
        self._found = False

    def paused_for(self, count: int) -> AbstractContextManager[None]:
        """Keep the collector from running inside the ``with``, where *count* objects are many."""
        return self if count >= MANY else _RUNNING

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0 and self.allowed and isenabled():
                self._found = True
                disable()
            self._depth += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0 and self._found:
                self._found = False
                enable()


collector = CollectorGuard()
"""The guard of this process: ``collector.allowed = False`` keeps the collector running always."""
