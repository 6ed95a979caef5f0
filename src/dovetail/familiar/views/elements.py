"""Views of elements in general, those of the user's own among them."""

from __future__ import annotations

from ...sql.elements import ColumnElement
from ...sql.expression.derived import Values
from ...sql.expression.from_clause import AliasedFrom
from ...sql.expression.select_base import SelectBase
from ...sql.expression.table_clause import TableClause
from ...sql.node import Node
from ...sql.selectable import FromClause, Join
from ...sql.traversal import NEVER_COPIED, Replacing, children
from ..cache_keys import CacheKey
from ..traversals import InternalTraversal, collecting, parts_of
from .table import Views

views = Views()


def _declared(cls: type[Node], /, **options: object) -> None:
    """Take from ``_traverse_internals`` what elements of a class of the user's own hold."""
    super(Node, cls).__init_subclass__(**options)
    internals = vars(cls).get("_traverse_internals")
    if internals is None or "parts" in vars(cls):
        return
    if cls.collect is Node.collect or "collect" in vars(cls):
        cls.parts = parts_of(internals)
        type.__setattr__(cls, "collect", collecting(internals))
        return
    # One of dovetail's own elements with more to it.
    known = getattr(super(cls, cls), "_traverse_internals", [])
    added = [each for each in internals if each not in known]
    cls.parts = (*cls.parts, *parts_of(added))
    type.__setattr__(cls, "collect", collecting(added, cls.collect))


views.values(Node, __init_subclass__=classmethod(_declared))
views.values(
    Join,
    _traverse_internals=[
        ("left", InternalTraversal.dp_clauseelement),
        ("right", InternalTraversal.dp_clauseelement),
        ("onclause", InternalTraversal.dp_clauseelement),
        ("isouter", InternalTraversal.dp_boolean),
        ("full", InternalTraversal.dp_boolean),
    ],
)


@views.method(Node)
def _generate_cache_key(node: Node) -> CacheKey:
    """Return what tells a statement, or a part of one, from others."""
    return CacheKey.of(node)


views.values(
    Node,
    description=None,
    is_clause_element=True,
    is_dml=False,
    is_selectable=False,
    named_with_column=False,
    stringify_dialect="default",
    uses_inspection=False,
)
views.values(FromClause, SelectBase, is_selectable=True)
views.values(AliasedFrom, TableClause, Values, named_with_column=True)
views.values(ColumnElement, timetuple=None)


@views.method(Node)
def self_group(node: Node, *_: object, **__: object) -> Node:
    """Return *node*, which needs no parentheses: expressions have a method of their own."""
    return node


@views.method(Node)
def get_children(node: Node) -> list[Node]:
    """Return the elements that *node* holds directly."""
    return list(children(node))


@views.method(Node)
def _clone(node: Node, **options: object) -> Node:
    """Return a copy of *node*, which the caller may change; tables and columns are themselves."""
    return node if node.__visit_name__ in NEVER_COPIED else node._twin()


@views.method(Node)
def _copy_internals(node: Node, **options: object) -> None:
    """Let *node*, a copy, hold copies of the elements that it holds directly."""
    copying = Replacing(_clone)
    for name in node.parts:
        setattr(node, name, copying.value(getattr(node, name, None)))
