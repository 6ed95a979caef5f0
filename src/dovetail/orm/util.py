"""The familiar import path of the tools for mapped classes and instances."""

from dovetail.orm.loading.criteria import LoaderCriteriaOption
from dovetail.orm.loading.joins import join, outerjoin
from dovetail.orm.mapping.alias import AliasedClass, AliasedInsp, aliased, with_polymorphic
from dovetail.orm.mapping.bundle import Bundle, DictBundle
from dovetail.orm.mapping.parent import with_parent
from dovetail.orm.mapping.polymorphic import polymorphic_union
from dovetail.orm.mapping.relationship import CascadeOptions
from dovetail.orm.session import identity_key, object_state, was_deleted
from dovetail.orm.session.instances import has_identity
from dovetail.orm.tools import class_mapper, object_mapper

__all__ = [
    "AliasedClass",
    "AliasedInsp",
    "Bundle",
    "CascadeOptions",
    "DictBundle",
    "LoaderCriteriaOption",
    "aliased",
    "class_mapper",
    "has_identity",
    "identity_key",
    "join",
    "object_mapper",
    "object_state",
    "outerjoin",
    "polymorphic_union",
    "was_deleted",
    "with_parent",
    "with_polymorphic",
]
