"""One query for all who ask for the same at the same time."""

from concurrent.futures import Future
from threading import Lock
from typing import Any


class Flights:
    """Queries that are under way in this process, by what they ask for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flying: dict[Any, Future[Any]] = {}

    def join(self, key: object) -> tuple[Future[Any], bool]:
        """The flight for *key*, and whether it has been started by this call."""
        with self._lock:
            future = self._flying.get(key)
            if future is not None:
                return future, False
            future = self._flying[key] = Future()
            return future, True

    def land(self, key: object, future: Future[Any], found: object) -> None:
        """End the flight for *key*: those who wait are given *found*, None for nothing."""
        with self._lock:
            del self._flying[key]
        future.set_result(found)
