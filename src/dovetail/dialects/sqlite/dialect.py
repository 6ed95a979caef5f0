"""The dialect of SQLite."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import sqlite_version_info
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any, ClassVar

from ...compiler.identifiers import IdentifierPreparer
from ..dialect import Dialect
from ..features import Features
from .compiler import SQLITE_RESERVED, SqliteCompiler, SqliteDDLCompiler, SqliteTypeCompiler
from .types import COLSPECS, json_index, json_path

if TYPE_CHECKING:
    from ..dbapi import DBAPIConnection

_HAS_RETURNING = sqlite_version_info >= (3, 35)
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def _lower_ascii(text: str) -> str:
    """Return *text* as LIKE compares it: it knows the case of ASCII letters alone."""
    return text.translate(_LOWER)


class SqliteDialect(Dialect):
    """SQLite, of the version that Python was built with."""

    name: str = "sqlite"
    explaining = "dovetail.dialects.sqlite.explain:explaining"
    driver = "pysqlite"
    default_paramstyle: ClassVar[str] = "qmark"
    statement_compiler = SqliteCompiler
    ddl_compiler = SqliteDDLCompiler
    type_compiler_class = SqliteTypeCompiler
    identifier_preparer = IdentifierPreparer(SQLITE_RESERVED)
    colspecs = COLSPECS
    default_schema_name = "main"
    isolation_query = "PRAGMA read_uncommitted"
    isolation_values: ClassVar[Mapping[Any, str]] = {0: "SERIALIZABLE", 1: "READ UNCOMMITTED"}
    server_version_info = sqlite_version_info
    default_features = Features(
        supports_returning=_HAS_RETURNING,
        supports_insert_returning=_HAS_RETURNING,
        supports_update_returning=_HAS_RETURNING,
        supports_delete_returning=_HAS_RETURNING,
        returning_is_ordered=True,
        supports_multi_values=True,
        supports_lastrowid=True,
        supports_upsert=True,
        supports_for_update=False,
        compares_like_python=True,
        computes_floats_like_python=True,
        sorts_text_like_python=True,
        like_folds=_lower_ascii,
        checks_values=False,
        checks_foreign_keys=False,
        supports_alter=False,
        supports_concurrent_writers=False,
        max_parameters=32766 if sqlite_version_info >= (3, 32) else 999,
        json_index_format=json_index,
        json_path_format=json_path,
        isolation_levels=(
            "SERIALIZABLE",
            "READ COMMITTED",
            "READ UNCOMMITTED",
            "IMMEDIATE",
            "AUTOCOMMIT",
        ),
    )

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        """Begin on a connection of the driver, which does not do so by itself."""
        dbapi_connection.cursor().execute("BEGIN")

    def isolation_statement(self, level: str) -> str | None:
        values = {name: value for value, name in self.isolation_values.items()}
        return f"PRAGMA read_uncommitted = {values[level]}" if level in values else None


dialect = SqliteDialect
