"""What becomes of values on the way to the database and back, as far as Python knows it.

A key that was given as ``"1"`` is 1 when its row is read: instances are told apart by the latter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from uuid import UUID


class Settling(NamedTuple):
    """How a value that is sent comes back.

    ``kind``      the class of values that come back as they are; None where any may not
    ``function``  makes of another value what comes back
    """

    kind: type | None
    function: Callable[[Any], Any]


def settled_by(kind: type | None, convert: Callable[[Any], Any]) -> Settling:
    """A Settling that leaves None, and what *convert* can't make anything of, as it is."""

    def settled(value: object) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except Exception:
            # The server took it, so that it means something to it: the row will tell.
            return value

    return Settling(kind, settled)


def there_and_back(type_: Any, dialect: Any) -> Callable[[Any], Any]:
    """The conversion of a value as *type_* binds it, and then as it reads that."""
    bound, read = type_.bind_processor(dialect), type_.result_processor(dialect)

    def convert(value: object) -> Any:
        sent = value if bound is None else bound(value)
        return sent if read is None else read(sent)

    return convert


def _whole(value: Any) -> Any:
    number = int(value)
    return number if isinstance(value, str) or number == value else value


def _text(value: object) -> str:
    if isinstance(value, str):
        # Not str(): a class of texts may tell another one.
        return str.__str__(value)
    return str(int(value) if isinstance(value, bool) else value)


def _day(value: object) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: object) -> Any:
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def decimals(scale: int | None) -> Settling:
    """How numbers come back that the server keeps with *scale* places, or with all they have."""
    if scale is None:
        return settled_by(Decimal, lambda value: Decimal(str(value)))
    unit = Decimal(1).scaleb(-scale)
    return settled_by(None, lambda value: Decimal(str(value)).quantize(unit, ROUND_HALF_UP))


INTEGER = settled_by(int, _whole)
STRING = settled_by(str, _text)
BOOLEAN = settled_by(bool, bool)
FLOAT = settled_by(float, float)
BINARY = settled_by(bytes, bytes)
DATE = settled_by(dt.date, _day)
DATETIME = settled_by(dt.datetime, _moment)
UUID_OBJECT = settled_by(UUID, lambda value: UUID(str(value)))
UUID_TEXT = settled_by(None, lambda value: str(UUID(str(value))))
