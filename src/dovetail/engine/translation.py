"""Schemas under other names: what ``schema_translate_map`` makes of a dialect and its plans."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.cache import PlanCache
from ..exc import ArgumentError

if TYPE_CHECKING:
    from ..dialects.dialect import Dialect

SchemaMap = Mapping[str | None, str | None]

_KEPT = 256
"""How many maps an engine keeps plans for: those of tenants that were served lately."""


class Translation(NamedTuple):
    """How statements are written, and where their plans are kept, under one map."""

    dialect: Any
    plans: PlanCache[Any]


class Translations:
    """The translations of an engine, one for each map that is in use."""

    def __init__(self, dialect: Dialect, capacity: int) -> None:
        self._dialect = dialect
        self._capacity = capacity
        self._kept: dict[tuple[tuple[str | None, str | None], ...], Translation] = {}
        self._lock = Lock()

    def of(self, schema_map: SchemaMap) -> Translation:
        """Return the translation for *schema_map*; ArgumentError is raised if it is no mapping."""
        if not isinstance(schema_map, Mapping):
            raise ArgumentError(
                f"schema_translate_map is a dictionary of schemas, not {schema_map!r}",
                hint='{None: "tenant_7"} puts the tables without a schema there',
            )
        key = tuple(sorted(schema_map.items(), key=repr))
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                dialect = self._dialect.translated(dict(schema_map))
                found = Translation(dialect, PlanCache(self._capacity))
                if len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return found

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._kept.clear()
