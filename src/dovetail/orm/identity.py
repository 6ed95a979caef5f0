"""The familiar import path of the identity map."""

from dovetail.orm.tracking.identity import IdentityMap

__all__ = [
    "IdentityMap",
]
