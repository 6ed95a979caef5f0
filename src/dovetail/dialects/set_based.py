"""One statement that changes, or deletes, many rows by their keys: what servers have in common.

A server that sends one answer for each row takes most of the time of a large flush to send them.
Where it can take the rows as a table, the statement joins it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from ..types.contract import TypeEngine

NoneType = type(None)

ROWS_TOGETHER = 1000
"""Most rows in one statement."""
CHARACTERS_TOGETHER = 250_000
"""Most characters, or bytes, that one statement has of them, one row aside."""

_VALUES: dict[str, frozenset[type]] = {
    "integer": frozenset((int,)),
    "string": frozenset((str,)),
    "boolean": frozenset((bool, int)),
    "numeric": frozenset((Decimal, float)),
    "datetime": frozenset((datetime,)),
    "date": frozenset((date,)),
    "time": frozenset((time, timedelta)),
    "interval": frozenset((timedelta, datetime)),
    "uuid": frozenset((UUID, str)),
    "binary": frozenset((bytes,)),
    "pickle": frozenset((bytes,)),
    "json": frozenset((str,)),
}
"""What values a driver is given, by the affinity of their type, where nothing is unusual."""

_SIZED = frozenset((str, bytes))


class Placed(NamedTuple):
    """A column, and where its value stands in the parameters of a row."""

    column: Any
    place: int


Statements = list[tuple[str, tuple[Any, ...]]]
SetBased = Callable[[Sequence[Sequence[Any]]], Statements | None]
"""Makes the statements, with their parameters, of rows; None where they have to go one by one."""


def is_usual(type_: TypeEngine[Any]) -> bool:
    """Whether values of *type_* may stand in a table of rows, as far as the type tells."""
    return type_.affinity in _VALUES


def fit(types: Sequence[TypeEngine[Any]], columns: Sequence[Sequence[Any]]) -> bool:
    """Whether the values in *columns* are what is usual for *types*, and of one kind in each.

    A server gives a column of such a table one type.  Numbers and texts in one column, or times
    with and without a zone, would be converted there as they are not where they go alone.
    """
    for type_, column in zip(types, columns, strict=True):
        found = set(map(type, column))
        found.discard(NoneType)
        if len(found) > 1 or not found <= _VALUES[type_.affinity]:
            return False
        if found and next(iter(found)) in (datetime, time):
            zoned = {value.tzinfo is not None for value in column if value is not None}
            if len(zoned) > 1:
                return False
    return True


def parts(
    columns: Sequence[Sequence[Any]], characters: int = CHARACTERS_TOGETHER
) -> Iterator[slice]:
    """The rows that go in one statement each: so many, and so large."""
    count = len(columns[0])
    sizes = [0] * count
    for column in columns:
        if not _SIZED.isdisjoint(map(type, column)):
            sizes = [
                size + len(value) if type(value) in _SIZED else size
                for size, value in zip(sizes, column, strict=True)
            ]
    start = total = 0
    for place, size in enumerate(sizes):
        if place > start and (place - start == ROWS_TOGETHER or total + size > characters):
            yield slice(start, place)
            start, total = place, 0
        total += size
    yield slice(start, count)
