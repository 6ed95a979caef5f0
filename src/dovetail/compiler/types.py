"""How types stand in DDL and in CAST."""

from __future__ import annotations

from typing import Any

from ..exc import CompileError, UnsupportedCompilationError
from ..types.basic import Interval, LargeBinary, Numeric, String
from ..types.contract import TypeEngine, UserDefinedType
from ..types.decorator import TypeDecorator
from ..types.structured import ARRAY, Enum, PickleType, Uuid
from .custom import Writer, custom_writers
from .identifiers import IdentifierPreparer
from .raw import check_type
from .target import CompilerDialect


class TypeCompiler:
    """Writes types; a dialect overrides the methods of those it calls otherwise."""

    def __init__(self, dialect: CompilerDialect) -> None:
        # Any: the compiler of one server asks its own dialect for more.
        self.dialect: Any = dialect

    def write(self, type_: TypeEngine[Any]) -> str:
        """Return *type_* as text."""
        variant = type_._variants.get(self.dialect.name)
        if variant is not None:
            return self.write(variant)
        if custom_writers.any:
            custom = custom_writers.find(type(type_), self.dialect.name)
            if custom is not None:
                return custom(type_, self, **self._asked_for(custom))
        method = getattr(self, f"visit_{type_.__visit_name__}", None)
        if method is None:
            return self.unknown(type_)
        check_type(type_)
        text: str = method(type_)
        return text

    def _asked_for(self, custom: Writer) -> dict[str, IdentifierPreparer]:
        """Return what *custom* takes besides, by its name: what puts names into quotes."""
        code = getattr(custom, "__code__", None)
        name = "identifier_preparer"
        if (
            code is None
            or name not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        ):
            return {}
        return {name: self.dialect.identifier_preparer}

    def unknown(self, type_: TypeEngine[Any]) -> str:
        """Refuse *type_*, for which there is no method."""
        raise UnsupportedCompilationError(
            self,
            type(type_),
            hint="give another type for it: type.with_variant(other, dialect_name)",
        )

    def process(self, type_: TypeEngine[Any], **kw: object) -> str:
        """Return *type_* as text: the name that functions under ``@compiles`` know."""
        return self.write(type_)

    @staticmethod
    def sized(name: str, *sizes: int | None) -> str:
        """Return *name* with sizes in parentheses, those left out that are None."""
        given = [str(size) for size in sizes if size is not None]
        return f"{name}({', '.join(given)})" if given else name

    def text(self, name: str, type_: String) -> str:
        """Return a text type with its length and collation."""
        made = self.sized(name, type_.length)
        if not type_.collation:
            return made
        preparer = self.dialect.identifier_preparer
        schema = (
            f"{preparer.quote_schema(type_.collation_schema)}." if type_.collation_schema else ""
        )
        return f"{made} COLLATE {schema}{preparer.quote_identifier(type_.collation)}"

    def visit_INTEGER(self, type_: TypeEngine[Any]) -> str:
        return "INTEGER"

    def visit_SMALLINT(self, type_: TypeEngine[Any]) -> str:
        return "SMALLINT"

    def visit_BIGINT(self, type_: TypeEngine[Any]) -> str:
        return "BIGINT"

    def visit_NUMERIC(self, type_: Numeric[Any]) -> str:
        return self._decimal("NUMERIC", type_)

    def visit_DECIMAL(self, type_: Numeric[Any]) -> str:
        return self._decimal("DECIMAL", type_)

    def _decimal(self, name: str, type_: Numeric[Any]) -> str:
        if type_.precision is None:
            return name
        return self.sized(name, type_.precision, type_.scale)

    def visit_FLOAT(self, type_: Numeric[Any]) -> str:
        return "FLOAT"

    def visit_REAL(self, type_: Numeric[Any]) -> str:
        return "REAL"

    def visit_DOUBLE(self, type_: Numeric[Any]) -> str:
        return "DOUBLE"

    def visit_DOUBLE_PRECISION(self, type_: Numeric[Any]) -> str:
        return "DOUBLE PRECISION"

    def visit_VARCHAR(self, type_: String) -> str:
        return self.text("VARCHAR", type_)

    def visit_CHAR(self, type_: String) -> str:
        return self.text("CHAR", type_)

    def visit_NVARCHAR(self, type_: String) -> str:
        return self.text("NVARCHAR", type_)

    def visit_NCHAR(self, type_: String) -> str:
        return self.text("NCHAR", type_)

    def visit_TEXT(self, type_: String) -> str:
        return self.text("TEXT", type_)

    def visit_CLOB(self, type_: String) -> str:
        return "CLOB"

    def visit_BLOB(self, type_: LargeBinary) -> str:
        return "BLOB"

    def visit_BINARY(self, type_: LargeBinary) -> str:
        return self.sized("BINARY", type_.length)

    def visit_VARBINARY(self, type_: LargeBinary) -> str:
        return self.sized("VARBINARY", type_.length)

    def visit_BOOLEAN(self, type_: TypeEngine[Any]) -> str:
        return "BOOLEAN"

    def visit_DATE(self, type_: TypeEngine[Any]) -> str:
        return "DATE"

    def visit_TIME(self, type_: TypeEngine[Any]) -> str:
        return "TIME"

    def visit_DATETIME(self, type_: TypeEngine[Any]) -> str:
        return "DATETIME"

    def visit_TIMESTAMP(self, type_: TypeEngine[Any]) -> str:
        return "TIMESTAMP"

    def visit_UUID(self, type_: TypeEngine[Any]) -> str:
        return "UUID"

    def visit_JSON(self, type_: TypeEngine[Any]) -> str:
        return "JSON"

    # -- types of no fixed name ---------------------------------------------------------------

    def visit_integer(self, type_: TypeEngine[Any]) -> str:
        return self.visit_INTEGER(type_)

    def visit_small_integer(self, type_: TypeEngine[Any]) -> str:
        return self.visit_SMALLINT(type_)

    def visit_big_integer(self, type_: TypeEngine[Any]) -> str:
        return self.visit_BIGINT(type_)

    def visit_numeric(self, type_: Numeric[Any]) -> str:
        return self.visit_NUMERIC(type_)

    def visit_float(self, type_: Numeric[Any]) -> str:
        return self.visit_FLOAT(type_)

    def visit_double(self, type_: Numeric[Any]) -> str:
        return self.visit_DOUBLE(type_)

    def visit_string(self, type_: String) -> str:
        return self.visit_VARCHAR(type_)

    def visit_text(self, type_: String) -> str:
        return self.visit_TEXT(type_)

    def visit_unicode(self, type_: String) -> str:
        return self.visit_VARCHAR(type_)

    def visit_unicode_text(self, type_: String) -> str:
        return self.visit_TEXT(type_)

    def visit_boolean(self, type_: TypeEngine[Any]) -> str:
        return self.visit_BOOLEAN(type_)

    def visit_date(self, type_: TypeEngine[Any]) -> str:
        return self.visit_DATE(type_)

    def visit_time(self, type_: TypeEngine[Any]) -> str:
        return self.visit_TIME(type_)

    def visit_datetime(self, type_: TypeEngine[Any]) -> str:
        return self.visit_DATETIME(type_)

    def visit_interval(self, type_: Interval) -> str:
        return self.visit_DATETIME(type_)

    def visit_large_binary(self, type_: LargeBinary) -> str:
        return self.visit_BLOB(type_)

    def visit_enum(self, type_: Enum) -> str:
        return self.visit_VARCHAR(type_)

    def visit_uuid(self, type_: Uuid[Any]) -> str:
        if type_.is_native(self.dialect):
            return self.visit_UUID(type_)
        return "CHAR(32)"

    def visit_pickle(self, type_: PickleType) -> str:
        return self.write(type_.impl)

    def visit_ARRAY(self, type_: ARRAY[Any]) -> str:
        raise CompileError(f"{self.dialect.name} has no arrays", hint="use JSON")

    def visit_type_decorator(self, type_: TypeDecorator[Any]) -> str:
        return self.write(type_.load_dialect_impl(self.dialect))

    def visit_user_defined(self, type_: UserDefinedType[Any]) -> str:
        spec: str = type_.get_col_spec()
        return spec

    def visit_null(self, type_: TypeEngine[Any]) -> str:
        raise CompileError(
            "a column without a type cannot be written as DDL",
            hint="give it a type, or a ForeignKey to a column that has one",
        )


class StringifyTypeCompiler(TypeCompiler):
    """Writes any type somehow: for reading."""

    def unknown(self, type_: TypeEngine[Any]) -> str:
        return type(type_).__name__

    def visit_null(self, type_: TypeEngine[Any]) -> str:
        return "NULL"

    def visit_ARRAY(self, type_: ARRAY[Any]) -> str:
        return f"{self.write(type_.item_type)}[]"
