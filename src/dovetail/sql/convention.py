"""Names of constraints by a convention: ``{"fk": "fk_%(table_name)s_%(column_0_name)s"}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..exc import InvalidRequestError
from .expression.from_clause import table_label

DEFAULT_CONVENTION = {"ix": "ix_%(column_0_label)s"}

_PREFIXES = {
    "index": "ix",
    "unique_constraint": "uq",
    "check_constraint": "ck",
    "foreign_key_constraint": "fk",
    "primary_key_constraint": "pk",
}
_COLUMN_TOKEN = re.compile(r"(referred_)?column_(\d+)(_?N)?_(name|key|label)")


class conv(str):
    """A name that is complete: no convention is applied to it."""

    __slots__ = ()


class Named:
    """What a convention may name: it gives a copy for another table another name."""

    name: Any
    _given: tuple[Any, Any] | None = None
    """The name that was given, and the one that the convention made of it."""

    def take_name(self, table: object) -> None:
        """Take the name that the convention of *table*'s metadata gives, if it gives one."""
        name = conventional_name(self, table)
        if name is not None:
            self._given = (self.name, name)
            self.name = name

    @property
    def name_of_copies(self) -> Any:
        """The name for a copy: as it was given, if the convention has made this one of it."""
        if self._given is not None and self.name is self._given[1]:
            return self._given[0]
        return self.name


class _Tokens:
    """The values of a convention's tokens for one constraint, found when asked for."""

    def __init__(self, constraint: object, table: object, convention: Mapping[Any, Any]) -> None:
        self.constraint: Any = constraint
        self.table: Any = table
        self.convention = convention

    def __getitem__(self, token: str) -> str:
        custom = self.convention.get(token)
        if callable(custom):
            return str(custom(self.constraint, self.table))
        match = _COLUMN_TOKEN.fullmatch(token)
        if match is not None:
            return self._columns(*match.groups())
        if token == "table_name":
            return str(self.table.name)
        if token == "constraint_name":
            return self._given_name()
        if token == "referred_table_name":
            return self._referred()[0].rpartition(".")[2]
        raise KeyError(token)

    def _given_name(self) -> str:
        if self.constraint.name is None:
            raise InvalidRequestError(
                "the naming convention asks for %(constraint_name)s, and the constraint has none",
                hint="give the constraint a name",
            )
        return str(self.constraint.name)

    def _referred(self) -> tuple[str, list[str]]:
        names = [key.target_fullname.rpartition(".") for key in self.constraint.elements]
        return names[0][0], [column for _, _, column in names]

    def _columns(self, referred: str | None, first: str, many: str | None, kind: str) -> str:
        if referred:
            names = self._referred()[1]
        else:
            columns = list(self.constraint.columns)
            if kind == "key":
                names = [str(column.key) for column in columns]
            elif kind == "label":
                names = [f"{table_label(self.table)}_{column.name}" for column in columns]
            else:
                names = [str(column.name) for column in columns]
        if many is None:
            return names[int(first)] if names else ""
        return ("_" if many == "_N" else "").join(names)


def _speaks_of_columns(constraint: Any) -> bool:
    """Tell whether *constraint* says anything: a primary key may be empty."""
    return constraint.__visit_name__ != "primary_key_constraint" or len(constraint) > 0


def require_name(constraint: Any) -> None:
    """Raise InvalidRequestError if the convention of its table asks for a name it has not."""
    if constraint.name is None and constraint.type_bound:
        convention = constraint.table.metadata.naming_convention
        pattern = convention.get(type(constraint)) or convention.get(
            _PREFIXES.get(constraint.__visit_name__, ""), ""
        )
        if "constraint_name" in pattern:
            _Tokens(constraint, constraint.table, convention)["constraint_name"]


def conventional_name(constraint: Any, table: Any) -> str | None:
    """Return the name that the convention of *table*'s metadata gives, or None for none."""
    if isinstance(constraint.name, conv):
        return None
    convention = table.metadata.naming_convention
    pattern = convention.get(type(constraint))
    if pattern is None:
        pattern = convention.get(_PREFIXES.get(constraint.__visit_name__, ""))
    if pattern is None:
        return None
    # A name that was given stays, unless the convention wants it as a part.
    if constraint.name is not None and "constraint_name" not in pattern:
        return None
    if constraint.name is None and "constraint_name" in pattern:
        # That of a type is written on some servers alone, and asked for its name there.
        if getattr(constraint, "type_bound", False) or not _speaks_of_columns(constraint):
            return None
    return conv(pattern % _Tokens(constraint, table, convention))
