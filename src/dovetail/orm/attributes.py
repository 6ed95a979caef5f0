"""The familiar import path of the tools for attributes."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.attribute import (
    InstrumentedAttribute as InstrumentedAttribute, QueryableAttribute as QueryableAttribute,
)
from .tools import (
    del_attribute as del_attribute, flag_dirty as flag_dirty, flag_modified as flag_modified,
    get_attribute as get_attribute, get_history as get_history,
    get_state_history as get_state_history, has_parent as has_parent,
    init_collection as init_collection, init_state_collection as init_state_collection,
    instance_state as instance_state, set_attribute as set_attribute,
    set_committed_value as set_committed_value,
)
from .tracking.history import History as History, NO_HISTORY as _NO_HISTORY
from .tracking.passive import (
    ATTR_EMPTY as ATTR_EMPTY, ATTR_WAS_SET as ATTR_WAS_SET,
    LoaderCallableStatus as LoaderCallableStatus, NO_VALUE as NO_VALUE,
    PASSIVE_NO_FETCH as PASSIVE_NO_FETCH, PASSIVE_NO_FETCH_RELATED as PASSIVE_NO_FETCH_RELATED,
    PASSIVE_NO_INITIALIZE as PASSIVE_NO_INITIALIZE, PASSIVE_NO_RESULT as PASSIVE_NO_RESULT,
    PASSIVE_OFF as PASSIVE_OFF, PASSIVE_ONLY_PERSISTENT as PASSIVE_ONLY_PERSISTENT,
    PASSIVE_RETURN_NO_VALUE as PASSIVE_RETURN_NO_VALUE, PassiveFlag as PassiveFlag,
)
from .tracking.told import (
    OP_APPEND as OP_APPEND, OP_BULK_REPLACE as OP_BULK_REPLACE, OP_MODIFIED as OP_MODIFIED,
    OP_REMOVE as OP_REMOVE, OP_REPLACE as OP_REPLACE, Initiator as _Initiator,
)

AttributeEventToken = _Initiator
HISTORY_BLANK = _NO_HISTORY
