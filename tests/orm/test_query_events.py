"""Those who listen to queries, and see them before they run."""

import pytest

from dovetail import event, exc, select
from dovetail.orm import Query, QueryEvents
from tests.orm.library import Author, Base, Book, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=1, pages=0)
    sql_log.clear()


@pytest.fixture
def listen():
    """``event.listen``, undone after the test."""
    heard = []

    def listen(target, name, function, **options):
        event.listen(target, name, function, **options)
        heard.append((target, name, function))

    yield listen
    for one in heard:
        event.remove(*one)


@pytest.fixture
def narrowed(listen):
    """Queries of authors find the first two alone; the number of times they were seen."""
    seen = []

    def narrow(query):
        seen.append(query)
        if query.column_descriptions[0]["type"] is Author:
            return query.enable_assertions(False).filter(Author.id < 3)
        return query

    listen(Query, "before_compile", narrow, retval=True)
    return seen


@pytest.mark.parametrize(
    "found",
    [
        lambda query: len(query.all()),
        lambda query: len(list(query)),
        lambda query: query.count(),
        lambda query: 2 if query.filter(Author.id == 3).first() is None else 3,
        lambda query: len(query.session.scalars(query.statement).all()),
        lambda query: len(query.session.execute(select(query.subquery())).all()),
        lambda query: len(query.session.execute(select(query.cte())).all()),
        lambda query: 1 + str(query).count("WHERE author.id <"),
        lambda query: len(query.union(query).all()),
    ],
    ids=["all", "iter", "count", "first", "statement", "subquery", "cte", "str", "union"],
)
def test_the_query_of_the_listener_takes_its_place(session, narrowed, found):
    assert found(session.query(Author)) == 2
    assert narrowed


def test_a_query_is_seen_once(session, narrowed):
    session.query(Author).first()
    session.query(Author).all()
    session.query(Book).one_or_none if session.query(Book).count() == 1 else None

    assert len(narrowed) == 3


def test_other_queries_are_let_be(session, narrowed):
    assert session.query(Book).count() == 3


def test_without_retval_the_query_stays(session, listen):
    listen(Query, "before_compile", lambda query: query.filter(Author.id < 3))

    assert session.query(Author).count() == 3


def test_a_class_of_the_users_own_is_listened_to_alone(session, listen):
    class Own(Query):
        pass

    listen(Own, "before_compile", lambda query: query.filter(Author.id < 3), retval=True)

    assert Own(Author, session).count() == 2
    assert session.query(Author).count() == 3


def test_an_update_can_be_changed(session, listen):
    def narrow(query, context):
        context.values["born"] = 1
        return query.filter(Author.id < 3)

    listen(Query, "before_compile_update", narrow, retval=True)

    assert session.query(Author).update({"name": "x"}) == 2
    assert session.query(Author).filter_by(name="x", born=1).count() == 2


def test_a_delete_can_be_changed(session, listen):
    listen(
        Query,
        "before_compile_delete",
        lambda query, context: query.filter(Book.id < 3),
        retval=True,
    )

    assert session.query(Book).delete() == 2


def test_what_was_done_is_told(session, listen):
    told = []
    listen(session, "after_bulk_update", told.append)
    listen(session, "after_bulk_delete", told.append)
    query = session.query(Author).filter(Author.id < 3)
    query.update({"name": "x"})
    session.query(Book).filter_by(id=1).delete()

    updated, deleted = told
    assert (updated.rowcount, updated.values, updated.mapper.class_) == (2, {"name": "x"}, Author)
    assert updated.session is session
    assert updated.query is query
    assert "UPDATE author" in str(updated.statement)
    assert updated.result.rowcount == 2
    assert deleted.rowcount == 1


def test_unknown_events_are_refused():
    with pytest.raises(exc.InvalidRequestError, match="before_compilation"):
        event.listen(Query, "before_compilation", print)
    assert QueryEvents.event_names == (
        "before_compile", "before_compile_update", "before_compile_delete",
    )  # fmt: skip
