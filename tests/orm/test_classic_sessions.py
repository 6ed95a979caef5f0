"""Classic session modes and spellings: they work, and say how the same is written today."""

import gc
from contextlib import contextmanager

import pytest

from dovetail import MetaData, create_engine, inspect, select, text
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    InvalidRequestError,
    PendingRollbackError,
)
from dovetail.orm import Session, sessionmaker
from tests.orm.library import Author, Base, Book, fill


@pytest.fixture(autouse=True)
def tables(file_engine):
    Base.metadata.create_all(file_engine)


@contextmanager
def classic(what):
    with pytest.warns(DovetailDeprecationWarning, match=what):
        yield


@pytest.fixture
def session(file_engine):
    """A session without a lasting transaction."""
    with classic("autocommit=True"):
        session = Session(file_engine, autocommit=True)
    yield session
    session.close()


def stored(engine):
    with engine.connect() as connection:
        return connection.scalars(text("SELECT name FROM author ORDER BY id")).all()


# autocommit=True ---------------------------------------------------------------------------------


def test_autocommit_false_is_what_there_is(file_engine, recwarn):
    with sessionmaker(file_engine, autocommit=False, autoflush=False)() as session:
        session.add(Author(name="a"))
        session.commit()
    assert not recwarn.list


@pytest.fixture
def filled(file_engine):
    with Session(file_engine) as session:
        fill(session)


@pytest.mark.usefixtures("filled")
def test_each_query_takes_a_connection_and_returns_it(session, file_engine):
    assert not session.in_transaction()
    assert session.scalars(select(Author)).all()
    assert not session.in_transaction()
    assert file_engine.pool.checkedout() == 0


def test_a_flush_has_a_transaction_of_its_own(session, file_engine):
    session.add(Author(name="a"))
    assert not session.in_transaction()
    session.flush()
    assert not session.in_transaction()
    assert stored(file_engine) == ["a"]


def test_a_failed_flush_leaves_a_session_that_works(session, file_engine):
    with pytest.raises(Exception, match="NOT NULL"):
        session.add(Author())
        session.flush()
    session.expunge_all()
    session.add(Author(name="a"))
    session.flush()
    assert stored(file_engine) == ["a"]


def test_statements_are_committed(session, file_engine):
    session.execute(text("INSERT INTO author (name) VALUES ('a')"))
    assert stored(file_engine) == ["a"]


def test_values_stay_after_a_query(session):
    session.add(Author(name="a"))
    session.flush()
    author = session.scalars(select(Author)).one()
    session.scalars(select(Author)).all()
    assert "name" in inspect(author).dict


@pytest.mark.usefixtures("filled")
def test_lazy_loads_take_a_connection_and_return_it(session, file_engine):
    author = session.get(Author, 1)
    assert author.books
    assert file_engine.pool.checkedout() == 0


def test_begin_demarcates(session, file_engine):
    with session.begin():
        session.add(Author(name="a"))
        session.flush()
        assert stored(file_engine) == []
        assert session.in_transaction()
    assert stored(file_engine) == ["a"]
    assert not session.in_transaction()
    session.begin()
    session.add(Author(name="b"))
    session.flush()
    session.rollback()
    assert stored(file_engine) == ["a"]


def test_commit_and_savepoints_need_a_transaction(session):
    for method in (session.commit, session.begin_nested):
        with pytest.raises(InvalidRequestError, match="no transaction is in progress"):
            method()
    session.rollback()


def test_a_connection_outside_of_a_transaction_is_the_callers(session, file_engine):
    connection = session.connection()
    assert file_engine.pool.checkedout() == 1
    connection.close()
    assert file_engine.pool.checkedout() == 0


@pytest.mark.usefixtures("filled")
def test_streams_are_read_whole(session):
    result = session.scalars(select(Author).execution_options(yield_per=1))
    assert len(result.all()) > 1


# Transactions within transactions ----------------------------------------------------------------


def test_a_transaction_within_ends_with_the_outer_one(file_engine):
    with Session(file_engine) as session:
        session.begin()
        session.add(Author(name="outer"))
        with classic("subtransactions=True"):
            session.begin(subtransactions=True)
        session.add(Author(name="inner"))
        session.commit()
        assert stored(file_engine) == []
        session.commit()
        assert stored(file_engine) == ["outer", "inner"]


def test_rollback_within_ends_everything(file_engine):
    with Session(file_engine) as session:
        session.begin()
        session.add(Author(name="outer"))
        session.flush()
        with classic("subtransactions=True"):
            session.begin(subtransactions=True)
        session.add(Author(name="inner"))
        session.flush()
        session.rollback()
        with pytest.raises(PendingRollbackError, match="in a transaction within it"):
            session.scalars(select(Author)).all()
        session.rollback()
        assert session.scalars(select(Author)).all() == []
        assert not session.new


