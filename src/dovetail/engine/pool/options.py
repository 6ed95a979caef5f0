"""Values of options: each is checked where it is given, before anything depends on it."""

from __future__ import annotations

from math import isfinite

from ...exc import ArgumentError


def whole(name: str, value: object, least: int = 0) -> int:
    """Return *value* if it is a whole number of *least* or more; ArgumentError if not."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ArgumentError(
            f"{name} is a whole number, not {value!r}", hint=_number_hint(name, value)
        )
    if value < least:
        raise ArgumentError(f"{name} is {least} or more, not {value}")
    return value


def number(name: str, value: object, least: float = 0) -> float:
    """Return *value* if it is a number of *least* or more; ArgumentError if not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ArgumentError(f"{name} is a number, not {value!r}", hint=_number_hint(name, value))
    if value < least:
        raise ArgumentError(f"{name} is {least:g} or more, not {value:g}")
    return value


def optional_number(name: str, value: object, least: float = 0) -> float | None:
    """Return *value* if it is None or a number of *least* or more; ArgumentError if not."""
    return None if value is None else number(name, value, least)


def switch(name: str, value: object) -> bool:
    """Return *value* if it is true or false; ArgumentError if not."""
    if not isinstance(value, bool):
        raise ArgumentError(
            f"{name} is True or False, not {value!r}",
            hint="engine_from_config() reads options that are text"
            if isinstance(value, str)
            else None,
        )
    return value


def age(name: str, value: object) -> float:
    """Return *value* if it is -1, for never, or a number of seconds; ArgumentError if not."""
    return -1 if value == -1 and not isinstance(value, bool) else number(name, value)


def overflow(name: str, value: object) -> int:
    """Return *value* if it is -1, for no bound, or a whole number; ArgumentError if not."""
    return whole(name, value, -1)


def _number_hint(name: str, value: object) -> str | None:
    if isinstance(value, str):
        return f"{name}={value}, without quotes; engine_from_config() reads options that are text"
    return None
