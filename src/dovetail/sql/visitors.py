"""Going through statements, at the familiar path: visiting, and copying with replacements."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .node import Node as _Node
from .traversal import (
    ClauseVisitor as ClauseVisitor, CloningVisitor as CloningVisitor,
    ReplacingCloningVisitor as ReplacingCloningVisitor, cloned_traverse as cloned_traverse,
    iterate as iterate, replacement_traverse as replacement_traverse, traverse as traverse,
    traverse_using as traverse_using,
)

ExternalTraversal = ClauseVisitor
ExternallyTraversible = _Node
Visitable = _Node
