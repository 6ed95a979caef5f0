"""Merging: the state of an instance copied onto the session's own."""

import gc
import weakref

import pytest

from dovetail import ForeignKey, event, inspect, select
from dovetail.exc import InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)
from tests.orm.both import compare
from tests.orm.library import Author, Base, Book, Page, Tag, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=2, books=2, pages=1)
    sql_log.clear()


def test_what_is_given_overwrites_and_the_rest_stays(session):
    merged = session.merge(Author(id=1, name="new"))

    assert (merged.name, merged.born) == ("new", 1900)
    assert merged in session.dirty
    assert session.get(Author, 1) is merged


def test_equal_values_are_set_too_and_write_nothing(session, sql_log):
    author = session.get(Author, 1)
    sql_log.clear()

    merged = session.merge(Author(id=1, name=author.name))

    assert merged is author
    assert author in session.dirty
    assert not session.is_modified(author)
    session.flush()
    assert author not in session.dirty
    assert len(sql_log) == 0


def test_none_overwrites_too(session):
    merged = session.merge(Author(id=1, born=None))

    assert merged.born is None
    session.commit()
    assert merged.born is None


def test_a_key_without_a_row_makes_a_new_instance(session):
    given = Author(id=77, name="new")

    merged = session.merge(given)

    assert inspect(merged).pending
    assert inspect(given).transient
    session.commit()
    assert session.get(Author, 77) is merged


def test_an_instance_without_a_key_is_new(session):
    merged = session.merge(Author(name="new", books=[Book(title="b")]))
    session.commit()

    assert merged.id == 3
    assert [book.title for book in merged.books] == ["b"]


def test_a_member_of_the_session_is_merged_with_itself(session, sql_log):
    author = session.get(Author, 1)
    sql_log.clear()

    assert session.merge(author) is author
    assert author not in session.dirty
    assert len(sql_log) == 0


def test_the_same_instance_twice_in_a_graph_is_one(session):
    tag = Tag(name="new")

    merged = session.merge(
        Author(name="a", books=[Book(title="1", tags={tag}), Book(title="2", tags={tag})])
    )
    session.flush()

    one, two = merged.books
    assert one.tags == two.tags
    assert {tag.name for tag in one.tags} == {"new"}


def test_a_graph_with_cycles_is_merged(session):
    author = Author(name="a")
    author.books = [Book(title="b", author=author)]

    merged = session.merge(author)

    assert merged.books[0].author is merged
    assert len(merged.books) == 1


def test_a_collection_is_replaced_as_a_whole(session):
    merged = session.merge(Author(id=1, books=[Book(id=2), Book(title="new")]))
    session.commit()

    assert {book.title for book in merged.books} == {"book 0.1", "new"}
    assert session.get(Book, 1).author is None


def test_orphans_of_a_merged_collection_are_deleted(session):
    session.merge(Book(id=1, pages=[Page(number=9)]))
    session.commit()

    numbers = session.scalars(select(Page.number).where(Page.book_id == 1)).all()
    assert numbers == [9]
    assert session.get(Page, 1) is None


def test_a_detached_graph_is_merged_elsewhere(session, engine):
    author = session.scalars(
        select(Author).where(Author.id == 1).options(joinedload(Author.books))
    ).one()
    session.expunge_all()
    author.name = "changed while detached"

    with Session(engine) as other:
        merged = other.merge(author)
        other.commit()

        assert merged.name == "changed while detached"
        assert [book.id for book in merged.books] == [1, 2]
        assert inspect(author).detached


def test_without_load_nothing_is_read(session, engine, sql_log):
    author = session.scalars(
        select(Author).where(Author.id == 1).options(joinedload(Author.books))
    ).one()
    session.expunge_all()
    sql_log.clear()

    merged = session.merge(author, load=False)

    assert merged is not author
    assert (merged.name, len(merged.books)) == ("author 0", 2)
    assert merged not in session.dirty
    assert len(sql_log) == 0


def test_without_load_changes_are_refused(session):
    author = session.get(Author, 1)
    session.expunge(author)
    author.name = "changed"

    with pytest.raises(InvalidRequestError):
        session.merge(author, load=False)


