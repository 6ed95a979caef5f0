"""The familiar import path of the tools for mapped classes and instances."""

from dovetail.orm.mapping.alias import AliasedClass, aliased
from dovetail.orm.mapping.bundle import Bundle
from dovetail.orm.mapping.parent import with_parent
from dovetail.orm.session import identity_key, object_state, was_deleted
from dovetail.orm.tools import class_mapper, object_mapper

__all__ = [
    "AliasedClass",
    "Bundle",
    "aliased",
    "class_mapper",
    "identity_key",
    "object_mapper",
    "object_state",
    "was_deleted",
    "with_parent",
]
