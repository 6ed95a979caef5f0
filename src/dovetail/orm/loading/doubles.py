"""Classes that a statement joins to others of the same tables: their tables get other names."""

from collections.abc import Iterable
from typing import Any
from warnings import warn

from dovetail.exc import DovetailWarning
from dovetail.orm.loading.joins import right_entity
from dovetail.orm.loading.standing import entities_in, own_nodes
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute, RelationshipReference
from dovetail.sql.expression.from_clause import Join
from dovetail.sql.expression.froms import JoinSpec
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Node
from dovetail.sql.traversal import Replacing


class Double(EntityNode):
    """What stands in one statement for *original*, a class of which some tables are there twice."""

    __slots__ = ("original",)

    def __init__(self, original: EntityNode) -> None:
        selectable = original.selectable.alias(flat=True)
        super().__init__(original.mapper, selectable, selectable, original.name, original.kinds)
        self.original = original


def without_doubles(statement: Select[*tuple[Any, ...]]) -> Any:
    """*statement* with an alias in place of each class that it joins to tables of its own."""
    if not any(_is_joined_class(right_entity(spec)) for spec in statement.joins):
        return statement
    place = 0
    while place < len(statement.joins):
        entity = right_entity(statement.joins[place])
        if _is_joined_class(entity) and _overlaps(statement, place, entity):
            warn(
                f"{entity.mapper.class_.__name__} is joined to what has some of its tables: "
                "it stands in this statement by another name (join an aliased(..., flat=True) "
                "in its place, and name what is meant)",
                DovetailWarning,
                stacklevel=2,
            )
            statement = _with_double(statement, place, Double(entity))
        place += 1
    return statement


def double_of(entity: EntityNode, statement: Select[*tuple[Any, ...]]) -> EntityNode:
    """What stands for *entity* in *statement*: itself, or its double."""
    for spec in statement.joins:
        found = right_entity(spec)
        if isinstance(found, Double) and found.original is entity:
            return found
    return entity


def is_joined_within(entity: EntityNode, statement: Select[*tuple[Any, ...]]) -> bool:
    """True where *statement* joins something else with all tables of *entity*: read from there."""
    tables = {id(table) for table in entity.sources()}
    return any(
        target is not None
        and target is not entity
        and tables <= {id(table) for table in target.sources()}
        for target in map(right_entity, statement.joins)
    )


def _is_joined_class(entity: object) -> bool:
    """True for a class, not an alias, whose rows are read from several tables."""
    return (
        isinstance(entity, EntityNode)
        and entity.alias is None
        and isinstance(entity.selectable, Join)
    )


def _overlaps(statement: Select[*tuple[Any, ...]], place: int, entity: EntityNode) -> bool:
    """True where what stands before the join number *place* has tables of *entity*."""
    tables = {id(table) for table in entity.sources()}
    return any(id(table) in tables for table in _before(statement, place))


def _before(statement: Select[*tuple[Any, ...]], place: int) -> Iterable[Any]:
    """The tables that are in FROM before the join number *place*."""
    for source in statement.from_clauses:
        yield from _tables_of(source)
    for number, spec in enumerate(statement.joins[: place + 1]):
        left = _left_of(spec)
        if left is not None:
            yield from left.sources()
        elif number == 0 and not statement.from_clauses:
            yield from _first_tables(statement)
        if number < place:
            entity = right_entity(spec)
            yield from _tables_of(spec.target if entity is None else entity)


def _left_of(spec: JoinSpec) -> EntityNode | None:
    """The class at which the relationship of a join begins, if it is along one."""
    for step in (spec.target, spec.onclause):
        if isinstance(step, RelationshipReference):
            return step.owner
    return None


def _first_tables(statement: Select[*tuple[Any, ...]]) -> Iterable[Any]:
    """The tables of the first item of the rows that is not joined: a join begins there."""
    targets = {right_entity(spec) for spec in statement.joins}
    for raw in statement.raw_columns:
        for node in own_nodes(raw):
            if getattr(node, "owner", node) not in targets:
                found = list(_tables_of(node))
                if found:
                    return found
    return ()


def _tables_of(node: Node) -> Iterable[Any]:
    entity = node if isinstance(node, EntityNode) else getattr(node, "owner", None)
    if isinstance(entity, EntityNode):
        return entity.sources()
    if isinstance(node, Join):
        return node.contained()
    if getattr(node, "is_from", False):
        return (node,)
    table = getattr(node, "table", None)
    return () if table is None else (table,)


def _with_double(statement: Select[*tuple[Any, ...]], place: int, double: Double) -> Any:
    """*statement* with *double* in the join number *place*, and where its class is spoken of.

    What is before that join speaks of the class as it was there.
    """
    doubling = _Doubling(double)
    joins = list(statement.joins)
    spec = joins[place]
    if isinstance(spec.target, RelationshipReference):
        onclause = None if spec.onclause is None else doubling.value(spec.onclause)
        target = spec.target._varied(double, doubling.value(spec.target.criteria))
        joins[place] = spec._replace(target=target, onclause=onclause)
    else:
        is_path = isinstance(spec.onclause, RelationshipReference)
        onclause = spec.onclause if is_path else doubling.value(spec.onclause)
        joins[place] = spec._replace(target=double, onclause=onclause)
    joins[place + 1 :] = [doubling.value(later) for later in joins[place + 1 :]]
    changes = {
        name: doubling.value(statement.__dict__[name])
        for name in statement.parts
        if name in statement.__dict__ and name not in ("joins", "from_clauses")
    }
    return statement._with(**changes, joins=tuple(joins))


class _Doubling(Replacing):
    """Puts *double* in the place of its class, but in statements that select from the class."""

    def __init__(self, double: Double) -> None:
        super().__init__(self._place)
        self._double = double

    def _place(self, node: Node) -> Node | None:
        original = self._double.original
        if isinstance(node, QueryableAttribute):
            if node.owner is not original:
                return None
            moved = node.on(self._double)
            if isinstance(node, RelationshipReference):
                moved = moved._varied(node.target_entity, node.criteria)
            return moved
        if isinstance(node, EntityNode):
            return self._double if node is original else None
        if getattr(node, "is_select_statement", False) and _selects_from(node, original):
            return node
        return None


def _selects_from(statement: Any, entity: EntityNode) -> bool:
    parts = (*getattr(statement, "raw_columns", ()), *getattr(statement, "from_clauses", ()))
    if any(one is entity for part in parts for one in entities_in(part)):
        return True
    return any(right_entity(spec) is entity for spec in getattr(statement, "joins", ()))
