"""Views of elements in general, those of the user's own among them."""

from __future__ import annotations

from ...sql.node import Node
from ...sql.traversal import children
from ..traversals import parts_of
from .table import Views

views = Views()


def _declared(cls: type[Node], /, **options: object) -> None:
    """Take from ``_traverse_internals`` what elements of a class of the user's own hold."""
    super(Node, cls).__init_subclass__(**options)
    internals = vars(cls).get("_traverse_internals")
    if internals is not None and "parts" not in vars(cls):
        cls.parts = parts_of(internals)


views.values(Node, __init_subclass__=classmethod(_declared))


@views.method(Node)
def get_children(node: Node) -> list[Node]:
    """Return the elements that *node* holds directly."""
    return list(children(node))
