"""The familiar import path of collections that are never loaded."""

from dovetail.orm.mapping.writers import WriteOnlyCollection

__all__ = [
    "WriteOnlyCollection",
]
