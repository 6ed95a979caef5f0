"""What a compiler writes a node by: one name, one shape."""

import importlib
import pkgutil
from collections import defaultdict

import dovetail
from dovetail.sql.node import Node

_TRIED_ALONE = ("as_sqlalchemy", "__main__", "familiar")
"""Modules that change the process when they are imported, or stand before another package."""


def _kinds(kind):
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def test_two_kinds_of_nodes_have_no_name_in_common_unless_one_derives_from_the_other():
    """A method that writes one of them would be handed the other, whose parts it does not know."""
    for module in pkgutil.walk_packages(dovetail.__path__, "dovetail."):
        if not any(part in module.name.split(".") for part in _TRIED_ALONE):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                assert not str(error.name).startswith("dovetail"), module.name
    named = defaultdict(set)
    for kind in _kinds(Node):
        if "__visit_name__" in vars(kind) and kind.__module__.startswith("dovetail."):
            named[kind.__visit_name__].add(kind)

    shared = {
        name: kinds
        for name, kinds in named.items()
        if not any(all(issubclass(one, base) for one in kinds) for base in kinds)
    }
    assert len(named) > 60
    assert shared == {}
