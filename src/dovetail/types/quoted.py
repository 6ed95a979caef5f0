"""Names that say themselves whether they are put into quotes."""

from __future__ import annotations

from typing import Any


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
