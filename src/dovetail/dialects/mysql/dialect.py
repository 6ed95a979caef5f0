"""The dialects of MySQL and MariaDB: one, but for what a server tells of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...compiler.identifiers import IdentifierPreparer
from ...exc import CompileError
from ...types.contract import TypeEngine
from ..dialect import Dialect
from ..features import Features
from .compiler import MysqlCompiler
from .ddl import MysqlDDLCompiler
from .features import DEFAULT, MARIADB
from .reflected_types import TYPES
from .set_based import set_based
from .type_compiler import MysqlTypeCompiler
from .types import COLSPECS
from .words import MARIADB_RESERVED, MYSQL_RESERVED

if TYPE_CHECKING:
    from ...sql.schema import Table
    from ..driver import ServerFacts
    from ..set_based import Placed, SetBased

_MYSQL_NAMES = IdentifierPreparer(MYSQL_RESERVED, "`")
_MARIADB_NAMES = IdentifierPreparer(MARIADB_RESERVED, "`")


class MysqlDialect(Dialect):
    """MySQL; it finds out when the server is a MariaDB."""

    name: str = "mysql"
    explaining = "dovetail.dialects.mysql.explain:explaining"
    driver = "mysqldb"
    default_paramstyle: ClassVar[str] = "format"
    default_features: ClassVar[Features] = DEFAULT
    statement_compiler = MysqlCompiler
    ddl_compiler = MysqlDDLCompiler
    type_compiler_class = MysqlTypeCompiler
    identifier_preparer = _MYSQL_NAMES
    colspecs = COLSPECS
    ischema_names: ClassVar[Mapping[str, type[TypeEngine[Any]]]] = TYPES
    option_names: ClassVar[tuple[str, ...]] = ("mysql",)
    """The names under which options are meant for this dialect, the first before the others."""

    features: Any

    def learn(self, facts: ServerFacts) -> None:
        """Take over what the server tells, be it MySQL or MariaDB."""
        super().learn(facts)
        if type(self.identifier_preparer) is IdentifierPreparer:
            names = _MARIADB_NAMES if self.features.is_mariadb else _MYSQL_NAMES
            self.identifier_preparer = names

    @property
    def is_mariadb(self) -> bool:
        """Whether the server is a MariaDB."""
        return bool(self.features.is_mariadb)

    isolation_query = "SELECT @@session.transaction_isolation"
    isolation_words = "SET SESSION TRANSACTION ISOLATION LEVEL"

    @property
    def server_name(self) -> str:
        """Name and version of the server, for messages."""
        version = ".".join(map(str, self.server_version_info or ()))
        return f"{'MariaDB' if self.is_mariadb else 'MySQL'} {version}".rstrip()

    def literal_text(self, text: str) -> str:
        """Return *text* as a literal, safe under the ``sql_mode`` that the server has."""
        return self.escaped("'" + text.replace("'", "''") + "'")

    def escaped(self, literal: str) -> str:
        """Return a *literal* of the standard with what a backslash would change escaped."""
        if self.features.backslash_escapes:
            return literal.replace("\\", "\\\\").replace("\0", "\\0")
        if "\0" in literal:
            raise CompileError(
                "a literal cannot contain a NUL character under NO_BACKSLASH_ESCAPES",
                hint="let it be a parameter: leave out literal_binds",
            )
        return literal

    def set_based(
        self, table: Table, keys: Sequence[Placed], values: Sequence[Placed] | None
    ) -> SetBased | None:
        """Return what makes one statement of many rows of *table*: see ``set_based.py``."""
        if not self.features.supports_tables_of_values:
            return None
        return set_based(self, table, keys, values)

    def options(self, item: Any) -> dict[str, Any]:
        """Return the options of *item* that are meant for this dialect, by their short names."""
        found: dict[str, Any] = {}
        for prefix in reversed(self.option_names):
            for name, value in item.dialect_kwargs.items():
                if name.startswith(f"{prefix}_") and value is not None:
                    found[name.removeprefix(f"{prefix}_")] = value
        return found

    def option(self, item: Any, name: str) -> Any:
        """Return the option *name* of *item*, or None."""
        for prefix in self.option_names:
            value = item.dialect_kwargs.get(f"{prefix}_{name}")
            if value is not None:
                return value
        return None


class MariadbDialect(MysqlDialect):
    """MariaDB; options that name MySQL hold for it where there are none of its own."""

    replication = "gtid"
    name: str = "mariadb"
    explaining = "dovetail.dialects.mysql.explain:explaining_mariadb"
    default_features: ClassVar[Features] = DEFAULT.changed(**MARIADB)
    identifier_preparer = _MARIADB_NAMES
    option_names: ClassVar[tuple[str, ...]] = ("mariadb", "mysql")
    isolation_query = "SELECT @@session.tx_isolation"  # in all versions


dialect = MysqlDialect
