"""The comparison of awaiting sessions does the same work each way, and loses nothing."""

import asyncio
import os
from importlib.util import find_spec

import pytest

from benchmarks import awaiting
from tests.servers import SERVERS, require


@pytest.mark.parametrize(
    ("server", "driver"), [(server, one) for server, ways in awaiting.WAYS.items() for one in ways]
)
def test_each_round_is_there_afterwards(server, driver):
    require(server)
    if find_spec(driver) is None:
        pytest.skip(f"{driver} is not installed")
    url, table = SERVERS[server].url, f"awaited_{os.getpid()}"
    engine, made, metadata = awaiting.prepare(url, table, 3 * awaiting.OBJECTS_PER_TASK)
    try:
        bare, ours, _ = awaiting.WAYS[server][driver]
        for way in (bare, ours):
            asyncio.run(awaiting.compete(way, url, table, tasks=3, rounds=5, pool=2))
        with engine.connect() as connection:
            counts = connection.scalars(made.select().with_only_columns(made.c.count)).all()
    finally:
        metadata.drop_all(engine)
        engine.dispose()

    assert sum(counts) == 2 * 3 * (5 + awaiting.WARMING)
