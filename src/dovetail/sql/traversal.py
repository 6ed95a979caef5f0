"""Going through statements: visiting, and copying with replacements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .node import Node

N = TypeVar("N", bound=Node)
Replacement = Callable[[Node], Node | None]


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes that *node* holds directly."""
    for name in node.parts:
        yield from _nodes(getattr(node, name, None))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _nodes(key)
            yield from _nodes(item)
    elif value is not None and not isinstance(value, str):
        contained = getattr(value, "contained_nodes", None)
        if contained is not None:
            yield from contained()


def iterate(node: Node) -> Iterator[Node]:
    """Yield *node* and all nodes below it, each once, a parent before its children."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting.extend(reversed(list(children(found))))


class ClauseVisitor:
    """Base of visitors: ``traverse()`` calls ``visit_<name>`` for each part of a statement.

    The names are those in ``visit_name`` of the parts; for others nothing is called::

        class Tables(ClauseVisitor):
            def visit_table(self, table):
                self.names.append(table.name)
    """

    def iterate(self, obj: Node) -> Iterator[Node]:
        """Yield *obj* and all nodes below it, each once."""
        element = getattr(obj, "__clause_element__", None)
        yield from iterate(obj if element is None else element())

    def traverse_single(self, obj: Node) -> Any:
        """Call the method for *obj* alone, if there is one, and return its answer."""
        method = getattr(self, f"visit_{obj.visit_name}", None)
        return None if method is None else method(obj)

    def traverse(self, obj: Node) -> Any:
        """Call the methods for *obj* and all that is below it; return *obj*."""
        for node in self.iterate(obj):
            self.traverse_single(node)
        return obj


def replace(node: N, function: Replacement) -> N:
    """Return *node* with every part for which *function* gives a node replaced by that.

    The rest is copied only where something below it changed.  What is shared stays shared,
    so an alias met twice is one alias in the copy.  A replacement is not looked into.
    """
    return Replacing(function).node(node)  # type: ignore[return-value]


class Replacing:
    """One run of :func:`replace`, over one node or several: remembers what became of each."""

    def __init__(self, function: Replacement) -> None:
        self.function = function
        self.done: dict[int, Node] = {}
        self.kept: list[Node] = []

    def node(self, node: Node) -> Node:
        """Return *node* with its replacements made."""
        found = self.done.get(id(node))
        if found is not None:
            return found
        # Kept alive, so that no later node gets its id.
        self.kept.append(node)
        replacement = self.function(node)
        if replacement is None:
            # A node that reaches itself, such as a recursive CTE, ends here.
            self.done[id(node)] = node
            replacement = self.rebuilt(node)
        self.done[id(node)] = replacement
        return replacement

    def rebuilt(self, node: Node) -> Node:
        """Return *node* copied with what became of its parts."""
        special = getattr(node, "rebuild", None)
        if special is not None:
            made: Node = special(self.value)
            return made
        changes = {}
        for name in node.parts:
            old = getattr(node, name, None)
            new = self.value(old)
            if new is not old:
                changes[name] = new
        return node._copy(**changes) if changes else node

    def value(self, value: object) -> Any:
        """Return *value*, a node or a container of nodes, with the replacements made."""
        if isinstance(value, Node):
            return self.node(value)
        if isinstance(value, tuple):
            items = [self.value(item) for item in value]
            if all(new is old for new, old in zip(items, value, strict=True)):
                return value
            make = getattr(type(value), "_make", None)
            return make(items) if make is not None else tuple(items)
        if isinstance(value, list):
            items = [self.value(item) for item in value]
            unchanged = all(new is old for new, old in zip(items, value, strict=True))
            return value if unchanged else items
        if isinstance(value, dict):
            pairs = {self.value(key): self.value(item) for key, item in value.items()}
            unchanged = all(
                k is ok and v is ov
                for (k, v), (ok, ov) in zip(pairs.items(), value.items(), strict=True)
            )
            return value if unchanged else pairs
        contained = getattr(value, "with_nodes", None)
        return contained(self.value) if contained is not None else value


def adapt(node: N, target: Any) -> N:
    """Return *node* with columns replaced by those of *target* that correspond to them."""

    def to_target(part: Node) -> Node | None:
        if getattr(part, "table", None) is None or part.visit_name != "column":
            return None
        found: Node | None = target.corresponding_column(part)
        return found

    return replace(node, to_target)


def find_tables(node: Node) -> list[Node]:
    """Return the tables that *node* speaks of, in the order met."""
    return [part for part in iterate(node) if part.visit_name == "table"]
