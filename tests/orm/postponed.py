"""Mapped classes whose annotations are text, and name what is imported for typing alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, List, Optional  # noqa: UP035

from dovetail import ForeignKey, String
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship

if TYPE_CHECKING:
    from tests.orm.postponed_elsewhere import Wheel

key = Annotated[int, mapped_column(primary_key=True)]
code = Annotated[str, mapped_column(String(8))]


class Base(DeclarativeBase):
    pass


class Maker(Base):
    __tablename__ = "maker"

    id: Mapped[key]
    name: Mapped[Optional[code]]  # noqa: UP045
    carts: Mapped[List[Cart]] = relationship(back_populates="maker")  # noqa: UP006


class Cart(Base):
    __tablename__ = "cart"

    id: Mapped[key]
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("maker.id"))
    maker: Mapped[Maker | None] = relationship(back_populates="carts")
    wheels: Mapped[set[Wheel]] = relationship(back_populates="cart")
