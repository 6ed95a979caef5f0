"""Expressions of a Query after it has become a subquery: UNION and its like."""

from collections.abc import Sequence
from typing import Any

from dovetail.orm.loading.layout import BundleLayout, ColumnLayout, EntityLayout
from dovetail.orm.loading.options import Entry, LoaderOption
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.mapping.alias import AliasedClass
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute, RelationshipReference
from dovetail.orm.mapping.bundle import Bundle
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Node
from dovetail.sql.traversal import Replacing


class Adaption:
    """What the entities and columns of a SELECT are after it became a subquery.

    What the user says of ``User`` from then on is said of the rows of the subquery.
    """

    def __init__(self, before: "Adaption | None" = None) -> None:
        self.before = before
        self.namespace: Any = None
        """Where names were looked up before anything else was joined."""
        self.entities: dict[EntityNode, EntityNode] = {}
        self.columns: dict[Any, Any] = {}

    def node(self, node: Node) -> Any:
        """*node* as said of the subquery."""
        return self.value(node)

    def value(self, value: object) -> Any:
        """*value*, a node or what contains nodes, as said of the subquery."""
        if self.before is not None:
            value = self.before.value(value)
        return Replacing(self._place).value(value)

    def _place(self, node: Node) -> Node | None:
        found = self.columns.get(node)
        if found is not None:
            own: Node = found
            return own
        if isinstance(node, QueryableAttribute):
            entity = self.entities.get(node.owner)
            return None if entity is None else _of_entity(node, entity)
        if isinstance(node, EntityNode):
            return self.entities.get(node)
        return None

    def option(self, option: Any) -> Any:
        """*option* beginning at the subquery's entities."""
        if not isinstance(option, LoaderOption):
            return option
        if self.before is not None:
            option = self.before.option(option)
        entries = tuple(
            Entry(self._path(entry.path), entry.strategy, entry.arguments)
            for entry in option.entries
        )
        root = option.root if option.root is None else self.entities.get(option.root, option.root)
        return LoaderOption(entries, self._path(option.path), root)

    def _path(self, path: tuple[Any, ...]) -> tuple[Any, ...]:
        if path and isinstance(path[0], QueryableAttribute):
            entity = self.entities.get(path[0].owner)
            if entity is not None:
                return (_of_entity(path[0], entity), *path[1:])
        return path


def _of_entity(attribute: QueryableAttribute[Any], entity: EntityNode) -> QueryableAttribute[Any]:
    own = attribute.on(entity)
    if isinstance(attribute, RelationshipReference) and isinstance(own, RelationshipReference):
        own.target_entity, own.criteria = attribute.target_entity, attribute.criteria
    return own


def as_subquery(
    first: Any, source: Any, before: Adaption | None
) -> tuple[tuple[Any, ...], Adaption]:
    """The columns of *first* as those of the subquery *source*, and what they were before.

    *source* begins with the columns of *first*.
    """
    inner = list(source.c)
    adaption = Adaption(before)
    adaption.namespace = _namespace(first) if before is None else before.namespace
    columns: list[Any] = []
    planned = plan_select(first)
    items: list[Any] = (
        list(planned.layout.items)
        if planned.layout is not None
        else [ColumnLayout(place, None) for place in range(len(inner))]
    )
    cores = planned.core.raw_columns
    for raw in first.raw_columns:
        if isinstance(raw, EntityNode):
            layout = items.pop(0)
            entity = _entity_of(raw, source, layout, inner)
            adaption.entities[raw] = entity
            columns.append(entity)
            continue
        if isinstance(raw, Bundle):
            columns.append(_bundle_of(raw, items.pop(0), inner, adaption))
            continue
        width = len(raw.c) if isinstance(raw, FromClause) else 1
        for item in items[:width]:
            _note(adaption, raw if width == 1 else cores[item.position], cores, item, inner)
            columns.append(inner[item.position].label(_name_of(raw, cores[item.position])))
        del items[:width]
    return tuple(columns), adaption


def _bundle_of(
    bundle: Bundle, layout: BundleLayout, inner: list[Any], adaption: Adaption
) -> Bundle:
    """*bundle* of the columns of the subquery."""
    made: list[Any] = []
    for one, label, item in zip(bundle.exprs, bundle.labels, layout.items, strict=True):
        if isinstance(item, BundleLayout):
            made.append(_bundle_of(one, item, inner, adaption))
        else:
            adaption.columns[one] = inner[item.position]
            made.append(inner[item.position].label(label))
    return bundle._twin(exprs=tuple(made))


def _namespace(statement: Any) -> Any:
    for raw in statement.raw_columns:
        for holder in (raw, getattr(raw, "owner", None)):
            found = getattr(holder, "entity_namespace", None)
            if found is not None:
                return found
    return None


def _name_of(raw: object, core: Select[*tuple[Any, ...]]) -> Any:
    for candidate in (raw, core):
        name = getattr(candidate, "key", None) or getattr(candidate, "name", None)
        if (
            isinstance(name, str)
            and isinstance(candidate, Node)
            and candidate.__visit_name__ != "textclause"
        ):
            return name
    return None


def _note(
    adaption: Adaption, raw: object, cores: Sequence[Any], item: Any, inner: list[Any]
) -> None:
    adaption.columns[raw] = adaption.columns[cores[item.position]] = inner[item.position]


def _entity_of(
    raw: EntityNode, source: FromClause, layout: EntityLayout, inner: list[Any]
) -> EntityNode:
    """The entity *raw* selected from *source*."""
    mapper = raw.mapper
    entity: EntityNode = AliasedClass(mapper.class_, source).__statement_entity__
    entity.name = raw.name
    for key, position, _ in layout.columns:
        prop = mapper.column_attrs[key]
        if prop.is_column:
            entity.translated[prop.expressions[0]] = inner[position]
    return entity


def union_of(keyword: str, parts: Sequence[Any]) -> Any:
    """The subquery of *parts*, SELECTs, put together by *keyword*."""
    first, *others = parts
    compound: Any = getattr(first, keyword)(*others)
    return compound.subquery()
