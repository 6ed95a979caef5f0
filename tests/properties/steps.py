"""Strategies for sequences of session operations."""

from itertools import chain

from hypothesis import strategies as st

from tests.properties.models import (
    CLASSES,
    COLLECTIONS,
    KEYED_CLASSES,
    KEYED_COLLECTIONS,
    KEYED_SCALARS,
    SCALARS,
)

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


# Of the whole life of objects: tests.properties.life

places = st.sampled_from(KEYED_CLASSES)
attributes = st.lists(numbers, min_size=1, max_size=2).map(tuple)
keyed_makes = step("make", places, texts, keys, st.just(True))

KEYED_CHANGES = st.one_of(
    keyed_makes,
    keyed_makes,
    step("make", places, texts, keys, st.just(False)),
    step("add", numbers),
    step("set", numbers, texts),
    step("relate", st.sampled_from(KEYED_SCALARS), numbers, st.none() | numbers),
    step("append", st.sampled_from(KEYED_COLLECTIONS), numbers, numbers),
    step("append", st.sampled_from(KEYED_COLLECTIONS), numbers, numbers),
    step("remove", st.sampled_from(KEYED_COLLECTIONS), numbers, numbers),
    step("replace", st.sampled_from(KEYED_COLLECTIONS), numbers, st.lists(numbers, max_size=3)),
    step("set_key", numbers, keys),
    step("replace_identity", numbers, texts),
)
KEYED_READS = st.one_of(
    step("read", numbers, numbers),
    step("get", numbers),
    step("query", places, st.none() | texts),
    step("query_quietly", places),
    step("populate_existing", places),
    step("refresh_names", numbers, attributes, st.booleans()),
    step("expire_names", numbers, attributes),
    step("elsewhere", numbers, st.none() | texts),
)
TRAVELS = st.one_of(
    step("add_deleted", numbers),
    step("expunge_all"),
    step("reset"),
    step("flush_some", numbers),
    step("make_transient", numbers),
    step("make_detached", numbers),
    step("merge_cached", numbers),
    step("pickle", numbers),
    step("add_there", numbers),
    step("merge_there", numbers),
    step("close_there"),
    step("forget", numbers),
)
KEYED_BEGINNINGS = st.one_of(
    st.lists(keyed_makes, min_size=2, max_size=6),
    *(
        st.just([(kind, True), *more])
        for kind in ("family", "realm")
        for more in ([], [("flush",)], [("commit",)])
    ),
    st.just([("realm", False)]),
)


def lives(*kinds):
    """As :func:`sequences`, of steps that :class:`tests.properties.life.Life` can do."""
    bursts = st.lists(st.lists(st.one_of(*kinds), max_size=10), max_size=4)
    return st.tuples(KEYED_BEGINNINGS, bursts).map(lambda parts: [*parts[0], *chain(*parts[1])])
