"""Order and circles among plain hashable things.

Edges are pairs ``(first, then)``.  All answers are deterministic: things that no edge puts in
order stay in the order in which they were given.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, TypeVar

from .exc import CircularDependencyError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

T = TypeVar("T", bound="Hashable")


def sort(edges: Iterable[tuple[T, T]], nodes: Iterable[T]) -> list[T]:
    """Return *nodes* so ordered that of each edge the first stands before the second.

    Edges to things outside of *nodes* are ignored.  CircularDependencyError is raised where
    there is no such order; it names the things in circles.
    """
    pairs = list(edges)
    listed = list(dict.fromkeys(nodes))
    position = {node: index for index, node in enumerate(listed)}
    waiting = dict.fromkeys(listed, 0)
    followers: dict[T, list[T]] = {node: [] for node in listed}
    for first, then in dict.fromkeys(pairs):
        if first in position and then in position:
            followers[first].append(then)
            waiting[then] += 1
    ready = [position[node] for node in listed if not waiting[node]]
    heapify(ready)
    ordered: list[T] = []
    while ready:
        node = listed[heappop(ready)]
        ordered.append(node)
        for then in followers[node]:
            waiting[then] -= 1
            if not waiting[then]:
                heappush(ready, position[then])
    if len(ordered) != len(listed):
        circular = find_cycles(pairs, listed)
        inner = {pair for pair in pairs if pair[0] in circular and pair[1] in circular}
        raise CircularDependencyError("circular dependency", circular, inner)
    return ordered


def sort_as_subsets(edges: Iterable[tuple[T, T]], nodes: Iterable[T]) -> Iterator[list[T]]:
    """Yield lists of *nodes*: what is in one list depends on earlier lists alone.

    CircularDependencyError is raised when nothing more can be put in order.
    """
    pairs = list(edges)
    left = dict.fromkeys(nodes)
    needs: dict[T, set[T]] = {node: set() for node in left}
    for first, then in pairs:
        if first in needs and then in needs:
            needs[then].add(first)
    while left:
        layer = [node for node in left if needs[node].isdisjoint(left)]
        if not layer:
            circular = find_cycles(pairs, left)
            inner = {pair for pair in pairs if pair[0] in circular and pair[1] in circular}
            raise CircularDependencyError("circular dependency", circular, inner)
        yield layer
        for node in layer:
            del left[node]


def find_cycles(edges: Iterable[tuple[T, T]], nodes: Iterable[T]) -> set[T]:
    """Return the set of *nodes* that stand in a circle (an edge to itself is one)."""
    return {node for component in components(edges, nodes) for node in component}


def components(edges: Iterable[tuple[T, T]], nodes: Iterable[T]) -> list[list[T]]:
    """Return the groups of *nodes* that reach each other, leaving out those that do not.

    A single node is a group where it has an edge to itself.
    """
    listed = list(dict.fromkeys(nodes))
    followers: dict[T, list[T]] = {node: [] for node in listed}
    selfish: set[T] = set()
    for first, then in dict.fromkeys(edges):
        if first in followers and then in followers:
            followers[first].append(then)
            if first == then:
                selfish.add(first)
    found: list[list[T]] = []
    for group in _strongly_connected(followers):
        if len(group) > 1 or group[0] in selfish:
            found.append(group)
    return found


def _strongly_connected(followers: dict[T, list[T]]) -> Iterator[list[T]]:
    """Yield the strongly connected groups, without recursion (Tarjan's way)."""
    number: dict[T, int] = {}
    lowest: dict[T, int] = {}
    stack: list[T] = []
    on_stack: set[T] = set()
    for root in followers:
        if root in number:
            continue
        work = [(root, iter(followers[root]))]
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for then in rest:
                if then not in number:
                    number[then] = lowest[then] = len(number)
                    stack.append(then)
                    on_stack.add(then)
                    work.append((then, iter(followers[then])))
                    break
                if then in on_stack:
                    lowest[node] = min(lowest[node], number[then])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    yield _pop_group(stack, on_stack, node)


def _pop_group(stack: list[T], on_stack: set[T], root: T) -> list[T]:
    group: list[T] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        group.append(node)
        if node == root:
            return group[::-1]


def merged(first: list[T], second: list[T]) -> list[T]:
    """Both lists in one, the order of each kept."""
    if not second:
        return first
    found: dict[T, None] = {}
    earlier, later = set(first), set(second)
    position = 0
    for name in first:
        if name in later:
            while position < len(second) and second[position] != name:
                if second[position] not in earlier:
                    found[second[position]] = None
                position += 1
            position += 1
        found[name] = None
    found.update(dict.fromkeys(second[position:]))
    return list(found)
