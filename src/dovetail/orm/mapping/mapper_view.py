"""A mapper as those see it that it is made of, and those that listen to it."""

from collections.abc import Iterable
from typing import Any, Protocol

from dovetail.event import Dispatch
from dovetail.orm.tracking.state import TrackedMapper


class MapperView(TrackedMapper, Protocol):
    """What is asked of a mapper in the rooms below it: see :class:`dovetail.orm.Mapper`.

    What has a name of an attribute for its key is a dictionary of properties, in order.
    """

    inherits: Any
    local_table: Any
    persist_selectable: Any
    equated: Any
    configured: bool
    column_keys: dict[Any, str]
    primary_keys: tuple[str, ...]
    keys_set: frozenset[str]
    memo: dict[Any, Any]
    setters: dict[str, Any]
    uses_slot: bool
    writes_through_setattr: bool

    @property
    def named_attrs(self) -> Any: ...
    @property
    def column_attrs(self) -> Any: ...
    @property
    def named_relationships(self) -> Any: ...
    @property
    def synonyms(self) -> Any: ...
    @property
    def composites(self) -> Any: ...
    @property
    def columns(self) -> Any: ...
    @property
    def children(self) -> Any: ...
    @property
    def dispatch(self) -> Dispatch: ...
    @property
    def registry(self) -> Any: ...
    @property
    def tables(self) -> Any: ...
    @property
    def top(self) -> Any: ...
    @property
    def primary_key(self) -> tuple[Any, ...]: ...
    @property
    def self_and_descendants(self) -> Iterable[Any]: ...
    @property
    def node(self) -> Any: ...
    @property
    def fixed_values(self) -> Any: ...
    def map_column_as(self, name: str, key: str) -> None: ...
