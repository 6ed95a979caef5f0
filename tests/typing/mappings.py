"""What mapped classes are, to type checkers: see ``sessions.py``."""

from typing import Annotated, assert_type

from dovetail import ColumnElement, ForeignKey, Inspector, create_engine, func, inspect
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.ext.hybrid import hybrid_method, hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    DynamicMapped,
    InstanceState,
    InstrumentedAttribute,
    Mapped,
    MappedAsDataclass,
    Mapper,
    WriteOnlyCollection,
    WriteOnlyMapped,
    column_property,
    declared_attr,
    mapped_column,
    relationship,
)

number = Annotated[int, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    pass


class Stamped:
    @declared_attr
    def made(cls) -> Mapped[int]:
        return mapped_column(default=0)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "user"


class User(Stamped, Base):
    id: Mapped[number]
    name: Mapped[str] = mapped_column()
    loud: Mapped[str] = column_property(func.upper(name))
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
    archive: WriteOnlyMapped["Post"] = relationship(viewonly=True)
    feed: DynamicMapped["Post"] = relationship(viewonly=True)
    titles: AssociationProxy[list[str]] = association_proxy("posts", "title")

    @hybrid_property
    def initial(self) -> str:
        return self.name[0]

    @hybrid_method
    def is_before(self, other: str) -> bool:
        return self.name < other


class Post(Base):
    __tablename__ = "post"

    id: Mapped[number]
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="posts")


class Plain(MappedAsDataclass, Base):
    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=3)


def on_the_class() -> None:
    assert_type(User.name, InstrumentedAttribute[str])
    assert_type(User.posts, InstrumentedAttribute[list[Post]])
    assert_type(User.name == "Ada", ColumnElement[bool])
    assert_type(User.posts.any(Post.title == "x"), ColumnElement[bool])
    assert_type(Post.user.has(User.name == "x"), ColumnElement[bool])
    assert_type(User.is_before("b"), ColumnElement[bool])  # more precise


def on_an_instance(user: User) -> None:
    assert_type(user.made, int)
    assert_type(user.loud, str)
    assert_type(user.initial, str)
    assert_type(user.is_before("b"), bool)
    assert_type(user.titles, list[str])
    assert_type(user.archive, WriteOnlyCollection[Post])
    assert_type(user.feed.all(), list[Post])


def dataclasses() -> None:
    assert_type(Plain(name="x"), Plain)
    assert_type(Plain(name="x", size=5).size, int)


def inspections() -> None:
    assert_type(inspect(create_engine("sqlite://")), Inspector)
    assert_type(inspect(User), Mapper[User])
    assert_type(inspect(User()), InstanceState[User])
