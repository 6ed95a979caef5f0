"""EXCLUDE: constraints that compare rows by other operators than equality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...exc import ArgumentError
from ...sql.coercion import criterion, node_of
from ...sql.constraints import Constraint, table_column
from ...sql.traversal import iterate


class ExcludeConstraint(Constraint):
    """``EXCLUDE USING gist (room WITH =, during WITH &&)``: no two rows fulfil all comparisons.

    ::

        ExcludeConstraint(("room", "="), ("during", "&&"), name="no_double_booking")

    PostgreSQL manual, "CREATE TABLE: EXCLUDE".
    """

    visit_name = "exclude_constraint"

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
            (what if isinstance(what, str) else node_of(what), operator)
            for what, operator in elements
        ]
        self.elements: list[tuple[Any, str]] = []
        self.using = using
        self.where = criterion(where) if where is not None else None
        self.ops = dict(ops or {})
        tables = {id(t): t for what, _ in self.pending for t in _tables(what)}
        if len(tables) == 1:
            self.attach(next(iter(tables.values())))

    @property
    def columns(self) -> Any:
        found = [
            part
            for what, _ in self.elements
            for part in iterate(what)
            if part.visit_name == "column"
        ]
        kind: Any = type(super().columns)
        return kind((str(column.key), column) for column in found)  # type: ignore[attr-defined]

    def attach(self, parent: Any) -> None:
        if self.table is not None:
            return
        self.elements = [
            (table_column(parent, what, self) if isinstance(what, str) else what, operator)
            for what, operator in self.pending
        ]
        super().attach(parent)


def _tables(what: Any) -> list[Any]:
    if isinstance(what, str):
        return []
    found: list[Any] = [part for part in iterate(what) if part.visit_name == "column"]
    return [part.table for part in found if part.table is not None]
