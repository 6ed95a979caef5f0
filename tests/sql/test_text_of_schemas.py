"""Whatever schemas are made of, and every type, has a text that reads as code."""

import pytest

from dovetail import schema, types

MIXINS = {"ExternalType", "Named", "SchemaType", "TypeEngineMixin", "TypedColumns"}
"""Bases of programs' own classes, of which nothing is made."""


@pytest.mark.parametrize("module", [schema, types], ids=lambda one: one.__name__)
def test_every_class_says_what_its_objects_are(module):
    silent = {
        name
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and not issubclass(kind, BaseException)
        and kind.__repr__ is object.__repr__
    }

    assert silent - MIXINS == set()
