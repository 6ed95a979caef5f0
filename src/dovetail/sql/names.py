"""Names in SQL: plain, quoted on demand, or made up by the compiler."""

from __future__ import annotations

import re

_NOT_IN_NAMES = re.compile(r"[%\(\) \$]+")


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
