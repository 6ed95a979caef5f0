"""A random mapping, a random program over it: the same rows and the same graph as the oracle's."""

import pytest
from hypothesis import Phase, given, settings

from dovetail.exc import DBAPIError, StaleDataError
from dovetail.orm.flush import update
from tests.properties.comparing_schemas import Tally, compare
from tests.properties.schema_world import OPTIONS
from tests.properties.schemas import alone, programs, reads, schemas, writes
from tests.servers import BACKENDS

FEWER = settings(max_examples=settings().max_examples // 4)
"""An example maps its classes in both packages, and takes its time."""

ON_SERVERS = settings(
    max_examples=2000 if settings().max_examples > 1000 else settings().max_examples // 25
)
"""There it takes longer: the tables are made and dropped."""

pytestmark = pytest.mark.filterwarnings("ignore")


def test_rows_and_graphs_are_the_oracles():
    tally = Tally()

    @FEWER
    @given(schemas, programs, reads)
    def run(schema, program, reads):
        compare(schema, program, reads, tally)

    run()
    tally.check()


def test_so_they_are_where_connections_are_given_back_after_each_read(monkeypatch):
    monkeypatch.setitem(OPTIONS, "hold", "statement")
    tally = Tally()

    @settings(max_examples=settings().max_examples // 10)
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

    with pytest.raises((AssertionError, DBAPIError, LookupError, StaleDataError, ValueError)):
        run()
    assert tally.examples <= 200
