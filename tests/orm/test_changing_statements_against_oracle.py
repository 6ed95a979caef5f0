"""Statements that change entities, one program each, run here and with the oracle."""

import pytest

from tests.orm.bookshop import library
from tests.orm.both import compare, programs


def filter_by_finds_names_of_all_tables(w):
    m = library(w)
    sa = w.sa
    by_author = sa.update(m.Book).where(m.Book.author_id == m.Author.id)
    w.s.execute(by_author.filter_by(born=1901).values(title="x"))
    other = w.orm.aliased(m.Author)
    by_alias = sa.update(m.Book).where(m.Book.author_id == other.id)
    w.s.execute(by_alias.filter_by(name="author 2").values(title="y"))
    w.s.execute(sa.update(m.Book).filter_by(title="anonymous").values(title="z"))
    book, author = m.Book.__table__, m.Author.__table__
    of_tables = sa.update(book).where(book.c.author_id == author.c.id)
    w.s.execute(of_tables.filter_by(born=1901, title="x").values(title="xx"))
    yield w.rows(m.Book)


def filter_by_refuses_what_several_have(w):
    m = library(w)
    sa = w.sa
    other = w.orm.aliased(m.Author)
    for change in (sa.update(m.Book), sa.delete(m.Book)):
        for source in (m.Author, other, m.Author.__table__.c):
            joined = change.where(m.Book.author_id == source.id)
            yield w.error(joined.filter_by, id=1)
            yield w.error(joined.where(m.Page.book_id == m.Book.id).filter_by, id=1)
            yield w.error(joined.filter_by, nothing=1)


def filter_by_sees_nothing_of_subqueries(w):
    m = library(w)
    sa = w.sa
    authors = sa.select(m.Author.id)
    for criterion in (
        m.Book.author_id.in_(authors),
        sa.exists().where(m.Author.id == m.Book.author_id),
        m.Book.author.has(m.Author.born == 1901),
        m.Book.author_id == authors.limit(1).scalar_subquery(),
    ):
        change = sa.update(m.Book).where(criterion)
        yield w.error(change.filter_by, born=1)
        changed = change.filter_by(id=11).values(title="x")
        yield w.error(lambda changed=changed: w.s.execute(changed).rowcount)


def filter_by_of_a_hierarchy(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Animal(w.Base):
        __tablename__ = "animal"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(9))
        name = column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}
        hair = column(sa.Integer)

    w.create()
    w.add(Dog(id=1, name="a", hair=1), Dog(id=2, name="b"), Animal(id=3, name="a"))
    w.s.execute(sa.update(Dog).where(Dog.id > 0).filter_by(name="a").values(hair=7))
    w.s.execute(sa.delete(Animal).where(Animal.id > 1).filter_by(name="b"))
    yield w.rows(Animal.__table__)


def an_alias_is_changed_like_its_class(w):
    m = library(w)
    sa = w.sa
    Book, table = m.Book, m.Book.__table__
    one, two = w.orm.aliased(Book), w.orm.aliased(Book, name="other")
    last = sa.select(sa.func.max(Book.id)).scalar_subquery()
    for change in (
        sa.update(one).where(one.id == 11).values(title="a"),
        sa.update(one).where(one.id == 11).values({one.title: one.title + "!"}),
        sa.update(one).where(one.id == Book.id + 1).values(title=Book.title),
        sa.update(one).where(one.id == table.c.id + 1).values(title=table.c.title),
        sa.update(one).where(one.id == two.id + 1).values(title=two.title),
        sa.update(two).where(two.author.has(m.Author.born == 1901)).values(title="b"),
        sa.update(one).where(one.id == last).values(title="c"),
        sa.update(one).where(sa.exists().where(Book.id == one.id + 1)).values(title="d"),
        sa.update(one).where(one.author_id == m.Author.id).values(title=m.Author.name),
        sa.delete(one).where(one.id == 99),
        sa.delete(two).where(two.id.in_([11, 12])),
    ):
        for run in (w.s.execute, lambda change: w.s.connection().execute(change)):
            yield run(change).rowcount
            yield w.rows(table)
            w.s.rollback()
    yield str(sa.update(two).where(two.id == 1).values(title="x"))
    returned = sa.update(one).where(one.id == 11).values(title="x").returning(one.id, one.title)
    yield [tuple(row) for row in w.s.execute(returned)]
    yield w.s.query(one).filter(one.id == 12).update({"title": "y"})
    yield w.s.query(one).filter(one.id == 99).delete()
    yield w.rows(table)


