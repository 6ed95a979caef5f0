"""How what is not loaded is loaded: the policy of a statement, and ``session.load()``."""

import pytest

from dovetail import inspect, select, text
from dovetail.exc import ArgumentError, InvalidRequestError, LazyLoadError
from dovetail.orm import Session, defer, lazyload, selectinload
from tests.orm.library import Author, Base, Book, Page, Tag, fill


@pytest.fixture
def filled(engine, session, sql_log):
    """Ten authors with two books each, of two pages."""
    Base.metadata.create_all(engine)
    fill(session, authors=10)
    sql_log.clear()
    return session


def authors(session, **options):
    statement = select(Author).order_by(Author.id)
    return session.scalars(statement, execution_options=options).all()


def touched(session, sql_log, holders, name="books"):
    """How many statements it takes to touch an attribute of each."""
    sql_log.clear()
    for holder in holders:
        assert getattr(holder, name) is not None
    return len(sql_log)


class TestStatements:
    @pytest.mark.parametrize(("policy", "count"), [("one", 10), ("peers", 1), ("adaptive", 2)])
    @pytest.mark.parametrize("of_session", ["adaptive", "raise"])
    def test_the_statement_says_how(self, filled, engine, sql_log, policy, count, of_session):
        with Session(engine, lazy_policy=of_session) as session:
            found = authors(session, lazy_policy=policy)
            assert touched(session, sql_log, found) == count

    @pytest.mark.parametrize(("policy", "count"), [("one", 10), ("peers", 1), ("adaptive", 2)])
    def test_it_holds_for_deferred_columns(self, filled, sql_log, policy, count):
        found = authors(filled, lazy_policy=policy)

        assert touched(filled, sql_log, found, "notes") == count

    @pytest.mark.parametrize(("policy", "count"), [("one", 10), ("peers", 1), ("adaptive", 2)])
    def test_it_holds_for_what_has_expired(self, filled, sql_log, policy, count):
        found = authors(filled, lazy_policy=policy)
        filled.commit()

        assert touched(filled, sql_log, found, "name") == count

    @pytest.mark.parametrize(("policy", "count"), [("one", 20), ("peers", 1)])
    @pytest.mark.parametrize("option", [lazyload, selectinload])
    def test_it_holds_for_what_is_loaded_below(self, filled, sql_log, policy, count, option):
        statement = select(Author).options(option(Author.books))
        found = filled.scalars(statement.execution_options(lazy_policy=policy)).all()
        books = [book for author in found for book in author.books]

        if policy == "one" and option is lazyload:
            # Each collection is a batch of its own.
            assert touched(filled, sql_log, books, "pages") == 20
        else:
            assert touched(filled, sql_log, books, "pages") == count

    def test_it_refuses(self, filled):
        first = authors(filled, lazy_policy="raise")[0]

        with pytest.raises(LazyLoadError, match=r"Author\.books"):
            _ = first.books
        with pytest.raises(LazyLoadError, match=r"Author\.notes"):
            _ = first.notes

    def test_it_refuses_the_second(self, filled):
        first, second, *_ = authors(filled, lazy_policy="raise_n_plus_one")

        assert len(first.books) == 2
        with pytest.raises(LazyLoadError, match=r"selectinload\(Author\.books\)"):
            _ = second.books

    def test_a_reference_in_the_identity_map_is_no_load(self, filled, sql_log):
        held = authors(filled)
        statement = select(Book).execution_options(lazy_policy="raise")
        books = filled.scalars(statement).all()
        sql_log.clear()

        assert {book.author for book in books} == set(held)
        assert len(sql_log) == 0

    def test_statements_of_different_policies_have_plans_of_their_own(self, filled, sql_log):
        for policy, count in (("one", 10), ("peers", 1), ("one", 10), (None, 2)):
            filled.expunge_all()
            options = {} if policy is None else {"lazy_policy": policy}
            assert touched(filled, sql_log, authors(filled, **options)) == count

    def test_get_query_and_rows_of_text_take_it(self, filled):
        author = filled.get(Author, 1, execution_options={"lazy_policy": "raise"})
        with pytest.raises(LazyLoadError):
            _ = author.books
        filled.expunge_all()
        author = filled.query(Author).execution_options(lazy_policy="raise").first()
        with pytest.raises(LazyLoadError):
            _ = author.books
        filled.expunge_all()
        rows = select(Author).from_statement(text("SELECT * FROM author"))
        author = filled.scalars(rows.execution_options(lazy_policy="raise")).first()
        with pytest.raises(LazyLoadError):
            _ = author.books

    def test_the_options_of_a_session_have_it(self, filled, engine, sql_log):
        with Session(engine, execution_options={"lazy_policy": "peers"}) as session:
            assert touched(session, sql_log, authors(session)) == 1

    def test_a_relationship_and_an_option_say_more(self, filled, sql_log):
        statement = select(Author).options(defer(Author.name)).order_by(Author.id)
        found = filled.scalars(statement.execution_options(lazy_policy="peers")).all()

        assert touched(filled, sql_log, found, "name") == 1

    def test_an_unknown_one_is_refused(self, filled, engine):
        with pytest.raises(ArgumentError, match=r"someday.*\n.*'raise_n_plus_one'"):
            authors(filled, lazy_policy="someday")
        with pytest.raises(ArgumentError, match="someday"):
            Session(engine, lazy_policy="someday")

    def test_an_unknown_one_that_is_set_later_is_refused_at_the_first_touch(self, filled):
        author = authors(filled)[0]
        filled.lazy_policy = "someday"

        with pytest.raises(ArgumentError, match="someday"):
            author.books  # noqa: B018


