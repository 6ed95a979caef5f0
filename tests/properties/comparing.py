"""Two worlds are told the same, and what is to be seen in them is compared after every step."""

import os
from functools import cache

import pytest

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")
"""``sqlalchemy`` compares the oracle with itself: that tests this test."""

STUMBLES = (
    *("AttributeError", "AssertionError", "KeyError", "TypeError", "ValueError", "RecursionError"),
    # It expires primary keys, and takes what it has lost sight of for rows that are gone.
    *("ObjectDeletedError", "StaleDataError"),
    # Two sessions would be on its only connection.
    "OperationalError",
)
INTERNAL = (
    *(f"raised {name}" for name in STUMBLES),
    # It writes a row of a third table twice, where both sides were set before either was loaded.
    "raised IntegrityError of owner_tag",
)
"""An oracle that stumbles is no oracle: the example ends there."""

REPLAYS = 4
"""How often the oracle is asked again before a difference counts."""

LAST_STEPS = (("values",), ("rollback",), ("commit",))


class InCommon(dict):
    """Values of which those are compared that both worlds have: what is loaded may differ."""

    def __eq__(self, other):
        return all(self[key] == other[key] for key in self.keys() & other.keys())

    __hash__ = None


@cache
def world(kind, package):
    return kind(package)


def trace(world, steps, options):
    """Do *steps* in *world*; return what was to be seen after each."""
    world.start(**options)
    try:
        return [{"outcome": world.perform(step), **world.views()} for step in steps]
    finally:
        world.stop()


def compare(kind, steps, options):
    """Tell both worlds the same, and compare what was to be seen after every step."""
    steps = [*steps, *LAST_STEPS]
    expected = trace(world(kind, "sqlalchemy"), steps, options)
    for number, view in enumerate(expected):
        if stumbled(view["outcome"]):
            steps, expected = steps[:number], expected[:number]
            break
    actual = trace(world(kind, PACKAGE), steps, options)
    if actual != expected and is_certain(kind, steps, options, expected):
        pytest.fail(difference(steps, actual, expected), pytrace=False)


def stumbled(outcome):
    """Whether the oracle stumbled in a step, or in one of the reads that a step is made of."""
    if isinstance(outcome, list):
        return any(isinstance(read, tuple) and stumbled(read[-1]) for read in outcome)
    return isinstance(outcome, str) and outcome in INTERNAL


def is_certain(kind, steps, options, expected):
    """Whether the oracle says the same again.

    It walks over sets of objects in places, in an order that depends on their addresses.
    """
    ballast = []
    for number in range(REPLAYS):
        ballast.append([object() for _ in range(number * 11)])
        if trace(world(kind, "sqlalchemy"), steps, options) != expected:
            return False
    return True


def difference(steps, actual, expected):
    """Where two traces part, in lines to read."""
    number = next(
        n for n, pair in enumerate(zip(actual, expected, strict=True)) if pair[0] != pair[1]
    )
    lines = []
    for view, seen in expected[number].items():
        mine = actual[number][view]
        if isinstance(seen, InCommon):
            # What one of them has alone is not compared.
            common = mine.keys() & seen.keys()
            mine, seen = (
                InCommon({key: one[key] for key in sorted(common, key=repr)})
                for one in (mine, seen)
            )
        ours, theirs = lines_of(mine), lines_of(seen)
        if ours != theirs:
            lines += [
                f"after these steps the {view} should be",
                *(f"  {line}" for line in theirs if line not in ours),
                "and not",
                *(f"  {line}" for line in ours if line not in theirs),
            ]
    return "\n".join([*lines, *(f"{step!r}," for step in steps[: number + 1])])


def lines_of(view):
    if isinstance(view, InCommon):
        return [f"{key}: {value}" for key, value in view.items()]
    if isinstance(view, dict):
        return [f"{table}: {row}" for table, rows in view.items() for row in rows]
    return [repr(line) for line in view] if isinstance(view, list) else [repr(view)]
