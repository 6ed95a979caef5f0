"""What ``select_from()`` is given twice stands in FROM once, and can be joined to."""

import pytest

from dovetail import ForeignKey, func, select
from dovetail.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


owner, thing = Owner.__table__, Thing.__table__


@pytest.mark.parametrize(
    "sources",
    [(Owner, Owner), (Owner, owner), (owner, owner)],
    ids=["class twice", "class and its table", "table twice"],
)
@pytest.mark.parametrize("target", [Thing, thing])
def test_what_is_named_twice_is_joined_to_once(sources, target):
    statement = select(func.count()).select_from(*sources).join(target)
    assert str(statement) == (
        "SELECT count(*) AS count_1 \nFROM owner JOIN thing ON owner.id = thing.owner_id"
    )


def test_it_is_joined_by_a_condition_too():
    first = select(func.count()).select_from(Owner)
    statement = first.select_from(Owner).join(Thing, Thing.owner_id == Owner.id)
    assert str(statement) == (
        "SELECT count(*) AS count_1 \nFROM owner JOIN thing ON thing.owner_id = owner.id"
    )


def test_methods_that_mapping_places_are_of_no_module_of_the_user():
    """Whoever lists the methods of a class by their module finds those that were written."""
    placed = [vars(Owner)[name] for name in ("__setattr__", "__delattr__")]
    assert {method.__module__ for method in placed}.isdisjoint({__name__})
