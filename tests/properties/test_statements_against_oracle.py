"""A SELECT finds what the oracle's finds, and reads as the oracle's reads."""

import os

import pytest
from hypothesis import given

from tests.properties.statements import Builder, recipes
from tests.properties.world import World

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def worlds():
    worlds = World(PACKAGE), World("sqlalchemy")
    for world in worlds:
        world.start()
        for step in (("family", True), ("make", "Owner", "b", (0, 0), True), ("commit",)):
            world.perform(step)
    yield worlds
    for world in worlds:
        world.stop()
        world.engine.dispose()


def found(world, recipe):
    """The rows that the statement finds, with objects named by their serial numbers."""
    statement = Builder(world.models, recipe["entity"]).statement(recipe)
    rows = world.session.execute(statement).all()
    return [tuple(getattr(value, "serial", value) for value in row) for row in rows]


@given(recipes)
def test_the_rows_are_the_oracles(worlds, recipe):
    ours, theirs = worlds

    assert found(ours, recipe) == found(theirs, recipe)


@given(recipes)
def test_the_text_is_the_oracles(worlds, recipe):
    ours, theirs = (
        str(Builder(world.models, recipe["entity"]).statement(recipe)) for world in worlds
    )

    assert ours == theirs
