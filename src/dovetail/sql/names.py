"""Names in SQL: plain, quoted on demand, or made up by the compiler."""

from __future__ import annotations

import re
from typing import Any

_NOT_IN_NAMES = re.compile(r"[%\(\) \$]+")


class quoted_name(str):
    """A name that says itself whether it is put into quotes.

    ``quote`` is True (always), False (never) or None (where needed).
    """

    __slots__ = ("quote",)
    quote: bool | None

    def __new__(cls, value: str, quote: bool | None) -> quoted_name:
        if isinstance(value, quoted_name) and (quote is None or value.quote == quote):
            return value
        made = super().__new__(cls, value)
        made.quote = quote
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return quoted_name, (str(self), self.quote)

    def __repr__(self) -> str:
        return f"quoted_name({str(self)!r}, {self.quote!r})"


def named(value: str, quote: bool | None) -> str:
    """Return *value*, as a :class:`quoted_name` where *quote* says more than usual."""
    return value if quote is None else quoted_name(value, quote)


class generated_name(str):
    """A name made of others, which is cut where it is too long for the server."""

    __slots__ = ()


class AnonymousName:
    """A name that the compiler makes up: a base and a number, ``count_1``.

    Equal only to itself: all who hold it get the same name in one statement.
    """

    __slots__ = ("base",)

    def __init__(self, base: str) -> None:
        self.base = base

    def __repr__(self) -> str:
        return f"<anonymous {self.base}>"


def anonymous_base(name: str) -> str:
    """Return *name* without the characters that do not go into a parameter's name."""
    if name.isidentifier():
        return name
    return _NOT_IN_NAMES.sub("_", name).strip("_") or "param"
