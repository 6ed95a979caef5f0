"""The familiar import path of dictionaries of related instances."""

from dovetail.orm.tracking.keyed import (
    KeyFuncDict,
    KeyFuncDict as MappedCollection,
    attribute_keyed_dict,
    attribute_keyed_dict as attribute_mapped_collection,
    column_keyed_dict,
    column_keyed_dict as column_mapped_collection,
    keyfunc_mapping,
    keyfunc_mapping as mapped_collection,
)

__all__ = [
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]
