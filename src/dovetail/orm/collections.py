"""The familiar import path of the collections of related instances."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .tools import collection_adapter as collection_adapter
from .tracking.collection_attribute import CollectionAdapter as CollectionAdapter
from .tracking.collections import (
    InstrumentedDict as InstrumentedDict, InstrumentedList as InstrumentedList,
    InstrumentedSet as InstrumentedSet,
)
from .tracking.custom import collection as collection
from .tracking.keyed import (
    KeyFuncDict as KeyFuncDict, MappedCollection as MappedCollection,
    attribute_keyed_dict as attribute_keyed_dict, column_keyed_dict as column_keyed_dict,
    keyfunc_mapping as keyfunc_mapping,
)

attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
mapped_collection = keyfunc_mapping
