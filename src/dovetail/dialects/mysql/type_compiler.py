"""How MySQL and MariaDB write types, in definitions and in CAST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.types import TypeCompiler
from ...exc import CompileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...types.basic import LargeBinary, Numeric, String
    from ...types.contract import TypeEngine
    from ...types.structured import Enum

_WHOLE = frozenset(
    {"integer", "small_integer", "big_integer"}
    | {"INTEGER", "SMALLINT", "BIGINT", "MEDIUMINT", "TINYINT"}
)
_TEXTS = frozenset(
    {"string", "text", "unicode", "unicode_text", "VARCHAR", "CHAR", "NVARCHAR", "NCHAR", "CLOB"}
    | {"TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT"}
)
_BYTES = frozenset(
    {"large_binary", "pickle", "BINARY", "VARBINARY"}
    | {"BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"}
)
_DATES = frozenset({"date", "DATE"})
_MOMENTS = frozenset({"datetime", "DATETIME", "TIMESTAMP", "interval"})
_TIMES = frozenset({"time", "TIME"})
_DECIMALS = frozenset({"numeric", "NUMERIC", "DECIMAL"})
_FLOATS = frozenset({"float", "double", "FLOAT", "DOUBLE", "DOUBLE_PRECISION"})


class MysqlTypeCompiler(TypeCompiler):
    """Writes types for MySQL and MariaDB."""

    # -- numbers ------------------------------------------------------------------------------

    def _signed(self, text: str, type_: TypeEngine[Any]) -> str:
        """Return *text* with UNSIGNED and ZEROFILL, where *type_* says so."""
        if getattr(type_, "unsigned", False):
            text += " UNSIGNED"
        if getattr(type_, "zerofill", False):
            text += " ZEROFILL"
        return text

    def _whole(self, name: str, type_: TypeEngine[Any]) -> str:
        return self._signed(self.sized(name, getattr(type_, "display_width", None)), type_)

    def visit_INTEGER(self, type_: TypeEngine[Any]) -> str:
        return self._whole("INTEGER", type_)

    def visit_SMALLINT(self, type_: TypeEngine[Any]) -> str:
        return self._whole("SMALLINT", type_)

    def visit_BIGINT(self, type_: TypeEngine[Any]) -> str:
        return self._whole("BIGINT", type_)

    def visit_MEDIUMINT(self, type_: TypeEngine[Any]) -> str:
        return self._whole("MEDIUMINT", type_)

    def visit_TINYINT(self, type_: TypeEngine[Any]) -> str:
        return self._whole("TINYINT", type_)

    def _decimal(self, name: str, type_: Numeric[Any]) -> str:
        return self._signed(super()._decimal(name, type_), type_)

    def _floating(self, name: str, type_: Any) -> str:
        if type_.scale is not None and type_.precision is not None:
            return self._signed(f"{name}({type_.precision}, {type_.scale})", type_)
        return self._signed(name, type_)

    def visit_FLOAT(self, type_: Numeric[Any]) -> str:
        if type_.precision is not None and type_.scale is None:
            return self._signed(f"FLOAT({type_.precision})", type_)
        return self._floating("FLOAT", type_)

    def visit_DOUBLE(self, type_: Numeric[Any]) -> str:
        return self._floating("DOUBLE", type_)

    def visit_REAL(self, type_: Numeric[Any]) -> str:
        return self._floating("REAL", type_)

    def visit_BIT(self, type_: Any) -> str:
        return self.sized("BIT", type_.length)

    def visit_BOOLEAN(self, type_: TypeEngine[Any]) -> str:
        return "BOOL"

    # -- dates --------------------------------------------------------------------------------

    def _fine(self, name: str, type_: TypeEngine[Any]) -> str:
        return self.sized(name, getattr(type_, "fsp", None) or None)

    def visit_DATETIME(self, type_: TypeEngine[Any]) -> str:
        return self._fine("DATETIME", type_)

    def visit_TIMESTAMP(self, type_: TypeEngine[Any]) -> str:
        return self._fine("TIMESTAMP", type_)

    def visit_TIME(self, type_: TypeEngine[Any]) -> str:
        return self._fine("TIME", type_)

    def visit_YEAR(self, type_: Any) -> str:
        return self.sized("YEAR", type_.display_width)

    # -- text ---------------------------------------------------------------------------------

    def _described(self, text: str, type_: Any) -> str:
        """Return a text type with its character set and collation."""
        charset, collation = getattr(type_, "charset", None), type_.collation
        quote = self.dialect.quote
        if getattr(type_, "national", False):
            text = f"NATIONAL {text.removeprefix('N')}"
        elif charset is not None:
            text += f" CHARACTER SET {quote(charset)}"
        elif getattr(type_, "ascii", False):
            text += " ASCII"
        elif getattr(type_, "unicode", False):
            text += " UNICODE"
        if collation is not None:
            return f"{text} COLLATE {quote(collation)}"
        return f"{text} BINARY" if getattr(type_, "binary", False) else text

    def text(self, name: str, type_: String) -> str:
        return self._described(self.sized(name, type_.length), type_)

    def _with_length(self, name: str, type_: Any) -> str:
        if not type_.length:
            raise CompileError(
                f"{name} requires a length on dialect {self.dialect.name}",
                hint="give one: String(255); or use Text for text of any length",
            )
        return self.text(name, type_)

    def visit_VARCHAR(self, type_: String) -> str:
        return self._with_length("VARCHAR", type_)

    def visit_NVARCHAR(self, type_: String) -> str:
        if not type_.length:
            return self._with_length("NVARCHAR", type_)
        return self._national("VARCHAR", type_)

    def visit_NCHAR(self, type_: String) -> str:
        return self._national("CHAR", type_)

    def _national(self, name: str, type_: Any) -> str:
        text = f"NATIONAL {self.sized(name, type_.length)}"
        return f"{text} COLLATE {self.dialect.quote(type_.collation)}" if type_.collation else text

    def visit_CLOB(self, type_: String) -> str:
        # Neither server knows the name.
        return self._described("LONGTEXT", type_)

    def visit_TINYTEXT(self, type_: TypeEngine[Any]) -> str:
        return self._described("TINYTEXT", type_)

    def visit_MEDIUMTEXT(self, type_: TypeEngine[Any]) -> str:
        return self._described("MEDIUMTEXT", type_)

    def visit_LONGTEXT(self, type_: TypeEngine[Any]) -> str:
        return self._described("LONGTEXT", type_)

    def _members(self, name: str, values: Sequence[Any], type_: TypeEngine[Any]) -> str:
        texts = ",".join(self.dialect.literal_text(value) for value in values)
        return self._described(f"{name}({texts})", type_)

    def visit_enum(self, type_: Enum) -> str:
        if not type_.native_enum:
            return self.visit_VARCHAR(type_)
        return self._members("ENUM", type_.enums, type_)

    def visit_SET(self, type_: Any) -> str:
        return self._members("SET", type_.values, type_)

    # -- bytes and the rest -------------------------------------------------------------------

    def visit_BLOB(self, type_: LargeBinary) -> str:
        return self.sized("BLOB", type_.length)

    def visit_VARBINARY(self, type_: LargeBinary) -> str:
        if not type_.length:
            raise CompileError(
                f"VARBINARY requires a length on dialect {self.dialect.name}",
                hint="give one: VARBINARY(255); or use LargeBinary for bytes of any number",
            )
        return self.sized("VARBINARY", type_.length)

    def visit_TINYBLOB(self, type_: TypeEngine[Any]) -> str:
        return "TINYBLOB"

    def visit_MEDIUMBLOB(self, type_: TypeEngine[Any]) -> str:
        return "MEDIUMBLOB"

    def visit_LONGBLOB(self, type_: TypeEngine[Any]) -> str:
        return "LONGBLOB"

    def visit_INET4(self, type_: TypeEngine[Any]) -> str:
        return "INET4"

    def visit_INET6(self, type_: TypeEngine[Any]) -> str:
        return "INET6"

    # -- CAST ---------------------------------------------------------------------------------

    def cast_target(self, type_: Any) -> str | None:
        """Return *type_* as CAST takes it, or None if it takes no such type."""
        type_ = type_._variants.get(self.dialect.name, type_)
        if type_.__visit_name__ == "type_decorator":
            return self.cast_target(type_.load_dialect_impl(self.dialect))
        name, features = type_.__visit_name__, self.dialect.features
        if name in _WHOLE:
            unsigned = getattr(type_, "unsigned", False)
            return "UNSIGNED INTEGER" if unsigned else "SIGNED INTEGER"
        if name in _TEXTS or (name == "enum" and not type_.native_enum):
            return self._cast_text(type_)
        if name in _BYTES:
            return "BINARY"
        if name in _DATES:
            return "DATE"
        if name in _MOMENTS:
            return "DATETIME" if name == "TIMESTAMP" else self._fine("DATETIME", type_)
        if name in _TIMES:
            return self._fine("TIME", type_)
        if name in _DECIMALS:
            return self.write(type_).replace("NUMERIC", "DECIMAL").removesuffix(" ZEROFILL")
        if name == "JSON":
            return "JSON"
        if name in _FLOATS and features.supports_float_cast:
            return "DOUBLE" if name.upper().startswith("DOUBLE") else "FLOAT"
        return None

    def _cast_text(self, type_: Any) -> str:
        text = self.sized("CHAR", type_.length or None)
        charset = getattr(type_, "charset", None)
        if charset is not None:
            text += f" CHARACTER SET {self.dialect.quote(charset)}"
            if type_.collation is not None:
                text += f" COLLATE {self.dialect.quote(type_.collation)}"
        return text
