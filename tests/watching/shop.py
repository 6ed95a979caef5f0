"""Classes that every server has tables for."""

from dovetail import ForeignKey, String
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))


def customers(count=3):
    """So many new customers, with an order each."""
    return [Customer(name=f"customer {number}", orders=[Order()]) for number in range(count)]
