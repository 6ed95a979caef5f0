"""Strategies of loading, one program each, run here and with the oracle."""

import pytest

from tests.orm.bookshop import ids, library, shelves
from tests.orm.both import compare, programs

# Eager joins --------------------------------------------------------------------------------


def joined_outer(w):
    m = library(w)
    statement = w.sa.select(m.Book).options(w.orm.joinedload(m.Book.author)).order_by(m.Book.id)
    yield [(b.id, b.author and b.author.id) for b in w.s.scalars(statement)]
    yield len(w.sent)


def joined_inner(w):
    m = library(w)
    load = w.orm.joinedload(m.Book.author, innerjoin=True)
    yield ids(w.s.scalars(w.sa.select(m.Book).options(load).order_by(m.Book.id)))


def joined_nested(w):
    m = library(w)
    load = w.orm.joinedload(m.Author.books).joinedload(m.Book.pages).joinedload(m.Page.remarks)
    authors = w.s.scalars(w.sa.select(m.Author).options(load).order_by(m.Author.id)).unique().all()
    yield len(w.sent)
    yield [[[(p.number, len(p.remarks)) for p in b.pages] for b in a.books] for a in authors]
    yield len(w.sent)


def joined_inner_below_outer(w):
    m = library(w)
    load = w.orm.joinedload(m.Author.books).joinedload(m.Book.pages, innerjoin=True)
    authors = w.s.scalars(w.sa.select(m.Author).options(load).order_by(m.Author.id)).unique().all()
    yield [[len(b.pages) for b in a.books] for a in authors]


def joined_inner_of_a_collection(w):
    m = library(w)
    load = w.orm.joinedload(m.Author.books, innerjoin=True)
    statement = w.sa.select(m.Author).options(load).order_by(m.Author.id)
    yield shelves(w.s.scalars(statement).unique())


def joined_collection_beside_that_of_a_reference(w):
    """The author's books multiply the rows of each book, and with them its tags."""
    m = library(w)
    o = w.orm
    around = o.joinedload(m.Book.author).joinedload(m.Author.books)
    for options in ([o.joinedload(m.Book.tags), around], [around, o.joinedload(m.Book.pages)]):
        for limit in (None, 3):
            w.s.expunge_all()
            statement = w.sa.select(m.Book).options(*options).order_by(m.Book.id).limit(limit)
            for b in w.s.scalars(statement).unique():
                yield ids(b.tags), [p.number for p in b.pages], b.author and ids(b.author.books)


def joined_collections_of_one_instance_in_two_places(w):
    """A person is in the rows for itself and as the parent of others: one list, from either."""
    sa, o = w.sa, w.orm

    class Person(w.Base):
        __tablename__ = "person"
        id = o.mapped_column(sa.Integer, primary_key=True)
        parent_id = o.mapped_column(sa.ForeignKey("person.id"))
        teacher_id = o.mapped_column(sa.ForeignKey("person.id"))
        children = o.relationship("Person", foreign_keys=[parent_id], order_by="Person.id")
        parent = o.relationship("Person", foreign_keys=[parent_id], remote_side=[id], viewonly=True)
        pupils = o.relationship("Person", foreign_keys=[teacher_id], order_by="Person.id")

    w.create()
    w.s.add_all(
        Person(id=number, parent_id=parent, teacher_id=teacher)
        for number, parent, teacher in ((1, None, None), (2, 1, None), (3, 1, 2), (4, 2, 1))
    )
    w.s.commit()
    children, pupils = o.joinedload(Person.children), o.joinedload(Person.pupils)
    again = o.joinedload(Person.parent).joinedload(Person.children)
    both = o.joinedload(Person.parent).options(children, pupils)
    for options in ([children, again], [children, pupils, again], [children, pupils, both], [both]):
        for order in (Person.id, Person.id.desc()):
            w.s.expunge_all()
            statement = sa.select(Person).options(*options).order_by(order)
            yield [(p.id, ids(p.children), ids(p.pupils)) for p in w.s.scalars(statement).unique()]


def joined_many_to_many(w):
    m = library(w)
    load = w.orm.joinedload(m.Book.tags).joinedload(m.Tag.books)
    books = w.s.scalars(w.sa.select(m.Book).options(load).order_by(m.Book.id)).unique().all()
    yield [(b.id, [(t.id, ids(t.books)) for t in b.tags]) for b in books]
    yield len(w.sent)


