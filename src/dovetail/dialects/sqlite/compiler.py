"""How SQLite writes what it writes otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ...compiler.ddl import DDLCompiler
from ...compiler.identifiers import IdentifierPreparer, reserved_words
from ...compiler.statements import StatementCompiler
from ...compiler.types import TypeCompiler
from ...compiler.upsert import OnConflictCompiler
from ...exc import CompileError
from ...sql import operators as ops
from ..json_elements import ElementDocument, QuotedDocument, is_element, is_json_value
from .formats import Formatted
from .kinds import FOR_UPDATE

if TYPE_CHECKING:
    from ...sql.constraints import Index, PrimaryKeyConstraint
    from ...sql.ddl import CreateIndex, DropIndex
    from ...sql.expression.column_element import ColumnElement
    from ...sql.expression.constructs import Extract
    from ...sql.expression.derived import Values
    from ...sql.expression.elements import BinaryExpression
    from ...sql.expression.functions import FunctionElement
    from ...sql.expression.generative_select import GenerativeSelect
    from ...sql.foreign_keys import ForeignKeyConstraint
    from ...sql.schema import Table
    from ...sql.table_column import Column
    from ...types.contract import TypeEngine

SQLITE_RESERVED = reserved_words(
    """
    add after all alter analyze and as asc attach autoincrement before begin between by cascade
    case cast check collate column commit conflict constraint create cross current_date
    current_time current_timestamp database default deferrable deferred delete desc detach
    distinct drop each else end escape except exclusive exists explain fail false for foreign
    from full glob group having if ignore immediate in index indexed initially inner insert
    instead intersect into is isnull join key left like limit match natural not notnull null of
    offset on or order outer plan pragma primary query raise references reindex rename replace
    restrict right rollback row select set table temp temporary then to transaction trigger true
    union unique update using vacuum values view virtual when where
    """
)

_STRFTIME = {
    "month": "%m",
    "day": "%d",
    "year": "%Y",
    "second": "%S",
    "hour": "%H",
    "doy": "%j",
    "minute": "%M",
    "epoch": "%s",
    "dow": "%w",
    "week": "%W",
}
_NEEDS_GROUP = re.compile(r"^(?!\s*['\"(]).*\W", re.DOTALL)

_NULL_SAFE = {ops.EQ: " IS ", ops.NE: " IS NOT "}
"""How elements of JSON are compared, where null is NULL."""

_CAST_FROM_JSON = frozenset(("string", "integer", "numeric", "boolean"))


class SqliteCompiler(OnConflictCompiler, StatementCompiler):
    """Writes statements for SQLite."""

    returning_includes_table = False
    ansi_functions: ClassVar[dict[str, str]] = {
        "localtimestamp": "DATETIME(CURRENT_TIMESTAMP, 'localtime')",
        "localtime": "TIME(CURRENT_TIMESTAMP, 'localtime')",
    }
    function_names: ClassVar[dict[str, str]] = {
        "char_length": "length",
        "aggregate_strings": "group_concat",
    }

    def select_for_update(self, node: GenerativeSelect) -> str:
        # SQLite locks the whole database, and has no word for it: the connection reads this.
        return "" if node.for_update_arg is None else f" {FOR_UPDATE}"

    def delete_using(self, extra: list[Any]) -> str:
        if not extra:
            return ""
        raise CompileError(
            f"SQLite has no DELETE that speaks of other tables: {extra[0].description}",
            hint="where(column.in_(select(...))), or where(exists().where(...))",
        )

    def binary_truediv(self, node: BinaryExpression[Any]) -> str:
        left = self.operand(node.left, ops.TRUEDIV)
        return f"{left} / ({self.operand(node.right, ops.ADD)} + 0.0)"

    def binary_bitwise_xor(self, node: BinaryExpression[Any]) -> str:
        # There is no such operator: bits of either, without those of both.
        left, right = f"({self.write(node.left)})", f"({self.write(node.right)})"
        again = f"({self.write(node.left)}) & ({self.write(node.right)})"
        return f"(({left} | {right}) - ({again}))"

    def binary_is_distinct_from(self, node: BinaryExpression[Any]) -> str:
        return self.infix(node, " IS NOT ")

    def binary_is_not_distinct_from(self, node: BinaryExpression[Any]) -> str:
        return self.infix(node, " IS ")

    def binary_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp(node, " REGEXP ")

    def binary_not_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp(node, " NOT REGEXP ")

    def _regexp(self, node: BinaryExpression[Any], text: str) -> str:
        if node.modifier("flags"):
            raise CompileError(
                "SQLite's regular expressions take no flags", hint="put them inside: (?i)pattern"
            )
        return self.infix(node, text)

    def binary_regexp_replace(self, node: BinaryExpression[Any]) -> str:
        raise CompileError("SQLite does not replace by regular expressions")

    def infix(self, node: BinaryExpression[Any], text: str) -> str:
        if not (node.operator.is_comparison and is_element(node.left)):
            return super().infix(node, text)
        if not is_json_value(node.right):
            return super().infix(node, text)
        text = _NULL_SAFE.get(node.operator, text)
        return f"{self._extracted(node.left)}{text}{self._element_value(node.right)}"

    def _between(self, node: BinaryExpression[Any], text: str) -> str:
        if not is_element(node.left):
            return super()._between(node, text)
        low, high = map(self._element_value, node.right.clauses)
        return f"{self._extracted(node.left)}{text}{low} AND {high}"

    def _element_value(self, node: ColumnElement[Any]) -> str:
        if not is_json_value(node):
            return self.operand(node, ops.BETWEEN)
        return self.bind(node, as_type=ElementDocument(node.type))

    def _membership(self, node: BinaryExpression[Any], negated: bool) -> tuple[str, str]:
        if not (is_element(node.left) and is_json_value(node.right)):
            return super()._membership(node, negated)
        kind = QuotedDocument(node.right.type)
        items = self.bind(node.right, negated=negated, as_type=kind)
        return self.write(node.left), f"({items})"

    def _extracted(self, node: BinaryExpression[Any]) -> str:
        """Return an element as a value of SQLite, by which it has its place in an order."""
        return f"JSON_EXTRACT({self.write(node.left)}, {self.write(node.right)})"

    def binary_json_getitem(self, node: BinaryExpression[Any]) -> str:
        text = self._extracted(node)
        if node.type.affinity == "json":
            return f"JSON_QUOTE({text})"
        # JSON_EXTRACT gives a value of the type that it has in the document: 1 for a float.
        is_cast = node.type.affinity in _CAST_FROM_JSON
        return f"CAST({text} AS {self.type_text(node.type)})" if is_cast else text

    def binary_json_path_getitem(self, node: BinaryExpression[Any]) -> str:
        return self.binary_json_getitem(node)

    def visit_function(self, node: FunctionElement[Any]) -> str:
        if node.name == "now":
            return "CURRENT_TIMESTAMP"
        other = self.function_names.get(str(node.name).lower())
        if other is not None and not node.packagenames:
            return f"{other}({self.function_arguments(node)})"
        return super().visit_function(node)

    def visit_extract(self, node: Extract) -> str:
        form = _STRFTIME.get(node.field.lower())
        if form is None:
            raise CompileError(
                f"SQLite cannot extract {node.field!r}", hint=f"known: {', '.join(_STRFTIME)}"
            )
        return f"CAST(STRFTIME('{form}', {self.write(node.expr)}) AS INTEGER)"

    def compound_member(self, node: GenerativeSelect, as_from: bool, main: bool) -> str:
        # SQLite takes no parentheses around the members of a union.
        text = super().compound_member(node, as_from, main)
        if text.startswith("("):
            names = node.named_columns()
            if main:
                self.result_columns = [self.result_column(item) for item in names]
            return f"SELECT * FROM {text}"
        return text

    def from_values(self, source: Values) -> str:
        rows = ", ".join(f"({', '.join(map(self.write, row))})" for row in source.rows)
        own = ", ".join(
            f"column{number} AS {self.quote(c.name)}"
            for number, c in enumerate(source.own_columns, 1)
        )
        return f"(SELECT {own} FROM (VALUES {rows})) AS {self.from_name(source)}"


class SqliteDDLCompiler(DDLCompiler):
    """Writes definitions for SQLite."""

    def get_column_specification(self, column: Column[Any], **kw: object) -> str:
        text = super().get_column_specification(column)
        if self._is_numbered_inline(column):
            text += " PRIMARY KEY"
            conflict = column.dialect_kwargs.get("sqlite_on_conflict_primary_key")
            text += f" ON CONFLICT {conflict}" if conflict else ""
            text += " AUTOINCREMENT"
        return text

    def _is_numbered_inline(self, column: ColumnElement[Any]) -> bool:
        table = column.table
        return bool(
            column.primary_key
            and table.dialect_kwargs.get("sqlite_autoincrement")
            and len(table.primary_key) == 1
            and column.type.affinity == "integer"
            and not column.foreign_keys
        )

    def get_column_default_string(self, column: Column[Any]) -> str | None:
        text = super().get_column_default_string(column)
        if text is not None and _NEEDS_GROUP.match(text):
            return f"({text})"
        return text

    def visit_primary_key_constraint(self, node: PrimaryKeyConstraint) -> str | None:
        if len(node) == 1 and self._is_numbered_inline(next(iter(node))):
            return None
        return super().visit_primary_key_constraint(node)

    def visit_foreign_key_constraint(self, node: ForeignKeyConstraint) -> Any:
        # A foreign key cannot leave its database file.
        schema = self.dialect.schema_name
        if schema(node.referred_table.schema) != schema(node.table.schema):
            return None
        return super().visit_foreign_key_constraint(node)

    def define_constraint_remote_table(
        self, constraint: ForeignKeyConstraint, table: Table, preparer: IdentifierPreparer
    ) -> str:
        return self.quote(table.name)

    def post_create_table(self, table: Table) -> str:
        words = []
        if table.dialect_kwargs.get("sqlite_with_rowid") is False:
            words.append("WITHOUT ROWID")
        if table.dialect_kwargs.get("sqlite_strict"):
            words.append("STRICT")
        return "\n " + ", \n ".join(words) if words else ""

    def visit_create_index(self, node: CreateIndex) -> str:
        index = node.element
        unique = "UNIQUE " if index.unique else ""
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        keys = ", ".join(self.index_key(expression) for expression in index.expressions)
        name = self._index_name(index)
        table = self.quote(index.table.name)
        text = f"CREATE {unique}INDEX {exists}{name} ON {table} ({keys})"
        where = index.dialect_kwargs.get("sqlite_where")
        return f"{text} WHERE {self.expression(where)}" if where is not None else text

    def visit_drop_index(self, node: DropIndex) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        return f"\nDROP INDEX {exists}{self._index_name(node.element)}"

    def _index_name(self, index: Index) -> str:
        name = self.name_of(index, "an index")
        schema = self.dialect.schema_name(index.table.schema)
        return f"{self.preparer.quote_schema(schema)}.{name}" if schema else name


class SqliteTypeCompiler(TypeCompiler):
    """Writes types for SQLite, which keeps whatever name a type is given."""

    def visit_datetime(self, type_: TypeEngine[Any]) -> str:
        return _named(super().visit_datetime(type_), type_)

    def visit_date(self, type_: TypeEngine[Any]) -> str:
        return _named(super().visit_date(type_), type_)

    def visit_time(self, type_: TypeEngine[Any]) -> str:
        return _named(super().visit_time(type_), type_)


def _named(name: str, type_: TypeEngine[Any]) -> str:
    """Return the name of a column's type; digits stay text in a column whose type says CHAR."""
    is_number = isinstance(type_, Formatted) and type_.looks_like_number
    return f"{name}_CHAR" if is_number else name
