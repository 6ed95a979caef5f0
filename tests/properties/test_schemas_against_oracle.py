"""A random mapping, a random program over it: the same rows and the same graph as the oracle's."""

import os
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from sqlalchemy.exc import InvalidRequestError

from dovetail.exc import DBAPIError, StaleDataError
from dovetail.orm.flush import update
from tests.properties.schema_world import SchemaWorld
from tests.properties.schemas import alone, programs, reads, schemas, writes
from tests.servers import BACKENDS

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")

FEWER = settings(max_examples=settings().max_examples // 4)
"""An example maps its classes in both packages, and takes its time."""

MOST_CUT = 0.05
"""The part of all examples that the oracle may refuse to go through with."""

ON_SERVERS = settings(
    max_examples=2000 if settings().max_examples > 1000 else settings().max_examples // 25
)
"""There it takes longer: the tables are made and dropped."""

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
    theirs, program = finished("sqlalchemy", schema, [*program, ("commit",)], tally, url)
    try:
        expected = seen(theirs, reads, tally)
    finally:
        theirs.close()
    ours, _ = finished(PACKAGE, schema, program, tally, url)
    try:
        assert ours.values() == expected.values
        assert ours.rows() == expected.rows
        for read, graph, most_sent in expected.graphs:
            found, sent = ours.read(read)
            assert found == graph
            assert sent <= most_sent
    finally:
        ours.close()


class Seen(NamedTuple):
    """What there is to see after a program: values, rows, and what each read finds."""

    values: list
    rows: dict
    graphs: list


def seen(world, reads, tally):
    """What is to be seen in the oracle's *world*."""
    values, rows, graphs = world.values(), world.rows(), []
    # Where eager loading comes back to where it began the oracle may leave a statement out.
    eager = [lazy for one in world.related for lazy in one[-2:] if lazy != "select"]
    below = sum(len(one.below) for one in world.classes)
    for read in reads:
        try:
            found, sent = world.read(read)
        except (InvalidRequestError, RecursionError) as error:
            # It takes its own eager loading for a second option of the same relationship.
            tally.refuse(read, error)
            continue
        graphs.append((read, found, sent + len(read[2]) + len(eager) + below))
    return Seen(values, rows, graphs)


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


@pytest.mark.parametrize(
    "driver", [one for one in BACKENDS if one.driver in ("psycopg", "pymysql")], ids=str
)
def test_rows_and_graphs_are_the_oracles_on_servers(driver, databases, tmp_path):
    driver.require()
    url = databases.url(driver, tmp_path)
    tally = Tally()

    @ON_SERVERS
    @given(schemas, programs, reads)
    def run(schema, program, reads):
        compare(schema, program, reads, tally, url)

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
