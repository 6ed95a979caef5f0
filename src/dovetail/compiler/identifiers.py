"""When and how names are put into quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

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


class PreparedDialect(Protocol):
    """A dialect, as far as one more preparer may quote as that does."""

    @property
    def identifier_preparer(self) -> IdentifierPreparer: ...


class NamedInSchema(Protocol):
    """A table or a sequence: what has a name, and perhaps a schema."""

    @property
    def name(self) -> Any: ...

    @property
    def schema(self) -> str | None: ...


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> Any: ...


class IdentifierPreparer:
    """Puts names into quotes where they need them: reserved words, capitals, odd characters.

    It is made of the words that a server reserves, or of a dialect, and quotes as that does then.
    """

    def __init__(
        self,
        reserved: Iterable[str] | PreparedDialect = STANDARD_RESERVED,
        quote: str = '"',
        final_quote: str | None = None,
    ) -> None:
        if not isinstance(reserved, Iterable):
            own = reserved.identifier_preparer
            reserved, quote, final_quote = own.reserved_words, own.initial_quote, own.final_quote
        self.reserved_words: Set[str] = frozenset(reserved)
        self.initial_quote: str = quote
        self.final_quote: str = final_quote if final_quote is not None else quote
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

    def format_table(self, table: Any, schema: str | None = OWN) -> str:
        """Return the name of *table* with its schema, or with *schema*; None for without."""
        return self.qualified(table, schema)

    def qualified(self, table: NamedInSchema, schema: str | None = OWN) -> str:
        """Return the same as columns have it before them, whatever else tables are called."""
        own = table.schema if schema is OWN else schema
        name = self.quote(table.name)
        return f"{self.quote_schema(own)}.{name}" if own else name

    def format_schema(self, name: str) -> str:
        """Return *name*, of a schema."""
        return self.quote(name)

    def format_sequence(self, sequence: object, use_schema: bool = True) -> str:
        """Return the name of *sequence* with its schema, or without."""
        return self.format_table(sequence, OWN if use_schema else None)

    def format_type(self, type_: Named, use_schema: bool = True) -> str:
        """Return the name that *type_* has on the server, with its schema, or without."""
        if type_.name is None:
            raise CompileError(f"{type(type_).__name__} has no name on the server")
        return self.format_table(type_, OWN if use_schema else None)

    def format_alias(self, alias: Named, name: str | None = None) -> str:
        """Return the name of *alias*, or *name*."""
        return self.quote(name if name is not None else alias.name)

    def format_label(self, label: Named, name: str | None = None) -> str:
        """Return the name of *label*, or *name*."""
        return self.quote(name if name is not None else label.name)

    def format_index(self, index: Index) -> str | None:
        """Return the name of *index*, as :meth:`format_constraint` does."""
        return self.format_constraint(index)

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
        if not isinstance(name, str):
            # None, or a mark of another package's that says the same.
            return None
        if len(name) > self.longest:
            if not isinstance(name, conv):
                raise IdentifierError(
                    f"the name {str(name)!r} is longer than the {self.longest} characters allowed"
                )
            # Few programs have names that long.
            md5 = import_module("hashlib").md5
            digest = md5(name.encode(), usedforsecurity=False).hexdigest()
            name = f"{name[: self.longest - 8]}_{digest[-4:]}"
        return self.quote(name) if _alembic_quote else str(name)
