"""What a cache and the sessions that it serves share: regions, names, queries under way."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from threading import Lock
from typing import Any

from dovetail.exc import ArgumentError

from ...orm.mapping.mapper import Mapper
from .request import FromCache, name_of
from .stats import CacheStats
from .store import Store


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


class Regions:
    """The stores of a cache by name, and how things are called in them.

    ``kept``      mapped classes whose rows are kept by primary key, and how
    ``flights``   queries under way
    ``patience``  seconds to wait for one of these
    """

    def __init__(
        self, named: Mapping[str, Any], prefix: str, retry_after: float, patience: float
    ) -> None:
        self.prefix = prefix
        self.patience = patience
        self.stats = CacheStats()
        self.stores = {
            name: Store(name, region, prefix, retry_after, self.stats)
            for name, region in named.items()
        }
        self.kept: dict[type[Any], FromCache] = {}
        self.flights = Flights()

    def store(self, region: str) -> Store:
        """The store of the region with this name; ArgumentError if there is none."""
        try:
            return self.stores[region]
        except KeyError:
            raise ArgumentError(
                f"the cache has no region {region!r}",
                hint=f"it has {', '.join(map(repr, self.stores))}",
            ) from None

    @property
    def token_of_all(self) -> str:
        """The name of the token on which all entries depend."""
        return f"{self.prefix}:all"

    def tokens_of(self, tables: Iterable[str], *, rows: bool = False) -> list[str]:
        """The names of the tokens of *tables*; with *rows*, of those of all their rows."""
        kind = "rows" if rows else "table"
        return [f"{self.prefix}:{kind}:{table}" for table in sorted(tables)]

    def token_of_row(self, mapper: Mapper, digested: str) -> str:
        """The name of the token of one row of *mapper*."""
        return f"{self.prefix}:row:{name_of(mapper.base.local_table)}:{digested}"
