"""How a cache has done."""

from dataclasses import dataclass


@dataclass(slots=True)
class CacheStats:
    """How a cache has done in this process.

    ``hits``        the rows came from the cache, or from a thread that was asking for the same
    ``misses``      they came from the database
    ``stored``      of these, how many were put into the cache
    ``bypassed``    the cache was not asked: the transaction has written to the tables, say
    ``failures``    a region failed
    """

    hits: int = 0
    misses: int = 0
    stored: int = 0
    bypassed: int = 0
    failures: int = 0