def joined_with_limit(w):
    m = library(w)
    load = w.orm.joinedload(m.Book.tags), w.orm.joinedload(m.Book.author)
    for order in (m.Book.id, m.Book.title.desc(), m.Book.author_id + m.Book.id):
        statement = w.sa.select(m.Book).options(*load).order_by(order).limit(3).offset(1)
        books = w.s.scalars(statement).unique().all()
        yield [(b.id, b.author and b.author.id, ids(b.tags)) for b in books]
        w.s.expunge_all()


def joined_with_limit_ordered_by_a_joined_table(w):
    m = library(w)
    statement = (
        w.sa.select(m.Book)
        .join(m.Book.author)
        .options(w.orm.joinedload(m.Book.tags))
        .order_by(m.Author.born.desc(), m.Book.id)
        .limit(2)
    )
    yield [(b.id, ids(b.tags)) for b in w.s.scalars(statement).unique()]


def joined_with_limit_and_two_columns(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author, w.sa.func.count(m.Book.id).label("n"), m.Author.name)
        .outerjoin(m.Author.books)
        .group_by(m.Author.id)
        .order_by(w.sa.desc("n"), m.Author.id)
        .options(w.orm.joinedload(m.Author.books))
        .limit(2)
    )
    yield [(a.id, ids(a.books), n, name) for a, n, name in w.s.execute(statement).unique()]


def joined_not_limited_for_references(w):
    m = library(w)
    statement = w.sa.select(m.Book).options(w.orm.joinedload(m.Book.author)).limit(2)
    yield ids(w.s.scalars(statement.order_by(m.Book.id)))
    yield w.sent[0][0].count("SELECT")


def joined_requires_unique(w):
    m = library(w)
    result = w.s.scalars(w.sa.select(m.Author).options(w.orm.joinedload(m.Author.books)))
    yield len(result.unique().all())


def joined_self_reference(w):
    m = library(w)
    load = w.orm.joinedload(m.Topic.children).joinedload(m.Topic.children)
    statement = w.sa.select(m.Topic).where(m.Topic.id == 1).options(load)
    top = w.s.scalars(statement).unique().one()
    yield [(t.id, ids(t.children)) for t in top.children]
    yield len(w.sent)


def joined_where_the_statement_joins_too(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author)
        .join(m.Author.books)
        .where(m.Book.title == "book 1.2")
        .options(w.orm.joinedload(m.Author.books))
    )
    yield shelves(w.s.scalars(statement).unique())


def joined_of_alias(w):
    m = library(w)
    other = w.orm.aliased(m.Author)
    statement = w.sa.select(other).options(w.orm.joinedload(other.books)).order_by(other.id)
    yield shelves(w.s.scalars(statement).unique())
    yield len(w.sent)


def joined_of_two_entities(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author, m.Book)
        .join(m.Author.books)
        .options(w.orm.joinedload(m.Author.books), w.orm.joinedload(m.Book.tags))
        .order_by(m.Book.id)
    )
    rows = w.s.execute(statement).unique().all()
    yield [(a.id, ids(a.books), b.id, ids(b.tags)) for a, b in rows]
    yield len(w.sent)


# Further statements -------------------------------------------------------------------------


def selectin_of_every_kind(w):
    m = library(w)
    load = w.orm.selectinload
    statement = w.sa.select(m.Book).order_by(m.Book.id).options(
        load(m.Book.author), load(m.Book.tags), load(m.Book.pages).selectinload(m.Page.remarks)
    )  # fmt: skip
    books = w.s.scalars(statement).all()
    sent = len(w.sent)
    for b in books:
        yield b.id, b.author and b.author.id, ids(b.tags)
        yield [(p.number, ids(p.remarks)) for p in b.pages]
    yield len(w.sent) - sent


def selectin_of_a_reference_by_composite_key(w):
    m = library(w)
    statement = w.sa.select(m.Remark).order_by(m.Remark.id)
    remarks = w.s.scalars(statement.options(w.orm.selectinload(m.Remark.page))).all()
    sent = len(w.sent)
    yield [(r.id, r.page.book_id, r.page.number) for r in remarks]
    yield len(w.sent) - sent


def selectin_of_a_reference_joins_nothing(w):
    m = library(w)
    w.s.scalars(w.sa.select(m.Book).options(w.orm.selectinload(m.Book.author))).all()
    yield ["JOIN" in text for text, _ in w.sent]


