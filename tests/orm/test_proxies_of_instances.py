"""Objects that hand on all attributes of an instance, as web frameworks have them."""

import pytest

from dovetail import ForeignKey, create_engine, inspect, select
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    make_transient,
    mapped_column,
    object_session,
    relationship,
    with_parent,
)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
    drafts: Mapped[list["Draft"]] = relationship(cascade="all, delete-orphan")


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="posts")


class Draft(Base):
    __tablename__ = "draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


class Proxy:
    def __init__(self, instance):
        self.__dict__["instance"] = instance

    def __getattr__(self, name):
        return getattr(self.__dict__["instance"], name)


class Disguised(Proxy):
    @property
    def __class__(self):
        return type(self.__dict__["instance"])


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture(params=[Proxy, Disguised])
def proxy(request, session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    return request.param(author)


def test_a_proxy_is_inspected_as_its_instance(session, proxy):
    author = session.scalars(select(Author)).one()

    assert inspect(proxy) is inspect(author)
    assert object_session(proxy) is session
    assert session.identity_key(instance=proxy) == (Author, (1,), None)
    assert session.merge(proxy) is author


def test_a_proxy_is_refreshed(session, proxy):
    session.execute(Author.__table__.update().values(name="Bo"))
    session.refresh(proxy)

    assert proxy.name == "Bo"


def test_a_proxy_stands_for_its_instance_in_relationships(session, proxy):
    session.add(Post(author=proxy))
    session.commit()

    assert session.scalars(select(Post.id).where(Post.author == proxy)).all() == [1]
    assert session.scalars(select(Post.id).where(with_parent(proxy, Author.posts))).all() == [1]
    assert type(session.get_one(Post, 1).author) is Author


def test_a_proxy_is_deleted_with_what_its_cascades_lead_to(session, proxy):
    author = proxy.instance
    author.drafts.append(Draft())
    session.commit()
    session.delete(proxy)
    assert author in session.deleted
    session.commit()

    assert session.scalars(select(Draft)).all() == []
    assert inspect(proxy).detached
    assert [type(draft) for draft in proxy.drafts] == [Draft]


def test_a_proxy_is_added_expired_and_expunged(session, proxy):
    session.expire(proxy)
    assert inspect(proxy).expired_attributes >= {"name"}
    assert not session.is_modified(proxy)
    proxy.instance.name = "Bo"
    assert session.is_modified(proxy)
    session.expunge(proxy)
    assert proxy not in session
    session.add(proxy)
    assert list(session) == [proxy.instance]


def test_a_proxy_is_made_transient(session, proxy):
    make_transient(proxy)

    assert inspect(proxy).transient
    assert session.scalars(select(Author)).one() is not proxy.instance


def test_a_proxy_of_another_class_is_refused(session, proxy):
    other = Author(name="Cy")
    with pytest.raises(ArgumentError, match="takes Post instances"):
        other.posts.append(proxy)
