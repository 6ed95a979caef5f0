"""Types that a dialect has no word for: shown to who reads, refused where they would be sent."""

import pytest

from dovetail import Column, MetaData, Table, cast, column, create_engine
from dovetail.exc import CompileError, UnsupportedCompilationError
from dovetail.schema import CreateTable
from dovetail.types import TypeEngine


class Shape(TypeEngine):
    __visit_name__ = "SHAPE"


def test_it_is_shown_by_the_name_of_its_class():
    table = Table("t", MetaData(), Column("a", Shape()))
    assert Shape().compile() == "Shape"
    assert str(cast(column("a"), Shape)) == "CAST(a AS Shape)"
    assert "a Shape" in str(CreateTable(table))


def test_a_server_that_has_it_not_refuses_it():
    dialect = create_engine("sqlite://").dialect
    with pytest.raises(UnsupportedCompilationError, match="cannot write Shape") as raised:
        Shape().compile(dialect=dialect)
    assert isinstance(raised.value, CompileError)
    assert "with_variant" in raised.value.hint
    assert raised.value.element_type is Shape
