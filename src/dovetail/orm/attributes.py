"""The familiar import path of the tools for attributes."""

from dovetail.orm.mapping.attribute import InstrumentedAttribute, QueryableAttribute
from dovetail.orm.tools import (
    del_attribute,
    flag_dirty,
    flag_modified,
    get_attribute,
    get_history,
    init_collection,
    instance_state,
    set_attribute,
    set_committed_value,
)
from dovetail.orm.tracking.history import History
from dovetail.orm.tracking.state import NO_VALUE

__all__ = [
    "NO_VALUE",
    "History",
    "InstrumentedAttribute",
    "QueryableAttribute",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "get_history",
    "init_collection",
    "instance_state",
    "set_attribute",
    "set_committed_value",
]
