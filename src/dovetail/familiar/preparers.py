"""What puts names into quotes, made of a dialect: classes that dialects of other packages extend.

A class says its ``reserved_words``; those of dovetail are given theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..compiler.identifiers import STANDARD_RESERVED, IdentifierPreparer as OwnPreparer
from ..dialects.mysql.words import MARIADB_RESERVED, MYSQL_RESERVED
from ..dialects.postgresql.dialect import POSTGRESQL_RESERVED
from ..dialects.sqlite.compiler import SQLITE_RESERVED
from .kinds import Kind

if TYPE_CHECKING:
    from ..dialects.dialect import Dialect


class IdentifierPreparer(OwnPreparer, metaclass=Kind):
    """Puts names into quotes where they need them, as the words of its class and *dialect* say."""

    __members__ = (OwnPreparer,)
    reserved_words: frozenset[str] = STANDARD_RESERVED

    def __init__(
        self, dialect: Dialect, initial_quote: str = '"', final_quote: str | None = None
    ) -> None:
        super().__init__(type(self).reserved_words, initial_quote, final_quote)
        self.dialect = dialect


class PGIdentifierPreparer(IdentifierPreparer):
    """That of PostgreSQL."""

    reserved_words = POSTGRESQL_RESERVED


class SQLiteIdentifierPreparer(IdentifierPreparer):
    """That of SQLite."""

    reserved_words = SQLITE_RESERVED


class MySQLIdentifierPreparer(IdentifierPreparer):
    """That of MySQL."""

    reserved_words = MYSQL_RESERVED

    def __init__(self, dialect: Dialect, initial_quote: str = "`") -> None:
        super().__init__(dialect, initial_quote)


class MariaDBIdentifierPreparer(MySQLIdentifierPreparer):
    """That of MariaDB."""

    reserved_words = MARIADB_RESERVED
