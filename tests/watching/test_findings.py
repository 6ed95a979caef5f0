"""What a watch finds wrong, and what it does not."""

import time

import pytest

from dovetail import create_engine, select, text, update
from dovetail.engine.watching.statement import sets_of
from dovetail.orm import Session, selectinload
from tests.orm.library import Author, Book, Tag
from tests.servers import BACKENDS
from tests.watching import shop


@pytest.fixture
def one_by_one(engine):
    with Session(engine, lazy_policy="one") as session:
        yield session


class TestLoops:
    def test_lazy_loads_one_by_one(self, one_by_one):
        with one_by_one.watch() as watch:
            for author in one_by_one.scalars(select(Author)):
                assert author.books

        (found,) = watch.n_plus_one
        assert (len(found.statements), found.reading) == (6, "Author.books")
        assert found.place == watch.statements[-1].place
        assert str(found).startswith(f"N+1: 6 times at {found.place}: lazy load of Author.books: ")
        assert watch.findings == [str(found)]

    def test_queries_in_a_loop(self, session):
        with session.watch() as watch:
            for number in range(3):
                session.scalars(select(Book).where(Book.author_id == number)).all()

        assert [len(one.statements) for one in watch.n_plus_one] == [3]

    def test_what_loads_for_many_at_once_is_none(self, session):
        with session.watch() as watch:
            for author in session.scalars(select(Author)):
                assert author.books

        assert watch.count == 3
        assert watch.findings == []

    def test_nor_is_what_was_loaded_before_the_loop(self, one_by_one):
        with one_by_one.watch() as watch:
            for author in one_by_one.scalars(select(Author).options(selectinload(Author.books))):
                assert author.books

        assert watch.findings == []

    def test_the_same_statement_from_different_lines_is_none(self, session):
        with session.watch() as watch:
            session.get(Author, 1)
            session.get(Author, 2)
            session.get(Author, 3)

        assert watch.findings == []

    def test_so_many_are_a_loop_as_the_watch_is_told(self, session):
        with session.watch(repeats=5) as watch:
            for number in range(4):
                session.get(Author, number)

        assert watch.findings == []

    def test_flushes_in_a_loop_are_found_and_read_nothing(self, session):
        with session.watch() as watch:
            for number in range(3):
                session.add(Tag(name=f"tag {number}"))
                session.flush()

        assert watch.n_plus_one == []
        (found,) = watch.repeated
        assert str(found).startswith("one by one: 3 times at ")

    def test_what_one_flush_sends_row_by_row_is_no_loop(self, session):
        authors = session.scalars(select(Author)).all()
        with session.watch() as watch:
            for number, author in enumerate(authors):
                author.name = f"new {number}"
            session.commit()

        assert watch.findings == []


class TestDuplicates:
    def test_a_query_that_is_sent_again(self, session):
        with session.watch() as watch:
            for _ in range(2):
                session.scalars(select(Author.name).where(Author.id == 1)).all()
            session.scalars(select(Author.name).where(Author.id == 2)).all()

        (found,) = watch.duplicates
        assert len(found.statements) == 2
        assert len(found.places) == 1
        assert str(found).startswith("duplicate: 2 times at ")

    def test_after_a_change_it_may_have_another_answer(self, session):
        with session.watch() as watch:
            session.scalars(select(Author.name)).all()
            session.execute(update(Author).values(born=2))
            session.scalars(select(Author.name)).all()

        assert watch.duplicates == []

    @pytest.mark.parametrize("backend", [b for b in BACKENDS if b.server], ids=str)
    def test_what_a_flush_asks_is_none(self, backend, databases, tmp_path):
        backend.require()
        engine = create_engine(databases.url(backend, tmp_path))
        shop.Base.metadata.create_all(engine)
        with Session(engine) as session, session.watch() as watch:
            session.add_all(shop.customers(5))
            session.commit()
        shop.Base.metadata.drop_all(engine)
        engine.dispose()

        assert watch.findings == []


class TestTime:
    def test_slow_statements(self, session):
        with session.watch(slow=0) as watch:
            session.get(Author, 1)

        assert [each.number for each in watch.slow] in ([1, 2], [2, 1])
        assert all(finding.startswith("slow: ") for finding in watch.findings)

    def test_a_transaction_that_waits(self, engine):
        with engine.watch(held=0.05) as watch, engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            time.sleep(0.06)
            connection.execute(text("SELECT 2"))
            connection.rollback()
            time.sleep(0.06)
            connection.execute(text("SELECT 3"))

        (found,) = watch.held_open
        assert (found.transaction, found.after.sql) == (1, "SELECT 1")
        assert 0.05 < found.seconds < 5
        assert str(found).startswith("held open: transaction 1 was idle for 0.0")

    def test_one_that_waits_still(self, session):
        with session.watch(held=0.02) as watch:
            session.get(Author, 1)
            time.sleep(0.03)
            assert len(watch.held_open) == 1


@pytest.mark.parametrize(
    ("sql", "parameters", "many", "sets"),
    [
        ("SELECT 1", (), False, 1),
        ("SELECT a FROM t WHERE a IN (?, ?, ?)", (1, 2, 3), False, 3),
        ("SELECT a FROM t WHERE a IN (SELECT b FROM u)", (), False, 1),
        ("SELECT a FROM t WHERE a = ANY(%s)", ([1, 2],), False, 2),
        ("SELECT a FROM t WHERE a = ANY(%(a)s)", {"a": [1, 2]}, False, 2),
        ("INSERT INTO t (a, b) VALUES (?, ?), (?, ?)", (1, 2, 3, 4), False, 2),
        ("INSERT INTO t (a) VALUES (?)", [(1,), (2,)], True, 2),
    ],
)
def test_how_many_keys_or_rows_are_in_a_statement(sql, parameters, many, sets):
    assert sets_of(sql, parameters, many) == sets
