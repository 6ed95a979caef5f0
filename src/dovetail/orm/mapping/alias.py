"""Aliases of mapped classes: the same class twice in one statement."""

from collections.abc import Sequence
from types import GenericAlias
from typing import Any, ClassVar, TypeVar, overload

from dovetail.exc import ArgumentError, NoInspectionAvailable
from dovetail.inspection import inspects
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.extensions import of_alias
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.pickling import Packed
from dovetail.orm.mapping.polymorphic import joined_kinds, kinds_below
from dovetail.orm.tracking.inspection_attr import InspectionAttr
from dovetail.sql.expression.coercion import from_node

T = TypeVar("T")


DECLARED = frozenset(
    ("__mapper__", "__mapper_args__", "__table__", "__table_args__", "__tablename__")
)
"""What an alias has of its class as it was declared; other such names ask an object of itself."""


class AliasedClass(Packed):
    """Stands for a mapped class under another name in a statement; made by ``aliased()``.

    ``AliasedClass[User]`` is what an annotation says of one.
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    def __init__(
        self,
        mapped_class: object,
        alias: object = None,
        name: str | None = None,
        flat: bool = False,
        adapt_on_names: bool = False,
        kinds: Sequence[Mapper] = (),
    ) -> None:
        mapper = _mapper(mapped_class)
        mapper.configure()
        base = _selected_from(mapped_class, mapper)
        kinds = kinds or base.kinds
        selectable = base.selectable.alias(name, flat) if alias is None else from_node(alias)
        entity = EntityNode(mapper, selectable, self, name, kinds)
        entity.adapt_on_names = adapt_on_names or base.adapt_on_names
        entity.discriminator = base.discriminator if alias is None else None
        entity.inner = _inner(mapped_class)
        self.__statement_entity__ = entity
        self.__name__ = name or mapper.class_.__name__
        for kind in kinds:
            # ``alias.Engineer``: the columns of a class below.
            self.__dict__[kind.class_.__name__] = _Part(kind, entity)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in DECLARED:
            raise AttributeError(name)
        entity: EntityNode = self.__dict__["__statement_entity__"]
        computed = of_alias(entity.mapper.class_, name, self)
        if computed is not None:
            return computed
        attribute = getattr(entity.mapper.class_, name)
        on = getattr(attribute, "on", None)
        if on is None or not getattr(attribute, "is_attribute", False):
            return attribute
        own = on(entity)
        self.__dict__[name] = own
        return own

    def __repr__(self) -> str:
        return f"<AliasedClass of {self.__statement_entity__.mapper.class_.__name__}>"


def _inner(entity: object) -> EntityNode | None:
    """What *entity* is where it is an alias itself, whose columns the new one has, or None."""
    found = getattr(entity, "__statement_entity__", None)
    return found if isinstance(entity, AliasedClass) and isinstance(found, EntityNode) else None


class _Part(AliasedClass):
    """The columns of a class below, within an alias that has them too."""

    def __init__(self, mapper: Mapper, whole: EntityNode) -> None:
        entity = EntityNode(mapper, whole.selectable, self, None)
        entity.adapt_on_names = whole.adapt_on_names
        entity.within = whole
        self.__statement_entity__ = entity
        self.__name__ = mapper.class_.__name__


class AliasedInsp(InspectionAttr):
    """What ``inspect()`` tells of an alias; in statements it is the alias."""

    is_aliased_class = True

    def __init__(self, entity: EntityNode) -> None:
        self.entity = entity.alias
        self.__statement_entity__ = entity
        self.mapper = entity.mapper
        self.class_ = entity.mapper.class_
        self.selectable = entity.selectable
        self.name = entity.name
        self.with_polymorphic_mappers = [entity.mapper, *entity.kinds]


@inspects(AliasedClass)
def _inspect_alias(alias: AliasedClass) -> AliasedInsp:
    # Under a name that no mapped attribute has.
    told: AliasedInsp | None = alias.__dict__.get("__inspected__")
    if told is None:
        told = alias.__dict__["__inspected__"] = AliasedInsp(alias.__statement_entity__)
    return told


def _selected_from(given: object, mapper: Mapper) -> EntityNode:
    """What an alias of *given* is another name for: a class, or an alias of more than its table."""
    if not isinstance(given, AliasedClass):
        return mapper.node
    entity = given.__statement_entity__
    return mapper.node if entity.is_plain_alias and not entity.kinds else entity


def _mapper(entity: object) -> Mapper:
    mapper = entity if isinstance(entity, Mapper) else mapper_of(entity)
    if mapper is None and isinstance(entity, AliasedClass):
        found: Mapper = entity.__statement_entity__.mapper
        return found
    if mapper is None:
        raise NoInspectionAvailable(f"{entity!r} is not a mapped class")
    return mapper


@overload
def aliased(
    element: type[T],
    alias: object = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> type[T]: ...
@overload
def aliased(
    element: object,
    alias: object = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any: ...
def aliased(
    element: object,
    alias: object = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any:
    """Return an alias of a mapped class, or of a table.

    With *alias*, a subquery or another FROM, the class is selected from that::

        manager = aliased(Employee)
        select(Employee, manager).join(manager, Employee.manager_id == manager.id)

    With the SQL that it sends::

        other = aliased(Order)
        statement = select(Order.id, other.id).join(other, other.id > Order.id)
        session.execute(statement).all()
        # SELECT orders.id, orders_1.id AS id_1 FROM orders JOIN orders AS orders_1 ON orders.id <
        #     orders_1.id
    """
    if mapper_of(element) is None and not isinstance(element, (AliasedClass, Mapper)):
        make = getattr(element, "alias", None)
        if make is None or getattr(element, "__visit_name__", None) is None:
            raise ArgumentError(
                f"aliased() takes a mapped class or a table, not {element!r}",
                hint="is the class mapped?",
            )
        if adapt_on_names or alias is not None:
            raise ArgumentError(
                f"adapt_on_names= and alias= are for mapped classes; got {element!r}",
                hint="aliased(Class, selectable, adapt_on_names=True)",
            )
        return make(name, flat=True) if flat else make(name)
    return AliasedClass(element, alias, name, flat, adapt_on_names)


def with_polymorphic(
    base: Any,
    classes: Any,
    selectable: Any = False,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> Any:
    """Return *base* to select from, with the columns of *classes* that derive from it.

    *classes* are mapped classes, or "*" for all.  Their tables are joined: with *innerjoin*
    only rows that are in all of them are found.  The columns of a class stand under its name::

        staff = with_polymorphic(Employee, [Engineer, Manager])
        select(staff).where(or_(staff.Engineer.language == "Python", staff.Manager.budget > 5))

    *flat* gives each table an alias, *aliased* puts the join into a subquery; *selectable* is
    selected from in place of the join, *adapt_on_names* finds its columns by their names.
    """
    mapper = _mapper(base)
    mapper.configure()
    kinds = kinds_below(mapper, classes)
    source = selectable if selectable not in (False, None) else None
    if source is None:
        own = mapper.node
        if selectable is False and own.is_translated:
            # The class is selected from the UNION of its tables, or what its mapping names.
            source, adapt_on_names = own.selectable, adapt_on_names or own.adapt_on_names
        else:
            source = joined_kinds(mapper, kinds, innerjoin)
        if flat or aliased or name is not None:
            source = source.alias(name, flat)
    made = AliasedClass(base, source, name, adapt_on_names=adapt_on_names, kinds=kinds)
    made.__statement_entity__.discriminator = polymorphic_on
    return made
