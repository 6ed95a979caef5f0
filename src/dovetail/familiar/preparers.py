"""What puts names into quotes, made of a dialect: classes that dialects of other packages extend.

A class says its ``reserved_words``; those of dovetail are given theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..compiler.identifiers import OWN, STANDARD_RESERVED, IdentifierPreparer as OwnPreparer
from ..dialects.mysql.words import MARIADB_RESERVED, MYSQL_RESERVED
from ..dialects.postgresql.dialect import POSTGRESQL_RESERVED
from ..dialects.sqlite.compiler import SQLITE_RESERVED
from ..types.quoted import quoted_name
from .kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Set

    from ..compiler.identifiers import Named
    from ..dialects.dialect import Dialect


LEGAL_CHARACTERS = re.compile(r"^[A-Z0-9_$]+$", re.IGNORECASE)
ILLEGAL_INITIAL_CHARACTERS = frozenset("0123456789$")


class IdentifierPreparer(OwnPreparer, metaclass=Kind):
    """Puts names into quotes where they need them, as the words of its class and *dialect* say.

    ``reserved_words``              names that need them
    ``legal_characters``            what a name without quotes matches
    ``illegal_initial_characters``  what it does not begin with

    With *omit_schema* the names of tables stand without their schema.
    """

    __members__ = (OwnPreparer,)
    reserved_words: Set[str] = STANDARD_RESERVED
    legal_characters: re.Pattern[str] = LEGAL_CHARACTERS
    illegal_initial_characters: Collection[str] = ILLEGAL_INITIAL_CHARACTERS

    def __init__(
        self,
        dialect: Dialect,
        initial_quote: str = '"',
        final_quote: str | None = None,
        escape_quote: str = '"',
        omit_schema: bool = False,
    ) -> None:
        super().__init__(type(self).reserved_words, initial_quote, final_quote)
        # Of its own: programs add to it.
        self.reserved_words = set(self.reserved_words)
        self.dialect = dialect
        self.escape_quote = escape_quote if initial_quote == '"' else self.final_quote
        self.omit_schema = omit_schema

    def requires_quotes(self, name: str) -> bool:
        return self._requires_quotes(name)

    def _requires_quotes(self, value: str) -> bool:
        lower = value.lower()
        return (
            lower != value
            or lower in self.reserved_words
            or self._requires_quotes_illegal_chars(value)
        )

    def _requires_quotes_illegal_chars(self, value: str) -> bool:
        if not value or value[0] in self.illegal_initial_characters:
            return True
        return self.legal_characters.match(value) is None

    def _escape_identifier(self, value: str) -> str:
        return value.replace(self.escape_quote, self.escape_quote * 2)

    def _unescape_identifier(self, value: str) -> str:
        return value.replace(self.escape_quote * 2, self.escape_quote)

    def quote_identifier(self, name: str) -> str:
        if "\0" in name:
            return super().quote_identifier(name)  # which refuses it
        return f"{self.initial_quote}{self._escape_identifier(name)}{self.final_quote}"

    def quote(self, name: str, force: bool | None = None) -> str:
        """Return *name* as it goes into SQL: with *force* in quotes always, or never."""
        return super().quote(name if force is None else quoted_name(name, force))

    def quote_schema(self, schema: str, force: bool | None = None) -> str:
        """Return the name of a schema."""
        return self.quote(schema, force)

    def format_table(
        self,
        table: Named,
        schema: str | bool | None = OWN,
        name: str | None = None,
        *,
        use_schema: bool = True,
    ) -> str:
        """Return the name of *table*, or *name*, with its schema, or with *schema*.

        In the place of *schema* may stand *use_schema*: whether there is one.
        """
        if name is not None:
            return self.quote(name)
        has_schema = schema if isinstance(schema, bool) else use_schema
        asked: str | None = OWN if isinstance(schema, bool) else schema
        return super().format_table(table, asked if has_schema and not self.omit_schema else None)

    def unformat_identifiers(self, identifiers: str) -> list[str]:
        """Return the names in *identifiers*, which stand with dots between, without quotes."""
        begin, end = re.escape(self.initial_quote), re.escape(self.final_quote)
        doubled = re.escape(self._escape_identifier(self.final_quote))
        name = rf"(?:{begin}((?:{doubled}|[^{end}])+){end}|([^.]+))(?=\.|$)"
        return [
            self._unescape_identifier(quoted) if quoted else plain
            for quoted, plain in re.findall(name, identifiers)
        ]


RESERVED_WORDS = set(STANDARD_RESERVED)
POSTGRESQL_WORDS = set(POSTGRESQL_RESERVED)


class PGIdentifierPreparer(IdentifierPreparer):
    """That of PostgreSQL."""

    reserved_words = POSTGRESQL_RESERVED


class SQLiteIdentifierPreparer(IdentifierPreparer):
    """That of SQLite."""

    reserved_words = SQLITE_RESERVED


class MySQLIdentifierPreparer(IdentifierPreparer):
    """That of MySQL."""

    reserved_words = MYSQL_RESERVED

    def __init__(
        self, dialect: Dialect, initial_quote: str = "`", omit_schema: bool = False
    ) -> None:
        super().__init__(dialect, initial_quote, omit_schema=omit_schema)


class MariaDBIdentifierPreparer(MySQLIdentifierPreparer):
    """That of MariaDB."""

    reserved_words = MARIADB_RESERVED
