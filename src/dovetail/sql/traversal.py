"""Going through statements: visiting, and copying with replacements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

from ..exc import ArgumentError
from .node import Node

N = TypeVar("N", bound=Node)
T = TypeVar("T")
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


def iterate(obj: object, opts: Mapping[str, object] | None = None) -> Iterator[Node]:
    """Yield *obj* and all nodes below it, each once, a parent before its children.

    With ``{"column_collections": False}`` in *opts* what is below a table is left out: here it
    is in any case, for the columns of a table are no part of a statement about it.  Other options
    are refused.
    """
    if opts and set(opts) - {"column_collections", "schema_visitor"}:
        raise ArgumentError(f"iterate() knows no options {sorted(opts)}")
    seen: set[int] = set()
    waiting = [_node_of(obj)]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting.extend(reversed(list(children(found))))


def _node_of(obj: object) -> Node:
    element = getattr(obj, "__clause_element__", None)
    node: Any = obj if element is None else element()
    if not isinstance(node, Node):
        raise ArgumentError(f"a statement or an expression is gone through, not {obj!r}")
    return node


Visits = Mapping[str, Callable[[Any], object]]
"""What is called for a node, by its ``__visit_name__``."""


def traverse_using(iterator: Iterable[Node], obj: T, visitors: Visits) -> T:
    """Call what *visitors* have for each node of *iterator*; return *obj*."""
    for node in iterator:
        visit = visitors.get(node.__visit_name__)
        if visit is not None:
            visit(node)
    return obj


def traverse(obj: T, opts: Mapping[str, object] | None, visitors: Visits) -> T:
    """Call what *visitors* have for *obj* and each node below it; return *obj*::

    names = []
    traverse(statement, {}, {"bindparam": lambda bind: names.append(bind.key)})
    """
    return traverse_using(iterate(obj, opts), obj, visitors)


NEVER_COPIED = frozenset(("column", "entity", "attribute", "table"))
"""What statements speak of, by ``__visit_name__``: a copy would be another table."""


def cloned_traverse(obj: object, opts: Mapping[str, object] | None, visitors: Visits) -> Any:
    """Return a copy of *obj* in which what *visitors* have was called for the copy of each node.

    ``{"stop_on": [node, …]}`` in *opts* keeps these, and what is below them, as they are.  A
    visitor that changes its node changes the copy alone.
    """
    kept = {id(node) for node in _option(opts, "stop_on")}
    made: dict[int, Node] = {}

    def copied(node: Node) -> Node | None:
        if id(node) in kept or id(node) in made:
            return node
        # Tables and columns are what statements speak of: a copy would be another table.
        copy = node if node.__visit_name__ in NEVER_COPIED else copying.rebuilt(node)
        if copy is node and copy.__visit_name__ not in NEVER_COPIED:
            copy = node._twin()
        made[id(copy)] = copy
        visit = visitors.get(copy.__visit_name__)
        if visit is not None:
            visit(copy)
        return copy

    copying = Replacing(copied)
    return None if obj is None else copying.node(_node_of(obj))


def _option(opts: Mapping[str, object] | None, name: str) -> Iterable[Any]:
    """Return what *opts* has under *name*, the one option that is taken."""
    given = opts or {}
    if set(given) - {name}:
        raise ArgumentError(f"the option of this traversal is {name!r}; got {sorted(given)}")
    return given.get(name) or ()  # type: ignore[return-value]


def replacement_traverse(
    obj: object, opts: Mapping[str, object] | None, replace: Callable[..., Node | None]
) -> Any:
    """Return *obj* with each node for which *replace* gives one replaced by that.

    ``{"stop_on": [node, …]}`` in *opts* keeps these as they are.
    """
    kept = {id(node) for node in _option(opts, "stop_on")}
    return replacing(obj, lambda node: node if id(node) in kept else replace(node))


def replacing(obj: object, function: Replacement) -> Any:
    """Return *obj*, or the node that it stands for, with the replacements of *function*.

    Where there is nothing, None, nothing is returned.
    """
    return None if obj is None else Replacing(function).node(_node_of(obj))


class ClauseVisitor:
    """Base of visitors: ``traverse()`` calls ``visit_<name>`` for each part of a statement.

    The names are those in ``__visit_name__`` of the parts; for others nothing is called::

        class Tables(ClauseVisitor):
            def visit_table(self, table):
                self.names.append(table.name)
    """

    __traverse_options__: ClassVar[Mapping[str, object]] = {}
    """What is told to :func:`iterate`."""

    def iterate(self, obj: object) -> Iterator[Node]:
        """Yield *obj* and all nodes below it, each once."""
        return iterate(obj, self.__traverse_options__)

    def traverse_single(self, obj: Node) -> Any:
        """Call the method for *obj* alone, if there is one, and return its answer."""
        method = getattr(self, f"visit_{obj.__visit_name__}", None)
        return None if method is None else method(obj)

    def traverse(self, obj: Node) -> Any:
        """Call the methods for *obj* and all that is below it; return *obj*."""
        for node in self.iterate(obj):
            for visitor in self.visitor_iterator:
                visitor.traverse_single(node)
        return obj

    @property
    def visitor_iterator(self) -> Iterator[ClauseVisitor]:
        """This visitor, and those that were chained to it."""
        visitor: ClauseVisitor | None = self
        while visitor is not None:
            yield visitor
            visitor = getattr(visitor, "_next", None)

    def chain(self, visitor: ClauseVisitor) -> Self:
        """Let *visitor* meet each node after this one; return this."""
        list(self.visitor_iterator)[-1]._next = visitor  # type: ignore[attr-defined]
        return self

    def _visits(self) -> Visits:
        return {
            name.removeprefix("visit_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("visit_")
        }


class CloningVisitor(ClauseVisitor):
    """A visitor of copies: ``traverse()`` returns a copy, whose nodes it met."""

    def copy_and_process(self, list_: Iterable[object]) -> list[Any]:
        """Return what :meth:`traverse` gives for each of *list_*."""
        return [self.traverse(each) for each in list_]

    def traverse(self, obj: object) -> Any:
        """Return a copy of *obj*, for the nodes of which the methods were called."""
        return cloned_traverse(obj, self.__traverse_options__, self._visits())


class ReplacingCloningVisitor(CloningVisitor):
    """A visitor that replaces: ``replace(node)`` gives another node, or None to go on below."""

    def replace(self, elem: Node) -> Node | None:
        """Return what stands in the place of *elem*, or None."""
        return None

    def traverse(self, obj: object) -> Any:
        """Return a copy of *obj* with what :meth:`replace` gave."""

        def replaced(node: Node) -> Node | None:
            for visitor in self.visitor_iterator:
                found: Node | None = visitor.replace(node)  # type: ignore[attr-defined]
                if found is not None:
                    return found
            return None

        return replacement_traverse(obj, self.__traverse_options__, replaced)


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
        return node._twin(**changes) if changes else node

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
        if getattr(part, "table", None) is None or part.__visit_name__ != "column":
            return None
        found: Node | None = target.corresponding_column(part)
        return found

    return replace(node, to_target)


def find_tables(node: Node) -> list[Node]:
    """Return the tables that *node* speaks of, in the order met."""
    return [part for part in iterate(node) if part.__visit_name__ == "table"]
