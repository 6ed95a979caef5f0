"""The Query object: the older way to write a SELECT."""

import pytest

from dovetail import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Column,
    Integer,
    MetaData,
    Table,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
)
from dovetail.exc import InvalidRequestError, LegacyAPIWarning, MultipleResultsFound, NoResultFound
from dovetail.orm import Query, aliased, contains_eager, joinedload
from tests.orm.library import Author, Base, Book, Page, Tag, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)
    sql_log.clear()


@pytest.fixture
def query(session):
    return session.query(Author)


def ids(query):
    return [one.id for one in query]


def test_a_query_is_its_instances(session, query):
    assert ids(query.order_by(Author.id)) == [1, 2, 3]
    assert ids(query.order_by(Author.id).all()) == [1, 2, 3]
    assert query.order_by(Author.id)[1].id == 2
    assert ids(query.order_by(Author.id)[1:3]) == [2, 3]
    assert query.order_by(Author.id.desc()).first().id == 3
    assert query.filter_by(id=99).first() is None


@pytest.mark.parametrize(
    "item",
    [Author.id.label("x"), cast(Author.id, Integer), func.abs(Author.id), Author.id + 0],
    ids=["label", "cast", "function", "sum"],
)
def test_names_are_looked_up_in_the_class_of_an_expression(session, item):
    assert session.query(item).filter_by(name="author 1").scalar() == 2


def test_a_query_of_nothing_may_exist(session):
    nothing = session.query().select_from(Author)

    assert session.query(nothing.exists()).scalar() is True
    assert session.query(nothing.filter(Author.id == 99).exists()).scalar() is False
    with pytest.raises(InvalidRequestError, match="selects nothing"):
        nothing.all()


def test_a_query_is_a_value(query):
    narrow = query.filter(Author.id == 1)

    assert ids(narrow) == [1]
    assert query.count() == 3


def test_one_and_its_relatives(query):
    assert query.filter_by(id=1).one().id == 1
    assert query.filter_by(id=99).one_or_none() is None
    with pytest.raises(NoResultFound):
        query.filter_by(id=99).one()
    with pytest.raises(MultipleResultsFound):
        query.one()
    with pytest.raises(MultipleResultsFound):
        query.one_or_none()


def test_columns_make_rows(session):
    rows = session.query(Author.id, Author.name.label("called")).order_by(Author.id).all()

    assert rows[0] == (1, "author 0")
    assert rows[0].called == "author 0"
    assert session.query(Author.name).filter_by(id=2).scalar() == "author 1"
    assert session.query(func.max(Author.id)).scalar() == 3


def test_conditions_add_up(query):
    assert ids(query.filter(Author.id > 1, Author.id < 3)) == [2]
    assert ids(query.filter(Author.id > 1).filter(Author.id < 3)) == [2]
    assert ids(query.where(Author.id > 1).filter_by(name="author 2")) == [3]


def test_joins(session, query):
    assert ids(query.join(Author.books).filter(Book.title == "book 1.0")) == [2]
    assert ids(query.join(Book).filter(Book.title == "book 1.0")) == [2]
    assert ids(query.join(Book, Book.author_id == Author.id).filter(Book.id == 5)) == [3]
    session.add(Author(name="lonely"))
    assert ids(query.outerjoin(Author.books).filter(Book.id.is_(None))) == [4]


def test_a_query_of_two_entities(session):
    rows = session.query(Author, Book).join(Author.books).order_by(Book.id).all()

    assert [(author.id, book.id) for author, book in rows][:3] == [(1, 1), (1, 2), (2, 3)]


def test_entities_from_a_join_are_given_once(query):
    assert len(query.join(Author.books).all()) == 3


def test_limit_offset_distinct_and_slices(query, session):
    ordered = query.order_by(Author.id)

    assert ids(ordered.limit(1).offset(1)) == [2]
    assert ids(ordered.slice(0, 2)) == [1, 2]
    assert session.query(Book.author_id).distinct().count() == 3


def test_grouping(session):
    rows = (
        session.query(Book.author_id, func.count(Page.id))
        .join(Book.pages)
        .group_by(Book.author_id)
        .having(func.count(Page.id) == 4)
        .order_by(Book.author_id)
        .all()
    )

    assert rows == [(1, 4), (2, 4), (3, 4)]


def test_count_and_exists(session, query, sql_log):
    assert query.filter(Author.id > 1).count() == 2
    assert session.query(query.filter(Author.id == 1).exists()).scalar() is True
    assert session.query(query.filter(Author.id == 99).exists()).scalar() is False


def test_a_limit_is_counted(query):
    assert query.limit(2).count() == 2


def test_subqueries(session, query):
    early = query.filter(Author.id < 3).subquery()

    assert session.query(func.count()).select_from(early).scalar() == 2
    alias = aliased(Author, early)
    assert sorted(ids(session.query(alias))) == [1, 2]
    keys = session.query(Author.id).filter(Author.name == "author 1")
    assert ids(query.filter(Author.id.in_(keys.scalar_subquery()))) == [2]


def test_unions(session, query):
    one, three = query.filter_by(id=1), query.filter_by(id=3)

    assert sorted(ids(one.union(three))) == [1, 3]
    assert len(one.union_all(one).all()) == 1
    assert one.union(three).count() == 2


