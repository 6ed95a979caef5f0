"""Classes that a statement reads from what has the columns of the classes below as well.

A mapper option names it: ``with_polymorphic=("*", selectable)``.  Where a statement speaks of a
class below, or of a table, it means what stands for that in the selectable.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from dovetail.orm.loading.joins import right_entity
from dovetail.orm.loading.standing import entities_in
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.sql.expression.from_clause import Join
from dovetail.sql.node import Node
from dovetail.sql.traversal import iterate, replace


class Wholes:
    """The entities of one statement that are read with the classes below."""

    def __init__(
        self, entities: list[EntityNode], named: set[Any], below: dict[Any, EntityNode]
    ) -> None:
        self._below = below
        self._parts: dict[Any, EntityNode] = {}
        self._by_mapper: dict[Any, EntityNode] = {}
        self._tables: dict[Any, EntityNode] = {}
        for entity in entities:
            self._by_mapper[entity.mapper] = entity
            for mapper in (*entity.mapper.iterate_to_root(), *entity.kinds):
                self._by_mapper.setdefault(mapper, entity)
                for table in mapper.tables:
                    if table not in named:
                        self._tables.setdefault(table, entity)

    def part(self, entity: EntityNode) -> EntityNode:
        """What stands for *entity*, a class as it was written: itself, or a part of a whole."""
        if entity.alias is None and entity.mapper in self._below:
            return self._below[entity.mapper]
        whole = self._by_mapper.get(entity.mapper) if entity.alias is None else None
        if whole is None or entity.mapper is whole.mapper or entity.within is not None:
            return entity
        part = self._parts.get(entity.mapper)
        if part is None:
            part = self._parts[entity.mapper] = EntityNode(entity.mapper, whole.selectable)
            part.is_translated = part.adapt_on_names = True
            part.within = whole
        return part

    def place(self, node: Any) -> Node | None:
        """What stands for *node*, an attribute or a column; None where it stands for itself."""
        if isinstance(node, QueryableAttribute):
            part = self.part(node.owner)
            if part is node.owner or node.prop.is_relationship:
                return None
            column: Any = node.prop.expressions[0]
            if not node.prop.is_column:
                adapted: Node = part.adapt(column)
                return adapted
            there: Node | None = part.find(column)
            return there
        whole = self._tables.get(getattr(node, "table", None))
        return None if whole is None else whole.find(node)

    def adapted(self, core: Any) -> Any:
        """*core*, a statement within, as far as it speaks of what is around it."""
        own: set[Any] = set()
        for part in iterate(core):
            if getattr(part, "is_select_statement", False):
                for source in _sources_of(part):
                    own.update(source.contained() if isinstance(source, Join) else (source,))

        def place(node: Any) -> Node | None:
            table = getattr(node, "table", None)
            if table is None or table in own:
                return None
            whole = self._tables.get(table)
            return None if whole is None else whole.find(node)

        return replace(core, place)


def _sources_of(select: Any) -> Iterator[Any]:
    """What *select* itself selects from: not what it only compares with."""
    for name in ("raw_columns", "from_clauses"):
        for node in getattr(select, name, ()):
            table = getattr(node, "table", None)
            yield node if table is None else table
    for spec in getattr(select, "joins", ()):
        yield spec.target


def wholes_of(statement: Any) -> Wholes | None:
    """Those of *statement*, or None where it has none."""
    entities: dict[EntityNode, None] = {}
    named: set[Any] = set()
    plain: dict[EntityNode, None] = {}
    for raw in statement.raw_columns:
        for entity in entities_in(raw):
            _note(entity, entities)
            plain[entity] = None
    for source in statement.from_clauses:
        _note(source, entities)
        named.add(source)
    for spec in statement.joins:
        _note(right_entity(spec), entities)
        named.add(spec.target)
        if isinstance(spec.onclause, QueryableAttribute) and spec.onclause.prop.is_relationship:
            _note(spec.onclause.right_entity, entities)
    below = _below(entities, (*plain, *statement.from_clauses))
    return Wholes(list(entities), named, below) if entities or below else None


def own_rows(entity: EntityNode) -> Wholes | None:
    """What a statement that writes the rows of *entity* means by it, and by classes above: their
    own tables, from wherever they are read otherwise; None where that is the same."""
    plain = EntityNode(entity.mapper)
    below = {
        mapper: plain
        for mapper in entity.mapper.iterate_to_root()
        if mapper.node.is_translated and entity.alias is None
    }
    return Wholes([], set(), below) if below else None


def _below(wholes: Iterable[EntityNode], others: Iterable[Any]) -> dict[Any, EntityNode]:
    """The entity of a class below that stands in the statement, by mappers of classes above that
    are read from elsewhere, but not in this statement."""
    found: dict[Any, EntityNode] = {}
    here = {entity.mapper for entity in wholes}
    for entity in others:
        if isinstance(entity, EntityNode) and entity.alias is None and not entity.is_translated:
            for mapper in entity.mapper.iterate_to_root():
                if mapper.node.is_translated and mapper not in here:
                    found.setdefault(mapper, entity)
    return found


def _note(entity: object, entities: dict[EntityNode, None]) -> None:
    if isinstance(entity, EntityNode) and entity.alias is None:
        if entity.is_translated and entity.kinds:
            entities[entity] = None
