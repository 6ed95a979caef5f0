"""The familiar import path of the unit of work."""

from dovetail.orm.flush.context import FlushContext as UOWTransaction

__all__ = [
    "UOWTransaction",
]
