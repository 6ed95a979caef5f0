"""A statement that fails, at each place of a unit of work: before the database did it, and after.

Afterwards the database is as it was, or, where COMMIT itself had been done, as it shall be; the
objects are what the database says; and the same work done again has its usual outcome.
"""

import sqlite3

import pytest

from dovetail import Column, ForeignKey, Table, create_engine, inspect, select
from dovetail.exc import DBAPIError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


post_tag = Table(
    "post_tag",
    Base.metadata,
    Column("post_id", ForeignKey("post.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column()
    favourite_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", use_alter=True, name="author_favourite")
    )
    posts: Mapped[list["Post"]] = relationship(
        back_populates="author", cascade="all, delete-orphan", foreign_keys="Post.author_id"
    )
    favourite: Mapped["Post | None"] = relationship(post_update=True, foreign_keys=[favourite_id])
    __mapper_args__ = {"version_id_col": version}


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="posts", foreign_keys=[author_id])
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tag, back_populates="posts")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "post"}


class Article(Post):
    __tablename__ = "article"

    id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    body: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "article"}


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    parent: Mapped["Tag | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Tag"]] = relationship(back_populates="parent")
    posts: Mapped[list[Post]] = relationship(secondary=post_tag, back_populates="tags")


class Fault:
    """Fails at the statement of a number, counted from :meth:`arm` on."""

    def __init__(self) -> None:
        self.place: int | None = None
        self.is_done = self.was_met = False
        self.count = 0

    def arm(self, place: int, is_done: bool) -> None:
        self.place, self.is_done, self.count, self.was_met = place, is_done, 0, False

    def pass_on(self, function, *arguments):
        is_here = self.count == self.place
        self.count += 1
        if is_here:
            self.was_met, self.place = True, None
        if is_here and not self.is_done:
            raise sqlite3.OperationalError("disk I/O error")
        answer = function(*arguments)
        if is_here:
            # As the driver does, which resets a statement that fails.
            del answer
            raise sqlite3.OperationalError("disk I/O error")
        return answer


def failing_class(fault):
    """A class of connections that fail with *fault*."""

    class Failing(sqlite3.Connection):
        def execute(self, *arguments):
            return fault.pass_on(super().execute, *arguments)

        def executemany(self, *arguments):
            return fault.pass_on(super().executemany, *arguments)

        def commit(self):
            return fault.pass_on(super().commit)

    return Failing


class Place:
    """A database with some rows, an engine whose connections fail, and what is stored."""

    def __init__(self, path):
        self.fault = Fault()
        self.engine = create_engine(
            f"sqlite:///{path}", connect_args={"factory": failing_class(self.fault)}
        )
        Base.metadata.create_all(self.engine)
        with Session(self.engine) as session:
            ann, bob = Author(name="ann"), Author(name="bob")
            tags = [Tag(name=f"t{number}") for number in range(4)]
            tags[1].parent, tags[2].parent = tags[0], tags[1]
            session.add_all([ann, bob, *tags])
            for number in range(4):
                kind = Article if number % 2 else Post
                post = kind(title=f"p{number}", author=ann if number < 3 else bob)
                post.tags = [tags[number], tags[(number + 1) % 4]]
                session.add(post)
            session.flush()
            ann.favourite = ann.posts[0]
            session.commit()
        self._raw = sqlite3.connect(path)

    def stored(self):
        return {
            table.name: sorted(self._raw.execute(f"SELECT * FROM {table.name}"), key=repr)
            for table in Base.metadata.sorted_tables
        }

    def close(self):
        self._raw.close()
        self.engine.dispose()


def write(session):
    ann, bob = session.scalars(select(Author).order_by(Author.id)).all()
    cat = Author(name="cat")
    session.add(cat)
    posts = [Post(title="n0", author=cat), Article(title="n1", body="x", author=cat)]
    tag = Tag(name="new")
    session.add_all([*posts, tag])
    cat.favourite = posts[1]
    tag.parent = session.get(Tag, 3)
    posts[0].tags.append(tag)
    ann.posts.remove(ann.posts[1])
    ann.posts[0].tags = [session.get(Tag, 4)]
    ann.favourite, ann.name = ann.posts[1], "ann2"
    session.get(Tag, 2).children = []
    session.delete(bob)
    return [cat, *posts, tag]


def at_once(session):
    return write(session)


def in_two_flushes(session):
    new = write(session)
    session.flush()
    new[0].name, new[1].title = "cat2", "n0b"
    session.get(Tag, 4).name = "four"
    return new


def in_savepoints(session):
    new = []
    with session.begin_nested():
        new += write(session)
    with session.begin_nested():
        new[0].name, new[1].title = "cat2", "n0b"
    return new


@pytest.fixture
def place_of(tmp_path):
    places = []

    def make():
        places.append(Place(tmp_path / f"{len(places)}.db"))
        return places[-1]

    yield make
    for place in places:
        place.close()


def columns_of(instance):
    attributes = inspect(type(instance)).column_attrs
    return {attribute.key: getattr(instance, attribute.key) for attribute in attributes}


def told_by(error):
    """The texts of *error* and of what it came of.

    Where RELEASE failed after it was done, there is no savepoint to roll back to: two errors.
    """
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__context__
    return " ".join(texts)


@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("work", [at_once, in_two_flushes, in_savepoints])
def test_a_failure_at_any_statement_loses_nothing_and_leaves_nothing(place_of, work, is_done):
    place = place_of()
    with Session(place.engine) as session:
        work(session)
        session.commit()
    expected = place.stored()

    failures = 0
    while True:
        place = place_of()
        before = place.stored()
        with Session(place.engine) as session:
            known = [
                instance
                for class_ in (Author, Post, Tag)
                for instance in session.scalars(select(class_))
            ]
            values = [columns_of(instance) for instance in known]
            session.commit()
            place.fault.arm(failures, is_done)
            new, failed = [], False
            try:
                new += work(session)
                session.commit()
            except DBAPIError as error:
                assert "disk I/O error" in told_by(error)
                failed = True
            if not place.fault.was_met:
                break
            failures += 1
            session.rollback()
            if not failed or (is_done and place.stored() == expected):
                # It was COMMIT that failed after it had been done, or the end of what only reads.
                assert place.stored() == expected
                continue

            assert place.stored() == before
            assert [columns_of(instance) for instance in known] == values
            assert all(instance in session for instance in known)
            assert all(inspect(instance).transient for instance in new)
            assert {*session.new, *session.dirty, *session.deleted} == set()
            work(session)
            session.commit()
            assert place.stored() == expected
    assert failures > 20
