"""Comments on anything, second way: one table of comments, and one between for each class.

python -m examples.generic_associations.table_per_association [database URL]
"""

import sys
from typing import Any

from dovetail import Column, ForeignKey, String, Table, create_engine, func, select
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


class Comment(Base):
    """A comment, on whatever it is."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))


class Commented:
    """A class with comments: its table is tied to theirs by a table of its own."""

    @declared_attr
    def comments(cls) -> Mapped[list[Comment]]:
        owner: Any = cls
        name = owner.__tablename__
        between = Table(
            f"{name}_comment",
            Base.metadata,
            Column(f"{name}_id", ForeignKey(f"{name}.id"), primary_key=True),
            # A comment is on one thing: unique, and deleted with that.
            Column("comment_id", ForeignKey("comment.id"), primary_key=True, unique=True),
        )
        return relationship(
            secondary=between,
            order_by=Comment.id,
            cascade="all, delete-orphan",
            single_parent=True,
            backref=name,
        )


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
    article = Article(title="Joints", comments=[Comment(text="well cut")])
    photo = Photo(place="harbour")
    session.add_all([article, photo])
    photo.comments += [Comment(text="foggy"), Comment(text="where is it?")]


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        publish(session)

    with Session(engine) as session, session.begin():
        print("comments:", session.scalar(select(func.count(Comment.id))))
        for photo in session.scalars(select(Photo)):
            print(f"on the photo of the {photo.place}:", [c.text for c in photo.comments])
        # The other way: a join with the class that is meant.
        on_articles = select(Article.title, Comment.text).join(Article.comments)
        print("on articles:", session.execute(on_articles).all())
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
