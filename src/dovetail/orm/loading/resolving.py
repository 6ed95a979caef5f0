"""Parts of statements with tables and columns in place of mapped classes and attributes."""

from typing import Any

from dovetail.orm.loading.wholes import Wholes
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.sql.expression.from_clause import Join
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


def resolving(wholes: Wholes | None = None) -> Any:
    """A function that gives a part of a statement with tables and columns for entities.

    *wholes* has what classes below are read from in this statement, if that is not their own.
    """
    if wholes is None:
        return Replacing(_placed).value

    def placed(node: Node) -> Node | None:
        found = wholes.place(node)
        if found is None:
            found = _placed(node)
            if found is not None and getattr(node, "is_select_statement", False):
                found = wholes.adapted(found)
        return found

    return Replacing(placed).value
