"""Mapping classes that have no table to the UNION of the tables below."""

from collections.abc import Mapping
from typing import Any

from dovetail.orm.mapping.concrete import AbstractConcreteBase
from dovetail.orm.mapping.mapper import Mapper, mapped_by


def is_abstract_concrete(class_: type) -> bool:
    """True for a class that stands right below :class:`AbstractConcreteBase`."""
    return AbstractConcreteBase in class_.__bases__


def map_to_union(registry: Any, class_: Any, relationships: Mapping[str, Any]) -> Mapper | None:
    """Map *class_*, which has *relationships*, to the UNION of the tables of the classes below.

    None where there are none.
    """
    below = [
        mapper
        for mapper in registry.ordered_mappers
        if issubclass(mapper.class_, class_) and mapper.inherits is None
    ]
    mappers = [
        one
        for mapper in below
        for one in mapper.self_and_descendants
        if one.polymorphic_identity is not None and not one.single
    ]
    if not mappers:
        return None
    name = class_._concrete_discriminator_name
    union = class_._create_polymorphic_union(mappers, name)
    shared = set.intersection(*(set(mapper.column_attrs.keys()) for mapper in below))
    known = {**class_.__dict__.get("__mapper_args__", {}), "with_polymorphic": ("*", union)}
    known.setdefault("polymorphic_on", union.c[name])
    if class_.strict_attrs:
        known["include_properties"] = [key for key in (*shared, name) if key in union.c]
    with mapped_by(registry, class_):
        mapper = Mapper(class_, union, relationships, **known)
    for key, prop in mapper.column_attrs.items():
        # For conditions of queries alone: rows of some of the classes have no such value.
        prop.deferred = key not in shared
    for one in below:
        mapper.take_below(one)
    mapper.forget()
    return mapper
