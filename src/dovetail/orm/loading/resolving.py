"""Parts of statements with tables and columns in place of mapped classes and attributes."""

from typing import Any

from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.sql.from_clause import Join
from dovetail.sql.node import Node
from dovetail.sql.traversal import Replacing


def _placed(node: Node) -> Node | None:
    if isinstance(node, QueryableAttribute):
        column: Node = node.column
        return column
    if isinstance(node, EntityNode):
        selectable: Node = node.selectable
        return selectable
    if getattr(node, "is_select_statement", False):
        core: Node = node.as_core()  # type: ignore[attr-defined]
        return core
    if getattr(node, "is_from", False) and not isinstance(node, Join):
        return node
    return None


def resolving() -> Any:
    """A function that gives a part of a statement with tables and columns for entities."""
    return Replacing(_placed).value
