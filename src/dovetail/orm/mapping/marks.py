"""What ``foreign()`` and ``remote()`` mark in the condition of a relationship."""

from typing import Any, ClassVar, TypeVar

from dovetail.orm.mapping.attribute import table_columns
from dovetail.sql.expression.column_element import ColumnElement

T_co = TypeVar("T_co", covariant=True)


class MarkedColumn(ColumnElement[T_co]):
    """A column inside a join condition that ``foreign()`` or ``remote()`` marked."""

    __slots__ = ("column", "join_roles")

    __visit_name__: ClassVar[str] = "marked_column"
    parts: ClassVar[tuple[str, ...]] = ("column",)

    def __init__(self, column: ColumnElement[Any], roles: frozenset[str]) -> None:
        self.column = column
        self.join_roles = roles

    @property
    def type(self) -> Any:  # type: ignore[override]
        return self.column.type


def _mark(expression: ColumnElement[Any], role: str) -> Any:
    column = table_columns(expression)
    if isinstance(column, MarkedColumn):
        return MarkedColumn(column.column, column.join_roles | {role})
    return MarkedColumn(column, frozenset((role,)))


def foreign(expr: Any) -> Any:
    """Mark a column of a ``primaryjoin`` as the one that holds the foreign key."""
    return _mark(expr, "foreign")


def remote(expr: Any) -> Any:
    """Mark a column of a ``primaryjoin`` as belonging to the related row."""
    return _mark(expr, "remote")