def selectin_in_chunks(w):
    m = library(w)
    w.add(*(m.Tag(id=100 + n) for n in range(1200)))
    statement = w.sa.select(m.Tag).options(w.orm.selectinload(m.Tag.books)).order_by(m.Tag.id)
    yield [len(t.books) for t in w.s.scalars(statement)][:5]


def selectin_with_criteria(w):
    m = library(w)
    load = w.orm.selectinload(m.Author.books.and_(m.Book.title.like("%1")))
    yield shelves(w.s.scalars(w.sa.select(m.Author).options(load).order_by(m.Author.id)))


def selectin_recursion(w):
    m = library(w)
    for depth in (1, 2, -1):
        load = w.orm.selectinload(m.Topic.children, recursion_depth=depth)
        top = w.s.scalars(w.sa.select(m.Topic).where(m.Topic.id == 1).options(load)).one()
        levels = []
        level = [top]
        while level:
            levels.append((len(level), ["children" in w.loaded(t) for t in level]))
            level = [c for t in level for c in t.__dict__.get("children", ())]
        yield levels
        w.s.expunge_all()


def immediate_recursion(w):
    m = library(w)
    load = w.orm.immediateload(m.Topic.children, recursion_depth=2)
    top = w.s.scalars(w.sa.select(m.Topic).where(m.Topic.id == 1).options(load)).one()
    yield [ids(c.children) for c in top.children]
    yield ["children" in w.loaded(d) for c in top.children for d in c.children]


def subquery_of_limited_rows(w):
    m = library(w)
    load = w.orm.subqueryload(m.Author.books).subqueryload(m.Book.tags)
    statement = w.sa.select(m.Author).order_by(m.Author.id).limit(2).options(load)
    authors = w.s.scalars(statement).all()
    yield [(a.id, [(b.id, ids(b.tags)) for b in a.books]) for a in authors]


def immediate_of_references(w):
    m = library(w)
    authors = w.s.scalars(w.sa.select(m.Author)).all()
    w.sent.clear()
    statement = w.sa.select(m.Book).where(m.Book.author_id != None)
    books = w.s.scalars(statement.options(w.orm.immediateload(m.Book.author))).all()
    yield len(w.sent), all(b.author in authors for b in books)


def mixed_strategies(w):
    m = library(w)
    load = w.orm.selectinload(m.Author.books).options(
        w.orm.joinedload(m.Book.tags), w.orm.subqueryload(m.Book.pages), w.orm.defer(m.Book.title)
    )
    authors = w.s.scalars(w.sa.select(m.Author).options(load).order_by(m.Author.id)).all()
    for a in authors:
        yield [(ids(b.tags), [p.number for p in b.pages], w.loaded(b)) for b in a.books]


# Not loaded ---------------------------------------------------------------------------------


def raiseload_of_relationships(w):
    m = library(w)
    statement = w.sa.select(m.Book).where(m.Book.id == 11).options(w.orm.raiseload(m.Book.author))
    book = w.s.scalars(statement).one()
    yield w.error(lambda: book.author), len(book.tags)


def raiseload_sql_only(w):
    m = library(w)
    option = w.orm.raiseload("*", sql_only=True)
    author = w.s.get(m.Author, 1)
    book = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 11).options(option)).one()
    yield book.author is author, w.error(lambda: book.tags), w.error(lambda: book.pages)
    other = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 21).options(option)).one()
    yield w.error(lambda: other.author)
    anonymous = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 99).options(option)).one()
    yield anonymous.author


def raiseload_keeps_what_is_assigned(w):
    m = library(w)
    option = w.orm.raiseload(m.Book.author)
    book = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 99).options(option)).one()
    book.author = w.s.get(m.Author, 1)
    w.s.flush()
    yield book.author_id


def noload_of_both(w):
    m = library(w)
    options = w.orm.noload(m.Book.author), w.orm.noload(m.Book.tags)
    book = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 11).options(*options)).one()
    yield book.author, book.tags, len(w.sent)


def wildcards(w):
    m = library(w)
    for option in (
        w.orm.lazyload("*"),
        w.orm.joinedload("*"),
        w.orm.selectinload("*"),
        w.orm.raiseload("*"),
        w.orm.Load(m.Book).raiseload("*"),
    ):
        result = w.s.scalars(w.sa.select(m.Book).where(m.Book.id == 11).options(option))
        book = result.unique().one()
        yield w.loaded(book)
        yield w.error(lambda: ids(book.tags))  # noqa: B023
        w.s.expunge_all()


