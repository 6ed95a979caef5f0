"""Transactions, savepoints, and what a rollback restores in memory."""

import pytest

from dovetail import func, inspect, select, text
from dovetail.exc import (
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
    ResourceClosedError,
)
from dovetail.orm import Session, sessionmaker
from tests.orm.library import Author, Base, Book, Tag, fill


class DeliberateError(Exception):
    pass


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


def names(session):
    return session.scalars(select(Author.name).order_by(Author.name)).all()


def test_the_transaction_begins_with_a_statement_or_a_change(session):
    assert not session.in_transaction()
    session.scalars(select(Author)).all()
    assert session.in_transaction()
    session.rollback()
    assert not session.in_transaction()
    session.add(Author(name="a"))
    assert session.in_transaction()
    session.commit()
    assert not session.in_transaction()
    assert session.get_transaction() is None


def test_a_change_of_an_attribute_begins_one(session):
    author = Author(name="a")
    session.add(author)
    session.commit()

    author.name = "b"

    assert session.in_transaction()


def test_without_autobegin_work_is_refused(engine):
    with Session(engine, autobegin=False) as session:
        with pytest.raises(InvalidRequestError):
            session.scalars(select(Author)).all()
        with session.begin():
            session.add(Author(name="a"))
        with pytest.raises(InvalidRequestError):
            session.scalars(select(Author)).all()


def test_a_block_commits_or_rolls_back(session):
    with session.begin():
        session.add(Author(name="kept"))
    with pytest.raises(DeliberateError), session.begin():
        session.add(Author(name="lost"))
        session.flush()
        raise DeliberateError

    assert names(session) == ["kept"]


def test_both_blocks_in_one_line(engine):
    with Session(engine) as session, session.begin():
        session.add(Author(name="a"))

    with sessionmaker(engine).begin() as other:
        assert names(other) == ["a"]


def test_beginning_twice_is_refused(session):
    session.begin()

    with pytest.raises(InvalidRequestError, match="begun|progress"):
        session.begin()


def test_commit_inside_a_block_ends_it(session):
    with session.begin() as transaction:
        session.add(Author(name="a"))
        transaction.commit()
        assert not transaction.is_active

    assert names(session) == ["a"]


def test_rollback_inside_a_block_ends_it(session):
    with session.begin() as transaction:
        session.add(Author(name="a"))
        transaction.rollback()

    assert names(session) == []


def test_work_after_commit_in_a_block_is_refused(session):
    with session.begin() as transaction:
        transaction.commit()
        with pytest.raises((InvalidRequestError, ResourceClosedError)):
            session.scalars(select(Author)).all()


def test_a_transaction_is_used_once(session):
    transaction = session.begin()
    transaction.commit()

    with pytest.raises((InvalidRequestError, ResourceClosedError)):
        transaction.commit()


def test_the_state_of_transactions_is_told(session):
    transaction = session.begin()
    savepoint = session.begin_nested()

    assert session.get_transaction() is transaction
    assert session.get_nested_transaction() is savepoint
    assert session.in_nested_transaction()
    assert (transaction.nested, savepoint.nested) == (False, True)
    assert savepoint.parent is transaction
    assert session.is_active


