"""Sorting what depends on each other, by the other package's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ... import graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


def sort(
    tuples: Iterable[tuple[T, T]], allitems: Iterable[T], deterministic_order: bool = True
) -> Iterator[T]:
    """Yield *allitems* so ordered that of each of *tuples* the first stands before the second.

    What nothing says otherwise of stays in its order.

    :raises CircularDependencyError: there is no such order
    """
    return iter(graph.sort(tuples, allitems))
