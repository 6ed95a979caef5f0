"""INSERT … ON CONFLICT, for the servers that have it."""

from __future__ import annotations

from typing import Any

from ..sql.expression.column_element import ColumnElement
from ..sql.expression.conflict import OnConflict, OnConflictDoNothing, OnConflictDoUpdate
from ..sql.expression.elements import BindParameter
from ..sql.upsert import conflict_values
from .statements import StatementCompiler


class OnConflictCompiler(StatementCompiler):
    """Adds ON CONFLICT to a dialect's compiler."""

    def visit_on_conflict_do_nothing(self, node: OnConflictDoNothing) -> str:
        return f"ON CONFLICT{conflict_target(self, node)} DO NOTHING"

    def visit_on_conflict_do_update(self, node: OnConflictDoUpdate) -> str:
        target = conflict_target(self, node)
        before, self.include_table = self.include_table, True
        assignments = ", ".join(
            f"{self.quote(column.name)} = {_conflict_value(self, column, value)}"
            for column, value in conflict_values(node)
        )
        text = f"ON CONFLICT{target} DO UPDATE SET {assignments}"
        if node.where is not None:
            text += f" WHERE {self.conjunction([node.where])}"
        self.include_table = before
        return text


def conflict_target(compiler: StatementCompiler, node: OnConflict) -> str:
    """Return what a row must conflict with, written by *compiler*: of any dialect."""
    if node.constraint is not None:
        return f" ON CONSTRAINT {compiler.quote(node.constraint)}"
    if not node.elements:
        return ""
    before, compiler.include_table = compiler.include_table, False
    keys = ", ".join(
        compiler.quote(element) if isinstance(element, str) else compiler.write(element)
        for element in node.elements
    )
    text = f" ({keys})"
    if node.index_where is not None:
        text += f" WHERE {compiler.conjunction([node.index_where])}"
    compiler.include_table = before
    return text


def _conflict_value(
    compiler: StatementCompiler, column: ColumnElement[Any], value: ColumnElement[Any]
) -> str:
    if isinstance(value, BindParameter):
        return compiler.bind(value, None, column.type)
    text = compiler.write(value)
    return f"({text})" if value.operator is not None else text
