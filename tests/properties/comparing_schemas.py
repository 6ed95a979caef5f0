"""A program over a random mapping, done in both packages, and what is compared of it."""

import os
import signal
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import InvalidRequestError

from tests.properties.schema_world import SchemaWorld

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")

MOST_CUT = 0.05
"""The part of all examples that the oracle may refuse to go through with."""


REPLAYS = 4
"""How often the oracle is asked again before a difference counts."""


PATIENCE = 20
"""How many seconds the oracle has for an example: where classes that are loaded eagerly lead to one
another it may follow them without an end."""


class OutOfPatience(BaseException):  # no error of anybody: nothing may catch it as one
    """The oracle has taken too long."""


@contextmanager
def patience(seconds):
    """Raise OutOfPatience where the block has not ended after *seconds*; for the main thread."""

    def give_up(*_):
        raise OutOfPatience(f"no answer in {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    # And again each second: what is raised where garbage is collected is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Tally:
    """How many examples there were, and how many of them the oracle refused in the middle.

    ``uncertain``  how many it answered in one way and then in another
    """

    def __init__(self):
        self.examples = 0
        self.cut = []
        self.last_cut = 0
        self.uncertain = 0

    def refuse(self, step, error):
        """Note that the oracle refused *step*, the first one of an example."""
        if self.last_cut == self.examples:
            return
        self.last_cut = self.examples
        self.cut.append((step, f"{type(error).__name__}: {error}"[:200]))

    def check(self):
        """Fail where too many were cut: what is not compared is not tested."""
        assert len(self.cut) <= MOST_CUT * self.examples + 1, self.cut


def finished(package, schema, program, tally, url):
    """(world, steps): a world that has done *program*, as far as that goes without an error."""
    world = SchemaWorld(package, schema, url)
    for number, step in enumerate(program):
        try:
            world.perform(step)
        except Exception as error:
            world.close()
            if package != "sqlalchemy":
                raise
            # The oracle refuses what has come to be: the program ends one step before.
            if number + 1 < len(program):
                tally.refuse(step, error)
            shorter = [*program[: max(number - 1, 0)], ("commit",)]
            return finished(package, schema, shorter, tally, url)
    return world, program


def compare(schema, program, reads, tally, url="sqlite://"):
    """Do *program* in the worlds of both packages, one after the other, and compare them."""
    tally.examples += 1
    try:
        with patience(PATIENCE):
            expected, done = of_the_oracle(schema, program, reads, tally, url)
    except OutOfPatience as error:
        tally.refuse("reading", error)
        return
    try:
        check(schema, done, expected, url)
    except Exception:
        if is_certain(schema, program, reads, expected, url):
            raise
        tally.uncertain += 1


def of_the_oracle(schema, program, reads, tally, url):
    """(what is seen in the oracle's world, the part of *program* that it went through with)."""
    theirs, done = finished("sqlalchemy", schema, [*program, ("commit",)], tally, url)
    try:
        return seen(theirs, reads, tally), done
    finally:
        theirs.close()


def is_certain(schema, program, reads, expected, url):
    """Whether the oracle says the same again.

    It walks over sets of objects in places, in an order that depends on their addresses.
    """
    ballast = []
    for number in range(REPLAYS):
        ballast.append([object() for _ in range(number * 11)])
        if of_the_oracle(schema, program, reads, Tally(), url)[0] != expected:
            return False
    return True


def check(schema, program, expected, url):
    """Do *program* in our world; what is to be seen there is what was *expected*."""
    ours, _ = finished(PACKAGE, schema, program, Tally(), url)
    try:
        equal(ours.values(), expected.values)
        equal(list(ours.rows().items()), list(expected.rows.items()))
        for read, graph, most_sent in expected.graphs:
            found, sent = ours.read(read)
            equal(found, graph)
            assert sent <= most_sent, f"{sent} statements for {read}"
    finally:
        ours.close()


def equal(found, expected):
    """Fail with the parts of two lists that are not in both."""
    missing = "".join(f"\n  {one}" for one in expected if one not in found)
    wrong = "".join(f"\n  {one}" for one in found if one not in expected)
    assert found == expected, f"should be{missing}\nand not{wrong}"


class Seen(NamedTuple):
    """What there is to see after a program: values, rows, and what each read finds."""

    values: list
    rows: dict
    graphs: list


def count_seen(found):
    """How many objects were *found*, and those that each of them refers to."""
    objects = [
        cell[1]
        for row in found
        for cell in row
        if isinstance(cell, tuple) and isinstance(cell[-1], dict)
    ]
    related = [value for one in objects for value in one.values() if isinstance(value, list)]
    references = [value for one in objects for value in one.values() if isinstance(value, tuple)]
    # The key of each stands among the references.
    return len(references) + sum(map(len, related))


def seen(world, reads, tally):
    """What is to be seen in the oracle's *world*."""
    values, rows, graphs = world.values(), world.rows(), []
    # Where eager loading comes back to where it began the oracle may leave a statement out, for
    # each of the objects that are seen; and what a class below is mapped to load eagerly it leaves
    # until it is touched, where the row was found by the class above.
    eager = [
        lazy for one in world.related for lazy in (one.lazy, one.lazy_back) if lazy != "select"
    ]
    below = sum(len(one.below) for one in world.classes)
    for read in reads:
        try:
            found, sent = world.read(read)
        except (InvalidRequestError, RecursionError) as error:
            # It takes its own eager loading for a second option of the same relationship.
            tally.refuse(read, error)
            continue
        left_out = len(eager) * max(count_seen(found), 1)
        graphs.append((read, found, sent + len(read.loads) + left_out + below))
    return Seen(values, rows, graphs)