class TestRollback:
    def test_new_instances_leave(self, session):
        author = Author(name="a", books=[Book(title="b")])
        session.add(author)
        session.flush()

        session.rollback()

        assert inspect(author).transient
        assert inspect(author.books[0]).transient
        assert list(session) == []

    def test_they_can_be_added_again(self, session):
        author = Author(name="a", books=[Book(title="b")])
        session.add(author)
        session.flush()
        session.rollback()

        session.add(author)
        session.commit()

        assert [book.title for book in author.books] == ["b"]
        assert names(session) == ["a"]

    def test_deleted_instances_return(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        session.delete(author)
        session.flush()

        session.rollback()

        assert author in session
        assert session.get(Author, 1) is author
        assert author.name == "author 0"

    def test_changed_values_return(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        author.name = "flushed"
        session.flush()
        author.born = 5

        session.rollback()

        assert (author.name, author.born) == ("author 0", 1900)
        assert author not in session.dirty

    def test_collections_return(self, session):
        fill(session, authors=1)
        author = session.get(Author, 1)
        author.books[0].tags.add(Tag(name="new"))
        author.books.append(Book(title="new"))
        del author.books[0]
        session.flush()

        session.rollback()

        assert [book.title for book in author.books] == ["book 0.0", "book 0.1"]
        assert [tag.name for tag in author.books[0].tags] == ["common"]

    def test_unflushed_changes_are_undone_too(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        author.name = "x"
        session.delete(author)

        session.rollback()

        assert author.name == "author 0"
        assert not session.deleted

    def test_the_session_is_usable_afterwards(self, session):
        session.add(Tag(name="a"))
        session.commit()
        session.add(Tag(name="a"))
        with pytest.raises(IntegrityError):
            session.commit()
        with pytest.raises(PendingRollbackError):
            session.scalars(select(Tag)).all()

        session.rollback()
        session.add(Tag(name="b"))
        session.commit()

        assert session.scalar(select(func.count()).select_from(Tag)) == 2

    def test_a_failed_statement_leaves_the_transaction_to_the_user(self, session):
        session.add(Author(name="a"))
        session.flush()

        with pytest.raises(Exception, match="nonsense"):
            session.execute(text("SELECT nonsense"))

        session.commit()
        assert names(session) == ["a"]


class TestSavepoints:
    def test_three_deep_with_the_middle_rolled_back(self, session):
        session.add(Author(name="0"))
        with session.begin_nested():
            session.add(Author(name="1"))
            middle = session.begin_nested()
            session.add(Author(name="2"))
            with session.begin_nested():
                session.add(Author(name="3"))
            assert names(session) == ["0", "1", "2", "3"]
            middle.rollback()
            assert names(session) == ["0", "1"]
            session.add(Author(name="4"))
        session.commit()

        assert names(session) == ["0", "1", "4"]

    def test_the_outermost_takes_all_with_it(self, session):
        with session.begin_nested(), session.begin_nested(), session.begin_nested():
            session.add(Author(name="deep"))

        session.rollback()

        assert names(session) == []

    def test_rolling_an_outer_one_back_ends_the_inner_ones(self, session):
        outer = session.begin_nested()
        session.add(Author(name="1"))
        inner = session.begin_nested()
        session.add(Author(name="2"))
        session.flush()

        outer.rollback()

        assert not inner.is_active
        assert session.get_nested_transaction() is None
        assert names(session) == []

    def test_what_was_pending_is_flushed_before_the_savepoint(self, session, sql_log):
        author = Author(name="before")
        session.add(author)

        savepoint = session.begin_nested()
        savepoint.rollback()

        assert inspect(author).persistent
        assert sql_log.verbs == ["INSERT author"]

    def test_only_changes_since_the_savepoint_are_undone(self, session, sql_log):
        fill(session, authors=2, books=0)
        one, two = session.scalars(select(Author).order_by(Author.id)).all()
        one.name = "changed before"
        savepoint = session.begin_nested()
        two.name = "changed inside"
        session.flush()

        savepoint.rollback()
        sql_log.clear()

        assert one.name == "changed before"
        assert len(sql_log) == 0
        assert two.name == "author 1"
        session.commit()
        assert names(session) == ["author 1", "changed before"]

    def test_deleted_inside_returns(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        with pytest.raises(DeliberateError), session.begin_nested():
            session.delete(author)
            session.flush()
            raise DeliberateError

        assert author in session
        session.commit()
        assert names(session) == ["author 0"]

    def test_deleted_in_a_kept_savepoint_returns_with_the_transaction(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        with session.begin_nested():
            session.delete(author)

        session.rollback()

        assert author in session
        assert author.name == "author 0"

    def test_a_failure_inside_costs_the_savepoint_alone(self, session):
        session.add(Tag(name="a"))
        session.flush()
        for name in ("a", "b", "a", "c"):
            try:
                with session.begin_nested():
                    session.add(Tag(name=name))
            except IntegrityError:
                pass
        session.commit()

        assert set(session.scalars(select(Tag.name))) == {"a", "b", "c"}

    def test_collections_changed_inside_are_undone(self, session):
        fill(session, authors=1)
        author = session.get(Author, 1)
        assert len(author.books) == 2
        savepoint = session.begin_nested()
        author.books.append(Book(title="inside"))
        author.books.pop(0)
        session.flush()

        savepoint.rollback()

        assert [book.title for book in author.books] == ["book 0.0", "book 0.1"]

    def test_key_switches_inside_are_undone(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        savepoint = session.begin_nested()
        author.id = 50
        session.flush()
        assert session.get(Author, 50) is author

        savepoint.rollback()

        assert author.id == 1
        assert session.get(Author, 1) is author
        assert session.get(Author, 50) is None


class TestJoining:
    """A session on a Connection whose transaction somebody else began: test suites do it."""

    @pytest.fixture
    def connection(self, engine):
        with engine.connect() as connection:
            transaction = connection.begin()
            yield connection
            transaction.rollback()
        with engine.connect() as connection:
            rows = connection.scalar(select(func.count()).select_from(Author.__table__))
        assert rows == 0, "the outer rollback undoes everything"

    def count(self, connection):
        return connection.scalar(select(func.count()).select_from(Author.__table__))

    @pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only", "create_savepoint"])
    def test_commit_leaves_the_outer_transaction_open(self, connection, mode):
        with Session(connection, join_transaction_mode=mode) as session:
            session.add(Author(name="a"))
            session.commit()
            assert connection.in_transaction()

        assert self.count(connection) == 1
        assert connection.in_transaction()

    def test_create_savepoint_rolls_back_to_where_the_session_began(self, connection):
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add(Author(name="kept"))
            session.commit()
            session.add(Author(name="lost"))
            session.flush()
            session.rollback()
            session.add(Author(name="kept too"))
            session.commit()
            assert names(session) == ["kept", "kept too"]

        assert connection.in_transaction()

    @pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only"])
    def test_rollback_reaches_the_outer_transaction(self, engine, mode):
        with engine.connect() as connection:
            outer = connection.begin()
            with Session(connection, join_transaction_mode=mode) as session:
                session.add(Author(name="a"))
                session.flush()
                session.rollback()
            assert not outer.is_active

    def test_conditional_savepoint_uses_a_savepoint_inside_one(self, connection):
        savepoint = connection.begin_nested()
        with Session(connection) as session:
            session.add(Author(name="lost"))
            session.flush()
            session.rollback()

        assert savepoint.is_active
        assert connection.in_transaction()

    def test_control_fully_commits_for_good(self, engine):
        with engine.connect() as connection:
            connection.begin()
            with Session(connection, join_transaction_mode="control_fully") as session:
                session.add(Author(name="a"))
                session.commit()
            assert not connection.in_transaction()

        with Session(engine) as other:
            assert names(other) == ["a"]

    @pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only", "control_fully"])
    def test_close_without_commit(self, engine, mode):
        with engine.connect() as connection:
            connection.begin()
            with Session(connection, join_transaction_mode=mode) as session:
                session.add(Author(name="a"))
                session.flush()
            if mode == "control_fully":
                assert not connection.in_transaction()

    def test_an_unknown_mode_is_refused(self, engine):
        with pytest.raises(Exception, match="nonsense"):
            Session(engine, join_transaction_mode="nonsense")


class TestExpiry:
    def test_commit_expires(self, session, sql_log):
        author = Author(name="a")
        session.add(author)
        session.commit()
        sql_log.clear()

        assert author.name == "a"
        assert len(sql_log) == 1

    def test_expire_on_commit_can_be_off(self, engine, sql_log):
        with Session(engine, expire_on_commit=False) as session:
            author = Author(name="a", books=[Book(title="b")])
            session.add(author)
            session.commit()
            sql_log.clear()
            assert author.name == "a"
            assert [book.title for book in author.books] == ["b"]
            assert author.books[0].author_id == author.id
        assert author.name == "a"
        assert len(sql_log) == 0

    def test_a_rollback_expires_all_the_same(self, engine):
        with Session(engine, expire_on_commit=False) as session:
            author = Author(name="a")
            session.add(author)
            session.commit()
            author.name = "b"
            session.rollback()
            assert author.name == "a"


class TestTwoSessions:
    @pytest.fixture
    def two(self, file_engine):
        Base.metadata.create_all(file_engine)
        with Session(file_engine) as one, Session(file_engine) as two:
            yield one, two

    def test_commits_are_seen_by_the_other(self, two):
        one, other = two
        one.add(Author(name="a"))
        one.flush()
        assert names(other) == []
        other.rollback()

        one.commit()

        assert names(other) == ["a"]

    def test_each_has_its_own_instance(self, two):
        one, other = two
        one.add(Author(name="a"))
        one.commit()

        here, there = one.get(Author, 1), other.get(Author, 1)

        assert here is not there
        other.rollback()
        here.name = "changed"
        one.commit()
        assert there.name == "changed"

    def test_an_instance_moves_by_merge(self, two):
        one, other = two
        author = Author(name="a", books=[Book(title="b")])
        one.add(author)
        one.commit()
        assert author.name
        assert author.books

        copied = other.merge(author)

        assert copied is not author
        assert copied in other
        assert [book.title for book in copied.books] == ["b"]


def lose_savepoint(session):
    """End the savepoint behind the session's back, as a server that commits by itself does."""
    connection = session.connection()
    name = connection.get_nested_transaction().name
    connection.connection.dbapi_connection.execute(f"RELEASE SAVEPOINT {name}")


def test_where_a_savepoint_is_lost_nothing_is_committed_before_a_rollback(session):
    session.add(Author(name="around"))
    session.flush()
    with pytest.raises(OperationalError), session.begin_nested():
        session.add(Author(name="within"))
        session.flush()
        lose_savepoint(session)

    # Nobody knows what is undone: what goes on as if nothing had been lost would lose it.
    with pytest.raises(PendingRollbackError):
        names(session)
    session.rollback()
    assert names(session) == []


def test_where_a_savepoint_is_lost_a_commit_is_refused(session):
    session.add(Author(name="around"))
    session.flush()
    nested = session.begin_nested()
    lose_savepoint(session)
    with pytest.raises(OperationalError):
        nested.commit()

    with pytest.raises(InvalidRequestError):
        session.commit()
    assert names(session) == []
