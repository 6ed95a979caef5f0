"""Joins along relationships: a FROM and a relationship make a larger FROM."""

from typing import Any

from dovetail.orm.mapping.attribute import EntityNode
from dovetail.sql.expressions import and_
from dovetail.sql.from_clause import Join


def aliased_entity(mapper: Any) -> EntityNode:
    """An alias of the class of *mapper* that nobody else uses."""
    selectable = mapper.local_table.alias()
    return EntityNode(mapper, selectable, selectable)


def relationship_conditions(
    prop: Any, left: EntityNode, right: EntityNode, secondary: Any = None
) -> tuple[Any, Any]:
    """The conditions of *prop* between two entities; *secondary* stands for the third table."""

    def through(column: Any) -> Any:
        return column if secondary is None else secondary.c[column.key]

    conditions: tuple[Any, Any] = prop.condition.adapted(left.column, right.column, through)
    return conditions


def join_related(
    source: Any,
    prop: Any,
    left: EntityNode,
    right: EntityNode,
    *,
    outer: bool,
    full: bool = False,
    criteria: tuple[Any, ...] = (),
    alias_secondary: bool = False,
) -> Any:
    """*source*, a FROM that contains *left*, joined along *prop* to *right*."""
    if prop.secondary is None:
        condition, _ = relationship_conditions(prop, left, right)
        return Join(source, right.selectable, _all(condition, criteria), outer, full)
    through = prop.secondary.alias() if alias_secondary else prop.secondary
    primary, second = relationship_conditions(prop, left, right, through)
    if outer and alias_secondary:
        # One outer join to the pair: a row of the third table alone is no related row.
        pair = Join(through, right.selectable, _all(second, criteria))
        return Join(source, pair, primary, True, full)
    joined = Join(source, through, primary, outer, full)
    return Join(joined, right.selectable, _all(second, criteria), outer, full)


def _all(condition: Any, criteria: tuple[Any, ...]) -> Any:
    return and_(condition, *criteria) if criteria else condition
