"""Mapped classes written as classes: the declarative bases, and the registry that makes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, dataclass_transform

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.mapping.annotations import MappedAnnotation
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.composite import composite
from dovetail.orm.mapping.construct import construct
from dovetail.orm.mapping.dataclass import chosen, make_dataclass
from dovetail.orm.mapping.declared_attr import declared_attr
from dovetail.orm.mapping.declaring import declare, mapped
from dovetail.orm.mapping.extensions import is_extension
from dovetail.orm.mapping.mapper import Mapper, mapper_of, metadata_of
from dovetail.orm.mapping.properties import (
    MappedColumn,
    MapperProperty,
    column_property,
    deferred,
    mapped_column,
)
from dovetail.orm.mapping.registry import Registry
from dovetail.orm.mapping.relationship import relationship
from dovetail.orm.mapping.synonym import Synonym, synonym
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.metadata import MetaData
from dovetail.sql.schema import Column
from dovetail.sql.typed_columns import TypedColumns

T = TypeVar("T")
Declared = tuple[str, Any, MappedAnnotation | None]


class DeclarativeAttributeIntercept(type):
    """The metaclass of declarative bases: an attribute added later is mapped too."""

    def __setattr__(cls, name: str, value: Any) -> None:
        mapper = cls.__dict__.get("__mapper__")
        if mapper is not None and isinstance(value, (MapperProperty, Column, MappedColumn)):
            _add_later(mapper, name, value)
        elif mapper is not None and _is_another_name(mapper, name, value):
            _add_later(mapper, name, Synonym(value.key))
        else:
            type.__setattr__(cls, name, value)
            if mapper is not None and is_extension(value):
                mapper.forget()

    def __delattr__(cls, name: str) -> None:
        mapper = cls.__dict__.get("__mapper__")
        if mapper is not None and name in mapper.named_attrs:
            raise NotImplementedError(
                f"{cls.__name__}.{name} is mapped, and can't be taken out of the mapping alone"
            )
        type.__delattr__(cls, name)
        if mapper is not None:
            mapper.forget()


class DeclarativeMeta(DeclarativeAttributeIntercept):
    """A metaclass for bases of the user's own, which have a ``registry``::

    class Base(metaclass=DeclarativeMeta):
        __abstract__ = True
        registry = registry()
        metadata = registry.metadata
    """

    def __init__(
        cls: Any, name: str, bases: tuple[type, ...], body: dict[str, Any], **keywords: object
    ) -> None:
        super().__init__(name, bases, body)
        registry = registry_of(cls)
        if issubclass(cls, DeclarativeFamily):
            # What a metaclass derived from this one does before counts.
            begin_class(cls)
        elif registry is not None:
            if not (body.get("__abstract__") or mapper_of(cls) or issubclass(cls, TypedColumns)):
                mapped(registry, cls)


def add_mapped_attribute(target: object, key: str, attr: object) -> None:
    """Map attribute *key* of the mapped class *target*, as an assignment to it does."""
    mapper = mapper_of(target)
    if mapper is None:
        raise ArgumentError(f"{target!r} is not a mapped class")
    _add_later(mapper, key, attr)


def _is_another_name(mapper: Mapper, name: str, value: object) -> bool:
    """True where *value* is a mapped attribute of the class, to be called *name* as well."""
    return (
        isinstance(value, QueryableAttribute)
        and value.key != name
        and value.owner.alias is None
        and mapper.isa(value.owner.mapper)
    )


def _add_later(mapper: Mapper, name: str, value: object) -> None:
    if isinstance(value, MappedColumn):
        value = value.complete(name, None, None)
    mapper.add_property(name, value)


@dataclass_transform(
    field_specifiers=(mapped_column, relationship, column_property, deferred, composite, synonym)
)
def mapped_as_dataclass(
    registry: Registry,
    /,
    *,
    init: bool | None = None,
    repr: bool | None = None,
    eq: bool | None = None,
    order: bool | None = None,
    unsafe_hash: bool | None = None,
    match_args: bool | None = None,
    kw_only: bool | None = None,
    dataclass_callable: Callable[..., Any] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Return a decorator that makes a class a dataclass, and maps it with *registry*.

    The keywords are those of ``dataclasses.dataclass``.
    """
    options = chosen(
        init=init,
        repr=repr,
        eq=eq,
        order=order,
        unsafe_hash=unsafe_hash,
        match_args=match_args,
        kw_only=kw_only,
        dataclass_callable=dataclass_callable,
    )

    def make(class_: type[T]) -> type[T]:
        make_dataclass(class_, options, is_mapped=True)
        return mapped(registry, class_)

    return make


