"""What tables consist of, the same for those that are declared and those of a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


class Aspect(NamedTuple):
    """Something that is said of a part: what it is compared by, and how it is shown."""

    value: Hashable
    shown: str | None


def plain(value: object) -> Aspect:
    """Return what is compared and shown as it is."""
    return Aspect(value, None if value is None else str(value))


@dataclass(frozen=True, slots=True)
class Part:
    """A column, a key, a constraint or an index.

    ``identity``  what makes it the same as a part of the other side, whatever its name
    ``aspects``   by name; one that a side knows nothing of is left out, and not compared
    """

    what: str
    name: str | None
    identity: Hashable
    shown: str
    aspects: dict[str, Aspect] = field(default_factory=dict)
    by_the_server: bool = False
    """Whether the server may have made it by itself."""

    @property
    def title(self) -> str:
        """Its name, or what it is on."""
        return self.name or self.shown


@dataclass(frozen=True, slots=True)
class TableParts:
    """A table: its parts, and what is said of the whole."""

    key: str
    parts: list[Part]
    comment: Aspect | None = None
    of_columns_alone: bool = False
    """Whether columns are all that is to be compared, as of a view."""


def without_repeated_key(parts: list[Part]) -> list[Part]:
    """Return *parts* without UNIQUE on the primary key, which not every server keeps."""
    keys = {part.aspects["columns"].value for part in parts if part.what == "primary key"}
    return [part for part in parts if part.identity not in {("unique", key) for key in keys}]


def key_of(table: str, schema: str | None) -> str:
    """Return the name of a table with its schema."""
    return f"{schema}.{table}" if schema else table


def listed(names: Iterable[str | None]) -> str:
    """Return *names* as a definition shows them."""
    return f"({', '.join(name if name is not None else '…' for name in names)})"
