"""Which mapped classes stand in a statement, so that their rows are restricted there."""

from collections.abc import Iterable, Iterator
from typing import Any

from dovetail.orm.loading.joins import right_entity
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.bundle import Bundle
from dovetail.sql.node import Node
from dovetail.sql.promise import Standing
from dovetail.sql.traversal import children


def own_nodes(node: Node) -> Iterator[Node]:
    """*node* and what is below it, but for statements within, which have a FROM of their own."""
    yield node
    for child in children(node):
        if not getattr(child, "is_select_statement", False):
            yield from own_nodes(child)


def entities_in(node: Node) -> Iterator[EntityNode]:
    """The entities that *node* speaks of, statements within aside."""
    for one in own_nodes(node):
        entity = one if isinstance(one, EntityNode) else getattr(one, "owner", None)
        if isinstance(entity, EntityNode):
            yield entity


def selected(statement: Any, *, is_reached: bool, is_here: bool = False) -> tuple[Standing, ...]:
    """The classes whose rows a SELECT restricts; *is_here* where it reads instances again.

    Those that are joined to the others, in the ON of their join; those that it selects, or
    names in FROM; and those that its criteria alone speak of.
    """
    joined = dict.fromkeys(filter(None, map(right_entity, statement.joins)))
    named: dict[EntityNode, None] = {}
    mentioned: dict[EntityNode, None] = {}
    for raw in _columns(statement.raw_columns):
        # An expression is of the class that it speaks of first.
        first, *others = _of_expression(raw) or (None,)
        if first is not None:
            named[first] = None
        here = {id(entity.selectable) for entity in named}
        others = [entity for entity in others if id(entity.selectable) not in here]
        mentioned.update(dict.fromkeys(others))
    for source in statement.from_clauses:
        if isinstance(source, EntityNode):
            named[source] = None
    for criterion in statement.where_criteria:
        mentioned.update(dict.fromkeys(entities_in(criterion)))
    found = [Standing(entity.selectable, entity, True, True) for entity in joined]
    found += [
        Standing(entity.selectable, entity, False, is_reached, is_here)
        for entity in named
        if entity not in joined
    ]
    return (*found, *_mentioned(mentioned, (*joined, *named)))


def spoken_of(nodes: Iterable[Any], entity: EntityNode) -> tuple[Standing, ...]:
    """The classes besides *entity* that *nodes*, parts of an UPDATE or DELETE of it, speak of."""
    mentioned: dict[EntityNode, None] = {}
    for node in nodes:
        if isinstance(node, Node):
            mentioned.update(dict.fromkeys(entities_in(node)))
    own = entity.mapper.top
    return _mentioned([one for one in mentioned if one.alias or one.mapper.top is not own], ())


def _columns(raw_columns: Iterable[Any]) -> Iterator[Any]:
    for raw in raw_columns:
        if isinstance(raw, Bundle):
            yield from raw.flat()
        else:
            yield raw


def _of_expression(node: Node) -> list[EntityNode]:
    """The entities that *node* speaks of: of sisters over one FROM, the class above them."""
    found = list(dict.fromkeys(entities_in(node)))
    if len(found) > 1:
        first, *others = found
        for other in others:
            related = first.mapper.isa(other.mapper) or other.mapper.isa(first.mapper)
            if other.selectable is first.selectable and not related:
                first = _common(first, other)
        return [first, *others]
    return found


def _mentioned(entities: Iterable[EntityNode], known: Iterable[EntityNode]) -> tuple[Standing, ...]:
    """Those of *entities* that are not *known*: of several over one FROM, the class above them."""
    by_source: dict[Any, EntityNode] = {}
    for entity in entities:
        place: Any = id(entity.selectable)
        if entity.within is not None:
            place = entity
        elif entity.alias is None and entity.mapper.single:
            # A condition on the rows of one would leave out those of its sisters.
            place = entity.mapper.base
        other = by_source.setdefault(place, entity)
        if other is not entity and entity not in known:
            by_source[place] = entity if other in known else _common(other, entity)
    return tuple(
        Standing(one.selectable, one, False, False)
        for one in by_source.values()
        if one not in known
    )


def _common(one: EntityNode, other: EntityNode) -> EntityNode:
    """The entity of the class that *one* and *other* both derive from, over the same FROM."""
    mapper = next(m for m in one.mapper.iterate_to_root() if other.mapper.isa(m))
    for known in (one, other):
        if known.mapper is mapper:
            return known
    if one.alias is None:
        entity: EntityNode = mapper.node
        return entity
    return EntityNode(mapper, one.selectable, one.alias)
