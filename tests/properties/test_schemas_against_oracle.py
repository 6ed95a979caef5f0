"""A random mapping, a random program over it: the same rows and the same graph as the oracle's."""

import os

import pytest
from hypothesis import Phase, given, settings
from sqlalchemy.exc import InvalidRequestError

from dovetail.exc import DBAPIError, StaleDataError
from dovetail.orm.flush import update
from tests.properties.schema_world import SchemaWorld
from tests.properties.schemas import alone, programs, reads, schemas, writes

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")

FEWER = settings(max_examples=settings().max_examples // 2)
"""An example maps its classes in both packages, and takes its time."""

MOST_CUT = 0.05
"""The part of all examples that the oracle may refuse to go through with."""

pytestmark = pytest.mark.filterwarnings("ignore")


class Tally:
    """How many examples there were, and how many of them the oracle refused in the middle."""

    def __init__(self):
        self.examples = 0
        self.cut = []

    def refuse(self, step, error):
        """Note that the oracle refused *step*."""
        self.cut.append((step, f"{type(error).__name__}: {error}"[:200]))

    def check(self):
        """Fail where too many were cut: what is not compared is not tested."""
        assert len(self.cut) <= MOST_CUT * self.examples + 1, self.cut


def finished(package, schema, program, tally):
    """(world, steps): a world that has done *program*, as far as that goes without an error."""
    world = SchemaWorld(package, schema)
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
            return finished(package, schema, [*program[: max(number - 1, 0)], ("commit",)], tally)
    return world, program


def compare(schema, program, reads, tally):
    tally.examples += 1
    theirs, program = finished("sqlalchemy", schema, [*program, ("commit",)], tally)
    ours = None
    try:
        ours, _ = finished(PACKAGE, schema, program, tally)
        assert ours.values() == theirs.values()
        assert ours.rows() == theirs.rows()
        for read in reads:
            try:
                expected, expected_sent = theirs.read(read)
            except (InvalidRequestError, RecursionError) as error:
                # It takes its own eager loading for a second option of the same relationship.
                tally.refuse(read, error)
                continue
            found, sent = ours.read(read)
            assert found == expected
            # Where eager loading comes back to where it began the oracle may leave a statement out.
            eager = [lazy for one in schema[1] for lazy in one[-2:] if lazy != "select"]
            below = sum(len(one.below) for one in schema[0])
            assert sent <= expected_sent + len(read[2]) + len(eager) + below
    finally:
        if ours is not None:
            ours.close()
        theirs.close()


def test_rows_and_graphs_are_the_oracles():
    tally = Tally()

    @FEWER
    @given(schemas, programs, reads)
    def run(schema, program, reads):
        compare(schema, program, reads, tally)

    run()
    tally.check()


def test_columns_in_any_order_get_their_own_values():
    tally = Tally()

    @FEWER
    @given(alone, writes)
    def run(schema, program):
        compare(schema, program, [], tally)

    run()
    tally.check()


def in_the_order_of_the_mapper(compiled, own, besides=None):
    """What was sent at one time: the columns of the SET in the mapper's order, the version last."""
    values = iter(own.values())
    return [
        next(values) if bind in own else besides(place, bind)
        for place, bind in enumerate(compiled.binds)
    ]


def test_values_that_are_bound_in_another_order_than_that_of_the_text_are_found(monkeypatch):
    monkeypatch.setattr(update, "in_text_order", in_the_order_of_the_mapper)
    tally = Tally()

    @settings(max_examples=200, phases=[Phase.generate])
    @given(alone, writes)
    def run(schema, program):
        compare(schema, program, [], tally)

    with pytest.raises((AssertionError, DBAPIError, StaleDataError, ValueError)):
        run()
    assert tally.examples <= 200
