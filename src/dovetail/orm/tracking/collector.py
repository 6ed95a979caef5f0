"""The garbage collector rests while many objects are built.

Building objects by the ten thousand makes CPython's cyclic collector run again and again over
objects that are all alive; it is the largest single cost of a large load.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from gc import disable, enable, isenabled
from threading import Lock


class CollectorGuard:
    """Pauses the collector for as long as at least one block asks for it.

    The last block that ends restores what was found; ``allowed = False`` switches the guard off.
    """

    def __init__(self) -> None:
        self.allowed = True
        self._lock = Lock()
        self._depth = 0
        self._found = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep the collector from running inside the ``with``."""
        if not self.allowed:
            yield
            return
        with self._lock:
            if self._depth == 0:
                self._found = isenabled()
                disable()
            self._depth += 1
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if self._depth == 0 and self._found:
                    enable()


collector = CollectorGuard()
"""The guard of this process: ``collector.allowed = False`` keeps the collector running always."""
