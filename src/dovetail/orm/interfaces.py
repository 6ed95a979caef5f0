"""The familiar import path of the parts of a mapping and of loading."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .loading.options import LoaderOption as LoaderOption, UserDefinedOption as UserDefinedOption
from .mapping.attribute import (
    InstrumentedAttribute as InstrumentedAttribute, QueryableAttribute as QueryableAttribute,
)
from .mapping.comparing import PropComparator as PropComparator
from .mapping.join_condition import (
    MANYTOMANY as MANYTOMANY, MANYTOONE as MANYTOONE, ONETOMANY as ONETOMANY,
    RelationshipDirection as RelationshipDirection,
)
from .mapping.properties import MapperProperty as MapperProperty
from .session.classic import SessionExtension as SessionExtension
from .tracking.inspection_attr import (
    InspectionAttr as InspectionAttr, InspectionAttrExtensionType as InspectionAttrExtensionType,
    InspectionAttrInfo as InspectionAttrInfo, NotExtension as NotExtension,
)
