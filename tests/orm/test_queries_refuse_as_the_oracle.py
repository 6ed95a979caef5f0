"""What queries, and comparisons in them, take and refuse; run on both packages."""

import pytest

from tests.orm.bookshop import library
from tests.orm.both import compare, programs


def where_rows_come_from_is_said_first(w):
    m = library(w)
    table = m.Author.__table__
    query = w.s.query(m.Author)
    begun = {
        "filter": query.filter(m.Author.id == 1),
        "filter_by": query.filter_by(id=1),
        "order_by": query.order_by(m.Author.id),
        "group_by": query.group_by(m.Author.id),
        "distinct": query.distinct(),
        "limit": query.limit(1),
        "offset": query.offset(1),
        "join": query.join(m.Author.books),
        "select_from": query.select_from(table),
        "union": query.union(query),
        "nothing": query,
    }
    for name, one in begun.items():
        yield name, type(w.error(one.select_from, table)).__name__
        yield name, type(w.error(one.from_statement, w.sa.text("SELECT 1"))).__name__
        yield name, type(w.error(one.enable_assertions(False).select_from, table)).__name__
    yield w.error(query.select_from, m.Author.id == 5)
    yield w.error(query.select_from, m.Author.id)
    for statement in (m.Author.id == 5, table, table.join(m.Book.__table__), "SELECT 1"):
        yield w.error(query.from_statement, statement)


def a_statement_of_its_own_is_no_part_of_another(w):
    m = library(w)
    given = w.s.query(m.Author).from_statement(w.sa.text("SELECT * FROM author WHERE id = 1"))
    for name in ("count", "subquery", "cte", "exists", "scalar_subquery"):
        yield name, w.error(getattr(given, name))
    yield w.error(given.label, "x")
    yield [one.id for one in given], str(given.selectable)


def a_class_is_no_value(w):
    m = library(w)
    for other in (m.Author, w.orm.aliased(m.Author), m.Author()):
        yield w.error(lambda: m.Author.name == other)  # noqa: B023
        yield w.error(lambda: m.Author.id > other)  # noqa: B023
        yield w.error(w.sa.distinct, other)


def a_class_is_no_condition_and_no_order(w):
    m = library(w)
    for source in (m.Author, w.orm.aliased(m.Author), m.Author.__table__):
        for verb in ("where", "having", "order_by"):
            yield verb, w.error(getattr(w.sa.select(m.Author.id), verb), source)
    yield w.error(w.sa.select(m.Author.id).select_from, m.Author.books)
    yield w.error(w.sa.select(m.Author.id).join, m.Book, m.Book)
    yield w.error(w.sa.and_, m.Author.id == 1, m.Author)
    yield w.error(lambda: m.Author.books.title)


def operators_of_a_relationship(w):
    m = library(w)
    for name in ("like", "ilike", "in_", "not_in", "startswith", "__lt__", "__ge__", "__add__"):
        with pytest.raises(NotImplementedError):
            getattr(m.Author.books, name)("x")
    yield "all"


def null_is_none(w):
    m = library(w)
    null = w.sa.null()
    for condition in (m.Book.author == null, m.Book.author != null, m.Author.books == null):
        yield w.s.query(w.sa.func.count()).filter(condition).scalar()


def slices(w):
    m = library(w)
    query = w.s.query(m.Author.id).order_by(m.Author.id)
    yield query[1:2], query[0:0], query[:2], query[1:], query[-2:-5]
    for place in (slice(-5, -2), slice(None, -2), -1):
        yield w.error(query.__getitem__, place)
    first, last = (w.sa.cast(w.sa.bindparam(name), w.sa.Integer) for name in "ab")
    yield query.params(a=1, b=2)[first:last]


def a_union_of_values_without_names(w):
    m = library(w)
    value = w.sa.literal("x")
    one = w.s.query(m.Author, value)
    other = w.s.query(m.Author, w.sa.literal_column("'y'"))
    yield [(a.id, text) for a, text in one.union(other).order_by(m.Author.id, value)]


def a_union_by_the_names_of_its_parts(w):
    m = library(w)
    first, second = (w.s.query(m.Author).filter(m.Author.id == n) for n in (1, 2))
    both = w.sa.union(first, second).order_by(f"{m.Author.__tablename__}_id")
    yield [a.id for a in w.s.query(m.Author).from_statement(both)]
    yield first.selectable.compare(first.__clause_element__())


def options_in_lists(w):
    m = library(w)
    options = [w.orm.selectinload(m.Author.books)]
    yield [w.loaded(a) for a in w.s.query(m.Author).options(options)]


def a_backref_is_there_once_the_class_is_queried(w):
    sa, orm = w.sa, w.orm

    class Team(w.Base):
        __tablename__ = "team"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        members = orm.relationship("Member", backref="team")

    class Member(w.Base):
        __tablename__ = "member"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        team_id = orm.mapped_column(sa.ForeignKey("team.id"))

    query = w.s.query(Member).options(orm.joinedload(Member.team))
    w.create()
    w.add(Team(id=1, members=[Member(id=1)]))
    yield [one.team.id for one in query]


def a_key_by_its_synonym(w):
    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        number = w.orm.synonym("id")

    w.create()
    w.add(Thing(id=7))
    yield w.s.get(Thing, {"number": 7}).id
    yield w.error(w.s.get, Thing, {"other": 7})


def an_alias_of_a_table_takes_no_names(w):
    m = library(w)
    yield w.error(w.orm.aliased, m.Author.__table__, adapt_on_names=True)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda one: one.__name__)
def test_the_answer_is_the_oracles(program):
    compare(program)