def test_many_are_merged_together(session):
    merged = session.merge_all([Author(id=1, name="x"), Author(id=2, name="y")])
    session.commit()

    assert [author.name for author in merged] == ["x", "y"]


def test_options_load_with_the_target(session, sql_log):
    merged = session.merge(Author(id=1), options=[joinedload(Author.books)])
    sql_log.clear()

    assert len(merged.books) == 2
    assert len(sql_log) == 0


@pytest.mark.parametrize("is_here", [False, True])
def test_criteria_of_what_is_merged_hold_for_its_copies(session, engine, sql_log, is_here):
    criteria = with_loader_criteria(Book, Book.id < 2)
    with Session(engine) as other:
        found = other.scalars(select(Author).options(criteria).order_by(Author.id)).all()
    held = session.scalars(select(Author)).all() if is_here else None

    merged = session.merge_all(found)
    sql_log.clear()

    assert [[book.id for book in author.books] for author in merged] == [[1], []]
    assert len(sql_log) == 2
    assert held is None or all(author in held for author in merged)


def test_options_of_the_merge_count_for_more_than_those_of_what_is_merged(session, engine):
    with Session(engine) as other:
        found = other.scalars(
            select(Author).options(with_loader_criteria(Book, Book.id < 0)).limit(1)
        ).one()

    merged = session.merge(found, options=[with_loader_criteria(Book, Book.id == 2)])

    assert [book.id for book in merged.books] == [2]


def cached(engine, *options):
    """The first author, loaded in a session that is closed."""
    with Session(engine) as other:
        return other.get(Author, 1, options=options)


def test_without_load_a_changed_instance_becomes_what_the_cache_has(engine, session, sql_log):
    author = session.get(Author, 1)
    author.name = "changed"
    given = cached(engine, joinedload(Author.books))
    sql_log.clear()

    merged = session.merge(given, load=False)

    assert merged is author
    assert author.name == "author 0"
    assert author not in session.dirty
    assert [book.title for book in author.books] == ["book 0.0", "book 0.1"]
    session.flush()
    assert len(sql_log) == 0


def test_without_load_an_expired_instance_needs_no_query_afterwards(engine, session, sql_log):
    author = session.get(Author, 1)
    session.expire(author)
    given = cached(engine)
    sql_log.clear()

    session.merge(given, load=False)

    assert (author.name, author.born) == ("author 0", 1900)
    assert len(sql_log) == 0


def test_without_load_what_had_expired_is_read_again(engine, session, sql_log):
    with Session(engine) as other:
        given = other.get(Author, 1)
        other.expire(given, ["name"])
    sql_log.clear()

    merged = session.merge(given, load=False)

    assert inspect(merged).expired_attributes == {"name"}
    assert merged.name == "author 0"
    assert len(sql_log) == 1


def test_without_load_copies_are_peers_of_each_other(engine, session, sql_log):
    with Session(engine) as other:
        given = other.scalars(select(Book).order_by(Book.id)).all()
    sql_log.clear()

    merged = [session.merge(book, load=False) for book in given]

    assert [len(book.pages) for book in merged] == [1, 1, 1, 1]
    assert len(sql_log) == 2


def test_without_load_a_new_or_changed_instance_is_refused(engine, session):
    changed = cached(engine)
    changed.name = "changed"

    for unfit in (Author(id=1, name="new"), changed):
        with pytest.raises(InvalidRequestError, match=r"merge\(load=False\) takes"):
            session.merge(unfit, load=False)


def test_without_load_a_cycle_is_copied_once(engine, session, sql_log):
    given = cached(engine, joinedload(Author.books).joinedload(Book.author))
    sql_log.clear()

    merged = session.merge(given, load=False)

    assert all(book.author is merged for book in merged.books)
    assert len(session.identity_map) == 3
    assert session.in_transaction()
    assert len(sql_log) == 0


