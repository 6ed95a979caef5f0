"""How PostgreSQL writes definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...compiler.ddl import DDLCompiler
from ...exc import CompileError
from ...sql import operators as ops
from ...sql.defaults import Identity
from .text import quoted

if TYPE_CHECKING:
    from ...sql.constraints import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint
    from ...sql.ddl import CreateIndex, DropIndex, SetColumnComment, SetTableComment
    from ...sql.defaults import Computed
    from ...sql.expression.column_element import ColumnElement
    from ...sql.foreign_keys import ForeignKeyConstraint
    from ...sql.node import Node
    from ...sql.schema import Table
    from ...sql.table_column import Column

_SERIAL = (
    ("BIGINT", "BIGSERIAL"),
    ("SMALLINT", "SMALLSERIAL"),
    ("INTEGER", "SERIAL"),
)
_BARE_KEYS = frozenset(("column", "function", "textclause", "literal_column", "grouping"))


class PostgresqlDDLCompiler(DDLCompiler):
    """Writes definitions for PostgreSQL."""

    # -- columns ------------------------------------------------------------------------------

    def column_type(self, column: Column[Any]) -> str:
        text = super().column_type(column)
        if column.identity is not None or not self.is_numbered(column):
            return text
        return next((serial for plain, serial in _SERIAL if plain == text), text)

    def is_numbered(self, column: Column[Any]) -> bool:
        """Return whether *column* is an identity, or has a sequence of its own."""
        if column.identity is not None:
            return True
        if column is not column.table.autoincrement_column or column.computed is not None:
            return False
        if column.server_default is not None and not is_serial(column):
            return False
        return column.default is None or getattr(column.default, "optional", False)

    def visit_computed_column(self, computed: Computed, **kw: object) -> str:
        if computed.persisted is False:
            raise CompileError(
                "PostgreSQL keeps computed columns: it has no virtual ones",
                hint="Computed(..., persisted=True)",
            )
        return f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)}) STORED"

    def get_column_default_string(self, column: Column[Any]) -> str | None:
        return None if is_serial(column) else super().get_column_default_string(column)

    def render_default_string(self, default: str | ColumnElement[Any]) -> str:
        return (
            quoted(default) if isinstance(default, str) else super().render_default_string(default)
        )

    def visit_identity_column(self, identity: Identity, **kw: object) -> str:
        if identity.reflected:
            identity = _without_usual(identity)
        return super().visit_identity_column(identity)

    # -- tables -------------------------------------------------------------------------------

    def post_create_table(self, table: Table) -> str:
        options = table.dialect_kwargs
        parts = []
        inherits = options.get("postgresql_inherits")
        if inherits is not None:
            names = inherits if isinstance(inherits, list | tuple) else (inherits,)
            parts.append(f"INHERITS ({', '.join(self._table_like(name) for name in names)})")
        if options.get("postgresql_partition_by"):
            parts.append(f"PARTITION BY {options['postgresql_partition_by']}")
        if options.get("postgresql_using"):
            parts.append(f"USING {self.quote(options['postgresql_using'])}")
        if options.get("postgresql_with"):
            parts.append(f"WITH {_settings(options['postgresql_with'])}")
        with_oids = options.get("postgresql_with_oids")
        if with_oids is not None:
            parts.append("WITH OIDS" if with_oids else "WITHOUT OIDS")
        on_commit = options.get("postgresql_on_commit")
        if on_commit:
            parts.append(f"ON COMMIT {on_commit.replace('_', ' ').upper()}")
        if options.get("postgresql_tablespace"):
            parts.append(f"TABLESPACE {self.quote(options['postgresql_tablespace'])}")
        return "".join(f"\n {part}" for part in parts)

    def _table_like(self, name: Any) -> str:
        return self.quote(name) if isinstance(name, str) else self.table_name(name)

    # -- constraints --------------------------------------------------------------------------

    def _include(self, item: Any) -> str:
        names = item.dialect_kwargs.get("postgresql_include")
        if not names:
            return ""
        listed = [name if isinstance(name, str) else name.name for name in names]
        return f" INCLUDE ({', '.join(map(self.quote, listed))})"

    def _validity(self, item: Any) -> str:
        return " NOT VALID" if item.dialect_kwargs.get("postgresql_not_valid") else ""

    def _nulls(self, item: Any) -> str:
        distinct = item.dialect_kwargs.get("postgresql_nulls_not_distinct")
        if distinct is None:
            return ""
        return " NULLS NOT DISTINCT" if distinct else " NULLS DISTINCT"

    def visit_primary_key_constraint(self, node: PrimaryKeyConstraint) -> str | None:
        text = super().visit_primary_key_constraint(node)
        return f"{text}{self._include(node)}{self.define_constraint_deferrability(node)}"

    def visit_unique_constraint(self, node: UniqueConstraint) -> str | None:
        if not len(node):
            return None
        nulls, include = self._nulls(node), self._include(node)
        deferrability = self.define_constraint_deferrability(node)
        return f"UNIQUE{nulls} ({self.names(node)}){include}{deferrability}"

    def visit_check_constraint(self, node: CheckConstraint) -> str:
        return super().visit_check_constraint(node) + self._validity(node)

    def visit_foreign_key_constraint(self, node: ForeignKeyConstraint) -> str:
        return super().visit_foreign_key_constraint(node) + self._validity(node)

    def visit_exclude_constraint(self, node: Any) -> str:
        parts = []
        for what, operator in node.elements:
            text = self.index_key(what)
            name = getattr(what, "key", None) or getattr(what, "name", None)
            if name is not None and name in node.ops:
                text += f" {node.ops[name]}"
            parts.append(f"{text} WITH {operator}")
        text = f"EXCLUDE USING {_word(node.using)} ({', '.join(parts)})"
        if node.where is not None:
            text += f" WHERE ({self.expression(node.where)})"
        return text + self.define_constraint_deferrability(node)

    # -- indexes ------------------------------------------------------------------------------

    def visit_create_index(self, node: CreateIndex) -> str:
        index = node.element
        options = index.dialect_kwargs
        if index.table is None:
            raise CompileError(f"index {index.name!r} is on no table")
        head = "CREATE UNIQUE INDEX " if index.unique else "CREATE INDEX "
        head += "CONCURRENTLY " if options.get("postgresql_concurrently") else ""
        head += "IF NOT EXISTS " if node.if_not_exists else ""
        text = f"{head}{self.name_of(index, 'an index')} ON {self.table_name(index.table)} "
        if options.get("postgresql_using"):
            text += f"USING {_word(options['postgresql_using'])} "
        classes = options.get("postgresql_ops") or {}
        keys = [self._key_with_class(key, classes) for key in index.expressions]
        text += f"({', '.join(keys)})" + self._include(index) + self._nulls(index)
        if options.get("postgresql_with"):
            text += f" WITH {_settings(options['postgresql_with'])}"
        if options.get("postgresql_tablespace"):
            text += f" TABLESPACE {self.quote(options['postgresql_tablespace'])}"
        where = options.get("postgresql_where")
        if where is not None:
            text += f" WHERE {where if isinstance(where, str) else self.expression(where)}"
        return text

    def _key_with_class(self, key: Any, classes: Mapping[str, str]) -> str:
        name = getattr(key, "key", None) or getattr(key, "name", None)
        text = self.index_key(key)
        return f"{text} {classes[name]}" if name is not None and name in classes else text

    def index_key(self, expression: Node) -> str:
        core: Any = expression
        while core.__visit_name__ == "label":
            core = core.element
        if core.__visit_name__ == "unary" and core.operator in ops.SUFFIXES:
            return self.expression(core)
        text = self.expression(core)
        return text if core.__visit_name__ in _BARE_KEYS else f"({text})"

    def visit_drop_index(self, node: DropIndex) -> str:
        index = node.element
        at_once = "CONCURRENTLY " if index.dialect_kwargs.get("postgresql_concurrently") else ""
        exists = "IF EXISTS " if node.if_exists else ""
        name = self.name_of(index, "an index")
        schema = index.table.schema if index.table is not None else None
        schema = self.dialect.schema_name(schema)
        prefix = f"{self.preparer.quote_schema(schema)}." if schema else ""
        return f"\nDROP INDEX {at_once}{exists}{prefix}{name}"

    # -- types and sequences --------------------------------------------------------------------

    def visit_create_enum_type(self, node: Any) -> str:
        values = ", ".join(quoted(value) for value in node.element.enums)
        return f"CREATE TYPE {self._type_name(node)} AS ENUM ({values})"

    def visit_drop_enum_type(self, node: Node) -> str:
        return f"DROP TYPE {self._type_name(node)}"

    def _type_name(self, node: Any) -> str:
        name: str = self.dialect.type_compiler.visit_ENUM(node.element)
        return name

    def visit_create_domain_type(self, node: Any) -> str:
        domain = node.element
        kind = self.dialect.type_compiler.write(domain.data_type)
        parts = [f"CREATE DOMAIN {self._type_name(node)} AS {kind}"]
        if domain.collation is not None:
            parts.append(f"COLLATE {self.preparer.quote_identifier(domain.collation)}")
        if domain.default is not None:
            default = domain.default
            text = quoted(default) if isinstance(default, str) else self.expression(default)
            parts.append(f"DEFAULT {text}")
        if domain.not_null:
            parts.append("NOT NULL")
        if domain.check is not None:
            if domain.constraint_name is not None:
                parts.append(f"CONSTRAINT {self.quote(domain.constraint_name)}")
            parts.append(f"CHECK ({self._sql(domain.check)})")
        return " ".join(parts)

    def visit_drop_domain_type(self, node: Node) -> str:
        return f"DROP DOMAIN {self._type_name(node)}"

    def _sql(self, item: Any) -> str:
        return item if isinstance(item, str) else self.expression(item)

    # -- comments -----------------------------------------------------------------------------

    def visit_set_table_comment(self, node: SetTableComment) -> str:
        comment = quoted(node.element.comment)
        return f"COMMENT ON TABLE {self.table_name(node.element)} IS {comment}"

    def visit_set_column_comment(self, node: SetColumnComment) -> str:
        column = node.element
        comment = quoted(column.comment)
        name = f"{self.table_name(column.table)}.{self.quote(column.name)}"
        return f"COMMENT ON COLUMN {name} IS {comment}"


def is_serial(column: ColumnElement[Any]) -> bool:
    """Tell whether *column*, which was reflected, is numbered by a sequence of its own."""
    default = column.server_default
    if default is None or not default.reflected or not default.has_argument:
        return False
    text = str(getattr(default.arg, "text", ""))
    own = f"{column.table.name}_{column.name}_seq"
    return column.primary_key and text.startswith("nextval(") and own in text


_LARGEST = (32767, 2147483647, 9223372036854775807)
_USUAL = {
    "start": (1,),
    "increment": (1,),
    "minvalue": (1,),
    "maxvalue": _LARGEST,
    "cache": (1,),
    "cycle": (False,),
}


def _without_usual(identity: Identity) -> Any:
    """Return *identity* without what would be so anyway."""
    kept = Identity(always=identity.always)
    for name, usual in _USUAL.items():
        value = getattr(identity, name)
        if value not in usual:
            setattr(kept, name, value)
    return kept


def _settings(settings: Mapping[str, Any]) -> str:
    return f"({', '.join(f'{name} = {value}' for name, value in settings.items())})"


def _word(text: str) -> str:
    """Return *text*, which must be one word: it goes into the definition as it is."""
    if not text.isidentifier():
        raise CompileError(f"unexpected SQL phrase: {text!r}")
    return text
