"""The registry with which classes are mapped that have no base, or one made by it."""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from dovetail.orm.mapping.composite import composite
from dovetail.orm.mapping.dataclass import chosen, make_dataclass
from dovetail.orm.mapping.declarative import generate_base
from dovetail.orm.mapping.declaring import mapped
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.properties import column_property, deferred, mapped_column
from dovetail.orm.mapping.registry import Registry
from dovetail.orm.mapping.relationship import relationship
from dovetail.orm.mapping.synonym import synonym

T = TypeVar("T")


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
