"""Where one value is needed, a class or a table is refused for what it is."""

import pytest

from dovetail import Integer, asc, between, column, desc, label, not_, nulls_first, select, table
from dovetail.exc import ArgumentError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column
from dovetail.sql.expression import collate


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "ship"
    id: Mapped[int] = mapped_column(primary_key=True)


TAKING = {
    "asc": asc,
    "desc": desc,
    "nulls_first": nulls_first,
    "collate": lambda value: collate(value, "nocase"),
    "label": lambda value: label("x", value),
    "between": lambda value: between(value, 1, 2),
    "not_": not_,
}


@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
@pytest.mark.parametrize("value", [Ship, Ship.__table__, table("t", column("x", Integer))])
def test_a_class_or_a_table_is_no_value(take, value):
    with pytest.raises(ArgumentError):
        take(value)


def test_a_query_is_a_value_and_can_be_negated():
    assert str(not_(select(Ship.id))) == "NOT (SELECT ship.id \nFROM ship)"


def test_a_name_in_order_by_is_written_by_itself():
    assert str(select(Ship).order_by("id").order_by_clauses[0]) == "id"


def test_the_property_of_an_attribute():
    mapper = Ship.__mapper__

    assert mapper.get_property_by_column(Ship.id) is mapper.attrs.id
