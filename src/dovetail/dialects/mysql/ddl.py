"""How MySQL and MariaDB write definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.ddl import DDLCompiler, _word
from ...exc import CompileError
from ...sql import operators as ops

if TYPE_CHECKING:
    from ...sql.constraints import PrimaryKeyConstraint, UniqueConstraint
    from ...sql.ddl import (
        CreateIndex,
        DropConstraint,
        DropIndex,
        DropSchema,
        DropTableComment,
        SetColumnComment,
        SetTableComment,
    )
    from ...sql.expression.column_element import ColumnElement
    from ...sql.foreign_keys import ForeignKeyConstraint
    from ...sql.schema import Table
    from ...sql.table_column import Column

_PARTS_OF_TABLES = ("partition_by", "partitions", "subpartition_by", "subpartitions")
"""Options that come last, in this order."""

_SPACED = frozenset(
    {
        "data_directory",
        "index_directory",
        "default_character_set",
        "character_set",
        "default_charset",
        "default_collate",
        "partition_by",
        "subpartition_by",
    }
)
"""Options whose names have spaces on the server."""

_WITHOUT_EQUALS = frozenset(
    {
        "tablespace",
        "default_character_set",
        "character_set",
        "collate",
        *_PARTS_OF_TABLES,
    }
)
_TEXTS = frozenset(
    {"comment", "connection", "password", "data_directory", "index_directory", "encryption"}
)
"""Options whose values are literals."""

_BARE_DEFAULTS = frozenset(
    {"textclause", "true", "false", "null", "bindparam", "ansi_function", "grouping", "next_value"}
)
"""What stands after DEFAULT without parentheses."""


class MysqlDDLCompiler(DDLCompiler):
    """Writes definitions for MySQL and MariaDB."""

    def literal(self, text: str) -> str:
        """Return *text* as a literal."""
        made: str = self.dialect.literal_text(text)
        return made

    # -- columns ------------------------------------------------------------------------------

    def get_column_specification(self, column: Column[Any], **kw: object) -> str:
        """Return the definition of *column*.

        A TIMESTAMP says NULL, since it is NOT NULL otherwise on servers that lack
        ``explicit_defaults_for_timestamp``.
        """
        try:
            parts = [self.quote(column.name), self.column_type(column)]
        except CompileError as error:
            raise CompileError(
                f"in table {column.table.description!r}, column {column.name!r}: {error.message}",
                hint=error.hint,
            ) from error
        if column.computed is not None:
            parts.append(self.visit_computed_column(column.computed))
        if not column.nullable:
            # MariaDB takes no NOT NULL for a column that it computes.
            if column.computed is None or not self.features.is_mariadb:
                parts.append("NOT NULL")
        elif column.computed is None and self._is_timestamp(column):
            parts.append("NULL")
        if column.comment is not None:
            parts.append(f"COMMENT {self.literal(column.comment)}")
        default = self.get_column_default_string(column)
        if default is not None:
            parts.append(f"DEFAULT {default}")
        elif self.is_numbered(column):
            parts.append("AUTO_INCREMENT")
        return " ".join(parts)

    def _is_timestamp(self, column: ColumnElement[Any]) -> bool:
        return str(column.type.dialect_impl(self.dialect).__visit_name__) == "TIMESTAMP"

    def is_numbered(self, column: Column[Any]) -> bool:
        """Whether the server numbers *column*."""
        if column.table is None or column is not column.table.autoincrement_column:
            return False
        if column.server_default is not None and column.identity is None:
            return False
        default = column.default
        return not (
            self.features.supports_sequences
            and self.dialect.server_version_info
            and default is not None
            and default.is_sequence
            and not default.optional
        )

    def render_default_string(self, default: str | ColumnElement[Any]) -> str:
        """Return the text after DEFAULT: an expression needs parentheses, unless it is NOW."""
        if isinstance(default, str):
            return self.literal(default)
        text = self.expression(default)
        if default.__visit_name__ in _BARE_DEFAULTS or text.startswith("("):
            return text
        return f"({text})"

    # -- tables -------------------------------------------------------------------------------

    def post_create_table(self, table: Table) -> str:
        """Return the options of *table*, as given, partitions last."""
        options = self.dialect.options(table)
        if table.comment is not None:
            options["comment"] = table.comment
        late = ("collate", *_PARTS_OF_TABLES)
        names = [name for name in options if name not in late]
        names += [name for name in late if name in options]
        return " ".join(self._table_option(name, options[name]) for name in names)

    def _table_option(self, name: str, value: object) -> str:
        word = name.upper().replace("_", " ") if name in _SPACED else name.upper()
        text = str(value)
        if name in _TEXTS and (name == "comment" or not text.startswith(("'", '"'))):
            text = self.literal(text)
        return f"{word}{' ' if name in _WITHOUT_EQUALS else '='}{text}"

    # -- constraints ----------------------------------------------------------------------------

    def visit_primary_key_constraint(self, node: PrimaryKeyConstraint) -> str | None:
        return f"{super().visit_primary_key_constraint(node)}{self._using(node)}"

    def key_columns(self, key: PrimaryKeyConstraint) -> list[Any]:
        """Return the columns of *key*: what the server numbers has to come first."""
        return sorted(key, key=lambda column: not self.is_numbered(column))

    def visit_unique_constraint(self, node: UniqueConstraint) -> str | None:
        text = super().visit_unique_constraint(node)
        return f"{text}{self._using(node)}" if text is not None else None

    def _using(self, item: object) -> str:
        using = self.dialect.option(item, "using")
        return f" USING {_word(using)}" if using is not None else ""

    def visit_foreign_key_constraint(self, node: ForeignKeyConstraint) -> str:
        if node.match is not None:
            raise CompileError(
                f"{self.dialect.name} takes no MATCH: it would ignore ON UPDATE and ON DELETE "
                "beside it",
                hint="leave match= out",
            )
        return super().visit_foreign_key_constraint(node)

    def visit_drop_constraint(self, node: DropConstraint) -> str:
        constraint = node.element
        table = self.table_name(constraint.table)
        exists = "IF EXISTS " if node.if_exists else ""
        kind = constraint.__visit_name__
        if kind == "primary_key_constraint":
            return f"ALTER TABLE {table} DROP PRIMARY KEY"
        words = {
            "foreign_key_constraint": "FOREIGN KEY",
            "unique_constraint": "INDEX",
            "check_constraint": "CONSTRAINT" if self.features.is_mariadb else "CHECK",
        }
        name = self.name_of(constraint, "a constraint")
        return f"ALTER TABLE {table} DROP {words.get(kind, 'CONSTRAINT')} {exists}{name}"

    # -- indexes --------------------------------------------------------------------------------

    def visit_create_index(self, node: CreateIndex) -> str:
        index = node.element
        if index.table is None:
            raise CompileError(f"index {index.name!r} is on no table")
        option = self.dialect.option
        lengths = option(index, "length")
        keys = ", ".join(self._key_part(each, lengths) for each in index.expressions)
        unique = "UNIQUE " if index.unique else ""
        prefix = option(index, "prefix")
        prefix = f"{_word(prefix)} " if prefix else ""
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        name, table = self.name_of(index, "an index"), self.table_name(index.table)
        text = f"CREATE {unique}{prefix}INDEX {exists}{name} ON {table} ({keys})"
        parser = option(index, "with_parser")
        if parser is not None:
            text += f" WITH PARSER {_word(parser)}"
        return text + self._using(index)

    def _key_part(self, expression: Any, lengths: Any) -> str:
        """Return one part of an index, with the length of its prefix."""
        words = ""
        while expression.__visit_name__ == "unary" and expression.operator in (ops.ASC, ops.DESC):
            words = expression.operator.text
            expression = expression.element
        text = self.expression(expression)
        if expression.__visit_name__ != "column":
            return f"({text}){words}"
        if isinstance(lengths, dict):
            length = lengths.get(expression.name, lengths.get(expression.key))
        else:
            length = lengths
        return f"{text}({int(length)}){words}" if length else f"{text}{words}"

    def visit_drop_index(self, node: DropIndex) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        name = self.name_of(node.element, "an index")
        return f"\nDROP INDEX {exists}{name} ON {self.table_name(node.element.table)}"

    # -- comments -------------------------------------------------------------------------------

    def visit_set_table_comment(self, node: SetTableComment) -> str:
        comment = self.literal(node.element.comment)
        return f"ALTER TABLE {self.table_name(node.element)} COMMENT {comment}"

    def visit_drop_table_comment(self, node: DropTableComment) -> str:
        return f"ALTER TABLE {self.table_name(node.element)} COMMENT ''"

    def visit_set_column_comment(self, node: SetColumnComment) -> str:
        column = node.element
        name = self.quote(column.name)
        definition = self.get_column_specification(column)
        return f"ALTER TABLE {self.table_name(column.table)} CHANGE {name} {definition}"

    def visit_drop_schema(self, node: DropSchema) -> str:
        # DROP SCHEMA takes what is in it along, always.
        exists = "IF EXISTS " if node.if_exists else ""
        return f"DROP SCHEMA {exists}{self.preparer.quote_schema(node.element)}"
