"""The cascades of a relationship: what happens to related instances along with their owner."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from dovetail.exc import ArgumentError, DovetailWarning

CASCADES = frozenset(
    ("save-update", "merge", "expunge", "delete", "delete-orphan", "refresh-expire")
)
USUAL_CASCADES = "save-update, merge"
"""Those of a relationship that says nothing of them."""


class CascadeOptions(frozenset[str]):
    """The cascades of one relationship, read from text or names, or none from None::

        CascadeOptions("all, delete-orphan")
        CascadeOptions(["save-update", "merge"])

    ArgumentError names what is not a cascade.
    """

    __slots__ = ()

    def __new__(cls, value: str | Iterable[str] | None) -> CascadeOptions:
        words = [word.strip() for word in value.split(",")] if isinstance(value, str) else value
        names: set[str] = set()
        for word in filter(None, words or ()):
            if word == "all":
                names |= CASCADES - {"delete-orphan"}
            elif word == "none":
                names.clear()
            elif word in CASCADES:
                names.add(word)
            else:
                raise ArgumentError(
                    f"{word!r} is not a cascade", hint=f"one of: all, {', '.join(sorted(CASCADES))}"
                )
        if "delete-orphan" in names and "delete" not in names:
            warnings.warn(
                "the cascade delete-orphan is of use with delete: members that are taken out of "
                "their parent are deleted, those of a parent that is deleted are not "
                '(cascade="all, delete-orphan")',
                DovetailWarning,
                stacklevel=3,
            )
        return super().__new__(cls, names)

    @classmethod
    def from_string(cls, arg: str | None) -> CascadeOptions:
        """Return the cascades that a text names."""
        return cls(arg)

    @property
    def save_update(self) -> bool:
        """Whether related instances join the session."""
        return "save-update" in self

    @property
    def merge(self) -> bool:
        """Whether related instances are merged."""
        return "merge" in self

    @property
    def expunge(self) -> bool:
        """Whether related instances leave the session."""
        return "expunge" in self

    @property
    def refresh_expire(self) -> bool:
        """Whether related instances are refreshed and expired."""
        return "refresh-expire" in self

    @property
    def delete(self) -> bool:
        """Whether related instances are deleted."""
        return "delete" in self

    @property
    def delete_orphan(self) -> bool:
        """Whether related instances that are taken out are deleted."""
        return "delete-orphan" in self

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"
