"""Rows of a statement of any kind, text for instance, as instances and columns."""

from collections.abc import Callable, Sequence
from typing import Any

from dovetail.dialects.dialect import Dialect
from dovetail.engine.rows import Shape
from dovetail.exc import InvalidRequestError, NoSuchColumnError
from dovetail.orm.loading.eager import contained_entity
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.layout import (
    BundleLayout,
    ColumnLayout,
    EntityLayout,
    JoinedLayout,
    RowLayout,
)
from dovetail.orm.loading.plan import EntityPlan
from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.loading.tree import LoadTree
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.bundle import Bundle
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import Load
from dovetail.sql.expression.naming import expanded_columns
from dovetail.types.contract import NULLTYPE

Item = EntityLayout | ColumnLayout | BundleLayout


class GivenRows(EntityPlan):
    """How the rows of *wrapped*, which have the columns *names*, become what its items are.

    *position_of* says where a column stands in the rows, or None; *converted* whether
    the values are those of Python already.
    """

    __slots__ = ("_converted", "_names", "_position_of", "_wrapped", "missing")

    def __init__(
        self,
        wrapped: FromStatement,
        names: Sequence[str],
        position_of: Callable[[Any], int | None],
        dialect: Dialect,
        *,
        converted: bool,
        populate_existing: bool,
    ) -> None:
        self._wrapped = wrapped
        self._names = names
        self._position_of = position_of
        self._converted = converted
        self.entities = []
        self.missing: list[tuple[int, frozenset[str]]] = []
        called: list[str] = []
        items: list[Item] = []
        for raw in wrapped.items:
            for one in [raw] if isinstance(raw, EntityNode | Bundle) else expanded_columns([raw]):
                item, name = self._item(one)
                items.append(item)
                called.append(name)
        self.shape = Shape(wrapped.names or tuple(called))
        self.is_scalar = len(items) == 1
        self.has_later = any(one.later for one in self.entities)
        row = RowLayout(items, len(names), self.shape.keys)
        self.hydrate = make_hydrator(row, dialect, populate_existing=populate_existing)
        self.populate_existing = populate_existing
        self.chain = ()

    def _item(self, raw: object) -> tuple[Item, str]:
        """What *raw* is in the rows, and how it is called."""
        if isinstance(raw, EntityNode):
            return self._entity(raw), raw.name or raw.mapper.class_.__name__
        if isinstance(raw, Bundle):
            return self._bundle(raw), raw.name
        item = self._column(raw)
        return item, self._names[item.position]

    def _entity(self, entity: EntityNode) -> EntityLayout:
        layout, missing = self._given(entity, self._wrapped.tree(entity))
        if not layout.keys:
            mapper = entity.mapper
            lacking = next(key for key in mapper.primary_keys if key in missing)
            raise InvalidRequestError(
                f"the statement gives no column {mapper.columns[lacking].name!r}, which tells "
                f"instances of {mapper.class_.__name__} apart",
                hint="select the primary key too",
            )
        if missing:
            self.missing.append((layout.number, missing))
        return layout

    def _bundle(self, bundle: Bundle) -> BundleLayout:
        items = [
            self._bundle(one) if isinstance(one, Bundle) else self._column(one)
            for one in bundle.exprs
        ]
        return BundleLayout(items, bundle.processor(self._wrapped))

    def _column(self, raw: Any) -> ColumnLayout:
        position = self._position_of(raw)
        if position is None:
            raise NoSuchColumnError(
                f"the statement gives no column for {raw}; it gives {', '.join(self._names)}",
                hint="select it, under its own name",
            )
        return ColumnLayout(position, NULLTYPE if self._converted else raw.type)

    def _given(self, entity: EntityNode, tree: LoadTree) -> tuple[EntityLayout, frozenset[str]]:
        """The layout of *entity* in the rows, and the names of the columns that they lack."""
        mapper = entity.mapper
        layout = EntityLayout(entity, tree, len(self.entities), nullable=True)
        self.entities.append(layout)
        missing = []
        for key, prop in mapper.column_attrs.items():
            expression = tree.source(prop)
            column = entity.column(expression) if prop.is_column else entity.adapt(expression)
            position = self._position_of(column)
            if position is not None:
                type_ = NULLTYPE if self._converted else expression.type
                layout.columns.append((key, position, type_))
            elif not prop.deferred:
                layout.covers_all = False
                missing.append(key)
        found = {key: (position, type_) for key, position, type_ in layout.columns}
        if all(name in found for name in mapper.primary_keys):
            layout.keys = [found[name] for name in mapper.primary_keys]
        if mapper.is_polymorphic:
            told = mapper.polymorphic_on
            place = self._position_of(entity.adapt(told))
            type_ = NULLTYPE if self._converted else told.type
            layout.discriminator = None if place is None else (place, type_)
        else:
            layout.assert_class()
        for prop in mapper.named_relationships.values():
            strategy = tree.strategy(prop)
            if strategy.eager:
                layout.later.append(prop)
            elif strategy.fills_empty:
                layout.empty.append(prop)
            elif strategy.takes_given:
                self._given_related(layout, prop)
        return layout, frozenset(missing)

    def _given_related(self, parent: EntityLayout, prop: RelationshipProperty) -> None:
        """Add what the rows hold of relationship *prop* of *parent*."""
        related = parent.tree.of(prop)
        layout, _ = self._given(contained_entity(prop, related), parent.tree.below(prop))
        if not layout.keys:
            raise InvalidRequestError(
                f"the statement gives no primary key of {prop.mapper.class_.__name__}, of which "
                f"contains_eager({prop}) makes instances",
                hint=f"select the columns of {prop.mapper.class_.__name__} too",
            )
        parent.joined.append(JoinedLayout(prop, layout, distinct=True))

    def build(
        self, session: LoadingSession, rows: Sequence[Any], loads: list[Load], members: object
    ) -> list[Any]:
        made = super().build(session, rows, loads, members)
        for number, missing in self.missing:
            # What the rows lack is read when it is touched.
            whole = loads[number]
            # Instances of classes below are listed by the parts of the load.
            for state in [state for load in (whole, *whole.parts) for state in load.batch]:
                instance = state()
                if instance is not None:
                    lacking = missing.difference(instance.__dict__, state.committed or ())
                    state.stale = (lacking | (state.stale or frozenset())) or None
        return made
