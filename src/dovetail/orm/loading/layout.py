"""Row layouts: which columns of a row make which attributes of which instances."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dovetail.orm.loading.tree import LoadTree
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.properties import ColumnProperty
from dovetail.orm.mapping.relationship import RelationshipProperty


@dataclass(slots=True, eq=False)
class ColumnLayout:
    """A column of the row that is handed on as it is: ``select(User.name)``."""

    position: int
    type: Any


@dataclass(slots=True, eq=False)
class BundleLayout:
    """Columns of the row that make one item together: ``make`` is given their values."""

    items: list["ColumnLayout | BundleLayout"]
    make: Callable[[tuple[Any, ...]], Any]

    def columns(self) -> Iterator[ColumnLayout]:
        """The columns, those of bundles within too."""
        for item in self.items:
            if isinstance(item, BundleLayout):
                yield from item.columns()
            else:
                yield item


@dataclass(slots=True, eq=False)
class EntityLayout:
    """The columns of the row that make one instance.

    ``columns``     (attribute, position, type) of each column that is loaded
    ``discriminator``  (position, type) of what tells of which class a row is; None if of one
    ``asserted``    (position, type) of what tells the class of rows that can only be of this one
    ``kinds``       (mapper, such columns) of classes below, whose instances have more
    ``keys``        (position, type) of the primary key
    ``nullable``    True where the row may hold no such instance: an outer join
    ``joined``      relationships whose instances come from the same row
    ``later``       relationships that are loaded with further statements, with their options
    ``completed``   mappers of classes below whose columns are loaded with a statement more
    ``empty``       relationships that are set empty: ``noload``
    """

    entity: EntityNode
    tree: LoadTree
    number: int
    nullable: bool = False
    columns: list[tuple[str, int, Any]] = field(default_factory=list)
    keys: list[tuple[int, Any]] = field(default_factory=list)
    joined: list["JoinedLayout"] = field(default_factory=list)
    later: list[Any] = field(default_factory=list)
    empty: list[Any] = field(default_factory=list)
    discriminator: tuple[int, Any] | None = None
    asserted: tuple[int, Any] | None = None
    kinds: list[tuple[Any, list[tuple[str, int, Any]]]] = field(default_factory=list)
    completed: list[Any] = field(default_factory=list)
    covers_all: bool = True

    @property
    def relationships(self) -> Iterator[Any]:
        """The relationships of the instances, those of classes below too."""
        yield from self.mapper.named_relationships.values()
        for kind in self.mapper.self_and_descendants[1:]:
            for prop in kind.named_relationships.values():
                if prop.parent is kind:
                    yield prop

    def assert_class(self) -> None:
        """Have rows refused that say they are of another class, which would pass for this one.

        Of a class that has others below it, the discriminator chooses among those it knows.
        """
        mapper = self.mapper
        if mapper.inherits is None or mapper.concrete or mapper.polymorphic_identity is None:
            return
        if self.discriminator is None:
            told = (column[1:] for column in self.columns if column[0] == mapper.polymorphic_key)
            self.asserted = next(told, None)

    @property
    def keeps_apart(self) -> bool:
        """True where rows of classes below have identities of their own: concrete tables."""
        return self.discriminator is not None and any(
            kind.base is not self.mapper.base for kind in self.mapper.self_and_descendants
        )

    def has_columns_of(self, prop: RelationshipProperty) -> bool:
        """True where the row has the columns of the class that *prop* belongs to."""
        return prop.parent in self.entity.kinds or self.mapper.isa(prop.parent)

    def completes(self, prop: ColumnProperty) -> bool:
        """True where *prop*, of a class below, comes with the others when one is touched.

        What options leave out is no part of the whole: it may be forbidden.  Those that speak of
        all columns of the class mean what the statement could have loaded: not *prop*, where it
        has no columns of the class that *prop* belongs to.
        """
        if self.tree.loads_column(prop):
            return True
        return prop.parent not in self.entity.kinds and self.tree.completes(prop)

    @property
    def variants(self) -> list[list[tuple[str, int, Any]]]:
        """What instances of classes below have besides, each such list once."""
        found: list[list[tuple[str, int, Any]]] = []
        for _, columns in self.kinds:
            if columns and columns not in found:
                found.append(columns)
        return found

    @property
    def positions(self) -> list[int]:
        """The positions in the row of all columns, each once."""
        own = [position for _, position, _ in self.columns]
        own += [position for variant in self.variants for _, position, _ in variant]
        return list(dict.fromkeys(own))

    @property
    def mapper(self) -> Any:
        """The mapper of the instances."""
        return self.entity.mapper

    def every(self) -> Iterator["EntityLayout"]:
        """This layout and those of joined relationships, parents first."""
        yield self
        for joined in self.joined:
            yield from joined.layout.every()

    @property
    def has_collections(self) -> bool:
        """True when one instance may spread over several rows."""
        return any(joined.spreads for joined in self.joined)


@dataclass(slots=True, eq=False)
class JoinedLayout:
    """A relationship whose instances come from the same row."""

    prop: Any
    layout: EntityLayout
    distinct: bool = False
    """True where a member may come in several rows of its parent."""

    @property
    def spreads(self) -> bool:
        """True where an instance of the parent may come in several rows for it."""
        return self.prop.uselist or self.layout.has_collections


@dataclass(slots=True, eq=False)
class RowLayout:
    """What one row of a statement holds: instances and plain columns, in the order asked for.

    ``names``    how the items are called
    ``objects``  for each item what stands for it: a class, an attribute, a column
    """

    items: list[EntityLayout | ColumnLayout | BundleLayout]
    width: int
    names: tuple[str, ...]
    objects: Sequence[tuple[Any, ...]] = ()

    @property
    def entities(self) -> list[EntityLayout]:
        """All entity layouts, joined ones included, by number."""
        found = [
            layout
            for item in self.items
            if isinstance(item, EntityLayout)
            for layout in item.every()
        ]
        return sorted(found, key=_number)

    @property
    def has_collections(self) -> bool:
        """True when rows must be folded."""
        return any(isinstance(item, EntityLayout) and item.has_collections for item in self.items)


def _number(layout: EntityLayout) -> int:
    return layout.number
