"""Docstrings of the verbs that users meet first have an example with the SQL that it sends."""

import pytest

from tests.docs.verbs import VERBS, example_of, ran

ALL = [(owner, name) for owner, names in VERBS.items() for name in names]


@pytest.mark.parametrize(("owner", "name"), ALL, ids=lambda one: getattr(one, "__name__", one))
def test_the_example_of_a_verb_sends_what_it_says(owner, name):
    example = example_of(owner, name)

    assert example is not None, "no example with the SQL that it sends"
    code, told = example
    assert ran(code) == told


def test_there_are_more_than_eighty():
    assert len(ALL) > 80
