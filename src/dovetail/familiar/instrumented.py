"""Functions that ask how classes and instances are instrumented."""

from __future__ import annotations

from typing import Any

from ..exc import UnmappedClassError
from ..orm.mapping.class_manager import ClassManager
from ..orm.mapping.mapper import mapper_of


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
