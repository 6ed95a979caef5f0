"""The familiar import path of mappers."""

from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.registry import configure_mappers
from dovetail.orm.mapping.validation import reconstructor, validates
from dovetail.orm.tools import class_mapper, object_mapper

__all__ = [
    "Mapper",
    "class_mapper",
    "configure_mappers",
    "object_mapper",
    "reconstructor",
    "validates",
]
