"""Orders and products: rows between them that know more, and a proxy that hides them."""

from decimal import Decimal

import pytest

from dovetail import func, select
from dovetail.orm import Session
from examples.association_object import (
    Base,
    Order,
    OrderLine,
    Product,
    orders_of,
    take_orders,
    worth_more_than,
)


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        take_orders(session)
        session.commit()
        session.expunge_all()
        yield session


def order_of(session, customer):
    return session.scalars(select(Order).where(Order.customer == customer)).one()


def product(session, name):
    return session.scalars(select(Product).where(Product.name == name)).one()


def test_a_product_that_is_appended_becomes_a_line_at_its_price(session):
    bob, cup = order_of(session, "Bob"), product(session, "cup")

    bob.products.append(cup)
    session.commit()
    cup.price = Decimal("9.99")
    session.commit()

    lines = [(line.product.name, line.quantity, line.price) for line in bob.lines]
    assert lines == [("tea", 1, Decimal("3.50")), ("cup", 1, Decimal("8.00"))]
    assert bob.total == Decimal("11.50")


def test_the_total_is_the_same_in_python_and_in_sql(session):
    session.add(Order(customer="Nobody"))
    in_sql = session.execute(select(Order.customer, Order.total).order_by(Order.id)).all()

    assert in_sql == [("Ada", Decimal("56.40")), ("Bob", Decimal("3.50")), ("Nobody", 0)]
    assert [order.total for order in session.scalars(select(Order).order_by(Order.id))] == [
        total for _, total in in_sql
    ]


def test_orders_with_lines_and_products_take_two_statements(session, sent):
    orders = session.scalars(worth_more_than(Decimal(3))).all()

    shown = [[(line.product.name, line.quantity) for line in order.lines] for order in orders]

    assert shown == [[("tea", 1), ("cup", 4), ("pot", 1)], [("tea", 1)]]
    assert len(sent) == 2
    assert session.scalars(worth_more_than(Decimal(60))).all() == []


def test_orders_are_found_by_a_product(session):
    tea, pot = product(session, "tea"), product(session, "pot")

    assert [order.customer for order in session.scalars(orders_of(tea))] == ["Ada", "Bob"]
    assert [order.customer for order in session.scalars(orders_of(pot))] == ["Ada"]


def test_a_product_that_is_taken_out_takes_its_line_with_it(session):
    ada = order_of(session, "Ada")

    ada.products.remove(product(session, "cup"))
    session.commit()

    assert [line.product.name for line in ada.lines] == ["tea", "pot"]
    session.delete(ada)
    session.commit()
    assert session.scalar(select(func.count()).select_from(OrderLine)) == 1
    assert session.scalar(select(func.count(Product.id))) == 3
