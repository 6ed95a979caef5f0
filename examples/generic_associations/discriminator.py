"""Comments on anything, third way: a comment names the kind and the key of what it is on.

python -m examples.generic_associations.discriminator [database URL]
"""

import sys
from typing import Any

from dovetail import Index, String, and_, create_engine, event, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    backref,
    foreign,
    mapped_column,
    relationship,
    remote,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Comment(Base):
    """A comment on the ``owner_kind`` whose key is ``owner_id``: no foreign key can say that."""

    __tablename__ = "comment"
    __table_args__ = (Index("comment_of_owner", "owner_kind", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
    owner_kind: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int]

    @property
    def owner(self) -> Any:
        """What the comment is on."""
        return getattr(self, f"on_{self.owner_kind}")


KINDS: list[str] = []
"""The kinds of what comments are on."""


class Commented:
    """A class with comments."""

    __tablename__: str
    id: Mapped[int] = mapped_column(primary_key=True)
    comments: Any

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        owner: Any = cls
        kind = owner.__tablename__
        # The keys of all kinds go into one column, which is meant: the kind tells them apart.
        KINDS.append(kind)
        overlaps = ",".join(("comments", *(f"on_{other}" for other in KINDS)))
        owner.comments = relationship(
            Comment,
            # The key goes into owner_id in a flush; the kind is a condition for reading.
            primaryjoin=lambda: and_(
                owner.id == foreign(remote(Comment.owner_id)), Comment.owner_kind == kind
            ),
            order_by=Comment.id,
            cascade="all, delete-orphan",
            overlaps=overlaps,
            backref=backref(
                f"on_{kind}",
                primaryjoin=lambda: remote(owner.id) == foreign(Comment.owner_id),
                overlaps=overlaps,
            ),
        )

        @event.listens_for(owner.comments, "append")
        def set_kind(target: Any, comment: Comment, initiator: Any) -> None:
            comment.owner_kind = kind


class Article(Commented, Base):
    """What somebody wrote."""

    __tablename__ = "article"

    title: Mapped[str] = mapped_column(String(50))


class Photo(Commented, Base):
    """What somebody saw."""

    __tablename__ = "photo"

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
        for comment in session.scalars(select(Comment).order_by(Comment.id)):
            print(f"{comment.text!r} is on the {comment.owner_kind} {comment.owner_id}")
            assert comment in comment.owner.comments
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
