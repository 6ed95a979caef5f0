"""A SELECT finds what the oracle's finds, and reads as the oracle's reads."""

import os

import pytest
from hypothesis import assume, given

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
    # Of a doubly negated EXISTS both negations are left out here.
    assume("('not', ('not'" not in repr(recipe))
    ours, theirs = (
        str(Builder(world.models, recipe["entity"]).statement(recipe)) for world in worlds
    )

    assert ours == theirs


@pytest.mark.parametrize("turn", [lambda label: label, lambda label: label.desc()])
def test_what_is_ordered_by_a_label_says_its_name(worlds, turn):
    def statement(world):
        label = (world.models.Owner.serial + 1).label("next")
        return str(world.sa.select(label).order_by(turn(label)))

    ours, theirs = map(statement, worlds)

    assert ours == theirs