def test_begin_with_subtransactions_begins_where_nothing_is(file_engine):
    with Session(file_engine) as session:
        with classic("subtransactions=True"):
            session.begin(subtransactions=True)
        session.add(Author(name="a"))
        session.commit()
        assert not session.in_transaction()
    assert stored(file_engine) == ["a"]


def test_a_block_within_a_block(file_engine):
    with Session(file_engine) as session:
        with session.begin():
            with classic("subtransactions=True"), session.begin(subtransactions=True):
                session.add(Author(name="a"))
            session.add(Author(name="b"))
        assert stored(file_engine) == ["a", "b"]


# weak_identity_map=False -------------------------------------------------------------------------


@pytest.fixture
def strong(file_engine):
    with classic("weak_identity_map=False"):
        session = Session(file_engine, weak_identity_map=False)
    yield session
    session.close()


def test_instances_are_kept_until_they_are_pruned(strong):
    fill(strong)
    count = len(strong.scalars(select(Author)).all())
    gc.collect()
    authors = [it for it in strong if isinstance(it, Author)]
    assert len(authors) == count
    kept = authors[0]
    del authors
    strong.rollback()
    assert strong.prune() > 0
    gc.collect()
    assert [it for it in strong if isinstance(it, Author)] == [kept]
    assert strong.prune() == 0


def test_expunged_and_deleted_ones_are_let_go(strong):
    author = Author(name="a")
    strong.add(author)
    strong.commit()
    state = inspect(author)
    strong.expunge(author)
    del author
    gc.collect()
    assert state.obj() is None


def test_an_ordinary_session_has_nothing_to_prune(file_engine):
    with Session(file_engine) as session:
        assert session.prune() == 0


# Spellings ---------------------------------------------------------------------------------------


def test_the_transaction_attribute(file_engine):
    with Session(file_engine) as session:
        session.begin()
        with classic("get_transaction"):
            assert session.transaction is session.get_transaction()


def test_refresh_with_a_lockmode(file_engine):
    with Session(file_engine) as session:
        session.add(Author(id=1, name="a"))
        session.commit()
        author = session.get(Author, 1)
        with classic("with_for_update=True"):
            session.refresh(author, lockmode="update")
        assert author.name == "a"
        with pytest.raises(ArgumentError, match="'update_nowait'"):
            session.refresh(author, lockmode="some")


def test_binds_as_keywords(file_engine):
    other = create_engine("sqlite://")
    with Session(other) as session:
        with classic("bind_arguments"):
            assert (
                session.execute(text("SELECT count(*) FROM author"), bind=file_engine).scalar() == 0
            )
        with classic("bind_arguments"):
            connection = session.connection(mapper=Author, close_with_result=True)
        assert connection.engine is other
        with pytest.raises(TypeError, match="'bnd'"):
            session.execute(text("SELECT 1"), bnd=file_engine)
    other.dispose()


def test_transaction_accounting_is_accepted(file_engine):
    Session(file_engine, _enable_transaction_accounting=False).close()


def test_a_session_without_plans(file_engine):
    before = len(file_engine.plans)
    with Session(file_engine, enable_baked_queries=False) as session:
        session.scalars(select(Author).where(Author.name == "never asked")).all()
    assert len(file_engine.plans) == before
    with Session(file_engine) as session:
        session.scalars(select(Author).where(Author.name == "never asked")).all()
    assert len(file_engine.plans) == before + 1


# Relationships of instances without a row --------------------------------------------------------


def test_relationships_load_for_what_is_not_in_the_session(file_engine):
    with Session(file_engine) as session:
        session.add(Author(id=1, name="a"))
        session.commit()
        book = Book(title="t", author_id=1)
        session.enable_relationship_loading(book)
        assert book.author.name == "a"
        assert book not in session
        session.commit()
        assert session.scalars(select(Book)).all() == []
        session.add(book)
        session.commit()
        assert session.scalars(select(Book)).all() == [book]


class TestTheSessionIdOfAState:
    """``inspect(instance).session_id`` may be set: it is how the instance changes its session."""

    def test_an_instance_without_a_row_belongs_to_the_session_and_is_not_pending(self, file_engine):
        book = Book(title="t", author_id=1)
        state = inspect(book)
        with Session(file_engine) as session:
            state.session_id = session.hash_key

            assert state.session is session
            assert book not in session
            assert book.author is None
            session.expunge(book)
        assert state.session_id is None

    def test_an_instance_with_a_row_moves_to_another_session(self, file_engine):
        with Session(file_engine) as first, Session(file_engine) as second:
            first.add(author := Author(name="a"))
            first.commit()
            inspect(author).session_id = second.hash_key

            assert author not in first
            assert author in second
            assert author.name == "a"
            inspect(author).session_id = None
            assert inspect(author).detached
            assert author not in second

    def test_a_number_of_no_session_is_refused(self):
        with pytest.raises(InvalidRequestError, match="no session has the number -1"):
            inspect(Book(title="t")).session_id = -1