class registry(Registry):
    """A set of mapped classes: one MetaData, one map of annotation types."""

    @dataclass_transform(
        field_specifiers=(
            mapped_column,
            relationship,
            column_property,
            deferred,
            composite,
            synonym,
        )
    )
    def mapped_as_dataclass(
        self,
        class_: object = None,
        /,
        *,
        init: bool | None = None,
        repr: bool | None = None,
        eq: bool | None = None,
        order: bool | None = None,
        unsafe_hash: bool | None = None,
        match_args: bool | None = None,
        kw_only: bool | None = None,
        dataclass_callable: Callable[..., Any] | None = None,
    ) -> Any:
        """Make the decorated class a dataclass, and map it; see :class:`MappedAsDataclass`."""
        make: Callable[[Any], Any] = mapped_as_dataclass(
            self,
            init=init,
            repr=repr,
            eq=eq,
            order=order,
            unsafe_hash=unsafe_hash,
            match_args=match_args,
            kw_only=kw_only,
            dataclass_callable=dataclass_callable,
        )
        return make if class_ is None else make(class_)

    def generate_base(
        self, mapper: Any = None, cls: Any = object, name: str = "Base", metaclass: Any = None
    ) -> Any:
        """Return a declarative base class for this registry.

        ``mapper``     called in place of the mapper's class, for a class of its own
        ``cls``        a base of the base, or a tuple of some
        ``metaclass``  the class of the base
        """
        return generate_base(self, mapper, cls, name, metaclass)

    def mapped(self, class_: type[T]) -> type[T]:
        """Map the decorated class, which needs no base, as its body says."""
        return mapped(self, class_)

    def map_declaratively(self, class_: type) -> Mapper:
        """Map *class_* as its body says; return the mapper."""
        mapped(self, class_)
        mapper: Mapper = class_.__dict__["__mapper__"]
        return mapper

    def as_declarative_base(self, **keywords: object) -> Callable[[Any], Any]:
        """Make the decorated class a declarative base of this registry."""

        def make(class_: type) -> Any:
            return self.generate_base(cls=class_, name=class_.__name__, **keywords)

        return make


ClassRegistry: TypeAlias = registry
"""The class, where a class has an attribute of its name."""


class DeclarativeFamily:
    """What all declarative bases have, and the classes that are derived from them."""

    __declares_nothing__: ClassVar[bool] = True
    # One slot for the state of an instance: __dict__ holds the user's values alone.
    __slots__ = ("__dict__", "__dovetail_state__", "__weakref__")

    registry: ClassVar[ClassRegistry]
    metadata: ClassVar[MetaData]
    __mapper__: ClassVar[Mapper[Any]]
    __table__: ClassVar[FromClause]
    __tablename__: Any
    __mapper_args__: Any
    __table_args__: Any

    if TYPE_CHECKING:
        __dovetail_state__: InstanceState[Any]

        def __init__(self, **values: object) -> None: ...
    else:
        __init__ = construct

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if not (isinstance(cls, DeclarativeMeta) or "__declares_nothing__" in cls.__dict__):
            begin_class(cls)


class DeclarativeBase(DeclarativeFamily, metaclass=DeclarativeAttributeIntercept):
    """The base of a family of mapped classes: derive one Base from it, and the classes from that.

    ``metadata``, ``registry`` and ``type_annotation_map`` may be set on the Base::

        class Base(DeclarativeBase):
            pass


        class User(Base):
            __tablename__ = "user_account"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
    """

    __declares_nothing__: ClassVar[bool] = True
    __slots__ = ()


class DeclarativeBaseNoMeta(DeclarativeFamily):
    """As :class:`DeclarativeBase`, without a metaclass.

    An attribute is added later by ``add_mapped_attribute()``.
    """

    __declares_nothing__: ClassVar[bool] = True
    __slots__ = ()


_BASES = (DeclarativeFamily, DeclarativeBase, DeclarativeBaseNoMeta)


def registry_of(class_: type) -> Any:
    """The registry of *class_* or of a base of it, or None; attributes may hide it."""
    for base in class_.__mro__:
        for name in ("registry", "_sa_registry"):
            found = base.__dict__.get(name)
            if isinstance(found, Registry):
                return found
    return None


def begin_class(class_: type) -> None:
    """Set *class_* up as a base, or map it."""
    if issubclass(class_, TypedColumns):
        # It tells the columns of the class above; nothing is mapped.
        return
    if any(base in class_.__bases__ for base in _BASES):
        set_up_base(class_)
    else:
        declare(registry_of(class_), class_)


