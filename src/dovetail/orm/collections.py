"""The familiar import path of the collections of related instances."""

from dovetail.orm.tools import collection_adapter
from dovetail.orm.tracking.collection_attribute import CollectionAdapter
from dovetail.orm.tracking.collections import InstrumentedDict, InstrumentedList, InstrumentedSet
from dovetail.orm.tracking.custom import collection
from dovetail.orm.tracking.keyed import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_keyed_dict as attribute_mapped_collection,
    column_keyed_dict,
    column_keyed_dict as column_mapped_collection,
    keyfunc_mapping,
    keyfunc_mapping as mapped_collection,
)

__all__ = [
    "CollectionAdapter",
    "InstrumentedDict",
    "InstrumentedList",
    "InstrumentedSet",
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "collection",
    "collection_adapter",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]