def test_get_finds_by_key(query):
    with pytest.warns(LegacyAPIWarning, match=r"Session.get\(\)"):
        assert query.get(1).id == 1
    with pytest.warns(LegacyAPIWarning):
        assert query.get(99) is None


def test_options(query, sql_log):
    author = query.options(joinedload(Author.books)).filter_by(id=1).one()

    assert "books" in inspect(author).dict
    assert len(sql_log) == 1
    eager = query.join(Author.books).filter(Book.id == 3).options(contains_eager(Author.books))
    assert [book.id for book in eager.populate_existing().one().books] == [3]


def test_populate_existing_and_autoflush(session, query):
    author = query.filter_by(id=1).one()
    author.name = "unsaved"

    query.autoflush(False).populate_existing().filter_by(id=1).one()

    assert author.name == "author 0"


def test_text_and_parameters(session, query):
    assert ids(query.filter(text("author.id = :key")).params(key=2)) == [2]
    chosen = query.from_statement(text("SELECT id, name, born FROM author WHERE id > :low"))
    assert sorted(ids(chosen.params(low=1))) == [2, 3]


@pytest.mark.parametrize(
    "use",
    [list, Query.all, Query.count, Query.delete, lambda query: query.update({"born": 1})],
    ids=["iter", "all", "count", "delete", "update"],
)
def test_a_query_without_a_session_says_so(use):
    with pytest.raises(InvalidRequestError, match="no session"):
        use(Query(Author))


class TestFromStatement:
    def test_the_rows_are_those_of_the_statement(self, query, sql_log):
        chosen = query.from_statement(text("SELECT id, upper(name) AS name, born FROM author"))

        assert sorted(author.name for author in chosen) == ["AUTHOR 0", "AUTHOR 1", "AUTHOR 2"]
        assert len(sql_log) == 1

    def test_columns_that_are_missing_are_read_when_touched(self, query, sql_log):
        author = query.from_statement(text("SELECT id FROM author WHERE id = 2")).one()

        assert "name" not in author.__dict__
        assert author.name == "author 1"
        assert len(sql_log) == 2

    def test_columns_are_found_under_labels(self, session, query):
        statement = session.query(Author).filter(Author.id == 2)
        labelled = statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL).statement

        assert query.from_statement(labelled).one().name == "author 1"

    def test_an_order_and_repetitions_are_the_statements(self, session):
        statement = text("SELECT id FROM author UNION ALL SELECT 1 ORDER BY 1 DESC")
        found = session.scalars(select(Author).from_statement(statement)).all()

        assert [author.id for author in found] == [3, 2, 1, 1]
        assert found[2] is found[3]

    def test_the_primary_key_is_needed(self, query):
        with pytest.raises(InvalidRequestError, match="'id'"):
            query.from_statement(text("SELECT name FROM author")).all()

    def test_what_is_held_is_overwritten_on_demand(self, session, query):
        held = session.get(Author, 1)
        chosen = query.from_statement(text("SELECT id, 'x' AS name, born, notes FROM author"))

        chosen.all()
        assert held.name == "author 0"
        chosen.populate_existing().all()
        assert held.name == "x"


def test_with_for_update_is_accepted(query):
    assert query.with_for_update().filter_by(id=1).one().id == 1


def test_yield_per(query):
    assert ids(query.order_by(Author.id).yield_per(2)) == [1, 2, 3]


def test_entities_may_be_changed(session, query):
    rows = query.with_entities(Author.id, Author.born).order_by(Author.id).all()

    assert rows[0] == (1, 1900)
    assert query.order_by(Author.id).add_columns(Author.born).first() == (
        session.get(Author, 1),
        1900,
    )


def test_the_statement_is_shown(query):
    assert str(query.filter(Author.id == 1)).startswith("SELECT author.id")
    assert "WHERE author.id = :id_1" in str(query.filter(Author.id == 1).statement)


def test_update_and_delete(session, query):
    author = query.filter_by(id=1).one()

    assert query.filter(Author.id < 3).update({"name": "early"}) == 2
    assert author.name == "early"
    assert query.filter_by(id=2).update({Author.born: Author.born + 5}) == 1
    assert session.get(Author, 2).born == 1906
    assert session.query(Tag).delete() == 1
    assert session.query(Tag).count() == 0


def test_bulk_changes_may_leave_the_session_alone(session, query):
    author = query.filter_by(id=1).one()

    query.filter_by(id=1).update({"name": "new"}, synchronize_session=False)

    assert author.name == "author 0"


def test_a_query_of_a_relationship(session):
    author = session.get(Author, 2)

    assert [b.id for b in session.query(Book).filter(Book.author == author).order_by(Book.id)] == [
        3,
        4,
    ]
    assert session.query(Author).filter(Author.books.any(Book.id == 6)).one().id == 3


def test_it_can_be_sorted_again_and_freed(query):
    ordered = query.order_by(Author.id)

    assert ids(ordered.order_by(None).order_by(Author.id.desc())) == [3, 2, 1]


def test_the_rows_of_a_table_are_changed_without_a_class(session):
    table = Table(
        "tally", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer)
    )
    table.create(session.connection())
    session.execute(insert(table), [{"id": 1, "n": 1}, {"id": 2, "n": 2}])

    assert session.query(table).filter(table.c.n > 1).update({table.c.n: 5}) == 1
    assert session.query(table).filter_by(id=1).delete(synchronize_session=False) == 1
    assert session.query(table).all() == [(2, 5)]
