"""What a session does is what SQLAlchemy's session does, whatever it is told to do."""

from functools import partial

import pytest
from hypothesis import given, settings

from tests.properties import comparing
from tests.properties.steps import CHANGES, LIFE, READS, UNDO, WRITES, options, sequences
from tests.properties.world import World

compare = partial(comparing.compare, World)

FEWER = settings(max_examples=settings().max_examples // 5)
"""An example is a whole life, told to two worlds: it takes its time."""

pytestmark = pytest.mark.filterwarnings("ignore")


@FEWER
@given(sequences(CHANGES, WRITES), options)
def test_unit_of_work(steps, options):
    compare(steps, options)


@FEWER
@given(sequences(CHANGES, WRITES, READS), options)
def test_reading(steps, options):
    compare(steps, options)


@FEWER
@given(sequences(CHANGES, WRITES, UNDO), options)
def test_transactions(steps, options):
    compare(steps, options)


@FEWER
@given(sequences(CHANGES, WRITES, READS, UNDO, LIFE), options)
def test_the_whole_life_of_objects(steps, options):
    compare(steps, options)
