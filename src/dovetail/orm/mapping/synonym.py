"""Synonyms: attributes of a mapped class that stand for another one."""

from collections.abc import Callable
from typing import Any, ClassVar

from typing_extensions import TypeVar

from dovetail.orm.mapping.annotations import Mapped
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute, RelationshipReference
from dovetail.orm.mapping.comparing import with_comparator
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.properties import MapperProperty, only_dataclass_options
from dovetail.sql.node import Walk

T = TypeVar("T", default=Any)


class Synonym(MapperProperty[T], Mapped[T]):
    """An attribute that stands for the attribute ``name``, on instances and in statements."""

    is_proxy: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        *,
        map_column: bool | None = None,
        descriptor: Any = None,
        comparator_factory: type | None = None,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.map_column = map_column
        self.descriptor = descriptor
        self.comparator_factory = comparator_factory
        self.info = dict(info or {})
        self.doc = doc

    def attach(self, mapper: MapperView, key: str) -> None:
        super().attach(mapper, key)
        own = mapper.class_.__dict__.get(key)
        if self.descriptor is None and isinstance(own, property):
            self.descriptor = own
        if self.map_column:
            mapper.map_column_as(key, self.name)

    def stand_in(self, mapper: MapperView) -> None:
        mapper.synonyms[self.key] = self

    def placed(self, entity: EntityNode) -> Any:
        """What is placed on the class."""
        return SynonymAttribute(self)

    def spread(self, value: object) -> dict[str, Any]:
        """The values of other attributes that *value*, assigned in a statement, stands for."""
        return {self.name: value}


class SynonymAttribute:
    """A synonym on its class: the other attribute in statements, its value on an instance."""

    def __init__(self, prop: Synonym) -> None:
        self.prop = prop
        self.__doc__ = prop.doc

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        prop = self.prop
        if instance is None:
            return self._meant(getattr(owner, prop.name))
        if prop.descriptor is not None:
            return prop.descriptor.__get__(instance, owner)
        return getattr(instance, prop.name)

    def __set__(self, instance: object, value: object) -> None:
        if self.prop.descriptor is not None:
            self.prop.descriptor.__set__(instance, value)
        else:
            setattr(instance, self.prop.name, value)

    def __delete__(self, instance: object) -> None:
        if self.prop.descriptor is not None:
            self.prop.descriptor.__delete__(instance)
        else:
            delattr(instance, self.prop.name)

    def _meant(self, attribute: object) -> Any:
        """*attribute* as it is seen through the synonym: under its name, if it is a column."""
        if not isinstance(attribute, QueryableAttribute):
            return attribute
        prop = attribute.declared
        kind: Any = SynonymReference
        key, factory = self.prop.key, self.prop.comparator_factory
        if isinstance(attribute, RelationshipReference):
            kind = SynonymPath
            key, factory = attribute.key, factory or prop.comparator_factory
        found = with_comparator(kind, factory)(key, prop, attribute.owner)
        found.original_property = self.prop
        return found


class SynonymReference(QueryableAttribute[Any]):
    """A column in a statement, under the name of a synonym.

    ``original_property``  the property of the synonym itself
    """

    __slots__ = ("original_property",)

    original_property: Any

    def collect(self, walk: Walk) -> None:
        # Made anew at each read of the class: what it is counts, not which one it is.
        entity = self.owner
        entity.collect(walk)
        walk.planner = entity.mapper.planner
        walk.key += ("synonym", self.key, self.prop)


class SynonymPath(RelationshipReference[Any]):
    """A relationship in a statement, reached by a synonym.

    ``original_property``  the property of the synonym itself
    """

    __slots__ = ("original_property",)

    original_property: Any

    def collect(self, walk: Walk) -> None:
        # Made anew at each read of the class, and means the same as the relationship.
        getattr(self.owner.entity_namespace, self.key).collect(walk)


def synonym(
    name: str,
    *,
    map_column: bool | None = None,
    descriptor: object = None,
    comparator_factory: type | None = None,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    **options: object,
) -> Synonym:
    """Declare an attribute that stands for the attribute *name*.

    ``descriptor``  a property that is used on instances; in statements the column is meant
    ``map_column``  the column of the synonym's own name is mapped to the attribute *name*

    ::

        status: Mapped[str]
        state = synonym("status")
    """
    made = Synonym(
        name,
        map_column=map_column,
        descriptor=descriptor,
        comparator_factory=comparator_factory,
        info=info,
        doc=doc,
    )
    made.dataclass_options = only_dataclass_options("synonym", options)
    return made


def synonym_for(name: str, map_column: bool = False) -> Callable[[Any], Synonym]:
    """Return a decorator that makes a property the synonym of the attribute *name*::

    @synonym_for("status")
    @property
    def described_status(self):
        return f"status: {self.status}"
    """

    def make(descriptor: object) -> Synonym:
        return Synonym(name, map_column=map_column, descriptor=descriptor)

    return make
