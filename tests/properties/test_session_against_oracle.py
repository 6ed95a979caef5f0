"""What a session does is what SQLAlchemy's session does, whatever it is told to do."""

import os
from functools import cache

import pytest
from hypothesis import given

from tests.properties.steps import CHANGES, LIFE, READS, UNDO, WRITES, options, sequences
from tests.properties.world import World

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")
"""``sqlalchemy`` compares the oracle with itself: that tests this test."""

STUMBLES = (
    *("AttributeError", "AssertionError", "KeyError", "TypeError", "ValueError", "RecursionError"),
    # It expires primary keys, and takes what it has lost sight of for rows that are gone.
    *("ObjectDeletedError", "StaleDataError"),
)
INTERNAL = tuple(f"raised {name}" for name in STUMBLES)
"""An oracle that stumbles is no oracle: the example ends there."""

REPLAYS = 4
"""How often the oracle is asked again before a difference counts."""

LAST_STEPS = (("values",), ("rollback",), ("commit",))


@cache
def world(package):
    return World(package)


def trace(world, steps, options):
    """Do *steps* in *world*; return what was to be seen after each."""
    world.start(**options)
    try:
        return [
            {
                "outcome": world.perform(step),
                "states": world.states(),
                "rows": world.rows(),
                "transactions": world.transactions(),
            }
            for step in steps
        ]
    finally:
        world.stop()


def compare(steps, options):
    """Tell both worlds the same, and compare what was to be seen after every step."""
    steps = [*steps, *LAST_STEPS]
    expected = trace(world("sqlalchemy"), steps, options)
    for number, view in enumerate(expected):
        if view["outcome"] in INTERNAL:
            steps, expected = steps[:number], expected[:number]
            break
    actual = trace(world(PACKAGE), steps, options)
    if actual != expected and is_certain(steps, options, expected):
        pytest.fail(difference(steps, actual, expected), pytrace=False)


def is_certain(steps, options, expected):
    """Whether the oracle says the same again.

    It walks over sets of objects in places, in an order that depends on their addresses.
    """
    ballast = []
    for number in range(REPLAYS):
        ballast.append([object() for _ in range(number * 11)])
        if trace(world("sqlalchemy"), steps, options) != expected:
            return False
    return True


def difference(steps, actual, expected):
    """Where two traces part, in lines to read."""
    number = next(
        n for n, pair in enumerate(zip(actual, expected, strict=True)) if pair[0] != pair[1]
    )
    lines = []
    for view, seen in expected[number].items():
        ours, theirs = lines_of(actual[number][view]), lines_of(seen)
        if ours != theirs:
            lines += [
                f"after these steps the {view} should be",
                *(f"  {line}" for line in theirs if line not in ours),
                "and not",
                *(f"  {line}" for line in ours if line not in theirs),
            ]
    return "\n".join([*lines, *(f"{step!r}," for step in steps[: number + 1])])


def lines_of(view):
    if isinstance(view, dict):
        return [f"{table}: {row}" for table, rows in view.items() for row in rows]
    return [repr(line) for line in view] if isinstance(view, list) else [repr(view)]


pytestmark = pytest.mark.filterwarnings("ignore")


@given(sequences(CHANGES, WRITES), options)
def test_unit_of_work(steps, options):
    compare(steps, options)


@given(sequences(CHANGES, WRITES, READS), options)
def test_reading(steps, options):
    compare(steps, options)


@given(sequences(CHANGES, WRITES, UNDO), options)
def test_transactions(steps, options):
    compare(steps, options)


@given(sequences(CHANGES, WRITES, READS, UNDO, LIFE), options)
def test_the_whole_life_of_objects(steps, options):
    compare(steps, options)
