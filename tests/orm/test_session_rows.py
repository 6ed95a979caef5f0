"""Rows of the Session's contract that no other file is about."""

import threading

import pytest

from dovetail import create_engine, event, inspect, select
from dovetail.exc import (
    ArgumentError,
    InvalidRequestError,
    ObjectNotExecutableError,
    PendingRollbackError,
    UnboundExecutionError,
    UnmappedInstanceError,
)
from dovetail.orm import Query, Session, object_state, selectinload, sessionmaker
from dovetail.orm.attributes import (
    PASSIVE_NO_FETCH,
    PASSIVE_NO_INITIALIZE,
    get_history,
    get_state_history,
    has_parent,
)
from dovetail.orm.instrumentation import is_instrumented
from dovetail.orm.session import SessionTransactionOrigin
from tests.orm.library import Author, Base, Book, Page, Tag, fill


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def other():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


# Construction ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", [Tag, inspect(Tag), Tag.__table__], ids=["class", "mapper", "table"]
)
def test_binds_name_classes_bases_and_tables(engine, other, key):
    with Session(engine, binds={key: other}) as session:
        session.add_all([Author(name="here"), Tag(name="there")])
        session.commit()
        assert session.scalars(select(Tag.name)).all() == ["there"]
    with Session(other) as session:
        assert session.scalars(select(Tag.name)).all() == ["there"]
        assert session.scalars(select(Author.name)).all() == []


def test_a_base_class_stands_for_all_below(engine, other):
    with Session(engine, binds={Base: other}) as session:
        session.add(Author(name="there"))
        session.commit()
    with Session(other) as session:
        assert session.scalars(select(Author.name)).all() == ["there"]


def test_binds_can_be_added_later(engine, other):
    with Session(engine) as session:
        session.bind_mapper(Tag, other)
        session.bind_table(Author.__table__, other)
        session.add_all([Author(name="a"), Tag(name="t"), Book(title="b")])
        session.commit()
        assert session.get_bind(Tag) is other
        assert session.get_bind(Author) is other
        assert session.get_bind(Book) is engine


@pytest.mark.parametrize("name", ["bind_mapper", "bind_table"])
def test_nothing_but_classes_and_tables_is_bound(engine, name):
    with Session(engine) as session, pytest.raises(ArgumentError, match="classes and tables"):
        getattr(session, name)("author", engine)


def test_without_an_engine_the_error_says_where_to_give_one():
    with Session() as session, pytest.raises(UnboundExecutionError, match=r"Session\(engine\)"):
        session.scalars(select(Author))


def test_without_autoflush_nothing_is_flushed(engine):
    with Session(engine, autoflush=False) as session:
        session.add(Author(name="a"))
        assert session.scalars(select(Author)).all() == []
        session.flush()
        assert len(session.scalars(select(Author)).all()) == 1


def test_info_is_copied(engine):
    given = {"who": "me"}
    session = Session(engine, info=given)
    session.info["more"] = 1
    assert given == {"who": "me"}
    assert session.info == {"who": "me", "more": 1}


def test_a_query_class_of_ones_own(engine):
    class Own(Query):
        def named(self, name):
            return self.filter_by(name=name)

    with Session(engine, query_cls=Own) as session:
        fill(session)
        assert session.query(Author).named("author 0").one().name == "author 0"


def test_a_session_that_closes_for_good(engine):
    session = Session(engine, close_resets_only=False)
    session.add(Author(name="a"))
    session.close()
    with pytest.raises(InvalidRequestError, match="closed for good"):
        session.add(Author(name="b"))
    again = Session(engine, close_resets_only=False)
    again.reset()
    again.scalars(select(Author)).all()
    again.close()


# Methods --------------------------------------------------------------------------------------


def test_adding_again_changes_nothing(session, sql_log):
    author = Author(name="a")
    session.add(author)
    session.add(author)
    assert list(session.new) == [author]
    session.flush()
    session.add(author)
    session.flush()
    assert sql_log.verbs.count("INSERT author") == 1


def test_many_are_deleted_together(session, sql_log):
    authors = [Author(name=f"a{n}") for n in range(3)]
    session.add_all(authors)
    session.commit()
    session.delete_all(authors)
    sql_log.clear()
    session.commit()
    assert sql_log.verbs.count("DELETE author") == 1
    assert session.scalars(select(Author)).all() == []


def test_get_takes_options_and_locks(session, sql_log):
    fill(session)
    session.expunge_all()
    author = session.get(Author, 1, options=[selectinload(Author.books)])
    sql_log.clear()
    assert author.books
    assert len(sql_log) == 0
    author.name = "changed"
    assert session.get(Author, 1, populate_existing=True) is author
    assert session.get(Author, 1, with_for_update=True) is author
    assert session.get(Author, {"id": 1}) is author
    assert session.get(Author, (1,)) is author