def parameters_of_mapped_expressions(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Price(w.Base):
        __tablename__ = "price"
        id = column(sa.Integer, primary_key=True)
        net = column(sa.Integer)
        gross = orm.column_property(net + sa.bindparam("tax", 5))
        asked = orm.column_property(net + sa.bindparam("fee", type_=sa.Integer), deferred=True)

    w.create()
    w.add(*(Price(id=n, net=n) for n in range(1, 6)))
    by_gross = sa.update(Price).where(Price.gross == 7).values(net=Price.net * 10)
    w.s.execute(by_gross)
    yield w.rows(Price)
    found = w.s.scalars(sa.select(Price).where(Price.id == 1)).one()
    for strategy in ("auto", "fetch", False):
        options = {"synchronize_session": strategy}
        w.s.execute(by_gross, {"tax": 6}, execution_options=options)
        if strategy:
            yield found.net
        yield w.rows(Price)
        w.s.execute(sa.update(Price).where(Price.id == 1).values(net=1))
    by_asked = sa.update(Price).where(Price.asked == 8).values(net=sa.bindparam("new"))
    w.s.execute(by_asked, {"fee": 3, "new": 77})
    yield w.rows(Price)
    w.s.query(Price).filter(Price.gross == 79).params(tax=2).update({"net": 78})
    w.s.execute(sa.delete(Price).where(Price.gross == 6), {"tax": 2})
    yield w.rows(Price)
    returned = sa.update(Price).where(Price.id == 1).values(net=3).returning(Price.gross)
    yield w.s.scalars(returned, {"tax": 7}).all()
    made = sa.insert(Price).returning(Price.gross)
    yield w.s.scalars(made, [{"id": 9, "net": 3, "tax": 4}]).all()


def a_list_of_rows_has_no_order_among_ordered_values(w):
    m = library(w)
    change = w.sa.update(m.Book).ordered_values(("title", w.sa.func.lower("X")))
    yield w.error(w.s.execute, change, [{"id": 11, "author_id": 2}])


def items_that_are_dictionaries(w):
    m = library(w)
    sa, orm = w.sa, w.orm
    who = orm.DictBundle("who", m.Author.id, m.Author.born.label("year"))
    yield w.s.execute(sa.select(who, m.Author.name).where(who.c.id == 1)).all()
    yield w.s.scalars(sa.select(who).order_by(m.Author.id)).first()
    yield w.s.query(orm.DictBundle("x", m.Tag.id, single_entity=True)).all()
    nested = orm.DictBundle("x", m.Tag.id, orm.DictBundle("y", m.Tag.name))
    yield w.s.scalars(sa.select(nested).where(m.Tag.id == 1)).all()
    made = sa.insert(m.Tag).returning(orm.DictBundle("x", m.Tag.id, m.Tag.name))
    yield w.s.scalars(made, [{"id": 7, "name": "seven"}]).all()

    class Upper(orm.DictBundle):
        def create_row_processor(self, query, procs, labels):
            make = super().create_row_processor(query, procs, labels)
            return lambda row: {name.upper(): value for name, value in make(row).items()}

    yield w.s.scalars(sa.select(Upper("x", m.Tag.id)).where(m.Tag.id == 1)).all()
    yield w.s.scalars(sa.select(orm.DictBundle("x", m.Tag.id)).where(m.Tag.id == 1)).all()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_changing_statements_as_the_oracle(program):
    compare(program)
