"""The parts of tables as they are declared, as a server would tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.ddl import DDLCompiler, sorted_indexes
from ...sql import operators as ops
from ...sql.constraints import CheckConstraint, UniqueConstraint
from ...sql.foreign_keys import ForeignKeyConstraint
from .parts import Aspect, Part, TableParts, key_of, plain
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...sql.constraints import Constraint, Index
    from ...sql.schema import Table
    from ...sql.table_column import Column


class DeclaredTables:
    """Tells of tables what CREATE TABLE and its like would say on one server."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.dialect = reading.dialect
        self.compiler: DDLCompiler = reading.dialect.ddl_compiler(reading.dialect)

    def table(self, table: Table) -> TableParts:
        """Return the parts of *table*."""
        key = key_of(str(table.name), self.reading.schema(table.schema))
        columns = [self._column(column) for column in table.c if not column.system]
        if table.is_view or table.creation is not None:
            names = [Part(each.what, each.name, each.identity, each.shown) for each in columns]
            return TableParts(key, names, of_columns_alone=True)
        parts = [*columns, *self._constraints(table)]
        parts += [
            self._index(index) for index in sorted_indexes(table) if index.is_for(self.dialect)
        ]
        return TableParts(key, parts, self._comment(table))

    def _comment(self, item: Table | Column[Any]) -> Aspect | None:
        if not self.dialect.features.supports_comments:
            return None
        return plain(item.comment or None)

    # -- columns ------------------------------------------------------------------------------

    def _column(self, column: Column[Any]) -> Part:
        reading, name = self.reading, str(column.name)
        aspects: dict[str, Aspect] = {}
        aspects |= reading.type_aspects(column.type)
        if not column.primary_key:
            aspects["nullable"] = plain(bool(column.nullable))
        numbered = self.compiler.is_numbered(column)
        default = None if numbered else self.compiler.get_column_default_string(column)
        if default is None:  # else it may be the next number of a sequence
            aspects["autoincrement"] = plain(numbered)
        if column.computed is not None:
            text = self.compiler.expression(column.computed.sqltext)
            aspects["computed"] = reading.condition(text)
            if column.computed.persisted is not None:
                aspects["persisted"] = plain(bool(column.computed.persisted))
        elif not numbered:
            aspects["computed"] = Aspect(None, None)
            aspects["default"] = reading.default(default)
        comment = self._comment(column)
        if comment is not None:
            aspects["comment"] = comment
        shown = aspects["type"].shown if "type" in aspects else str(column.type)
        return Part("column", name, ("column", name), str(shown), aspects)

    # -- constraints --------------------------------------------------------------------------

    def _constraints(self, table: Table) -> Iterator[Part]:
        if len(table.primary_key):
            yield self._primary_key(table)
        inline = {each for column in table.c for each in column.constraints}
        for constraint in sorted({*table.constraints, *inline}, key=lambda each: each.order):
            if constraint is table.primary_key or not self.compiler.is_written(constraint):
                continue
            if isinstance(constraint, ForeignKeyConstraint):
                yield self._foreign_key(constraint)
            elif isinstance(constraint, UniqueConstraint):
                if len(constraint):
                    names = [str(column.name) for column in constraint]
                    yield self.reading.unique(self._name(constraint), names)
            elif isinstance(constraint, CheckConstraint):
                text = self.compiler.expression(constraint.sqltext)
                yield self.reading.check(self._name(constraint), text)

    def _name(self, item: Constraint | Index) -> str | None:
        return self.compiler.preparer.format_constraint(item, _alembic_quote=False)

    def _primary_key(self, table: Table) -> Part:
        names = [str(column.name) for column in self.compiler.key_columns(table.primary_key)]
        return self.reading.primary_key(self._name(table.primary_key), names)

    def _foreign_key(self, constraint: ForeignKeyConstraint) -> Part:
        referred = constraint.referred_table
        return self.reading.foreign_key(
            self._name(constraint),
            [str(key.parent.name) for key in constraint.elements],
            key_of(str(referred.name), self.reading.schema(referred.schema)),
            [str(key.column.name) for key in constraint.elements],
            {
                name: getattr(constraint, name)
                for name in ("ondelete", "onupdate", "deferrable", "initially")
            },
        )

    def _index(self, index: Index) -> Part:
        keys, sorting = [], {}
        for expression in index.expressions:
            core, words = expression, set[str]()
            while core.__visit_name__ == "unary" and core.operator in _WORDS:
                words.add(_WORDS[core.operator])
                core = core.element
            name = str(core.name) if core.__visit_name__ == "column" else None
            text = name if name is not None else self.compiler.expression(core)
            keys.append((name, text))
            sorting[text] = words
        options = self.dialect_options(index)
        where = options.get("where")
        if where is not None and not isinstance(where, str):
            options["where"] = self.compiler.expression(where)
        return self.reading.index(self._name(index), keys, bool(index.unique), sorting, options)

    def dialect_options(self, index: Index) -> dict[str, Any]:
        """Return the options of *index* that are for this server, without its name before them."""
        prefixes = [f"{name}_" for name in self.reading.option_names]
        return {
            name.removeprefix(prefix): value
            for prefix in prefixes
            for name, value in index.dialect_kwargs.items()
            if name.startswith(prefix)
        }


_WORDS = {
    ops.ASC: "asc",
    ops.DESC: "desc",
    ops.NULLS_FIRST: "nulls_first",
    ops.NULLS_LAST: "nulls_last",
}
