"""Sorting and circles."""

import pytest
from hypothesis import given, strategies as st

from dovetail.exc import CircularDependencyError
from dovetail.graph import components, find_cycles, sort, sort_as_subsets

pairs = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20)


def test_what_no_edge_orders_stays_in_order():
    assert sort([("c", "a")], ["b", "a", "c"]) == ["b", "c", "a"]


def test_a_circle_is_named():
    with pytest.raises(CircularDependencyError) as caught:
        sort([(1, 2), (2, 3), (3, 2)], [1, 2, 3])

    assert caught.value.cycles == {2, 3}
    assert caught.value.edges == {(2, 3), (3, 2)}


def test_an_edge_to_itself_is_a_circle():
    assert find_cycles([(1, 1), (1, 2)], [1, 2]) == {1}


def test_subsets_depend_on_earlier_ones():
    assert list(sort_as_subsets([(1, 2), (1, 3), (2, 4)], [4, 3, 2, 1])) == [[1], [3, 2], [4]]


def test_a_long_chain_needs_no_recursion():
    chain = [(number, number + 1) for number in range(5000)]

    assert sort(chain, range(5001)) == list(range(5001))
    assert len(components([*chain, (5000, 0)], range(5001))[0]) == 5001


@given(pairs)
def test_sorting_honours_every_edge_or_finds_a_circle(edges):
    nodes = range(9)
    try:
        ordered = sort(edges, nodes)
    except CircularDependencyError as error:
        assert error.cycles == find_cycles(edges, nodes) != set()
    else:
        assert sorted(ordered) == list(nodes)
        assert all(ordered.index(first) < ordered.index(then) for first, then in edges)
        assert find_cycles(edges, nodes) == set()
