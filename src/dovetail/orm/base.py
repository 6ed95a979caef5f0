"""The familiar import path of what all parts of a mapping have in common."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.annotations import (
    DynamicMapped as DynamicMapped, Mapped as Mapped, WriteOnlyMapped as WriteOnlyMapped,
)
from .mapping.events import (
    EXT_CONTINUE as EXT_CONTINUE, EXT_SKIP as EXT_SKIP, EXT_STOP as EXT_STOP,
    EventConstants as EventConstants, NO_KEY as NO_KEY,
)
from .mapping.join_condition import (
    MANYTOMANY as MANYTOMANY, MANYTOONE as MANYTOONE, ONETOMANY as ONETOMANY,
    RelationshipDirection as RelationshipDirection,
)
from .session.instances import object_state as object_state
from .tools import class_mapper as class_mapper, object_mapper as object_mapper
from .tracking.inspection_attr import (
    InspectionAttr as InspectionAttr, InspectionAttrExtensionType as InspectionAttrExtensionType,
    InspectionAttrInfo as InspectionAttrInfo, NotExtension as NotExtension,
)
from .tracking.passive import (
    ATTR_EMPTY as ATTR_EMPTY, ATTR_WAS_SET as ATTR_WAS_SET,
    LoaderCallableStatus as LoaderCallableStatus, NO_VALUE as NO_VALUE,
    PASSIVE_MERGE as PASSIVE_MERGE, PASSIVE_NO_FETCH as PASSIVE_NO_FETCH,
    PASSIVE_NO_FETCH_RELATED as PASSIVE_NO_FETCH_RELATED,
    PASSIVE_NO_INITIALIZE as PASSIVE_NO_INITIALIZE, PASSIVE_NO_RESULT as PASSIVE_NO_RESULT,
    PASSIVE_OFF as PASSIVE_OFF, PASSIVE_ONLY_PERSISTENT as PASSIVE_ONLY_PERSISTENT,
    PASSIVE_RETURN_NO_VALUE as PASSIVE_RETURN_NO_VALUE, PassiveFlag as PassiveFlag,
)
