"""A second-level cache: rows of queries and entities, kept in regions of dogpile.cache."""

from .cache import Cache
from .request import FromCache
from .stats import CacheStats

__all__ = ["Cache", "CacheStats", "FromCache"]
