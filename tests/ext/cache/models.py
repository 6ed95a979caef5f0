"""Users in teams, with addresses that go with them, and tags."""

from typing import Any

from dovetail import JSON, Column, ForeignKey, String, Table
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


tagging = Table(
    "tagging",
    Base.metadata,
    Column("user_id", ForeignKey("member.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    leader: Mapped[int | None] = mapped_column()


class User(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()
    addresses: Mapped[list["Address"]] = relationship(
        order_by="Address.id", passive_deletes=True, cascade="all"
    )
    tags: Mapped[list["Tag"]] = relationship(secondary=tagging, order_by="Tag.id")


class Address(Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
