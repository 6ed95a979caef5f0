"""Comments on anything, first way: each class that is commented on has a table of comments.

python -m examples.generic_associations.table_per_owner [database URL]
"""

import sys
from typing import Any, ClassVar

from dovetail import ForeignKey, String, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    declared_attr,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Comment:
    """What comments of all kinds have in common; not mapped itself."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))

    owner: Any


class Commented:
    """A class with comments, which are of a class of their own: ``Article.Comment``."""

    Comment: ClassVar[Any]

    @declared_attr
    def comments(cls) -> Mapped[list[Any]]:
        owner: Any = cls
        owner.Comment = _comment_class(owner)
        return relationship(
            owner.Comment,
            back_populates="owner",
            cascade="all, delete-orphan",
            order_by=lambda: owner.Comment.id,
        )


def _comment_class(owner: Any) -> type:
    """The class of comments on *owner*, with a table and a foreign key."""
    body = {
        "__doc__": f"A comment on a {owner.__name__}.",
        "__tablename__": f"{owner.__tablename__}_comment",
        "owner_id": mapped_column(ForeignKey(f"{owner.__tablename__}.id"), index=True),
        "owner": relationship(owner, back_populates="comments"),
    }
    return type(f"{owner.__name__}Comment", (Comment, Base), body)


class Article(Commented, Base):
    """What somebody wrote."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))


class Photo(Commented, Base):
    """What somebody saw."""

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(50))


def publish(session: Session) -> None:
    """Things to comment on, with comments."""
    article = Article(title="Joints", comments=[Article.Comment(text="well cut")])
    photo = Photo(place="harbour")
    session.add_all([article, photo])
    photo.comments += [Photo.Comment(text="foggy"), Photo.Comment(text="where is it?")]


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        publish(session)

    with Session(engine) as session, session.begin():
        for class_ in (Article, Photo):
            comments = select(class_.Comment).order_by(class_.Comment.id)
            for comment in session.scalars(comments):
                print(
                    f"{type(comment).__name__}: {comment.text!r} of {type(comment.owner).__name__}"
                )
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
