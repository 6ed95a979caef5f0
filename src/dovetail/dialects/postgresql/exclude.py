"""EXCLUDE: constraints that compare rows by other operators than equality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError
from ...sql.attaching import Part, attach_with_columns, check_table, without_attributes
from ...sql.constraints import Constraint, table_column
from ...sql.expression.coercion import criterion, node_of
from ...sql.expression.text import TextClause
from ...sql.traversal import iterate

if TYPE_CHECKING:
    from ...sql.schema import Table


class ExcludeConstraint(Constraint):
    """``EXCLUDE USING gist (room WITH =, during WITH &&)``: no two rows fulfil all comparisons.

    ::

        ExcludeConstraint(("room", "="), ("during", "&&"), name="no_double_booking")

    PostgreSQL manual, "CREATE TABLE: EXCLUDE".
    """

    __visit_name__ = "exclude_constraint"

    def __init__(
        self,
        *elements: Any,
        name: str | None = None,
        using: str = "gist",
        where: Any = None,
        ops: Mapping[str, str] | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        **dialect_options: Any,
    ) -> None:
        super().__init__(name, deferrable, initially, info, **dialect_options)
        for element in elements:
            if not isinstance(element, tuple | list) or len(element) != 2:
                raise ArgumentError(
                    f"an element is a pair of column and operator; got {element!r}",
                    hint='ExcludeConstraint(("room", "="), ("during", "&&"))',
                )
        self.pending = [
            (what if isinstance(what, str) else without_attributes(node_of(what)), operator)
            for what, operator in elements
        ]
        self.elements: list[tuple[Any, str]] = []
        self.using = using
        if isinstance(where, str):
            self.where: Any = TextClause(where, ())
        else:
            self.where = without_attributes(criterion(where)) if where is not None else None
        self.ops = dict(ops or {})
        attach_with_columns(self, self.parts_given)

    @property
    def columns(self) -> Any:
        found = [
            part
            for what, _ in self.elements
            for part in iterate(what)
            if part.__visit_name__ == "column"
        ]
        kind: Any = type(super().columns)
        return kind((str(column.key), column) for column in found)  # type: ignore[attr-defined]

    @property
    def parts_given(self) -> list[Any]:
        return [what for what, _ in self.pending]

    def resolve(self, table: Table) -> None:
        check_table(self, self.parts_given, table)
        self.elements = [
            (table_column(table, what, self) if isinstance(what, str) else what, operator)
            for what, operator in self.pending
        ]

    def copied(self, part_of: Part) -> ExcludeConstraint:
        return ExcludeConstraint(
            *[(part_of(what), operator) for what, operator in self.pending],
            using=self.using,
            where=part_of(self.where),
            ops=self.ops,
            **self._common(),
        )
