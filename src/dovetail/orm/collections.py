"""The familiar import path of the collections of related instances."""

from dovetail.orm.tools import CollectionAdapter
from dovetail.orm.tracking.collections import InstrumentedDict, InstrumentedList, InstrumentedSet

__all__ = [
    "CollectionAdapter",
    "InstrumentedDict",
    "InstrumentedList",
    "InstrumentedSet",
]
