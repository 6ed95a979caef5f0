"""A difference between tables as they are mapped and a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a database is not as its tables are declared.

    ``kind``      ``missing``: declared, and not in the database; ``extra``: the other way round;
                  ``different``: in both, and not the same
    ``table``     the table, with its schema if it has one
    ``what``      ``table``, ``column``, ``primary key``, ``foreign key``, ``unique constraint``,
                  ``index`` or ``check constraint``
    ``name``      its name, or its columns where it has none
    ``aspect``    of what is different: ``type``, ``nullable``, ``default``, ``comment``, …
    ``declared``  what the declaration says of it, as text
    ``found``     what the database says of it

    ``str()`` gives a sentence.
    """

    kind: Literal["missing", "extra", "different"]
    table: str
    what: str
    name: str | None = None
    aspect: str | None = None
    declared: str | None = None
    found: str | None = None

    def __str__(self) -> str:
        subject = f"{self.what} {self.name or self.table}"
        if self.what == "column":
            subject = f"column {self.table}.{self.name}"
        elif self.what != "table":
            subject += f" of {self.table}"
        if self.kind == "missing":
            return f"{subject} is not in the database{_shown(self.declared)}"
        if self.kind == "extra":
            return f"{subject} is not declared{_shown(self.found)}"
        return (
            f"{subject}: {self.aspect} is declared as {_said(self.declared)}, "
            f"and is {_said(self.found)} in the database"
        )


def _shown(text: str | None) -> str:
    return f": {text}" if text else ""


def _said(text: str | None) -> str:
    return "nothing" if text is None else text
