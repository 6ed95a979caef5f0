"""The other half of ``postponed``."""

from __future__ import annotations

import typing as t

import dovetail.orm as orm
from dovetail import ForeignKey
from tests.orm import postponed as whole

if t.TYPE_CHECKING:
    from tests.orm.postponed import Cart


class Wheel(whole.Base):
    __tablename__ = "wheel"

    id: orm.Mapped[whole.key]
    cart_id: orm.Mapped[t.Optional[int]] = orm.mapped_column(ForeignKey("cart.id"))  # noqa: UP045
    cart: orm.Mapped[t.Optional[Cart]] = orm.relationship(back_populates="wheels")  # noqa: UP045
