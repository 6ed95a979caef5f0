"""What eager joins ask of a statement, and of the instructions for its entities."""

from collections.abc import Iterator
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.tree import REFRESH, LoadTree
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.strategies import LoaderStrategy
from dovetail.sql.expression.select import Select

MAX_JOIN_DEPTH = 8


def contained_entity(prop: RelationshipProperty, related: Any) -> EntityNode:
    """The entity that the statement joins by itself, and that fills *prop*."""
    (entity,) = related.arguments
    found: EntityNode = entity or related.entity or prop.aim
    return found


def contained_entities(entity: EntityNode, tree: LoadTree) -> Iterator[EntityNode]:
    """The entities of ``contains_eager()`` options below *entity*."""
    for prop, related in tree.related.items():
        if related.contained:
            found = contained_entity(prop, related)
            yield found
            yield from contained_entities(found, tree.below(prop))


def joins_collections(prop: RelationshipProperty, tree: LoadTree) -> bool:
    """True where a join that is added for *prop*, or below it, makes more rows."""
    if prop.uselist and tree.strategy(prop).joins:
        return True
    below = tree.below(prop)
    for other in prop.mapper.named_relationships.values():
        strategy = below.strategy(other)
        if strategy.joins and other.uselist:
            return True
        if strategy.takes_given and joins_collections(other, below):
            return True
    return False


def rows_repeat(
    statement: Select[*tuple[Any, ...]], core: Select[*tuple[Any, ...]], root: EntityLayout
) -> bool:
    """True where *statement* itself may give the row of one *root* several times."""
    if statement.from_clauses or len(core.get_final_froms()) != 1:
        return True
    contained = sum(1 for _ in contained_entities(root.entity, root.tree))
    entity = root.entity
    is_plain = entity.selectable is entity.mapper.node.selectable or entity.is_plain_alias
    return len(statement.joins) > contained or not is_plain


def refuse_loading(prop: RelationshipProperty, strategy: LoaderStrategy) -> None:
    """Refuse to load *prop*, which is not loaded as a whole, with its instances."""
    if strategy.eager or strategy.takes_given:
        raise InvalidRequestError(
            f"{prop} is {prop.lazy}: it can't be loaded with its instances",
            hint="read it by its own statement, or map it without lazy=",
        )


def leads_back(prop: RelationshipProperty, chain: tuple[Any, ...]) -> bool:
    """True where many-to-one *prop* leads to a class that *chain* has come from.

    What was loaded first is here: to set the reference takes no statement, as a rule.
    """
    return (
        prop.refers_by_key
        and prop not in chain
        and any(prop.mapper is step.parent for step in chain if step.__class__ is not str)
    )


def may_repeat(prop: RelationshipProperty, chain: tuple[Any, ...]) -> bool:
    """False where *prop*, eager by its mapping, would go on for ever."""
    if chain == REFRESH:
        return False
    if prop.join_depth is not None:
        return bool(chain.count(prop) < prop.join_depth)
    if len(chain) >= MAX_JOIN_DEPTH or prop in chain:
        return False
    seen = {step.parent for step in chain}
    if prop.mapper is prop.parent:
        return False
    return not chain or prop.mapper not in seen