def wildcards_below(w):
    m = library(w)
    load = w.orm.selectinload(m.Author.books)
    for option in (load.raiseload("*"), load.lazyload("*"), load.selectinload("*")):
        author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(option)).one()
        book = author.books[0]
        yield w.loaded(book), w.error(lambda: ids(book.tags))  # noqa: B023
        w.s.expunge_all()


def wildcard_and_named(w):
    m = library(w)
    for options in (
        (w.orm.raiseload("*"), w.orm.selectinload(m.Author.books)),
        (w.orm.selectinload(m.Author.books), w.orm.raiseload("*")),
        (w.orm.selectinload(m.Author.books), w.orm.Load(m.Author).raiseload("*")),
    ):
        author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(*options)).one()
        yield ids(author.books), w.error(lambda: ids(author.books[0].tags))  # noqa: B023
        w.s.expunge_all()


# Columns ------------------------------------------------------------------------------------


def columns_loaded(w):
    m = library(w)
    o = w.orm
    for option in (
        (o.load_only(m.Author.name),),
        (o.load_only(m.Author.name, m.Author.notes),),
        (o.load_only(m.Author.name), o.load_only(m.Author.born)),
        (o.defer(m.Author.name),),
        (o.undefer(m.Author.notes),),
        (o.undefer_group("big"),),
        (o.defer("*"), o.undefer(m.Author.born)),
        (o.undefer("*"),),
        (o.defer("*"),),
        (o.load_only(m.Author.name), o.undefer(m.Author.notes)),
        (o.Load(m.Author).load_only(m.Author.born),),
        (o.Load(m.Author).defer(m.Author.born).undefer(m.Author.notes),),
        (o.Load(m.Author).undefer_group("big"),),
    ):
        author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(*option)).one()
        yield w.loaded(author)
        yield author.name, author.born, author.notes, author.voice
        w.s.expunge_all()


def a_group_is_loaded_together(w):
    m = library(w)
    author = w.s.get(m.Author, 1)
    author.portrait  # noqa: B018
    yield w.loaded(author)


def columns_of_related(w):
    m = library(w)
    o = w.orm
    for option in (
        o.joinedload(m.Author.books).load_only(m.Book.author_id),
        o.selectinload(m.Author.books).load_only(m.Book.author_id),
        o.selectinload(m.Author.books).defer(m.Book.title),
        o.defaultload(m.Author.books).load_only(m.Book.author_id),
        o.defaultload(m.Author.books).defer(m.Book.title),
    ):
        statement = w.sa.select(m.Author).where(m.Author.id == 1).options(option)
        author = w.s.scalars(statement).unique().one()
        yield [w.loaded(b) for b in author.books]
        yield [b.title for b in author.books]
        w.s.expunge_all()


def columns_forbidden(w):
    m = library(w)
    o = w.orm
    for option in (
        o.load_only(m.Author.name, raiseload=True),
        o.defer(m.Author.born, raiseload=True),
        o.Load(m.Author).load_only(m.Author.name, raiseload=True),
        o.Load(m.Author).defer(m.Author.born, raiseload=True),
    ):
        author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(option)).one()
        yield author.name, w.error(lambda: author.born)  # noqa: B023
        author.born = 5
        yield author.born
        w.s.rollback()
        w.s.expunge_all()


def columns_for_the_second_of_two_entities(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author, m.Book)
        .join(m.Book)
        .options(w.orm.load_only(m.Author.born), w.orm.defer(m.Book.title))
        .order_by(m.Book.id)
    )
    yield [(w.loaded(a), w.loaded(b)) for a, b in w.s.execute(statement)]


def immediate_leads_back_to_what_was_loaded_first(w):
    """A reference that is loaded at once is set below a collection, too."""

    class Person(w.Base):
        __tablename__ = "person"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        workers = w.orm.relationship("Worker", back_populates="person")

    class Worker(w.Base):
        __tablename__ = "worker"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        person_id = w.orm.mapped_column(w.sa.ForeignKey("person.id"))
        person = w.orm.relationship(Person, back_populates="workers", lazy="immediate")

    w.create()
    w.add(Person(id=1, workers=[Worker(id=1), Worker(id=2)]), Person(id=2))
    for option in (w.orm.selectinload, w.orm.subqueryload, w.orm.joinedload):
        statement = w.sa.select(Person).options(option(Person.workers)).order_by(Person.id)
        people = w.s.scalars(statement).unique().all()
        yield [[w.loaded(worker) for worker in person.workers] for person in people]
        w.s.expunge_all()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_loads_what_the_oracle_loads(program):
    compare(program)
