"""Functions of ``dovetail.orm`` that programs of older versions use."""

import pytest

from dovetail import event, select
from dovetail.orm import (
    EXT_SKIP,
    DeclarativeBase,
    Mapped,
    Mapper,
    Session,
    aliased,
    create_session,
    join,
    mapped_column,
    merge_frozen_result,
    merge_result,
    outerjoin,
    relationship,
)
from dovetail.orm.util import has_identity
from tests.orm.library import Author, Base, Book, Tag, fill


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


def test_a_join_along_a_relationship(session):
    fill(session)
    statement = select(Author.name, Book.title).select_from(join(Author, Book, Author.books))
    same = select(Author.name, Book.title).join(Author.books)
    assert session.execute(statement).all() == session.execute(same).all()
    assert "JOIN book ON author.id = book.author_id" in str(statement)


def test_a_join_whose_condition_is_inferred_or_given(session):
    inferred = select(Book).select_from(join(Book, Author))
    assert "JOIN author ON author.id = book.author_id" in str(inferred)
    given = select(Book).select_from(join(Book, Author, Book.author_id == Author.id))
    assert "JOIN author ON book.author_id = author.id" in str(given)


def test_an_outer_join_to_an_alias(session):
    fill(session)
    other = aliased(Book)
    source = outerjoin(Author, other, Author.books.of_type(other))
    session.add(Author(name="without"))
    rows = session.execute(select(Author.name, other.id).select_from(source)).all()
    assert ("without", None) in rows


def test_a_join_through_a_third_table(session):
    fill(session)
    joined = select(Book.title, Tag.name).select_from(join(Book, Tag, Book.tags))
    same = select(Book.title, Tag.name).join(Book.tags)
    assert session.execute(joined).all() == session.execute(same).all()


def test_a_session_without_automation(engine):
    with create_session(engine) as session:
        assert (session.autoflush, session.expire_on_commit) == (False, False)
    with create_session(bind=engine, autoflush=True) as session:
        assert session.autoflush


def test_a_frozen_result_is_merged_into_another_session(session, engine, sql_log):
    fill(session)
    statement = select(Author, Author.name).order_by(Author.id)
    frozen = session.execute(statement).freeze()
    session.close()
    sql_log.clear()
    with Session(engine) as other:
        rows = merge_frozen_result(other, statement, frozen, load=False)().all()
        assert [author.name for author, _ in rows] == [name for _, name in rows]
        assert all(author in other for author, _ in rows)
    assert "SELECT" not in sql_log.verbs


@pytest.mark.filterwarnings("ignore::dovetail.exc.LegacyAPIWarning")
def test_instances_are_merged_by_a_query(session, engine):
    fill(session)
    authors = session.query(Author).all()
    session.close()
    with Session(engine) as other:
        merged = list(merge_result(other.query(Author), authors, load=False))
        assert [one.id for one in merged] == [one.id for one in authors]
        assert all(one in other for one in merged)


def test_who_has_a_row(session):
    author = Author(name="a")
    assert not has_identity(author)
    session.add(author)
    session.flush()
    assert has_identity(author)


def test_a_listener_may_put_the_configuration_of_a_mapper_off():
    class OwnBase(DeclarativeBase):
        pass

    class Thing(OwnBase):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        others: Mapped[list["Other"]] = relationship("Other")  # noqa: F821 - it is not there yet

    def put_off(mapper, class_):
        return EXT_SKIP if class_ is Thing else None

    event.listen(Mapper, "before_mapper_configured", put_off, retval=True)
    try:
        OwnBase.registry.configure()
        assert not Thing.__mapper__.configured
    finally:
        event.remove(Mapper, "before_mapper_configured", put_off)
    with pytest.raises(Exception, match="Other"):
        OwnBase.registry.configure()
