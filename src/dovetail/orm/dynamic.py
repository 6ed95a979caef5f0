"""The familiar import path of collections that are queries."""

from dovetail.orm.mapping.writers import AppenderQuery

__all__ = [
    "AppenderQuery",
]
