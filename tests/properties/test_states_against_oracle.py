"""Objects go through their states as they do in SQLAlchemy, whatever happens to them."""

from functools import partial

import pytest
from hypothesis import given, settings

from tests.properties import comparing
from tests.properties.life import Life
from tests.properties.steps import (
    KEYED_CHANGES,
    KEYED_READS,
    LIFE,
    TRAVELS,
    UNDO,
    WRITES,
    lives,
    options,
)

compare = partial(comparing.compare, Life)

FEWER = settings(max_examples=settings().max_examples // 8)
"""An example looks at all objects of two worlds after every step, and takes its time."""

pytestmark = pytest.mark.filterwarnings("ignore")


@FEWER
@given(lives(KEYED_CHANGES, WRITES, UNDO), options)
def test_keys_and_savepoints(steps, options):
    compare(steps, options)


@FEWER
@given(lives(KEYED_CHANGES, WRITES, KEYED_READS), options)
def test_what_is_in_memory(steps, options):
    compare(steps, options)


@FEWER
@given(lives(KEYED_CHANGES, WRITES, UNDO, LIFE, TRAVELS), options)
def test_leaving_and_coming_back(steps, options):
    compare(steps, options)
