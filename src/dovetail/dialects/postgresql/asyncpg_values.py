"""Values for asyncpg that are not of the type that the server has found for their parameter.

asyncpg refuses the text ``"5"`` for a number, a number for a text, and the like, which other
drivers send as they are, for the server to read.  Such values are converted as the server would.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from ipaddress import _BaseAddress, _BaseNetwork
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

_TEXTUAL = (int, float, Decimal, UUID, dt.date, dt.time, dt.timedelta, _BaseAddress, _BaseNetwork)


def converted(
    sql: str, types: Sequence[Any], parameters: Sequence[Any], raw: Any
) -> list[Any] | None:
    """Return *parameters* as their *types* want them; None if there is nothing to convert.

    What is no text becomes one only where *sql* casts it: the server takes a parameter for a
    text, too, of which it knows nothing.
    """
    if len(types) != len(parameters):
        return None
    made = list(parameters)
    for number, (type_, value) in enumerate(zip(types, parameters, strict=True)):
        is_text = type_.name.removesuffix("[]") in _TEXTS
        if not is_text or f"${number + 1}::" in sql:
            made[number] = _convert(type_.name, value, raw)
    return made if any(a is not b for a, b in zip(made, parameters, strict=True)) else None


def _convert(name: str, value: object, raw: Any) -> Any:
    if name.endswith("[]"):
        if not isinstance(value, list | tuple):
            return value
        return [_convert(name if isinstance(v, list | tuple) else name[:-2], v, raw) for v in value]
    convert = _CONVERTERS.get(name)
    if convert is None or value is None:
        return value
    try:
        return convert(value, raw)
    except (ValueError, ArithmeticError):
        # asyncpg says what it expects.
        return value


def zoned(types: Sequence[Any], parameters: Sequence[Any], raw: Any) -> Sequence[Any]:
    """Return *parameters*, with the session's time zone for moments that have none.

    asyncpg takes such a moment for one of the client's time zone, the server for one of its
    session's.
    """
    zone = None
    made = list(parameters)
    for number, (type_, value) in enumerate(zip(types, parameters, strict=False)):
        if not type_.name.startswith("timestamptz"):
            continue
        items = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(each, dt.datetime) and each.tzinfo is None for each in items):
            zone = zone or _session_zone(raw)
            moved = [_in_zone(each, zone) for each in items]
            made[number] = moved if isinstance(value, list | tuple) else moved[0]
    return parameters if zone is None else made


def _in_zone(value: Any, zone: dt.tzinfo) -> Any:
    naive = isinstance(value, dt.datetime) and value.tzinfo is None
    return value.replace(tzinfo=zone) if naive else value


def _session_zone(raw: Any) -> dt.tzinfo:
    try:
        return ZoneInfo(raw.get_settings().TimeZone)
    except (ValueError, OSError, AttributeError):
        return dt.UTC


def _whole(value: object, raw: Any) -> Any:
    if isinstance(value, str):
        return int(value)
    if isinstance(value, float | Decimal):
        # The server rounds halves to the nearest even number.
        return round(value)
    return value


def _text(value: object, raw: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, _TEXTUAL) else value


def _float(value: object, raw: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _boolean(value: object, raw: Any) -> Any:
    return _TRUTHS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _date(value: object, raw: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _time(value: object, raw: Any) -> Any:
    return dt.time.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: object, raw: Any) -> Any:
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(_session_zone(raw)).replace(tzinfo=None)
    return value


def _zoned_moment(value: object, raw: Any) -> Any:
    if isinstance(value, str):
        return _in_zone(dt.datetime.fromisoformat(value), _session_zone(raw))
    return value


_TEXTS = frozenset(("text", "varchar", "bpchar", "name", "citext"))
_TRUTHS = {
    **dict.fromkeys(("t", "true", "y", "yes", "on", "1"), True),
    **dict.fromkeys(("f", "false", "n", "no", "off", "0"), False),
}
_CONVERTERS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), _whole),
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(("float4", "float8"), _float),
    "bool": _boolean,
    "date": _date,
    "time": _time,
    "timetz": _time,
    "timestamp": _moment,
    "timestamptz": _zoned_moment,
}
"""What converts a value for a type, by the name that the server has for it."""
