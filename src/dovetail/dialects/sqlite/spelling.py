"""How SQLite tells of what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types.contract import NullType
from ..spelling import Spelling
from .reflected_types import column_type

if TYPE_CHECKING:
    from ...compiler.target import CompilerDialect


class SqliteSpelling(Spelling):
    """SQLite keeps the text of a type; one that nobody knows counts by its affinity."""

    def type_text(self, text: str, dialect: CompilerDialect) -> str | None:
        """Return the text of the type that is read for *text*."""
        plain, _, collation = text.partition(" COLLATE ")
        read = column_type(plain)
        if isinstance(read, NullType):
            return None
        written = dialect.type_compiler.write(read)
        return f"{written} COLLATE {collation}" if collation else written
