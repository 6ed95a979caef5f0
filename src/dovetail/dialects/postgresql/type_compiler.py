"""How PostgreSQL calls its types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.raw import words
from ...compiler.types import TypeCompiler
from ...exc import CompileError
from ...types.contract import TypeEngine

if TYPE_CHECKING:
    from ...types.basic import Interval, LargeBinary, Numeric, String
    from ...types.structured import ARRAY, Enum

_PLAIN = {
    "INET": "INET",
    "CIDR": "CIDR",
    "MACADDR": "MACADDR",
    "MACADDR8": "MACADDR8",
    "MONEY": "MONEY",
    "OID": "OID",
    "REGCLASS": "REGCLASS",
    "REGCONFIG": "REGCONFIG",
    "TSQUERY": "TSQUERY",
    "TSVECTOR": "TSVECTOR",
    "CITEXT": "CITEXT",
    "JSONB": "JSONB",
    "JSONPATH": "JSONPATH",
    "HSTORE": "HSTORE",
    "BYTEA": "BYTEA",
    "large_binary": "BYTEA",
    "double": "DOUBLE PRECISION",
    "INT4RANGE": "INT4RANGE",
    "INT8RANGE": "INT8RANGE",
    "NUMRANGE": "NUMRANGE",
    "DATERANGE": "DATERANGE",
    "TSRANGE": "TSRANGE",
    "TSTZRANGE": "TSTZRANGE",
    "INT4MULTIRANGE": "INT4MULTIRANGE",
    "INT8MULTIRANGE": "INT8MULTIRANGE",
    "NUMMULTIRANGE": "NUMMULTIRANGE",
    "DATEMULTIRANGE": "DATEMULTIRANGE",
    "TSMULTIRANGE": "TSMULTIRANGE",
    "TSTZMULTIRANGE": "TSTZMULTIRANGE",
    "json_int_index": "INT",
    "json_str_index": "TEXT",
}
"""Types written as one word, by their ``__visit_name__``."""


class PostgresqlTypeCompiler(TypeCompiler):
    """Writes types for PostgreSQL."""

    def write(self, type_: TypeEngine[Any]) -> str:
        """Return *type_* as text."""
        if self.dialect.name not in type_._variants:
            plain = _PLAIN.get(type_.__visit_name__)
            if plain is not None:
                return plain
        return super().write(type_)

    def visit_FLOAT(self, type_: Numeric[Any]) -> str:
        return self.sized("FLOAT", type_.precision)

    def visit_DATETIME(self, type_: TypeEngine[Any]) -> str:
        return self.visit_TIMESTAMP(type_)

    def visit_TIMESTAMP(self, type_: TypeEngine[Any]) -> str:
        return self._moment("TIMESTAMP", type_)

    def visit_TIME(self, type_: TypeEngine[Any]) -> str:
        return self._moment("TIME", type_)

    def _moment(self, name: str, type_: Any) -> str:
        zone = "WITH" if type_.timezone else "WITHOUT"
        return f"{self.sized(name, getattr(type_, 'precision', None))} {zone} TIME ZONE"

    def visit_datetime(self, type_: TypeEngine[Any]) -> str:
        return self.visit_TIMESTAMP(type_)

    def visit_INTERVAL(self, type_: Any) -> str:
        text = "INTERVAL"
        if type_.fields is not None:
            text += f" {words(type_.fields, 'fields of INTERVAL')}"
        return text if type_.precision is None else f"{text} ({type_.precision})"

    def visit_interval(self, type_: Interval) -> str:
        if not type_.native:
            return "TIMESTAMP WITHOUT TIME ZONE"
        precision = type_.second_precision
        return "INTERVAL" if precision is None else f"INTERVAL ({precision})"

    def visit_BIT(self, type_: Any) -> str:
        if type_.varying:
            return self.sized("BIT VARYING", type_.length)
        return self.sized("BIT", type_.length)

    def visit_BLOB(self, type_: LargeBinary) -> str:
        return "BYTEA"

    def visit_BINARY(self, type_: LargeBinary) -> str:
        return "BYTEA"

    def visit_VARBINARY(self, type_: LargeBinary) -> str:
        return "BYTEA"

    def visit_CLOB(self, type_: String) -> str:
        return "TEXT"

    def visit_NVARCHAR(self, type_: String) -> str:
        return self.text("VARCHAR", type_)

    def visit_NCHAR(self, type_: String) -> str:
        return self.text("CHAR", type_)

    def visit_DOUBLE(self, type_: Numeric[Any]) -> str:
        return "DOUBLE PRECISION"

    def visit_ARRAY(self, type_: ARRAY[Any]) -> str:
        item = self.write(type_.item_type)
        brackets = "[]" * (type_.dimensions or 1)
        head, word, collation = item.partition(" COLLATE ")
        return f"{head}{brackets}{word}{collation}"

    def visit_enum(self, type_: Enum) -> str:
        if type_.native_enum:
            return self.visit_ENUM(type_)
        return self.visit_VARCHAR(type_)

    def visit_ENUM(self, type_: Any) -> str:
        if type_.name is None:
            raise CompileError(
                "an enumeration of PostgreSQL needs a name",
                hint="Enum('a', 'b', name='letter'), or native_enum=False to keep it as text",
            )
        preparer = self.dialect.identifier_preparer
        schema = self.dialect.schema_name(type_.schema)
        name: str = preparer.quote(type_.name)
        return f"{preparer.quote_schema(schema)}.{name}" if schema else name

    def visit_DOMAIN(self, type_: TypeEngine[Any]) -> str:
        return self.visit_ENUM(type_)