def set_up_base(base: Any) -> None:
    """Give *base* its registry and MetaData."""
    table = base.__dict__.get("__table__")
    named = base.__dict__.get("__tablename__")
    if (isinstance(named, str) and not base.__dict__.get("__abstract__")) or (
        # A method names the table of each class below.
        table is not None and not isinstance(table, declared_attr)
    ):
        raise InvalidRequestError(
            f"class {base.__name__} has a table and derives from DeclarativeBase itself",
            hint="derive one class Base(DeclarativeBase) without a table, and the others from it",
        )
    if "registry" in vars(base) and not isinstance(vars(base)["registry"], Registry):
        raise InvalidRequestError(
            f"{base.__name__}.registry is no registry: {vars(base)['registry']!r}",
            hint="registry = registry(), or leave it out",
        )
    # They may stand in a mixin of the base.
    own = registry_of(base)
    metadata = metadata_of(base, None)
    types = getattr(base, "type_annotation_map", None)
    if own is None:
        own = registry(metadata=metadata, type_annotation_map=types)
        type.__setattr__(base, "registry", own)
    elif "type_annotation_map" in vars(base) and "registry" in vars(base):
        raise InvalidRequestError(
            f"{base.__name__} has a registry of its own and a type_annotation_map beside it",
            hint="give it to the registry: registry(type_annotation_map={…})",
        )
    elif types:
        own.update_type_annotation_map(types)
    type.__setattr__(base, "_sa_registry", own)
    if metadata is None:
        type.__setattr__(base, "metadata", own.metadata)
    if base.__init__ is construct:
        type.__setattr__(base, "__init__", own.constructor or object.__init__)


def declarative_base(
    *,
    metadata: MetaData | None = None,
    cls: Any = object,
    name: str = "Base",
    class_registry: Any = None,
    type_annotation_map: dict[Any, Any] | None = None,
    constructor: Any = construct,
    mapper: Any = None,
    metaclass: Any = None,
) -> Any:
    """Return a new declarative base class, as ``class Base(DeclarativeBase)`` makes one.

    The keywords are those of :class:`registry` and of its ``generate_base()``.
    """
    own = registry(
        metadata=metadata,
        class_registry=class_registry,
        type_annotation_map=type_annotation_map,
        constructor=constructor,
    )
    return generate_base(own, mapper, cls, name, metaclass)


def generate_base(
    registry: Registry, mapper: Any = None, cls: Any = object, name: str = "Base", meta: Any = None
) -> Any:
    """Return a declarative base class for *registry*.

    *mapper* is called with a class, its table and its mapper options in place of the mapper's own
    class; *cls* is a base of the base, or a tuple of some; *meta* is the metaclass.
    """
    bases = cls if isinstance(cls, tuple) else () if cls is object else (cls,)
    body: dict[str, Any] = {
        "registry": registry,
        "_sa_registry": registry,
        "metadata": registry.metadata,
        "__abstract__": True,
        "__module__": __name__,
    }
    if registry.constructor is not None:
        body["__init__"] = registry.constructor
    elif all(base.__init__ is object.__init__ for base in bases):
        body["__init__"] = object.__init__
    if isinstance(cls, type) and cls is not object:
        body["__doc__"] = cls.__doc__
    if mapper is not None:
        body["__mapper_cls__"] = mapper
    if any(hasattr(base, "__class_getitem__") for base in bases):
        # The base is no generic class itself: what it is of is for type checkers.
        body["__class_getitem__"] = classmethod(lambda class_, of: class_)
    kind: Any = meta or DeclarativeMeta
    if not issubclass(kind, DeclarativeAttributeIntercept):
        kind = type(kind.__name__, (kind, DeclarativeAttributeIntercept), {})
    return kind(name, (*bases, DeclarativeFamily), body)


def as_declarative(**keywords: Any) -> Callable[[type], Any]:
    """Return a decorator that makes a class a declarative base.

    The keywords are those of :func:`declarative_base`.
    """

    def make(class_: type) -> Any:
        return declarative_base(cls=class_, name=class_.__name__, **keywords)

    return make


def declarative_mixin(cls: type[T]) -> type[T]:
    """Return *cls*: it says to readers that the class is a mixin."""
    return cls


def as_typed_table(cls: Any, typed_columns_cls: type[TypedColumns] | None = None) -> Any:
    """Return the table of the mapped class *cls*.

    *typed_columns_cls*, or the annotation ``__typed_cols__`` of *cls*, tells readers its columns::

        class UserColumns(User, TypedColumns):
            pass


        users = as_typed_table(User, UserColumns)
    """
    table = getattr(cls, "__table__", None)
    if table is None:
        raise ArgumentError(f"{cls!r} is not a mapped class")
    return table


def has_inherited_table(cls: type) -> bool:
    """True where a base of *cls* is mapped: for methods of mixins that name tables."""
    return any("__table__" in base.__dict__ for base in cls.__mro__[1:])
