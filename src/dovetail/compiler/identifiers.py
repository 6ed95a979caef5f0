"""When and how names are put into quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import md5
from typing import TYPE_CHECKING, Any

from ..exc import CompileError, IdentifierError
from ..sql.convention import conv

if TYPE_CHECKING:
    from ..sql.constraints import Constraint, Index
    from ..sql.expression.column_element import ColumnElement

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def reserved_words(text: str) -> frozenset[str]:
    """Return the words of *text*."""
    return frozenset(text.split())


STANDARD_RESERVED = reserved_words(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate column constraint create cross current_date current_role current_time
    current_timestamp current_user default deferrable desc distinct do else end except false for
    foreign freeze from full grant group having ilike in initially inner intersect into is
    isnull join leading left like limit localtime localtimestamp natural new not notnull null
    off offset old on only or order outer overlaps placing primary references right select
    session_user set similar some symmetric table then to trailing true union unique user using
    verbose when where
    """
)

OWN: Any = object()
"""Stands for the schema that a table says itself."""


class IdentifierPreparer:
    """Puts names into quotes where they need them: reserved words, capitals, odd characters."""

    def __init__(
        self,
        reserved: Iterable[str] = STANDARD_RESERVED,
        quote: str = '"',
        final_quote: str | None = None,
    ) -> None:
        self.reserved_words = frozenset(reserved)
        self.initial_quote = quote
        self.final_quote = final_quote if final_quote is not None else quote
        self.longest = 9999
        """Most characters in the name of a constraint or index."""
        self._known: dict[str, str] = {}

    def requires_quotes(self, name: str) -> bool:
        """Return whether *name* would mean something else without quotes."""
        return name in self.reserved_words or _PLAIN.fullmatch(name) is None

    def quote_identifier(self, name: str) -> str:
        """Return *name* in quotes, quotes within it doubled.

        CompileError is raised for a NUL character: no server has such names.
        """
        if "\0" in name:
            raise CompileError(f"the name {name!r} contains a NUL character")
        doubled = name.replace(self.final_quote, self.final_quote * 2)
        return f"{self.initial_quote}{doubled}{self.final_quote}"

    def quote(self, name: str) -> str:
        """Return *name* as it goes into SQL: the only way that names take."""
        force = getattr(name, "quote", None)
        if force is not None:
            return self.quote_identifier(name) if force else str(name)
        found = self._known.get(name)
        if found is None:
            found = self.quote_identifier(name) if self.requires_quotes(name) else str(name)
            if len(self._known) < 10_000:
                self._known[str(name)] = found
        return found

    def quote_schema(self, schema: str) -> str:
        """Return the name of a schema."""
        return self.quote(schema)

    def format_table(self, table: Any, schema: Any = OWN) -> str:
        """Return the name of *table* with its schema, or with *schema*; None for without."""
        own = table.schema if schema is OWN else schema
        name = self.quote(table.name)
        return f"{self.quote_schema(own)}.{name}" if own else name

    def format_column(self, column: ColumnElement[Any]) -> str:
        """Return the name of *column* alone."""
        return self.quote(column.name)

    def format_constraint(
        self, constraint: Constraint | Index, _alembic_quote: bool = True
    ) -> str | None:
        """Return the name of a constraint or index, or None if it has none.

        A name that a convention made and that is too long is cut short, the same way in every
        process.  *_alembic_quote* says whether the name stands in quotes where it needs them.

        :raises IdentifierError: a name that was given is too long
        """
        name = constraint.name
        if name is None:
            return None
        if len(name) > self.longest:
            if not isinstance(name, conv):
                raise IdentifierError(
                    f"the name {str(name)!r} is longer than the {self.longest} characters allowed"
                )
            digest = md5(name.encode(), usedforsecurity=False).hexdigest()
            name = f"{name[: self.longest - 8]}_{digest[-4:]}"
        return self.quote(name) if _alembic_quote else str(name)
