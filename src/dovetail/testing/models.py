"""The classes and tables that the contract of the session works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..sql.metadata import MetaData


@dataclass(frozen=True, slots=True)
class Models:
    """Users with addresses, and the clubs that they are members of."""

    metadata: MetaData
    User: type[Any]
    Address: type[Any]
    Club: type[Any]


def declare(sa: Any, orm: Any) -> Models:
    """Return classes that are mapped with *sa*, the package, and *orm*, its mapping."""
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    membership = sa.Table(
        "membership",
        Base.metadata,
        sa.Column("user_id", sa.ForeignKey("user_account.id"), primary_key=True),
        sa.Column("club_id", sa.ForeignKey("club.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "user_account"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(40), nullable=False, unique=True)
        age = column(sa.Integer)
        notes = column(sa.String(200), deferred=True)
        addresses = relationship(
            "Address",
            back_populates="user",
            cascade="all, delete-orphan",
            order_by="Address.email",
        )
        clubs = relationship("Club", secondary=membership, order_by="Club.name")

    class Address(Base):
        __tablename__ = "address"
        id = column(sa.Integer, primary_key=True)
        email = column(sa.String(80), nullable=False)
        user_id = column(sa.ForeignKey("user_account.id"), nullable=False)
        user = relationship("User", back_populates="addresses")

    class Club(Base):
        __tablename__ = "club"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(40))

    Base.registry.configure()
    return Models(Base.metadata, User, Address, Club)
