"""The familiar import path of the tools for mapped classes and instances."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .loading.criteria import LoaderCriteriaOption as LoaderCriteriaOption
from .loading.joins import join as join, outerjoin as outerjoin
from .mapping.alias import (
    AliasedClass as AliasedClass, AliasedInsp as AliasedInsp, aliased as aliased,
    with_polymorphic as with_polymorphic,
)
from .mapping.bundle import Bundle as Bundle, DictBundle as DictBundle
from .mapping.cascades import CascadeOptions as CascadeOptions
from .mapping.parent import with_parent as with_parent
from .mapping.polymorphic import polymorphic_union as polymorphic_union
from .session import (
    identity_key as identity_key, object_state as object_state, was_deleted as was_deleted,
)
from .session.instances import has_identity as has_identity
from .tools import class_mapper as class_mapper, object_mapper as object_mapper
