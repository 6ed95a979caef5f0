"""Going through statements, at the familiar path: visiting, and copying with replacements."""

from .node import Node as Visitable
from .traversal import (
    ClauseVisitor,
    CloningVisitor,
    ReplacingCloningVisitor,
    cloned_traverse,
    iterate,
    replacement_traverse,
    traverse,
    traverse_using,
)

ExternalTraversal = ClauseVisitor
ExternallyTraversible = Visitable

__all__ = [
    "ClauseVisitor",
    "CloningVisitor",
    "ExternalTraversal",
    "ExternallyTraversible",
    "ReplacingCloningVisitor",
    "Visitable",
    "cloned_traverse",
    "iterate",
    "replacement_traverse",
    "traverse",
    "traverse_using",
]
