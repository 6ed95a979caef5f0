"""Eager joins around a limited SELECT."""

from typing import Any

from dovetail.orm.loading.eager import contained_entities
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.mapped_tables import columns_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Node
from dovetail.sql.operators import SUFFIXES
from dovetail.sql.traversal import replace


class Wrapping:
    """Eager joins around a limited SELECT: its rows are limited first, in a subquery."""

    def __init__(self, planning: Any, core: Any) -> None:
        self.planning = planning
        self.core = core

    def plan(self, roots: list[EntityLayout]) -> Any:
        planning = self.planning
        for root in roots:
            for entity in (root.entity, *contained_entities(root.entity, root.tree)):
                for mapper in (entity.mapper, *entity.kinds):
                    for column in columns_of(mapper.persist_selectable):
                        found = entity.find(column) if column in mapper.column_keys else None
                        if found is not None:
                            planning.position_of(found)
        for clause in self.core.order_by_clauses:
            key = _sort_key(clause)
            if key.__visit_name__ not in _NAMES:
                # What sorts the rows is computed where they are.
                planning.position_of(key)
        count = len(planning.columns)
        inner = self.core._with(raw_columns=tuple(planning.columns)).subquery()
        outside = dict(zip(planning.columns, inner.c, strict=True))

        def place(node: Node) -> Any:
            return outside.get(node) if isinstance(node, ColumnElement) else None

        order = [replace(clause, place) for clause in self.core.order_by_clauses]
        planning.columns[:count] = list(inner.c)
        planning.positions = {column: n for n, column in enumerate(planning.columns)}
        planning.outside = outside
        source: Any = inner
        for root in roots:
            left = Outside(root.entity, outside)
            source = planning.join_below(source, root, planning.chain, order, left)
        return Select(*planning.columns)._with(
            from_clauses=(source,),
            order_by_clauses=tuple(order),
            for_update_arg=self.core.for_update_arg,
            loader_options=self.core.loader_options,
            standing=planning.standing,
            execution_options_dict=self.core.execution_options_dict,
        )


_NAMES = frozenset(("label_reference", "textclause"))
"""What ORDER BY says by the name of a column."""


def _sort_key(clause: Any) -> Any:
    """What *clause* sorts by, the direction aside."""
    while clause.__visit_name__ == "unary" and clause.operator in SUFFIXES:
        clause = clause.element
    return clause


class Outside:
    """An entity seen from outside the subquery that selects it."""

    def __init__(self, entity: EntityNode, columns: dict[Any, Any]) -> None:
        self.entity = entity
        self.columns = columns

    def column(self, column: ColumnElement[Any]) -> Any:
        return self.columns[self.entity.column(column)]