class TestOlderSpellings:
    """How sessions were written before: each works, and says how it is written today."""

    @pytest.fixture
    def session(self, file_engine):
        with Session(file_engine) as session:
            yield session

    def test_arguments_by_position(self, file_engine):
        with classic("by position"):
            session = Session(
                file_engine, False, False, True, False, False, True, None, None, False, {"a": 1}
            )
        with session:
            assert (session.autoflush, session.expire_on_commit, session.info) == (
                False, False, {"a": 1},
            )  # fmt: skip
            assert session.enable_baked_queries is False
        with pytest.raises(TypeError, match="at most"):
            Session(file_engine, *[None] * 13)

    def test_the_statement_as_clause_and_what_get_bind_takes(self, session, file_engine):
        for options in ({"bind": file_engine}, {"mapper": Author}):
            with classic("execute"):
                assert session.scalar(text("SELECT :x"), {"x": 2}, **options) == 2
        with classic("clause"):
            assert session.scalar(clause=text("SELECT 3")) == 3
        with classic("clause"):
            assert session.execute(clause=text("SELECT 4"), bind=file_engine).scalar() == 4
        with pytest.raises(TypeError, match="statement"):
            session.execute()
        with pytest.raises(TypeError, match="nonsense"):
            session.execute(text("SELECT 1"), nonsense=1)

    def test_what_an_own_get_bind_takes(self, file_engine):
        asked = []

        class Sharded(Session):
            def get_bind(self, mapper=None, shard=None, **more):
                asked.append(shard)
                return file_engine

        with Sharded() as session, classic("execute"):
            session.execute(text("SELECT 1"), mapper=Author, shard="east")

        assert asked == ["east"]

    def test_get_bind_by_position_and_by_table(self, file_engine):
        with Session(binds={Author: file_engine}) as session:
            assert session.get_bind(Author, Author.__table__) is file_engine
            assert session.get_bind(None, Author.__table__) is file_engine
            assert session.get_bind(clause=select(Author.__table__)) is file_engine

    def test_is_modified_passive(self, session):
        author = Author(name="x")
        with classic("passive"):
            assert session.is_modified(author, include_collections=False, passive=True)

    @pytest.mark.parametrize("mode", ["read", "update", "update_nowait"])
    def test_locks_by_their_names(self, session, mode):
        session.add(Author(name="x"))
        session.flush()
        with classic("refresh"):
            session.refresh(session.query(Author).one(), lockmode=mode)
        with classic("refresh"):
            session.refresh(session.query(Author).one(), ["name"], mode)
        with classic("with_lockmode"):
            assert session.query(Author).with_lockmode(mode).count() == 1
        assert session.query(Author).with_lockmode(None).count() == 1
        with pytest.raises(ArgumentError, match="lockmode"):
            session.query(Author).with_lockmode("nonsense")

    def test_without_a_lasting_transaction_it_is_active_between_begin_and_commit(self, file_engine):
        with classic("autocommit=True"):
            session = Session(file_engine, autocommit=True)
        assert not session.is_active
        session.begin()
        assert session.is_active
        session.commit()
        assert not session.is_active

    def test_a_transaction_has_connections(self, session, file_engine):
        transaction = session.begin()
        assert transaction.connections == frozenset()
        with pytest.raises(InvalidRequestError, match="takes part"):
            transaction.bound_connection()
        connection = transaction.connection(Author)
        assert connection is session.connection() is transaction.connection(file_engine)
        assert transaction.bound_connection() is transaction.bound_connection(Author) is connection
        assert transaction.bound_connection(bind=file_engine) is connection
        assert transaction.connections == {connection}
        with pytest.raises(InvalidRequestError, match="twophase"):
            transaction.prepare()

    def test_class_methods_and_names(self, session):
        from dovetail.orm import was_deleted
        from dovetail.orm.session import _SessionClassMethods

        author = Author(name="x")
        assert issubclass(Session, _SessionClassMethods)
        assert Session.object_session(author) is None
        assert Session.identity_key(Author, 1) == (Author, (1,), None)
        assert was_deleted(object=author) is False

    def test_metadata_knows_no_engine(self, file_engine):
        with pytest.raises(ArgumentError, match=r"bind=[\s\S]*binds="):
            MetaData(bind=file_engine)
