"""The familiar import path of mappers."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.mapper import Mapper as Mapper
from .mapping.registry import configure_mappers as configure_mappers
from .mapping.validation import reconstructor as reconstructor, validates as validates
from .tools import class_mapper as class_mapper, object_mapper as object_mapper
