"""What a query asks of the cache."""

from collections.abc import Iterable
from typing import Any

from ...sql.node import Walk


class FromCache:
    """An option: the rows of this query may come from a cache, and go into it::

        session.scalars(select(User).options(FromCache("default")))
        session.scalars(select(User), execution_options={"cache": "default"})     # the same

    *region* is the name of one of the cache's regions.  After *expiration_time* seconds, or those
    of the region, rows are read again.  *tables*: tables, mapped classes and names on which the
    rows depend though the statement doesn't show it: what is behind a view, or in text.
    """

    __slots__ = ("expiration_time", "region", "tables")

    def __init__(
        self,
        region: str = "default",
        *,
        expiration_time: float | None = None,
        tables: Iterable[Any] = (),
    ) -> None:
        self.region = region
        self.expiration_time = expiration_time
        self.tables = frozenset(name for table in tables for name in names_of(table))

    def __repr__(self) -> str:
        return f"FromCache({self.region!r})"

    def collect(self, walk: Walk) -> None:
        """Append nothing: the SQL is what it is without this option."""


def names_of(table: object) -> list[str]:
    """The names of the tables that *table*, a table, mapped class or name, stands for."""
    if isinstance(table, str):
        return [table]
    mapper = getattr(table, "__mapper__", None)
    if mapper is not None:
        return [name_of(each) for each in mapper.tables]
    return [name_of(table)]


def name_of(table: Any) -> str:
    """The name of *table*, with its schema."""
    name: str = getattr(table, "fullname", None) or table.name
    return name
