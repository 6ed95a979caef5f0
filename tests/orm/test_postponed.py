"""Annotations that are text, in modules that import from each other for typing alone."""

from dovetail import select
from tests.orm.postponed import Base, Cart, Maker
from tests.orm.postponed_elsewhere import Wheel


def test_columns_are_understood():
    assert Maker.__table__.c.name.type.length == 8
    assert Maker.__table__.c.name.nullable
    assert Maker.__table__.c.id.primary_key
    assert Wheel.__table__.c.cart_id.nullable


def test_relationships_find_classes_that_are_not_in_the_module(engine, session):
    Base.metadata.create_all(engine)
    session.add(Maker(carts=[Cart(wheels={Wheel(), Wheel()})]))
    session.commit()

    wheels = session.scalars(select(Wheel)).all()

    assert len(wheels) == 2
    assert wheels[0].cart is wheels[1].cart
    assert wheels[0].cart.wheels == set(wheels)
    assert isinstance(wheels[0].cart.maker, Maker)
