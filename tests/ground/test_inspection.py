"""``inspect()``: a table from types to descriptions."""

import pytest

from dovetail import Column, Integer, MetaData, Table, select
from dovetail.exc import NoInspectionAvailable
from dovetail.inspection import inspect, inspects, inspects_itself


class Box:
    pass


class SmallBox(Box):
    pass


@inspects(Box)
def describe(box):
    return ("box", type(box).__name__)


def test_subclasses_are_described_like_their_bases():
    assert inspect(SmallBox()) == ("box", "SmallBox")


def test_an_object_may_describe_itself():
    cls = inspects_itself(type("Own", (), {}))
    subject = cls()

    assert inspect(subject) is subject


def test_what_is_not_known_is_an_error_or_none():
    with pytest.raises(NoInspectionAvailable, match="builtins.int"):
        inspect(5)
    assert inspect(5, raiseerr=False) is None


def test_a_type_is_described_once():
    with pytest.raises(ValueError, match="already"):
        inspects(Box)(describe)


def test_tables_statements_and_expressions_describe_themselves():
    table = Table("t", MetaData(), Column("id", Integer))
    alias = table.alias()

    for subject in (table, alias, table.c.id, alias.c.id == 1, select(table), table.join(alias)):
        assert inspect(subject) is subject
    assert alias.selectable is alias
