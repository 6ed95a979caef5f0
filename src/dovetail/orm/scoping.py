"""The familiar import path of scoped sessions."""

from dovetail.orm.scoped import scoped_session

__all__ = [
    "scoped_session",
]
