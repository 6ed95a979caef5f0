"""The familiar import path of what all parts of a mapping have in common."""

from dovetail.orm.mapping.annotations import DynamicMapped, Mapped, WriteOnlyMapped
from dovetail.orm.mapping.events import EXT_CONTINUE, EXT_SKIP, EXT_STOP, NO_KEY, EventConstants
from dovetail.orm.mapping.join_condition import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    RelationshipDirection,
)
from dovetail.orm.session.instances import object_state
from dovetail.orm.tools import class_mapper, object_mapper
from dovetail.orm.tracking.passive import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    NO_VALUE,
    PASSIVE_MERGE,
    PASSIVE_NO_FETCH,
    PASSIVE_NO_FETCH_RELATED,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    PASSIVE_ONLY_PERSISTENT,
    PASSIVE_RETURN_NO_VALUE,
    LoaderCallableStatus,
    PassiveFlag,
)

__all__ = [
    "ATTR_EMPTY",
    "ATTR_WAS_SET",
    "EXT_CONTINUE",
    "EXT_SKIP",
    "EXT_STOP",
    "MANYTOMANY",
    "MANYTOONE",
    "NO_KEY",
    "NO_VALUE",
    "ONETOMANY",
    "PASSIVE_MERGE",
    "PASSIVE_NO_FETCH",
    "PASSIVE_NO_FETCH_RELATED",
    "PASSIVE_NO_INITIALIZE",
    "PASSIVE_NO_RESULT",
    "PASSIVE_OFF",
    "PASSIVE_ONLY_PERSISTENT",
    "PASSIVE_RETURN_NO_VALUE",
    "DynamicMapped",
    "EventConstants",
    "LoaderCallableStatus",
    "Mapped",
    "PassiveFlag",
    "RelationshipDirection",
    "WriteOnlyMapped",
    "class_mapper",
    "object_mapper",
    "object_state",
]
