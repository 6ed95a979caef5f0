"""One mapping, declared with whichever package is asked for.

``serial`` names a row across worlds, in which generated keys may differ.
"""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

CLASSES = ("Node", "Owner", "Child", "Profile", "Tag", "Place")

SCALARS = (
    ("Node", "parent", "Node"),
    ("Child", "owner", "Owner"),
    ("Profile", "owner", "Owner"),
    ("Owner", "profile", "Profile"),
    ("Owner", "place", "Place"),
)
"""Relationships to one: class, attribute, target."""

COLLECTIONS = (
    ("Node", "children", "Node"),
    ("Owner", "children", "Child"),
    ("Owner", "tags", "Tag"),
    ("Tag", "owners", "Owner"),
)
"""Relationships to many."""

RELATIONSHIPS = {
    name: tuple(row[1] for row in (*SCALARS, *COLLECTIONS) if row[0] == name) for name in CLASSES
}

KEYED_CLASSES = (*CLASSES, "Stone", "Country", "Town")
"""Those besides whose parents have keys that users choose, and change."""

KEYED_SCALARS = (*SCALARS, ("Stone", "place", "Place"), ("Town", "country", "Country"))

KEYED_COLLECTIONS = (*COLLECTIONS, ("Place", "stones", "Stone"), ("Country", "towns", "Town"))

KEYED_RELATIONSHIPS = {
    name: tuple(row[1] for row in (*KEYED_SCALARS, *KEYED_COLLECTIONS) if row[0] == name)
    for name in KEYED_CLASSES
}

TABLES = {
    "place": "SELECT x, y, serial, name FROM place",
    "node": (
        "SELECT one.serial, one.name, other.serial FROM node AS one "
        "LEFT JOIN node AS other ON other.id = one.parent_id"
    ),
    "owner": "SELECT serial, name, place_x, place_y FROM owner",
    "child": (
        "SELECT child.serial, child.name, owner.serial FROM child "
        "LEFT JOIN owner ON owner.id = child.owner_id"
    ),
    "profile": (
        "SELECT profile.serial, profile.name, owner.serial FROM profile "
        "LEFT JOIN owner ON owner.id = profile.owner_id"
    ),
    "tag": "SELECT serial, name FROM tag",
    "owner_tag": (
        "SELECT owner.serial, tag.serial FROM owner_tag "
        "JOIN owner ON owner.id = owner_id JOIN tag ON tag.id = tag_id"
    ),
}
"""What is in the tables, without a generated key."""

KEYED_TABLES = {
    **TABLES,
    "stone": "SELECT serial, name, place_x, place_y FROM stone",
    "country": "SELECT code, serial, name FROM country",
    "town": "SELECT serial, name, country_code FROM town",
}


ONCE = {"sqlite_autoincrement": True}
"""The key of a row that is gone is not given to another one."""


def declare(package: str) -> SimpleNamespace:
    """Map the classes with *package*."""
    sa = import_module(package)
    orm = import_module(f"{package}.orm")
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    owner_tag = sa.Table(
        "owner_tag",
        Base.metadata,
        sa.Column("owner_id", sa.ForeignKey("owner.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Place(Base):
        __tablename__ = "place"
        x = column(sa.Integer, primary_key=True, autoincrement=False)
        y = column(sa.Integer, primary_key=True, autoincrement=False)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)

    class Node(Base):
        __tablename__ = "node"
        __table_args__ = ONCE
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        parent_id = column(sa.ForeignKey("node.id"))
        parent = relationship("Node", back_populates="children", remote_side=[id])
        children = relationship("Node", back_populates="parent", order_by="(Node.serial, Node.id)")

    class Owner(Base):
        __tablename__ = "owner"
        __table_args__ = (
            sa.ForeignKeyConstraint(["place_x", "place_y"], ["place.x", "place.y"]),
            ONCE,
        )
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        place_x = column(sa.Integer)
        place_y = column(sa.Integer)
        place = relationship("Place")
        children = relationship(
            "Child",
            back_populates="owner",
            cascade="all, delete-orphan",
            order_by="(Child.serial, Child.id)",
        )
        profile = relationship(
            "Profile", back_populates="owner", uselist=False, cascade="all, delete-orphan"
        )
        tags = relationship(
            "Tag", secondary=owner_tag, back_populates="owners", order_by="(Tag.serial, Tag.id)"
        )

    class Child(Base):
        __tablename__ = "child"
        __table_args__ = ONCE
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        owner_id = column(sa.ForeignKey("owner.id"))
        owner = relationship("Owner", back_populates="children")

    class Profile(Base):
        __tablename__ = "profile"
        __table_args__ = ONCE
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        owner_id = column(sa.ForeignKey("owner.id"))
        owner = relationship("Owner", back_populates="profile")

    class Tag(Base):
        __tablename__ = "tag"
        __table_args__ = ONCE
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        owners = relationship(
            "Owner",
            secondary=owner_tag,
            back_populates="tags",
            order_by="(Owner.serial, Owner.id)",
        )

    Place.stones = relationship(
        "Stone", back_populates="place", order_by="(Stone.serial, Stone.id)"
    )
    keyed = declare_keyed(sa, orm, Base)
    Base.registry.configure()
    return SimpleNamespace(
        **keyed,
        sa=sa,
        orm=orm,
        metadata=Base.metadata,
        Node=Node,
        Owner=Owner,
        Child=Child,
        Profile=Profile,
        Tag=Tag,
        Place=Place,
    )


def declare_keyed(sa: Any, orm: Any, Base: Any) -> dict[str, type]:
    """Map those that refer to keys which may change; the database hands the change on."""
    column, relationship = orm.mapped_column, orm.relationship

    class Stone(Base):
        __tablename__ = "stone"
        __table_args__ = (
            sa.ForeignKeyConstraint(
                ["place_x", "place_y"], ["place.x", "place.y"], onupdate="CASCADE"
            ),
            ONCE,
        )
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        place_x = column(sa.Integer)
        place_y = column(sa.Integer)
        place = relationship("Place", back_populates="stones")

    class Country(Base):
        __tablename__ = "country"
        code = column(sa.String(10), primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        towns = relationship("Town", back_populates="country", order_by="(Town.serial, Town.id)")

    class Town(Base):
        __tablename__ = "town"
        __table_args__ = ONCE
        id = column(sa.Integer, primary_key=True)
        serial = column(sa.Integer)
        name = column(sa.String(20), nullable=False)
        country_code = column(sa.ForeignKey("country.code", onupdate="CASCADE"))
        country = relationship("Country", back_populates="towns")

    return {"Stone": Stone, "Country": Country, "Town": Town}
