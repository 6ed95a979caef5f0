"""Values that had expired when their row went: nobody stores NULL in their place."""

import copy
import pickle

import pytest

from dovetail import ForeignKey, Integer, String, exc, func
from dovetail.orm import (
    DeclarativeBase,
    Session,
    attributes,
    exc as orm_exc,
    make_transient,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    made = mapped_column(Integer, server_default="7")
    books = relationship("Book", back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    author_id = mapped_column(ForeignKey("author.id"))
    author = relationship("Author", back_populates="books")


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def expire(session, author):
    session.expire(author)


def expire_name(session, author):
    session.expire(author, ["name"])


def change_in_a_savepoint(session, author):
    savepoint = session.begin_nested()
    author.name = "other"
    session.flush()
    savepoint.rollback()


def expire_all(session, author):
    session.expire_all()


WAYS = (expire, expire_name, change_in_a_savepoint, expire_all)


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def lost(request, session):
    """An author without a row, whose name nobody knows any more."""
    author = Author(name="Ada")
    session.add(author)
    session.flush()
    request.param(session, author)
    session.rollback()
    return author


def test_reading_one_is_an_error(lost):
    with pytest.raises(orm_exc.DetachedInstanceError, match="name.*had expired"):
        _ = lost.name


def test_what_has_lost_values_is_not_added(session, lost):
    with pytest.raises(exc.InvalidRequestError, match="its.* name.* had expired"):
        session.add(lost)

    assert lost not in session
    assert session.query(Author).count() == 0


def test_nor_by_what_refers_to_it(session, lost):
    with pytest.raises(exc.InvalidRequestError, match="had expired"):
        session.add(Book(title="x", author=lost))


def test_nor_merged_nor_saved_in_bulk(session, lost):
    with pytest.raises(exc.InvalidRequestError, match="can't merge"):
        session.merge(lost)
    with pytest.raises(exc.InvalidRequestError, match="can't save"):
        session.bulk_save_objects([lost])


def test_nor_after_pickle_or_copy(session, lost):
    for twin in (pickle.loads(pickle.dumps(lost)), copy.copy(lost)):
        with pytest.raises(exc.InvalidRequestError, match="had expired"):
            session.add(twin)


def test_set_again_it_is_as_good_as_new(session, lost):
    lost.name, lost.made = "Grace", 3
    session.add(lost)
    session.commit()

    assert session.query(Author.name, Author.made).all() == [("Grace", 3)]


def test_made_transient_it_knows_no_more(session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    make_transient(author)
    author.id = None

    with pytest.raises(exc.InvalidRequestError, match="had expired"):
        session.add(author)


def test_made_transient_with_its_values_it_can_be_added(session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    session.refresh(author)
    make_transient(author)
    author.id = 2
    session.add(author)
    session.commit()

    assert [name for (name,) in session.query(Author.name)] == ["Ada", "Ada"]


def test_what_the_server_had_made_and_nobody_read_is_made_again(session):
    author = Author(name="Ada")
    session.add(author)
    session.flush()
    author.__dict__.pop("made", None)
    attributes.instance_state(author).stale = frozenset({"made"})
    session.rollback()
    session.add(author)
    session.commit()

    assert session.query(Author.name, Author.made).all() == [("Ada", 7)]


def test_values_that_had_not_expired_stay(session):
    author = Author(name="Ada", books=[Book(title="x")])
    session.add(author)
    session.flush()
    session.rollback()
    session.add(author)
    session.commit()

    assert session.query(func.count(Book.id)).filter(Book.author == author).scalar() == 1
    assert author.name == "Ada"


def test_a_copy_of_an_expired_instance_holds_nothing(session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    twin = copy.copy(author)
    twin.id = None

    with pytest.raises(exc.InvalidRequestError, match="had expired"):
        session.add(twin)
