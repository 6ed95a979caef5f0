"""The familiar import path of the errors of mapping and sessions."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ..exc import (
    ConcurrentModificationError as ConcurrentModificationError,
    DetachedInstanceError as DetachedInstanceError, FlushError as FlushError,
    LazyLoadError as LazyLoadError, LoaderStrategyException as LoaderStrategyException,
    MappedAnnotationError as MappedAnnotationError, MappingError as MappingError,
    MultipleResultsFound as MultipleResultsFound, NoResultFound as NoResultFound,
    ObjectDeletedError as ObjectDeletedError, ObjectDereferencedError as ObjectDereferencedError,
    StaleDataError as StaleDataError, UnmappedClassError as UnmappedClassError,
    UnmappedColumnError as UnmappedColumnError, UnmappedError as UnmappedError,
    UnmappedInstanceError as UnmappedInstanceError,
)