@pytest.mark.parametrize("verb", ["execute", "scalar", "scalars"])
@pytest.mark.parametrize("is_heard", [False, True])
def test_a_plain_string_is_no_statement(session, sql_log, verb, is_heard):
    heard = []
    if is_heard:
        event.listen(session, "do_orm_execute", heard.append)

    with pytest.raises(ObjectNotExecutableError, match=r"SELECT 1(.|\n)*hint: .*text\("):
        getattr(session, verb)("SELECT 1")

    assert len(sql_log) == 0


def test_get_bind_may_be_overridden(engine, other):
    class Routed(Session):
        def get_bind(self, mapper=None, *, clause=None, bind=None, **more):
            if mapper is not None and getattr(mapper, "class_", mapper) is Tag:
                return other
            return super().get_bind(mapper, clause=clause, bind=bind, **more)

    with sessionmaker(engine, class_=Routed)() as session:
        session.add_all([Author(name="a"), Tag(name="t")])
        session.commit()
    with Session(other) as session:
        assert session.scalars(select(Tag.name)).all() == ["t"]


def test_invalidate_discards_the_connection(file_engine):
    Base.metadata.create_all(file_engine)
    dropped = []
    event.listen(file_engine, "invalidate", lambda *arguments: dropped.append(arguments))
    session = Session(file_engine)
    author = Author(name="a")
    session.add(author)
    session.flush()
    session.invalidate()
    assert len(dropped) == 1
    assert inspect(author).transient or inspect(author).detached
    assert session.scalars(select(Author)).all() == []
    session.close()


def test_invalidate_after_a_timeout_leaves_a_session_that_works(file_engine):
    """What a web server does whose worker is told to stop: see ``invalidate()``."""
    Base.metadata.create_all(file_engine)
    session = Session(file_engine)
    gone = threading.Event()

    def work():
        try:
            session.add(Author(name="a"))
            session.flush()
            raise TimeoutError
        except TimeoutError:
            session.invalidate()
            gone.set()

    threading.Thread(target=work).start()
    assert gone.wait(10)
    assert file_engine.pool.checkedout() == 0
    session.add(Author(name="b"))
    session.commit()
    assert session.scalars(select(Author.name)).all() == ["b"]
    session.close()


def test_a_transaction_knows_where_it_stands(session):
    assert session.get_transaction() is None
    session.scalars(select(Author)).all()
    root = session.get_transaction()
    assert root.origin is SessionTransactionOrigin.AUTOBEGIN
    assert (root.nested, root.parent, root.is_active) == (False, None, True)
    with session.begin_nested() as nested:
        assert nested.origin is SessionTransactionOrigin.BEGIN_NESTED
        assert nested.parent is root
        assert session.get_nested_transaction() is nested
        assert session.in_nested_transaction()
    session.rollback()
    with session.begin() as begun:
        assert begun.origin is SessionTransactionOrigin.BEGIN


def test_a_session_that_has_failed_is_not_active_until_it_is_rolled_back(session):
    session.add(Author())
    with pytest.raises(Exception, match="NOT NULL"):
        session.flush()
    assert not session.is_active
    with pytest.raises(PendingRollbackError):
        session.get(Author, 1)
    session.rollback()
    assert session.is_active


# Tools ----------------------------------------------------------------------------------------


def test_what_is_not_mapped_has_no_state():
    with pytest.raises(UnmappedInstanceError):
        object_state(object())
    author = Author(name="a")
    assert object_state(author) is inspect(author)


def test_history_without_loading(session, sql_log):
    fill(session)
    author = session.get(Author, 1)
    session.expire(author)
    sql_log.clear()
    for passive in (PASSIVE_NO_INITIALIZE, PASSIVE_NO_FETCH):
        assert get_history(author, "name", passive) == ((), (), ())
        assert get_history(author, "books", passive) == ((), (), ())
        assert get_state_history(inspect(author), "name", passive).empty()
    assert len(sql_log) == 0
    assert get_history(author, "name") == ((), ["author 0"], ())


def test_who_has_a_parent_is_known_where_orphans_are_deleted():
    page = Page(number=1)
    assert not has_parent(Book, page, "pages")
    book = Book(title="t", pages=[page])
    assert has_parent(Book, page, "pages")
    book.pages.remove(page)
    assert not has_parent(Book, page, "pages")
    assert has_parent(Book, Page(number=2), "pages", optimistic=True)


def test_instrumented_attributes_are_told_from_others():
    author = Author(name="a")
    author.nickname = "x"
    assert is_instrumented(author, "name")
    assert is_instrumented(author, "books")
    assert not is_instrumented(author, "nickname")
    assert not is_instrumented(author, "no such")


def test_a_mistaken_bind_says_what_is_needed():
    with pytest.raises(ArgumentError, match="needs an Engine"):
        Session("sqlite://")
