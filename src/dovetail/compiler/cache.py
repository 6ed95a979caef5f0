"""Plans by the keys of statements: a bounded cache."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

P = TypeVar("P")


class CacheStats(NamedTuple):
    """How a cache has done."""

    hits: int
    misses: int
    size: int
    capacity: int
    evictions: int


class _Entry(Generic[P]):
    __slots__ = ("plan", "used")

    def __init__(self, plan: P) -> None:
        self.plan = plan
        self.used = True


_caches: WeakSet[PlanCache[Any]] = WeakSet()


def forget_plans() -> None:
    """Forget the plans of all caches: what they were made from has changed."""
    for cache in list(_caches):
        cache.clear()


class PlanCache(Generic[P]):
    """Plans, at most *capacity*; those that were not asked for lately go first.

    Finding one takes no lock: an entry only notes that it was used.  When a new one has no
    room, the oldest that was not used since the last round makes way.
    """

    def __init__(self, capacity: int = 500) -> None:
        self.capacity = capacity
        self._entries: dict[Hashable, _Entry[P]] = {}
        self._lock = Lock()
        self._hits = 0
        self._misses = 0
        self._evictions = 0
        _caches.add(self)

    def get(self, key: Hashable) -> P | None:
        """Return the plan for *key*, or None."""
        entry = self._entries.get(key)
        if entry is None:
            self._misses += 1
            return None
        entry.used = True
        self._hits += 1
        return entry.plan

    def put(self, key: Hashable, plan: P) -> P:
        """Keep *plan* for *key*; return the one kept, which may be another thread's."""
        if self.capacity <= 0:
            return plan
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                return found.plan
            while len(self._entries) >= self.capacity:
                self._evict()
            self._entries[key] = _Entry(plan)
        return plan

    def _evict(self) -> None:
        # A dictionary keeps the order of insertion, so its first entry is the oldest; one
        # that was used gets a second chance at the end.
        while True:
            key = next(iter(self._entries))
            entry = self._entries.pop(key)
            if not entry.used:
                self._evictions += 1
                return
            entry.used = False
            self._entries[key] = entry

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._entries.clear()

    def stats(self) -> CacheStats:
        """Return how often plans were found, and how many there are."""
        return CacheStats(
            self._hits, self._misses, len(self._entries), self.capacity, self._evictions
        )

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __repr__(self) -> str:
        return f"<PlanCache {self.stats()!r}>"