class TestLoad:
    def test_each_attribute_takes_one_statement(self, filled, sql_log):
        found = authors(filled)
        sql_log.clear()
        answer = filled.load(found, Author.books, Book.pages, Book.tags, Author.notes)

        assert answer is found
        assert len(sql_log) == 4
        sql_log.clear()
        assert {len(book.pages) for author in found for book in author.books} == {2}
        assert {tag.name for author in found for book in author.books for tag in book.tags} == {
            "common"
        }
        assert [author.notes for author in found] == [f"notes {n}" for n in range(10)]
        assert len(sql_log) == 0

    def test_only_what_is_missing_is_asked_for(self, filled, sql_log):
        found = authors(filled)
        filled.load(found[:5], Author.books)
        sql_log.clear()
        filled.load(found, Author.books)

        assert len(sql_log) == 1
        assert list(sql_log.sent[0][1]) == [author.id for author in found[5:]]

    def test_what_has_expired_is_read_first(self, filled, sql_log):
        books = filled.scalars(select(Book)).all()
        filled.commit()
        sql_log.clear()
        filled.load(books, Book.author)

        assert len(sql_log) == 2
        assert {book.author.name for book in books} == {f"author {n}" for n in range(10)}
        assert len(sql_log) == 2

    def test_columns_that_have_expired(self, filled, sql_log):
        found = authors(filled)
        filled.commit()
        sql_log.clear()
        filled.load(found, Author.name)

        assert [author.name for author in found] == [f"author {n}" for n in range(10)]
        assert len(sql_log) == 1

    def test_references_that_are_here_need_nothing(self, filled, sql_log):
        books = filled.scalars(select(Book)).all()
        held = authors(filled)
        sql_log.clear()
        filled.load(books, Book.author)

        assert len(sql_log) == 0
        assert books[0].author in held

    def test_one_instance_gives_the_value(self, filled, sql_log):
        author = filled.get(Author, 1)
        sql_log.clear()

        assert [book.id for book in filled.load(author, Author.books)] == [1, 2]
        assert filled.load(author, Author.notes) == "notes 0"
        assert len(sql_log) == 2

    def test_the_policy_does_not_forbid_it(self, filled, engine, sql_log):
        with Session(engine, lazy_policy="raise") as session:
            found = authors(session)
            sql_log.clear()
            session.load(found, Author.books)
            assert touched(session, sql_log, found) == 0

    def test_pending_changes_are_written_first_and_changed_collections_kept(self, filled, sql_log):
        author, other, *_ = authors(filled)
        author.books = [Book(title="only")]
        filled.add(Book(title="more", author_id=other.id))
        filled.load([author, other], Author.books)

        assert [book.title for book in author.books] == ["only"]
        assert [book.title for book in other.books] == ["book 1.0", "book 1.1", "more"]

    def test_many_keys_are_sent_in_parts(self, filled, sql_log):
        filled.add_all(Author(name=f"x{n}", books=[Book(title="b")]) for n in range(1500))
        filled.commit()
        filled.expunge_all()
        found = filled.scalars(select(Author).where(Author.name.startswith("x"))).all()
        sql_log.clear()
        filled.load(found, Author.books)

        assert len(sql_log) == 2
        assert all(len(author.books) == 1 for author in found)

    def test_mistakes_are_named(self, filled, engine):
        author = filled.get(Author, 1)
        with pytest.raises(ArgumentError, match="load\\(\\) takes mapped attributes"):
            filled.load(author, "books")
        with pytest.raises(ArgumentError, match="none of the instances is a Page"):
            filled.load(author, Page.book)
        with Session(engine) as other, pytest.raises(InvalidRequestError, match="not in this"):
            other.load(author, Author.books)

    def test_pending_instances_are_left_alone(self, filled, sql_log):
        new = Author(name="new")
        filled.add(new)
        sql_log.clear()
        with filled.no_autoflush:
            filled.load([new, filled.get(Author, 1)], Author.books)

        assert len(sql_log) == 2
        assert "books" not in inspect(new).dict
        assert filled.load(filled.scalars(select(Tag)).one(), Tag.books)
