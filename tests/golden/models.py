"""Mappings of every shape, whose generated functions are kept as text."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from dovetail import (
    JSON,
    Column,
    Enum as EnumType,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    String,
    Table,
    func,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    mapped_column,
    registry,
    relationship,
)


class Base(DeclarativeBase):
    pass


class Plain(Base):
    """Columns that need no conversion."""

    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int | None]


class Keyed(Base):
    """A composite key."""

    __tablename__ = "keyed"

    shop: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]


class Colour(Enum):
    RED = 1
    BLUE = 2


class Converted(Base):
    """Values that differ in Python and in the database."""

    __tablename__ = "converted"

    day: Mapped[date] = mapped_column(primary_key=True)
    made: Mapped[datetime | None]
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    colour: Mapped[Colour] = mapped_column(EnumType(Colour))
    data: Mapped[dict[str, int]] = mapped_column(JSON)
    open: Mapped[bool]


class Owner(Base):
    """Relationships that are joined: a collection, and a reference by a composite key."""

    __tablename__ = "owner"
    __table_args__ = (ForeignKeyConstraint(["shop", "number"], ["keyed.shop", "keyed.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int | None]
    number: Mapped[int | None]
    things: Mapped[list["Thing"]] = relationship(lazy="joined", back_populates="owner")
    keyed: Mapped[Keyed | None] = relationship(lazy="joined")


class Thing(Base):
    """A reference that is joined without OUTER, and a collection loaded by a statement more."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship(lazy="joined", innerjoin=True, back_populates="things")
    parts: Mapped[list["Part"]] = relationship(lazy="selectin")


class Part(Base):
    """A relationship that is never loaded."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    thing: Mapped[Thing | None] = relationship(lazy="noload", viewonly=True)


class Deferred(Base):
    """Columns that are left until they are read, and an expression."""

    __tablename__ = "deferred"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
    notes: Mapped[str | None] = mapped_column(deferred=True)
    photo: Mapped[bytes | None] = mapped_column(deferred=True, deferred_group="files")
    length: Mapped[int] = column_property(func.length(name))


class Made(Base):
    """Values that the server makes, and defaults of both sides."""

    __tablename__ = "made"

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[int] = mapped_column(server_default="1")
    touched: Mapped[int | None] = mapped_column(server_onupdate=FetchedValue())
    rank: Mapped[int] = mapped_column(default=1)
    serial: Mapped[int] = mapped_column(default=lambda: 7, onupdate=lambda: 8)
    low: Mapped[str] = mapped_column(insert_default=func.lower("X"))


class Wide(Base):
    """More attributes than a dictionary shares keys for."""

    __table__ = Table(
        "wide",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        *(Column(f"c{n:02}", Integer) for n in range(30)),
    )


class Imperative:
    """A plain class: no slot for the state, and a constructor of its own."""

    def __init__(self, name):
        self.name = name


imperative = registry()
imperative.map_imperatively(
    Imperative,
    Table(
        "imperative",
        imperative.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20)),
    ),
)


class Watching(Base):
    """A class that sees its writes itself: its attributes are data descriptors."""

    __tablename__ = "watching"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class Animal(Base):
    """A hierarchy in one table."""

    __tablename__ = "animal"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    """A class below, with a column of its own."""

    breed: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}


SHAPES = (
    *(Plain, Keyed, Converted, Owner, Thing, Part, Deferred, Made, Wide, Imperative, Watching),
    *(Animal, Dog),
)