def test_without_load_listeners_hear_of_an_attached_instance(engine, session):
    given = cached(engine)
    heard = []
    for name in ("before_attach", "after_attach", "detached_to_persistent", "loaded_as_persistent"):
        event.listen(session, name, lambda _session, one, name=name: heard.append((name, one)))

    merged = session.merge(given, load=False)

    assert heard == [
        ("before_attach", merged),
        ("after_attach", merged),
        ("detached_to_persistent", merged),
    ]


def onto_what_a_row_has(w):
    sa, orm = w.sa, w.orm

    class Owner(w.Base):
        __tablename__ = "merged_owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        members = orm.relationship("Member", cascade="all, delete-orphan", order_by="Member.id")
        only = orm.relationship("Only", cascade="all, delete-orphan", uselist=False)
        tags = orm.relationship("Tag", secondary="merged_tagged", order_by="Tag.id")

    class Member(w.Base):
        __tablename__ = "merged_member"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        owner_id = orm.mapped_column(sa.ForeignKey(Owner.id))
        size = orm.mapped_column(sa.Integer)

    class Only(w.Base):
        __tablename__ = "merged_only"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        owner_id = orm.mapped_column(sa.ForeignKey(Owner.id))

    class Tag(w.Base):
        __tablename__ = "merged_tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    sa.Table(
        "merged_tagged",
        w.Base.metadata,
        sa.Column("owner_id", sa.ForeignKey(Owner.id), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey(Tag.id), primary_key=True),
    )
    w.create()
    members, tags = [Member(id=n) for n in (1, 2)], [Tag(id=n) for n in (1, 2)]
    w.add(Owner(id=1, members=members, only=Only(id=1), tags=tags))
    given = [
        Owner(id=1, members=[Member(id=2, size=5), Member(size=7)]),
        Owner(id=1, tags=[Tag(id=2)]),
        Owner(id=1, only=Only(id=1)),
        Owner(id=1, only=None),
    ]
    for one in given:
        w.s.merge(one)
        yield w.rows(Member), w.rows(Only), w.rows(w.Base.metadata.tables["merged_tagged"])
        w.s.rollback()


def test_what_the_row_has_is_read_once():
    compare(onto_what_a_row_has)


def test_what_a_merge_has_loaded_is_not_kept_after_it(session):
    given = Author(id=99, name="new", books=[Book(id=1, title="a"), Book(id=2, title="b")])

    merged = session.merge(given)
    books = [weakref.ref(book) for book in merged.books]
    session.rollback()
    del merged
    gc.collect()

    assert [book() for book in books] == [None, None]


class Given(DeclarativeBase):
    pass


class GivenShelf(Given):
    __tablename__ = "given_shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["GivenBook"]] = relationship(order_by="GivenBook.id")
    marks: Mapped[set["GivenMark"]] = relationship()


class GivenBook(Given):
    __tablename__ = "given_book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("given_shelf.id"))


class GivenMark(Given):
    __tablename__ = "given_mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("given_shelf.id"))


class TestWhatWasNotGiven:
    """Collections that nobody has given say nothing; instances of one key are one row."""

    @pytest.fixture(autouse=True)
    def given(self, engine):
        Given.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(GivenShelf(id=1, books=[GivenBook(id=1)], marks={GivenMark(id=1)}))
            session.commit()

    def test_a_collection_that_was_only_read_is_left_alone(self, engine):
        given = GivenShelf(id=1)
        assert given.books == []
        assert given.marks == set()
        with Session(engine) as session:
            merged = session.merge(given)
            session.commit()
            assert len(merged.books) == len(merged.marks) == 1

    @pytest.mark.parametrize("read_before", [True, False])
    def test_an_empty_one_that_was_given_replaces(self, engine, read_before):
        given = GivenShelf(id=1)
        if read_before:
            assert given.books == []
        given.books = []
        with Session(engine) as session:
            merged = session.merge(given)
            session.commit()
            assert merged.books == []
            assert len(merged.marks) == 1

    def test_several_of_one_key_are_one_row(self, engine):
        given = GivenShelf(id=2, books=[GivenBook(id=5, title="a"), GivenBook(id=5, title="b")])
        with Session(engine) as session:
            merged = session.merge(given)
            session.commit()
            assert [book.title for book in merged.books] == ["b"]
