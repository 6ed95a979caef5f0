"""A random mapping, a random program over it: the same rows and the same graph as the oracle's."""

import os

import pytest
from hypothesis import given, settings
from sqlalchemy.exc import InvalidRequestError

from tests.properties.schemas import SchemaWorld, programs, reads, schemas

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")

FEWER = settings(max_examples=settings().max_examples // 2)
"""An example maps its classes in both packages, and takes its time."""

pytestmark = pytest.mark.filterwarnings("ignore")


def finished(package, schema, program):
    """(world, steps): a world that has done *program*, as far as that goes without an error."""
    world = SchemaWorld(package, schema)
    for number, step in enumerate(program):
        try:
            world.perform(step)
        except Exception:
            if package != "sqlalchemy":
                raise
            # The oracle refuses what has come to be: the program ends one step before.
            world.close()
            return finished(package, schema, [*program[: max(number - 1, 0)], ("commit",)])
    return world, program


@FEWER
@given(schemas, programs, reads)
def test_rows_and_graphs_are_the_oracles(schema, program, reads):
    theirs, program = finished("sqlalchemy", schema, [*program, ("commit",)])
    ours, _ = finished(PACKAGE, schema, program)
    try:
        assert ours.rows() == theirs.rows()
        for read in reads:
            try:
                expected, expected_sent = theirs.read(read)
            except InvalidRequestError:
                # It takes its own eager loading for a second option of the same relationship.
                continue
            found, sent = ours.read(read)
            assert found == expected
            # Where eager loading comes back to where it began the oracle may leave a statement out.
            eager = [lazy for one in schema[1] for lazy in one[-2:] if lazy != "select"]
            assert sent <= expected_sent + len(read[1]) + len(eager)
    finally:
        ours.close()
        theirs.close()
