"""An order of products: many to many, with a price and a number in the row between.

The row between is a class of its own, ``OrderLine``; an association proxy shows the products of
an order as if nothing were between.

python -m examples.association_object [database URL]
"""

import sys
from decimal import Decimal
from typing import ClassVar

from dovetail import ColumnElement, ForeignKey, Numeric, Select, String, create_engine, func, select
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)

Money = Numeric(10, 2)


class Base(DeclarativeBase):
    """All tables of the example."""

    type_annotation_map: ClassVar = {Decimal: Money}


class Product(Base):
    """What is sold; its price may change, that of a line stays."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    price: Mapped[Decimal]


class OrderLine(Base):
    """So many of a product, at the price it had when it was ordered."""

    __tablename__ = "order_line"

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    quantity: Mapped[int]
    price: Mapped[Decimal]

    order: Mapped["Order"] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)

    def __init__(self, product: Product, quantity: int = 1, price: Decimal | None = None) -> None:
        price = product.price if price is None else price
        super().__init__(product=product, quantity=quantity, price=price)


class Order(Base):
    """An order of a customer."""

    __tablename__ = "customer_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(50))

    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by=OrderLine.product_id
    )
    # A product that is appended becomes a line: one of it, at its price of today.
    products: AssociationProxy[list[Product]] = association_proxy("lines", "product")

    @hybrid_property
    def total(self) -> Decimal:
        """What the order costs; in a statement the sum of its rows."""
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))

    @total.inplace.expression
    @classmethod
    def _total_in_sql(cls) -> ColumnElement[Decimal]:
        total = func.coalesce(func.sum(OrderLine.price * OrderLine.quantity), 0, type_=Money)
        return select(total).where(OrderLine.order_id == cls.id).scalar_subquery()


def orders_of(product: Product) -> Select[Order]:
    """The orders that have *product* in them."""
    return select(Order).where(Order.products.contains(product)).order_by(Order.id)


def worth_more_than(amount: Decimal) -> Select[Order]:
    """Orders that cost more than *amount*, with their lines and products: two statements."""
    orders = select(Order).where(Order.total > amount).order_by(Order.id)
    return orders.options(selectinload(Order.lines))


def take_orders(session: Session) -> None:
    """Products and orders to look at."""
    tea, cup, pot = (
        Product(name=name, price=Decimal(price))
        for name, price in (("tea", "3.50"), ("cup", "8.00"), ("pot", "24.90"))
    )
    ada, bob = Order(customer="Ada"), Order(customer="Bob")
    session.add_all([tea, cup, pot, ada, bob])
    ada.products += [tea, pot]
    ada.lines.append(OrderLine(cup, quantity=4, price=Decimal("7.00")))
    bob.products.append(tea)


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        take_orders(session)

    with Session(engine) as session, session.begin():
        pot = session.scalars(select(Product).where(Product.name == "pot")).one()
        pot.price = Decimal("30.00")

        for order in session.scalars(worth_more_than(Decimal(20))):
            print(f"{order.customer} pays {order.total}:")
            for line in order.lines:
                print(f"  {line.quantity} x {line.product.name:5} at {line.price}")

        print("with a pot:", [order.customer for order in session.scalars(orders_of(pot))])
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
