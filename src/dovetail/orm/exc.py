"""The familiar import path of the errors of mapping and sessions."""

from dovetail.exc import (
    ConcurrentModificationError,
    DetachedInstanceError,
    FlushError,
    LazyLoadError,
    LoaderStrategyException,
    MappedAnnotationError,
    MappingError,
    MultipleResultsFound,
    NoResultFound,
    ObjectDeletedError,
    ObjectDereferencedError,
    StaleDataError,
    UnmappedClassError,
    UnmappedColumnError,
    UnmappedError,
    UnmappedInstanceError,
)

__all__ = [
    "ConcurrentModificationError",
    "DetachedInstanceError",
    "FlushError",
    "LazyLoadError",
    "LoaderStrategyException",
    "MappedAnnotationError",
    "MappingError",
    "MultipleResultsFound",
    "NoResultFound",
    "ObjectDeletedError",
    "ObjectDereferencedError",
    "StaleDataError",
    "UnmappedClassError",
    "UnmappedColumnError",
    "UnmappedError",
    "UnmappedInstanceError",
]
