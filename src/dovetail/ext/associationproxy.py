"""Attributes that show an attribute of related instances as if it were their own.

::

    class User(Base):
        __tablename__ = "user_account"
        id: Mapped[int] = mapped_column(primary_key=True)
        tags: Mapped[list["Tag"]] = relationship()
        tag_names: AssociationProxy[list[str]] = association_proxy(
            "tags", "name", creator=lambda name: Tag(name=name)
        )


    user.tag_names.append("python")  # user.tags has a new Tag
    select(User).where(User.tag_names == "python")  # EXISTS
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from ..exc import ArgumentError, InvalidRequestError
from ..inspection import inspects_itself
from ..orm.mapping.alias import AliasedClass
from ..orm.mapping.attribute import RelationshipReference
from ..orm.mapping.mapper import mapper_of
from ..orm.mapping.properties import only_dataclass_options
from ..orm.tracking.inspection_attr import InspectionAttrExtensionType, InspectionAttrInfo
from ..sql import operators as ops
from ..sql.expression.elements import or_
from ..sql.expression.operating import Operating
from ..sql.expression.selecting import not_
from .association_collections import (
    KINDS,
    LazyCollection,
    _AssociationCollection,
    _AssociationDict,
    _AssociationList,
    _AssociationSet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sql.operators import Operator

__all__ = [
    "ASSOCIATION_PROXY",
    "AssociationProxy",
    "AssociationProxyExtensionType",
    "AssociationProxyInstance",
    "_AssociationCollection",
    "_AssociationDict",
    "_AssociationList",
    "_AssociationSet",
    "association_proxy",
]

T = TypeVar("T")


class AssociationProxyExtensionType(InspectionAttrExtensionType):
    """What kind of attribute an association proxy is."""

    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"


ASSOCIATION_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


def association_proxy(
    target_collection: str,
    attr: str,
    *,
    creator: Callable[..., Any] | None = None,
    getset_factory: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    proxy_factory: Callable[..., Any] | None = None,
    proxy_bulk_set: Callable[[Any, Any], None] | None = None,
    info: dict[Any, Any] | None = None,
    cascade_scalar_deletes: bool = False,
    create_on_none_assignment: bool = False,
    **options: object,
) -> AssociationProxy[Any]:
    """Return an attribute that shows *attr* of what the relationship *target_collection* leads to.

    ``creator``                    makes the related instance for a value (for a key and a value in
                                   a dictionary); its class unless given
    ``cascade_scalar_deletes``     a reference is emptied when None is set, or the value deleted
    ``create_on_none_assignment``  None makes a related instance too, where there is none
    ``getset_factory``             called with the collection class and the proxy; returns the
                                   functions that read and write the value of an instance
    ``proxy_factory``              makes the collection; ``proxy_bulk_set`` fills it

    *attr* may be a relationship, or an association proxy itself::

        tag_names = association_proxy("tags", "name")

    In a mapped dataclass it is a field, with the *options* of one: ``init=False``, ``default``,
    and their like.
    """
    made: AssociationProxy[Any] = AssociationProxy(
        target_collection,
        attr,
        creator=creator,
        getset_factory=getset_factory,
        proxy_factory=proxy_factory,
        proxy_bulk_set=proxy_bulk_set,
        info=info,
        cascade_scalar_deletes=cascade_scalar_deletes,
        create_on_none_assignment=create_on_none_assignment,
    )
    made.dataclass_options = only_dataclass_options("association_proxy", options)
    return made


class AssociationProxy(InspectionAttrInfo, Generic[T]):
    """An association proxy as declared: see :func:`association_proxy`."""

    extension_type: ClassVar[InspectionAttrExtensionType] = ASSOCIATION_PROXY
    is_attribute: ClassVar[bool] = True
    dataclass_options: Mapping[str, Any] = {}

    def __init__(
        self,
        target_collection: str,
        attr: str,
        *,
        creator: Callable[..., Any] | None = None,
        getset_factory: Callable[[Any, Any], tuple[Any, Any]] | None = None,
        proxy_factory: Callable[..., Any] | None = None,
        proxy_bulk_set: Callable[[Any, Any], None] | None = None,
        info: dict[Any, Any] | None = None,
        cascade_scalar_deletes: bool = False,
        create_on_none_assignment: bool = False,
    ) -> None:
        if cascade_scalar_deletes and create_on_none_assignment:
            raise ArgumentError(
                "cascade_scalar_deletes and create_on_none_assignment contradict each other",
                hint="give one of them: None either empties the reference or makes an instance",
            )
        self.target_collection = target_collection
        self.value_attr = attr
        self.key = f"_{target_collection}_{attr}"
        self.creator = creator
        self.getset_factory = getset_factory
        self.proxy_factory = proxy_factory
        self.proxy_bulk_set = proxy_bulk_set
        self.info: dict[Any, Any] = dict(info or {})
        self.cascade_scalar_deletes = cascade_scalar_deletes
        self.create_on_none_assignment = create_on_none_assignment

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = name

    def __repr__(self) -> str:
        return f"AssociationProxy({self.target_collection!r}, {self.value_attr!r})"

    @overload
    def __get__(self, instance: None, owner: type[Any] | None) -> AssociationProxyInstance[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        if instance is not None:
            return self.for_class(type(instance)).get(instance)
        if mapper_of(owner) is None and not isinstance(owner, AliasedClass):
            return self  # on a mixin
        return self.for_class(owner)

    def __set__(self, instance: object, value: T) -> None:
        self.for_class(type(instance)).set(instance, value)

    def __delete__(self, instance: object) -> None:
        self.for_class(type(instance)).delete(instance)

    def for_class(self, class_: object, obj: object = None) -> AssociationProxyInstance[T]:
        """The proxy as an attribute of *class_*, a mapped class or an alias of one."""
        if isinstance(class_, AliasedClass):
            return AssociationProxyInstance(self, class_)
        mapper = mapper_of(class_)
        if mapper is None:
            raise InvalidRequestError(
                f"{self!r} is an attribute of {class_!r}, which is not mapped"
            )
        found: AssociationProxyInstance[T] | None = mapper.memo.get(self)
        if found is None:
            found = mapper.memo[self] = AssociationProxyInstance(self, class_)
        return found


class AssociationProxyInstance(Operating, Generic[T]):
    """An association proxy of one class, or of an alias.

    ``parent``             the AssociationProxy
    ``owning_class``       the class, or the alias
    ``target_class``       what the relationship leads to
    ``scalar``             True where it leads to one row
    ``local_attr``         the relationship, ``remote_attr`` what is shown of the related class
    """

    def __init__(self, parent: AssociationProxy[Any], owning_class: Any) -> None:
        self.parent = parent
        self.owning_class = owning_class
        self.target_collection = parent.target_collection
        self.value_attr = parent.value_attr
        self.key = parent.key
        # An alias has it, as a class has.
        mapper: Any = owning_class.__statement_entity__.mapper
        mapper.configure()
        prop: Any = mapper.get_property(self.target_collection)
        if not prop.is_relationship:
            raise InvalidRequestError(
                f"{mapper.class_.__name__}.{self.key} is a proxy of {prop}, no relationship",
                hint="association_proxy() goes by the name of a relationship",
            )
        self.prop = prop
        self.target_class: Any = prop.mapper.class_
        self.scalar = not prop.uselist
        self._creator: Any = parent.creator or self.target_class

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.parent!r})"

    @property
    def info(self) -> dict[Any, Any]:
        """The user's notes on the proxy."""
        return self.parent.info

    @property
    def collection_class(self) -> Any:
        """list, set or dict; None where the relationship leads to one row."""
        return None if self.scalar else self.prop.impl.kind.kind

    @property
    def local_attr(self) -> Any:
        """The relationship as an attribute of the owning class."""
        return getattr(self.owning_class, self.target_collection)

    @property
    def remote_attr(self) -> Any:
        """What is shown, as an attribute of the related class."""
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self) -> tuple[Any, Any]:
        """``local_attr`` and ``remote_attr``."""
        return self.local_attr, self.remote_attr

    # On instances ---------------------------------------------------------------------------------

    def _getset(self) -> tuple[Any, Any]:
        kind = self.collection_class
        if self.parent.getset_factory is not None:
            return self.parent.getset_factory(kind, self)
        return self._default_getset(kind)

    def _default_getset(self, collection_class: Any) -> tuple[Any, Any]:
        name = self.value_attr

        def read(target: object) -> Any:
            return None if target is None else getattr(target, name)

        def write(target: object, value: object) -> None:
            setattr(target, name, value)

        def write_by_key(target: object, key: object, value: object) -> None:
            setattr(target, name, value)

        return read, write_by_key if collection_class is dict else write

    def get(self, obj: object) -> Any:
        """The value, or the collection of values, of *obj*."""
        if self.scalar:
            return self._getset()[0](getattr(obj, self.target_collection))
        lazy = LazyCollection(obj, self.target_collection)
        if self.parent.proxy_factory is not None:
            return self.parent.proxy_factory(lazy, self._creator, self.value_attr, self)
        return KINDS[self.collection_class](lazy, self._creator, *self._getset(), self)

    def set(self, obj: Any, values: Any) -> None:
        """Set the value, or replace the collection of values, of *obj*."""
        if self.scalar:
            self._set_scalar(obj, values)
            return
        lazy = getattr(values, "lazy_collection", None)
        if isinstance(lazy, LazyCollection) and lazy.parent is obj and values.parent is self:
            return  # user.names += [...] has changed it already
        proxy = self.get(obj)
        if isinstance(values, _AssociationCollection):
            values = values.copy()  # type: ignore[attr-defined]
        proxy.replace_all(values)

    def _set_scalar(self, obj: object, value: object) -> None:
        target = getattr(obj, self.target_collection)
        if target is None:
            if value is not None or self.parent.create_on_none_assignment:
                setattr(obj, self.target_collection, self._creator(value))
            return
        self._getset()[1](target, value)
        if value is None and self.parent.cascade_scalar_deletes:
            setattr(obj, self.target_collection, None)

    def delete(self, obj: object) -> None:
        """Delete the value of *obj*, and empty the relationship."""
        if not self.scalar:
            self.get(obj).clear()
        else:
            target = getattr(obj, self.target_collection)
            if target is None:
                raise AttributeError(f"{type(obj).__name__} object has no value for {self.key!r}")
            delattr(target, self.value_attr)
            delattr(obj, self.target_collection)

    def fill(self, proxy: Any, values: Sequence[Any]) -> None:
        """Put *values* into *proxy*, a collection of this."""
        if self.parent.proxy_bulk_set is not None:
            self.parent.proxy_bulk_set(proxy, values)
        elif self.collection_class is list:
            proxy.extend(values)
        else:
            proxy.update(values)

    # In statements ------------------------------------------------------------------------------

    def __clause_element__(self) -> Any:
        raise ArgumentError(
            f"{self!r} stands for rows of another table: it can be compared, and not selected",
            hint=f"select {self.target_class.__name__}.{self.value_attr} and join "
            f"{self.target_collection!r}",
        )

    @property
    def _is_object(self) -> bool:
        return isinstance(self.remote_attr, RelationshipReference)

    @property
    def _leads_to_many(self) -> bool:
        """Whether there is a collection on the way."""
        remote = self.remote_attr
        if isinstance(remote, AssociationProxyInstance):
            return not self.scalar or remote._leads_to_many
        return not self.scalar or (self._is_object and bool(remote.prop.uselist))

    def _exists(self, criterion: object = None, values: dict[str, Any] | None = None) -> Any:
        local = self.local_attr
        return (local.has if self.scalar else local.any)(criterion, **(values or {}))

    def _end_exists(self, criterion: object, values: dict[str, Any]) -> Any:
        """EXISTS: what is shown, and fulfils the criteria."""
        remote = self.remote_attr
        if isinstance(remote, AssociationProxyInstance):
            return self._exists(remote._end_exists(criterion, values))
        if self._is_object:
            end = remote.any if remote.prop.uselist else remote.has
            return self._exists(end(criterion, **values))
        return self._exists(criterion, values)

    def any(self, criterion: object = None, **kwargs: object) -> Any:
        """EXISTS: a related instance, in a collection, that fulfils the criteria."""
        if not self._leads_to_many:
            raise InvalidRequestError(
                f"{self!r} leads to one row: any() is for collections", hint="use has()"
            )
        return self._end_exists(criterion, kwargs)

    def has(self, criterion: object = None, **kwargs: object) -> Any:
        """EXISTS: the related instance, and it fulfils the criteria."""
        if self._leads_to_many:
            raise InvalidRequestError(
                f"{self!r} leads to a collection: has() is for references to one row",
                hint="use any()",
            )
        return self._end_exists(criterion, kwargs)

    def contains(self, other: object, **kwargs: object) -> Any:
        """EXISTS: *other* is among the related instances; of texts, one that contains *other*."""
        remote = self.remote_attr
        if self._is_object:
            if not self._leads_to_many:
                raise InvalidRequestError(
                    f"{self!r} leads to one row: contains() is for collections", hint="use =="
                )
            return self._exists(remote.contains(other) if remote.prop.uselist else remote == other)
        if isinstance(remote, AssociationProxyInstance):
            return self._exists(
                remote.contains(other) if remote._leads_to_many else remote == other
            )
        return self._exists(remote.contains(other, **kwargs))

    def operate(self, op: Operator, *other: object, **kwargs: object) -> Any:
        """EXISTS: a related row whose value compares with *other* by *op*."""
        if op not in (ops.EQ, ops.NE):
            if self._is_object:
                raise InvalidRequestError(
                    f"{self!r} leads to instances: they are not compared by {op.name!r}",
                    hint="compare one of their columns: any(Keyword.word > 'a')",
                )
            return self._exists(_applied(self.remote_attr, op, other, kwargs))
        if self._is_object and self._leads_to_many:
            raise InvalidRequestError(
                f"{self!r} is a collection: it can't be compared with == or !=",
                hint="use contains(instance)",
            )
        compared = _applied(self.remote_attr, op, other, kwargs)
        if op is ops.EQ and other[0] is None:
            # There is no value where there is nothing that has one.
            return or_(self._exists(compared), not_(self._exists()))
        return self._exists(compared)

    def reverse_operate(self, op: Operator, other: object, **kwargs: object) -> Any:
        """EXISTS: a related row for which *other op value* is true."""
        return self._exists(self.remote_attr.reverse_operate(op, other, **kwargs))

    __hash__ = object.__hash__


inspects_itself(AssociationProxyInstance)


def _applied(attribute: Any, op: Operator, other: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """*op* applied to *attribute* and *other*."""
    if op is ops.EQ:
        return attribute == other[0]
    if op is ops.NE:
        return attribute != other[0]
    return op(attribute, *other, **kwargs)
