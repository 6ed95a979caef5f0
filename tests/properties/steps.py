"""Strategies for sequences of session operations."""

from itertools import chain

from hypothesis import strategies as st

from tests.properties.models import CLASSES, COLLECTIONS, SCALARS

numbers = st.integers(0, 7)
texts = st.sampled_from(["a", "b", "c"])
keys = st.tuples(st.integers(0, 1), st.integers(0, 1))


def step(verb, *arguments):
    return st.tuples(st.just(verb), *arguments)


makes = step("make", st.sampled_from(CLASSES), texts, keys, st.just(True))

CHANGES = st.one_of(
    makes,
    step("make", st.sampled_from(CLASSES), texts, keys, st.just(False)),
    step("add", numbers),
    step("set", numbers, texts),
    step("relate", st.sampled_from(SCALARS), numbers, numbers),
    step("relate", st.sampled_from(SCALARS), numbers, st.none()),
    step("append", st.sampled_from(COLLECTIONS), numbers, numbers),
    step("remove", st.sampled_from(COLLECTIONS), numbers, numbers),
    step("replace", st.sampled_from(COLLECTIONS), numbers, st.lists(numbers, max_size=3)),
)
WRITES = st.one_of(step("flush"), step("delete", numbers), step("commit"))
FAULTS = step("set", numbers, st.none())
READS = st.one_of(
    step("read", numbers, numbers),
    step("get", numbers),
    step("query", st.sampled_from(CLASSES), st.none() | texts),
)
UNDO = st.one_of(step("rollback"), step("begin_nested"), step("end_nested", st.booleans()), FAULTS)
LIFE = st.one_of(
    step("expire", numbers, st.none() | st.just("name")),
    step("expire_all"),
    step("refresh", numbers),
    step("expunge", numbers),
    step("merge", numbers),
    step("merge_copy", numbers, texts),
    step("is_modified", numbers),
    step("close"),
)


BEGINNINGS = st.one_of(
    st.lists(makes, min_size=2, max_size=6),
    st.just([("family", True)]),
    st.just([("family", True), ("flush",)]),
    st.just([("family", True), ("commit",)]),
    st.just([("family", False)]),
)


def sequences(*kinds):
    """A few objects to begin with, then steps of the given *kinds*.

    A list of lists grows longer than a list does, and shrinks as well.
    """
    bursts = st.lists(st.lists(st.one_of(*kinds), max_size=10), max_size=8)
    return st.tuples(BEGINNINGS, bursts).map(lambda parts: [*parts[0], *chain(*parts[1])])


options = st.fixed_dictionaries({"autoflush": st.booleans(), "expire_on_commit": st.booleans()})
