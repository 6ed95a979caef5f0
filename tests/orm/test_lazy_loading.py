"""Loading at first touch: how many statements it takes, and the policies that change it."""

import pytest

from dovetail import ForeignKey, inspect, select
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    raiseload,
    relationship,
)
from dovetail.orm.exc import DetachedInstanceError
from tests.orm.library import Author, Base, Book, Tag, Topic, fill


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def thousand(session):
    """A thousand authors with a book each, which all have one tag."""
    tag = Tag(name="t")
    session.add_all(
        Author(name=f"a{n}", notes=f"n{n}", books=[Book(title=f"b{n}", tags={tag})])
        for n in range(1000)
    )
    session.commit()
    session.expunge_all()


class TestCounts:
    def test_a_loop_over_collections(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        sql_log.clear()

        titles = [author.books[0].title for author in authors]

        assert sorted(titles) == sorted(f"b{n}" for n in range(1000))
        assert len(sql_log) == 3

    def test_a_loop_over_references(self, session, thousand, sql_log):
        books = session.scalars(select(Book)).all()
        sql_log.clear()

        names = [book.author.name for book in books]

        assert names == [f"a{n}" for n in range(1000)]
        assert len(sql_log) == 3

    def test_a_loop_over_many_to_many(self, session, thousand, sql_log):
        books = session.scalars(select(Book)).all()
        sql_log.clear()

        assert all({tag.name for tag in book.tags} == {"t"} for book in books)
        assert len(sql_log) == 3

    def test_a_loop_over_a_deferred_column(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        sql_log.clear()

        assert [author.notes for author in authors] == [f"n{n}" for n in range(1000)]
        assert len(sql_log) == 3

    def test_a_loop_after_a_commit(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        session.commit()
        sql_log.clear()

        assert [author.name for author in authors] == [f"a{n}" for n in range(1000)]
        assert len(sql_log) == 3

    def test_a_loop_over_new_instances_after_a_commit(self, session, sql_log):
        authors = [Author(name=f"a{n}") for n in range(1000)]
        session.add_all(authors)
        session.commit()
        sql_log.clear()

        assert [author.name for author in authors] == [f"a{n}" for n in range(1000)]
        assert len(sql_log) == 3

    def test_primary_keys_stay_readable(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        session.commit()
        sql_log.clear()

        assert sum(author.id for author in authors) == 500500
        assert len(sql_log) == 0

    def test_two_levels(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        sql_log.clear()

        tags = {tag for author in authors for book in author.books for tag in book.tags}

        assert len(tags) == 1
        assert len(sql_log) <= 9

    def test_one_touch_loads_one(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        sql_log.clear()

        assert len(authors[500].books) == 1

        assert len(sql_log) == 1
        assert "books" not in inspect(authors[501]).dict

    def test_the_second_touch_loads_those_that_follow(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        assert authors[0].books
        assert authors[500].books
        sql_log.clear()

        assert authors[501].books
        assert authors[520].books

        assert len(sql_log) == 0
        assert "books" not in inspect(authors[1]).dict

    def test_a_reference_in_the_identity_map_needs_no_statement(self, session, thousand, sql_log):
        authors = session.scalars(select(Author)).all()
        books = session.scalars(select(Book)).all()
        sql_log.clear()

        assert [book.author for book in books] == authors
        assert len(sql_log) == 0

    def test_no_reference_needs_no_statement(self, session, sql_log):
        session.add(Book(title="anonymous"))
        session.commit()
        book = session.scalars(select(Book)).one()
        sql_log.clear()

        assert book.author is None
        assert len(sql_log) == 0

    def test_empty_collections_are_remembered(self, session, sql_log):
        fill(session, authors=20, books=0)
        authors = session.scalars(select(Author)).all()
        sql_log.clear()

        assert all(author.books == [] for author in authors)
        assert all(author.books == [] for author in authors)
        assert len(sql_log) == 2

    def test_peers_that_were_changed_are_left_alone(self, session, thousand):
        authors = session.scalars(select(Author).limit(10)).all()
        authors[3].books = []
        authors[4].name = "changed"

        with session.no_autoflush:
            counts = [len(author.books) for author in authors]

        assert counts == [1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
        assert authors[4].name == "changed"

    def test_a_tree_takes_a_few_statements_for_each_level(self, session, sql_log):
        session.add_all(
            Topic(name=f"{n}", children=[Topic(name="c", children=[Topic(name="g")])])
            for n in range(100)
        )
        session.commit()
        session.expunge_all()
        roots = session.scalars(select(Topic).where(Topic.parent_id.is_(None))).all()
        sql_log.clear()

        assert all(root.children[0].children[0].children == [] for root in roots)
        assert len(sql_log) <= 20


class TestPolicies:
    def loop(self, session, sql_log, **options):
        authors = session.scalars(select(Author).limit(100)).all()
        sql_log.clear()
        for author in authors:
            assert len(author.books) == 1
        return len(sql_log)

    @pytest.mark.parametrize(("policy", "count"), [("one", 100), ("peers", 1), ("adaptive", 3)])
    def test_the_session_says_how(self, engine, session, thousand, sql_log, policy, count):
        with Session(engine, lazy_policy=policy) as other:
            assert self.loop(other, sql_log) == count

    def test_raise_refuses_the_first(self, engine, session, thousand, sql_log):
        with Session(engine, lazy_policy="raise") as other:
            author = other.scalars(select(Author).limit(1)).one()
            with pytest.raises(InvalidRequestError, match=r"Author\.books"):
                _ = author.books
            with pytest.raises(InvalidRequestError, match=r"Author\.notes"):
                _ = author.notes

    def test_raise_n_plus_one_refuses_the_second(self, engine, session, thousand, sql_log):
        with Session(engine, lazy_policy="raise_n_plus_one") as other:
            one, two = other.scalars(select(Author).limit(2)).all()
            assert len(one.books) == 1
            with pytest.raises(InvalidRequestError, match=r"Author\.books"):
                _ = two.books

    def test_an_unknown_policy_is_refused(self, engine):
        with pytest.raises(ArgumentError, match="someday"):
            Session(engine, lazy_policy="someday")

    @pytest.mark.parametrize(("lazy", "count"), [("one", 10), ("peers", 1), ("select", 2)])
    def test_a_relationship_says_how(self, engine, session, sql_log, lazy, count):
        class Own(DeclarativeBase):
            pass

        class Parent(Own):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            children: Mapped[list["Child"]] = relationship(lazy=lazy)

        class Child(Own):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

        Own.metadata.create_all(engine)
        session.add_all(Parent(children=[Child()]) for _ in range(10))
        session.commit()
        session.expunge_all()
        parents = session.scalars(select(Parent)).all()
        sql_log.clear()

        assert all(len(parent.children) == 1 for parent in parents)
        assert len(sql_log) == count


def test_a_detached_instance_says_what_is_missing(session):
    fill(session, authors=1)
    author = session.get(Author, 1)
    session.close()

    with pytest.raises(DetachedInstanceError, match=r"Author\.books"):
        _ = author.books
    assert author.name == "author 0"


def test_a_pending_instance_loads_nothing(session, sql_log):
    fill(session, authors=1)
    book = Book(title="b", author_id=1)
    session.add(book)
    sql_log.clear()

    with session.no_autoflush:
        assert book.author is None
        assert book.pages == []

    assert len(sql_log) == 0


def test_touching_a_collection_flushes_first(session, sql_log):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)
    session.add(Book(title="new", author_id=1))

    assert [book.title for book in author.books] == ["new"]


def test_a_touch_without_autoflush_does_not(engine, session):
    fill(session, authors=1, books=0)
    with Session(engine, autoflush=False) as other:
        author = other.get(Author, 1)
        other.add(Book(title="new", author_id=1))

        assert author.books == []


def test_expire_of_one_attribute_reads_that_one(session, sql_log):
    fill(session, authors=1)
    author = session.get(Author, 1)
    session.expire(author, ["born"])
    sql_log.clear()

    assert author.name == "author 0"
    assert len(sql_log) == 0
    assert author.born == 1900
    assert len(sql_log) == 1


@pytest.mark.parametrize(
    ("prepare", "statements"),
    [
        (lambda session, author: session.expire(author, ["born"]), 0),
        (lambda session, author: session.expire(author, ["name", "born"]), 0),
        (lambda session, author: session.expire(author), 1),
        (lambda session, author: (session.expire(author), session.expire(author, ["born"])), 1),
        (lambda session, author: session.expire_all(), 1),
        (lambda session, author: session.commit(), 1),
    ],
    ids=["one attribute", "all by name", "whole", "whole and one", "all", "commit"],
)
def test_get_looks_for_the_row_of_what_has_expired_as_a_whole(
    session, sql_log, prepare, statements
):
    fill(session, authors=1)
    author = session.get(Author, 1)
    prepare(session, author)
    session.add(Tag(name="pending"))
    sql_log.clear()

    assert session.get(Author, 1) is author

    selects = [sql for sql in sql_log.statements if sql.startswith("SELECT")]
    assert len(selects) == statements
    assert bool(session.new) is not bool(statements), "it flushes where it looks"
    assert author.name == "author 0"


def test_get_of_what_has_expired_and_was_set_in_part(session, sql_log):
    fill(session, authors=1)
    author = session.get(Author, 1)
    session.expire(author)
    author.born = 1850
    sql_log.clear()

    assert session.get(Author, 1) is author
    assert sum(sql.startswith("SELECT") for sql in sql_log.statements) == 1
    assert (author.name, author.born) == ("author 0", 1850)


def test_expire_of_a_collection_forgets_it(session, sql_log):
    fill(session, authors=1)
    author = session.get(Author, 1)
    old = author.books
    session.expire(author, ["books"])
    sql_log.clear()

    assert author.books is not old
    assert len(sql_log) == 1


def test_expire_all_spares_what_is_pending(session):
    fill(session, authors=1)
    author = session.get(Author, 1)
    new = Author(name="new")
    session.add(new)

    session.expire_all()

    assert "name" not in inspect(author).dict
    assert new.name == "new"


def test_after_each_commit_a_loop_costs_the_same_three_statements(session, thousand, sql_log):
    authors = session.scalars(select(Author)).all()

    for _ in range(4):
        session.commit()
        sql_log.clear()

        assert [author.name for author in authors] == [f"a{n}" for n in range(1000)]
        assert len(sql_log) == 3


def test_what_is_read_again_keeps_its_options(session, sql_log):
    fill(session, authors=1)
    author = session.scalars(select(Author).options(raiseload(Author.books))).one()
    session.commit()

    assert author.name == "author 0"
    with pytest.raises(InvalidRequestError, match=r"cannot load Author\.books"):
        _ = author.books


def test_a_loop_that_expires_one_at_a_time_asks_for_one_at_a_time(session, thousand, sql_log):
    authors = session.scalars(select(Author)).all()
    sql_log.clear()

    for author in authors[:50]:
        session.expire(author, ["name"])
        _ = author.name

    assert len(sql_log) == 50
