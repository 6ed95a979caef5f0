"""Functions that ask how classes and instances are instrumented."""

from __future__ import annotations

from typing import Any

from ..exc import InvalidRequestError, UnmappedClassError
from ..inspection import inspect
from ..orm.mapping.alias import AliasedClass, AliasedInsp
from ..orm.mapping.class_manager import ClassManager
from ..orm.mapping.mapper import Mapper, mapper_of
from ..orm.tracking.state import InstanceState


def opt_manager_of_class(class_: object) -> ClassManager[Any] | None:
    """Return the manager of the mapped class *class_*, or None."""
    mapper = mapper_of(class_)
    return None if mapper is None else mapper.class_manager


def manager_of_class(class_: type) -> ClassManager[Any]:
    """Return the manager of *class_*.

    :raises UnmappedClassError: it is not mapped
    """
    found = opt_manager_of_class(class_)
    if found is None:
        raise UnmappedClassError(class_)
    return found


def instance_dict(instance: object) -> dict[str, Any]:
    """Return the values that *instance* holds."""
    return instance.__dict__


def state_str(state: InstanceState | None) -> str:
    """Return the class and the address of the instance of *state*, for messages."""
    if state is None:
        return "None"
    return f"<{state.class_.__name__} at {id(state.obj()):#x}>"


def state_class_str(state: InstanceState | None) -> str:
    """Return the class of the instance of *state*, for messages."""
    return "None" if state is None else f"<{state.class_.__name__}>"


def instance_str(instance: object) -> str:
    """Return the class and the address of *instance*, for messages."""
    return state_str(inspect(instance))


def attribute_str(instance: object, attribute: str) -> str:
    """Return *instance* with the name of an attribute, for messages."""
    return f"{instance_str(instance)}.{attribute}"


def state_attribute_str(state: InstanceState, attribute: str) -> str:
    """Return the instance of *state* with the name of an attribute, for messages."""
    return f"{state_str(state)}.{attribute}"


def is_mapped_class(given: object) -> bool:
    """Return whether *given* is a mapped class, an alias of one, or its mapper."""
    if isinstance(given, Mapper | AliasedClass | AliasedInsp):
        return True
    return isinstance(given, type) and mapper_of(given) is not None


def inspect_mapped_class(class_: object, configure: bool = False) -> Mapper | None:
    """Return the mapper of *class_*, or None; *configure* configures the mapping."""
    mapper = mapper_of(class_) if isinstance(class_, type) else None
    if mapper is not None and configure:
        mapper.configure()
    return mapper


def inspect_mapped_object(instance: object) -> InstanceState | None:
    """Return the state of *instance*, or None where its class is not mapped."""
    found: object = inspect(instance, raiseerr=False)
    return found if isinstance(found, InstanceState) else None


def class_to_mapper(given: object) -> Mapper:
    """Return the mapper of a mapped class, of an alias, or itself.

    :raises UnmappedClassError: it is none of these
    """
    if not is_mapped_class(given):
        raise UnmappedClassError(given if isinstance(given, type) else type(given))
    found: Mapper = given if isinstance(given, Mapper) else inspect(given).mapper
    return found


def entity_descriptor(entity: object, key: str) -> object:
    """Return the attribute *key* of a mapped class, an alias, or what ``inspect()`` tells of one.

    :raises InvalidRequestError: there is none
    """
    holder = entity.class_ if isinstance(entity, Mapper) else entity
    holder = holder.entity if isinstance(holder, AliasedInsp) else holder
    try:
        return getattr(holder, key)
    except AttributeError:
        raise InvalidRequestError(f"{entity!r} has no attribute {key!r}") from None
