"""Names of classes in declarations, as programs resolve them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..orm.mapping.resolving import Resolver

if TYPE_CHECKING:
    from ..orm.mapping.relationship import RelationshipProperty


class ClassResolver:
    """Called, it is the class that the text ``arg`` names in the declaration of *prop*."""

    def __init__(self, prop: RelationshipProperty, arg: str) -> None:
        self.prop = prop
        self.arg = arg

    def __call__(self) -> Any:
        """Return the class; InvalidRequestError where none is called so."""
        return Resolver(self.prop.parent.registry).named(self.arg, self.prop)
