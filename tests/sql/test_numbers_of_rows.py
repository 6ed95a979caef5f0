"""What LIMIT, OFFSET and IN take, and what they refuse."""

from decimal import Decimal

import pytest

from dovetail import BigInteger, Integer, String, case, column, func, literal, select
from dovetail.exc import ArgumentError, CompileError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column

NUMBER = column("number", Integer)


@pytest.mark.parametrize("value", ["five", "-5", 5.5, Decimal("5.5"), object(), float("inf")])
@pytest.mark.parametrize("method", ["limit", "offset", "fetch"])
def test_what_is_no_whole_number_is_refused(method, value):
    with pytest.raises(ArgumentError, match="LIMIT and OFFSET take"):
        getattr(select(NUMBER), method)(value)


def test_an_offset_below_zero_is_refused():
    with pytest.raises(ArgumentError, match="no number below zero; got -1"):
        select(NUMBER).offset(-1)
    with pytest.raises(ArgumentError, match="no number below zero; got -2"):
        select(NUMBER).slice(-2, -1)


@pytest.mark.parametrize("value", [5, 5.0, Decimal(5)])
def test_whole_numbers_are_taken_whatever_their_class(value):
    assert select(NUMBER).limit(value).compile().params == {"param_1": 5}


def test_a_large_number_is_bound_as_such():
    statement = select(NUMBER).offset(2**40)
    assert type(statement.offset_clause.type) is BigInteger


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing_in_value"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda thing: Thing.id.in_([thing]),
        lambda thing: Thing.id.not_in([1, thing]),
        literal,
        func.abs,
        lambda thing: case((Thing.id == 1, thing), else_=2),
        lambda thing: select(Thing.id).limit(thing),
    ],
)
def test_an_instance_is_no_value(make):
    with pytest.raises(ArgumentError, match=r"got Thing\(id=1\)"):
        make(Thing(id=1))


def test_a_length_is_a_whole_number_of_whatever_class():
    assert str(String(Decimal(20)).compile()) == "VARCHAR(20)"
    with pytest.raises(CompileError, match="length of String is a number"):
        String(Decimal("20.5")).compile()
