"""What stands in SQL as it is: checked, so that it is a number or a word and nothing else."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ..exc import CompileError

_WORDS = re.compile(r"[A-Za-z_]\w*(?: \w+)*")
_NUMBERS = ("length", "precision", "scale", "display_width", "second_precision", "day_precision")
"""Attributes of types that are written into their names."""


def number(value: Any, what: str) -> str:
    """Return *value*, *what* a statement says, as text; CompileError unless it is a number."""
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    given: Any = int(value) if is_whole else value
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise CompileError(
            f"{what} is a number; got {given!r}", hint="it stands in the SQL: convert it by int()"
        )
    return str(given.__index__())


def words(value: object, what: str) -> str:
    """Return *value*, *what* a statement says; CompileError unless it is a word, or several."""
    if not isinstance(value, str) or _WORDS.fullmatch(value) is None:
        raise CompileError(f"{what} is a word of SQL; got {value!r}")
    return value


def check_type(type_: object) -> None:
    """Refuse a type that says something else than a number where its name has one."""
    given = vars(type_)
    for name in _NUMBERS:
        value = given.get(name)
        if value is not None and not isinstance(value, float):
            number(value, f"{name} of {type(type_).__name__}")
