"""Entities, aliases, paths and what is read again, one program each, run on both packages."""

import pytest

from tests.orm.bookshop import ids, library, shelves
from tests.orm.both import compare, programs

# Joined by the statement itself ---------------------------------------------------------------


def contains_eager_plain(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author)
        .join(m.Author.books)
        .where(m.Book.title.like("%.1"))
        .options(w.orm.contains_eager(m.Author.books))
        .order_by(m.Author.id)
    )
    yield shelves(w.s.scalars(statement).unique())
    yield len(w.sent)


def contains_eager_with_alias(w):
    m = library(w)
    other = w.orm.aliased(m.Book)
    for option in (
        w.orm.contains_eager(m.Author.books.of_type(other)),
        w.orm.contains_eager(m.Author.books, alias=other),
    ):
        statement = (
            w.sa.select(m.Author)
            .outerjoin(other, m.Author.books)
            .options(option)
            .order_by(m.Author.id, other.id.desc())
        )
        yield shelves(w.s.scalars(statement).unique())
        w.s.expunge_all()


def contains_eager_deep(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author)
        .join(m.Author.books)
        .join(m.Book.tags)
        .options(w.orm.contains_eager(m.Author.books).contains_eager(m.Book.tags))
        .order_by(m.Author.id, m.Book.id, m.Tag.id)
    )
    authors = w.s.scalars(statement).unique().all()
    yield [(a.id, [(b.id, ids(b.tags)) for b in a.books]) for a in authors]
    yield len(w.sent)


def contains_eager_from_statement(w):
    m = library(w)
    core = (
        w.sa.select(m.Book.__table__, m.Author.__table__)
        .join_from(m.Book.__table__, m.Author.__table__)
        .order_by(m.Book.__table__.c.id)
    )
    statement = w.sa.select(m.Book).from_statement(core)
    statement = statement.options(w.orm.contains_eager(m.Book.author))
    yield [(b.id, b.author.id) for b in w.s.scalars(statement)]
    yield len(w.sent)


def contains_eager_of_a_subquery(w):
    m = library(w)
    inner = w.sa.select(m.Book).where(m.Book.title.like("%.1")).subquery()
    some = w.orm.aliased(m.Book, inner)
    statement = (
        w.sa.select(m.Author)
        .join(some, m.Author.books)
        .options(w.orm.contains_eager(m.Author.books, alias=some))
        .order_by(m.Author.id)
    )
    yield shelves(w.s.scalars(statement).unique())


def contains_eager_with_limit(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author)
        .join(m.Author.books)
        .options(w.orm.contains_eager(m.Author.books))
        .order_by(m.Book.id)
        .limit(2)
    )
    yield shelves(w.s.scalars(statement).unique())


# Aliases, bundles, subqueries -----------------------------------------------------------------


def entity_against_subquery_and_cte(w):
    m = library(w)
    for make in ("subquery", "cte"):
        inner = getattr(w.sa.select(m.Book).where(m.Book.author_id == 1), make)()
        some = w.orm.aliased(m.Book, inner)
        statement = w.sa.select(some).where(some.id > 1).order_by(some.title.desc())
        yield ids(w.s.scalars(statement))
        statement = w.sa.select(m.Author.id, some.id).join(some, some.author_id == m.Author.id)
        yield w.s.execute(statement.order_by(some.id)).all()
        statement = w.sa.select(some.id).join(some.tags).where(m.Tag.id == 2)
        yield w.s.scalars(statement).all()


def recursive_cte_of_entities(w):
    m = library(w)
    tree = w.sa.select(m.Topic).where(m.Topic.id == 2).cte("tree", recursive=True)
    tree = tree.union_all(w.sa.select(m.Topic).join(tree, m.Topic.parent_id == tree.c.id))
    found = w.orm.aliased(m.Topic, tree)
    yield ids(w.s.scalars(w.sa.select(found).order_by(found.id)))


def adapt_on_names(w):
    m = library(w)
    inner = w.sa.select(
        w.sa.func.max(m.Book.id).label("id"), m.Book.author_id, w.sa.literal("x").label("title")
    ).group_by(m.Book.author_id).subquery()  # fmt: skip
    some = w.orm.aliased(m.Book, inner, adapt_on_names=True)
    statement = w.sa.select(some.id, some.title).order_by(some.id)
    yield w.s.execute(statement).all()


def flat_alias(w):
    m = library(w)
    other = w.orm.aliased(m.Book, flat=True, name="other")
    yield w.s.scalars(w.sa.select(other.id).order_by(other.id)).all()
    yield str(w.sa.select(other.id))


def joins_on_paths(w):
    m = library(w)
    other = w.orm.aliased(m.Book)
    tag = w.orm.aliased(m.Tag)
    for statement in (
        w.sa.select(m.Author.id, m.Tag.id).join(m.Author.books).join(m.Book.tags),
        w.sa.select(m.Author.id, tag.id)
        .join(m.Author.books.of_type(other))
        .join(other.tags.of_type(tag)),
        w.sa.select(m.Author.id, m.Book.id).join(m.Author.books.and_(m.Book.id > 11)),
        w.sa.select(m.Author.id, m.Book.id).outerjoin(m.Author.books.and_(m.Book.id > 11)),
        w.sa.select(m.Author.id, m.Book.id).join(m.Book, isouter=True),
        w.sa.select(m.Author.id, other.id).join(other, m.Author.books),
        w.sa.select(m.Author.id, m.Book.id).join_from(m.Author, m.Book),
        w.sa.select(m.Author.id, m.Book.id).select_from(m.Book).join(m.Book.author),
        w.sa.select(m.Author.id, m.Book.id).select_from(
            w.orm.join(m.Author, m.Book, m.Author.books)
        ),
        w.sa.select(m.Author.id, m.Book.id).select_from(w.orm.outerjoin(m.Author, m.Book)),
        w.sa.select(m.Author.id, m.Book.id).join(m.Book, full=True),
        w.sa.select(m.Author.id).where(m.Author.books.any()),
        w.sa.select(m.Author.id).where(~m.Author.books.any()),
        w.sa.select(m.Author.id).where(m.Author.books.any(m.Book.id > 20)),
        w.sa.select(m.Author.id).where(m.Author.books.any(title="book 1.1")),
        w.sa.select(m.Book.id).where(m.Book.author.has(name="author 1")),
        w.sa.select(m.Book.id).where(~m.Book.author.has()),
        w.sa.select(m.Book.id).where(m.Book.tags.any(m.Tag.id == 2)),
        w.sa.select(m.Book.id).where(m.Book.author == None),
        w.sa.select(m.Book.id).where(m.Book.author != None),
        w.sa.select(m.Topic.id).where(m.Topic.children.any(m.Topic.id > 12)),
        w.sa.select(m.Topic.id).where(m.Topic.parent.has(m.Topic.id == 3)),
        w.sa.select(m.Author.id).where(m.Author.books.of_type(other).any(other.id == 21)),
    ):
        yield sorted(w.s.execute(statement).all(), key=repr)


def contains_and_with_parent(w):
    m = library(w)
    author, tag, book = w.s.get(m.Author, 1), w.s.get(m.Tag, 2), w.s.get(m.Book, 11)
    page = w.s.get(m.Page, (12, 1))
    other = w.orm.aliased(m.Book)
    with_parent = w.orm.with_parent
    for statement in (
        w.sa.select(m.Author.id).where(m.Author.books.contains(book)),
        w.sa.select(m.Author.id).where(~m.Author.books.contains(book)),
        w.sa.select(m.Book.id).where(m.Book.tags.contains(tag)),
        w.sa.select(m.Book.id).where(~m.Book.tags.contains(tag)),
        w.sa.select(m.Book.id).where(m.Book.author == author),
        w.sa.select(m.Book.id).where(m.Book.author != author),
        w.sa.select(m.Book.id).where(with_parent(author, m.Author.books)),
        w.sa.select(m.Tag.id).where(with_parent(book, m.Book.tags)),
        w.sa.select(m.Book.id).where(with_parent(tag, m.Tag.books)),
        w.sa.select(m.Author.id).where(with_parent(book, m.Book.author)),
        w.sa.select(m.Remark.id).where(with_parent(page, m.Page.remarks)),
        w.sa.select(m.Remark.id).where(m.Remark.page == page),
        w.sa.select(other.id).where(with_parent(author, m.Author.books.of_type(other))),
        w.sa.select(other.id).where(with_parent(author, m.Author.books, from_entity=other)),
        w.sa.select(other.id).where(other.author == author),
        w.sa.select(m.Topic.id).where(with_parent(w.s.get(m.Topic, 2), m.Topic.children)),
    ):
        yield sorted(w.s.execute(statement).all(), key=repr)
    yield w.error(lambda: m.Author.books == book)
    yield w.error(m.Book.author.any)
    yield w.error(m.Author.books.has)
    yield w.error(lambda: m.Book.author.contains(author))


def bundles(w):
    m = library(w)
    names = w.orm.Bundle("names", m.Book.id, m.Book.title)
    both = w.orm.Bundle("both", names, m.Author.name)
    statement = w.sa.select(both, m.Author.id).join(m.Book.author).order_by(m.Book.id)
    for row in w.s.execute(statement):
        yield row.both.names.title, row.both.name, row.id, tuple(row.both.names)
    single = w.orm.Bundle("single", m.Book.id, single_entity=True)
    yield [item.id for item in w.s.query(single).order_by(m.Book.id)]
    yield [item.id for item in w.s.scalars(w.sa.select(single).order_by(m.Book.id))]
    yield [row.single.id for row in w.s.execute(w.sa.select(single).order_by(m.Book.id))]
    yield w.s.scalars(w.sa.select(names).where(names.c.id == 11)).all()
    yield list(names.c.keys()), names.name


def several_entities_and_columns(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author, m.Book.title, m.Book, w.sa.literal(7).label("seven"))
        .join(m.Book.author)
        .order_by(m.Book.id)
    )
    result = w.s.execute(statement)
    yield list(result.keys())
    for row in result:
        yield row.Author.id, row.title, row.Book.id, row.seven
    other = w.orm.aliased(m.Book, name="other")
    statement = w.sa.select(m.Author, other).join(other, m.Author.books).order_by(other.id)
    yield list(w.s.execute(statement).keys())
    outer = w.sa.select(m.Author, m.Book).outerjoin(m.Author.books).order_by(m.Author.id, m.Book.id)
    yield [(a.id, b and b.id) for a, b in w.s.execute(outer)]
    yield [d["name"] for d in statement.column_descriptions]


def unique_results(w):
    m = library(w)
    statement = w.sa.select(m.Author).join(m.Author.books).order_by(m.Book.id)
    yield ids(w.s.scalars(statement)), ids(w.s.scalars(statement).unique())
    load = w.orm.joinedload(m.Author.books)
    yield ids(w.s.scalars(statement.options(load)).unique(lambda a: a.name))
    rows = w.s.execute(w.sa.select(m.Author, m.Book.author_id).join(m.Author.books))
    yield len(rows.unique().all())


def from_statement(w):
    m = library(w)
    text = w.sa.text("SELECT id, name, born FROM author WHERE id > :least ORDER BY id")
    statement = w.sa.select(m.Author).from_statement(text)
    yield [(a.id, w.loaded(a)) for a in w.s.scalars(statement, {"least": 1})]
    w.s.expunge_all()
    named = w.sa.text("SELECT id AS i, name AS n FROM author ORDER BY 1").columns(
        m.Author.id, m.Author.name
    )
    yield [(a.id, a.name) for a in w.s.scalars(w.sa.select(m.Author).from_statement(named))]
    w.s.expunge_all()
    load = w.orm.selectinload(m.Author.books)
    authors = w.s.scalars(
        w.sa.select(m.Author).from_statement(text.bindparams(least=0)).options(load)
    )
    yield shelves(authors)
    w.s.expunge_all()
    union = w.sa.union_all(
        w.sa.select(m.Author).where(m.Author.id == 1), w.sa.select(m.Author).where(m.Author.id == 3)
    )
    yield ids(w.s.scalars(w.sa.select(m.Author).from_statement(union)))


# Parts, refreshes, options that stay ----------------------------------------------------------


def yield_per_with_eager_loads(w):
    m = library(w)
    w.add(*(m.Book(id=200 + n, tags=[m.Tag(id=200 + n)]) for n in range(30)))
    load = w.orm.selectinload(m.Book.tags)
    statement = w.sa.select(m.Book).where(m.Book.id >= 200).order_by(m.Book.id).options(load)
    yield [ids(b.tags) for b in w.s.scalars(statement.execution_options(yield_per=7))]
    parts = w.s.scalars(statement.execution_options(yield_per=7)).partitions()
    yield [len(part) for part in parts]
    w.s.expunge_all()
    yield [len(p) for p in w.s.scalars(statement).partitions(12)]
    joined = w.sa.select(m.Book).options(w.orm.joinedload(m.Book.tags))
    joined = joined.execution_options(yield_per=7)
    yield w.error(lambda: len(w.s.scalars(joined).unique().all()))
    reference = w.sa.select(m.Book).options(w.orm.joinedload(m.Book.author))
    yield len(w.s.scalars(reference.execution_options(yield_per=7)).all())


def populate_existing(w):
    m = library(w)
    author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1)).one()
    books = list(author.books)
    w.s.execute(w.sa.text("UPDATE author SET name = 'new' WHERE id = 1"))
    w.s.execute(w.sa.text("DELETE FROM book WHERE id = 12"))
    statement = w.sa.select(m.Author).where(m.Author.id == 1)
    yield w.s.scalars(statement).one().name, len(books)
    author.born = 7
    again = statement.execution_options(populate_existing=True, autoflush=False)
    yield w.s.scalars(again).one().name, author.born, ids(author.books)
    load = w.orm.selectinload(m.Author.books)
    yield ids(w.s.scalars(again.options(load)).one().books)


def options_stay_with_lazy_loads(w):
    m = library(w)
    load = w.orm.lazyload(m.Author.books).options(
        w.orm.selectinload(m.Book.tags), w.orm.defer(m.Book.title)
    )
    author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(load)).one()
    yield [w.loaded(b) for b in author.books]
    w.s.expire(author, ["books"])
    yield ids(author.books)
    w.s.expunge_all()
    author = w.s.get(m.Author, 1, options=[load])
    yield [w.loaded(b) for b in author.books]


def options_after_a_commit(w):
    m = library(w)
    load = w.orm.defaultload(m.Author.books).raiseload(m.Book.tags)
    author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(load)).one()
    w.s.commit()
    yield w.error(lambda: author.books[0].tags)


def lazy_on_pending_and_transient(w):
    m = library(w)
    sole = m.Book(author_id=1)
    yield sole.author, sole.tags
    pending = m.Book(id=500, author_id=1)
    w.s.add(pending)
    with w.s.no_autoflush:
        yield pending.author, pending.tags
    w.s.flush()
    yield pending.author and pending.author.id
    w.s.expire(pending, ["author"])
    yield pending.author.id
    loading = m.Book(author_id=2)
    w.s.enable_relationship_loading(loading)
    yield loading.author.id, loading.tags


def load_on_pending(w):
    sa, orm = w.sa, w.orm

    class Parent(w.Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Child(w.Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", load_on_pending=True)

    w.create()
    w.add(Parent(id=1), Parent(id=2))
    child = Child(parent_id=1)
    w.s.add(child)
    with w.s.no_autoflush:
        yield child.parent.id, w.sa.inspect(child).attrs.parent.history.added
    # What was loaded was not set: the key counts.
    child.parent_id = 2
    w.s.flush()
    yield child.parent_id, child.parent.id
    w.s.expire(child)
    yield child.parent_id, child.parent.id
    other = Child(parent_id=1)
    w.s.add(other)
    with w.s.no_autoflush:
        loaded = other.parent
        other.parent = w.s.get(Parent, 2)
    w.s.flush()
    yield loaded.id, other.parent_id


def what_loads_without_being_added_can_leave(w):
    m = library(w)
    loading = m.Book(author_id=2)
    w.s.enable_relationship_loading(loading)
    w.s.expunge(loading)
    yield w.sa.inspect(loading).session, loading.author, w.error(w.s.expunge, loading)


def expired_relationships_come_again(w):
    m = library(w)
    author = w.s.get(m.Author, 1)
    ids(author.books)
    w.s.commit()
    w.s.execute(w.sa.text("DELETE FROM book WHERE id = 12"))
    yield ids(author.books)
    w.s.refresh(author, ["books"])
    yield ids(author.books)
    w.s.refresh(author, ["name"])
    w.s.refresh(author)
    yield w.loaded(author)


def eager_mapping(w):
    sa, orm = w.sa, w.orm
    found = []

    def loaded(parent):
        return lazy in ("noload", None) or "children" in parent.__dict__

    for lazy in ("joined", "selectin", "subquery", "immediate", "noload", "raise", "raise_on_sql",
                 True, False, None):  # fmt: skip

        class Base(orm.DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parent"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            children = orm.relationship("Child", lazy=lazy)

        class Child(Base):
            __tablename__ = "child"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as s:
            s.add(Parent(id=1, children=[Child(id=1)]))
            s.commit()
            s.expunge_all()
            parent = s.scalars(sa.select(Parent)).unique().one()
            found.append((lazy, loaded(parent), w.error(lambda: len(parent.children))))  # noqa: B023
            s.expunge_all()
            parent = s.get(Parent, 1)
            found.append((lazy, loaded(parent), w.error(lambda: len(parent.children))))  # noqa: B023
        engine.dispose()
    yield found


def options_from_the_wrong_class(w):
    m = library(w)
    for make in (
        lambda: w.orm.selectinload(m.Author.books).selectinload(m.Author.books),
        lambda: w.orm.Load(m.Author).selectinload(m.Book.tags),
        lambda: w.orm.selectinload(m.Author.name),
        lambda: w.orm.joinedload("books"),
        lambda: w.orm.load_only("name"),
        lambda: w.orm.load_only(m.Author.books),
        lambda: w.orm.defer(m.Author.books),
        lambda: w.orm.Load("x"),
    ):
        statement = w.sa.select(m.Author)
        refused = w.error(lambda: w.s.scalars(statement.options(make())).all())  # noqa: B023
        yield isinstance(refused, str)


def get_with_options(w):
    m = library(w)
    author = w.s.get(m.Author, 1, options=[w.orm.joinedload(m.Author.books)])
    sent = len(w.sent)
    yield ids(author.books), len(w.sent) - sent
    author = w.s.get(m.Author, 2, options=[w.orm.load_only(m.Author.name)])
    yield w.loaded(author)
    yield w.s.get(m.Page, {"book_id": 12, "number": 1}).text


def merge_with_options(w):
    m = library(w)
    given = m.Author(id=1, name="merged")
    merged = w.s.merge(given, options=[w.orm.selectinload(m.Author.books)])
    yield w.loaded(merged), merged.name


def query_options(w):
    m = library(w)
    query = w.s.query(m.Author).options(w.orm.joinedload(m.Author.books)).order_by(m.Author.id)
    yield shelves(query.all())
    yield shelves(query.limit(2).all())
    yield query.first().id, query.count()
    yield [(a.id, b.id) for a, b in w.s.query(m.Author, m.Book).join(m.Author.books)
           .order_by(m.Book.id)]  # fmt: skip


def options_on_nested_loads(w):
    m = library(w)
    o = w.orm
    load = o.selectinload(m.Author.books).options(
        o.selectinload(m.Book.pages).options(
            o.load_only(m.Page.text), o.joinedload(m.Page.remarks)
        ),
        o.selectinload(m.Book.tags).load_only(m.Tag.name),
    )
    author = w.s.scalars(w.sa.select(m.Author).where(m.Author.id == 1).options(load)).one()
    for book in author.books:
        yield [(w.loaded(p), ids(p.remarks)) for p in book.pages], [w.loaded(t) for t in book.tags]


def load_options_of_an_alias(w):
    m = library(w)
    other = w.orm.aliased(m.Author)
    statement = (
        w.sa.select(m.Author, other)
        .where(m.Author.id == 1, other.id == 2)
        .options(w.orm.load_only(other.name), w.orm.Load(m.Author).load_only(m.Author.born),
                 w.orm.selectinload(other.books))
    )  # fmt: skip
    one, two = w.s.execute(statement).one()
    yield w.loaded(one), w.loaded(two)


def order_by_of_eager_collections(w):
    m = library(w)
    statement = (
        w.sa.select(m.Author).options(w.orm.joinedload(m.Author.books)).order_by(m.Author.id.desc())
    )
    yield shelves(w.s.scalars(statement).unique())


def exists_and_scalar_subqueries(w):
    m = library(w)
    count = (
        w.sa.select(w.sa.func.count(m.Book.id))
        .where(m.Book.author_id == m.Author.id)
        .correlate(m.Author)
        .scalar_subquery()
    )
    yield w.s.execute(w.sa.select(m.Author.id, count.label("n")).order_by(m.Author.id)).all()
    statement = w.sa.select(m.Author).where(count > 0).options(w.orm.selectinload(m.Author.books))
    yield shelves(w.s.scalars(statement.order_by(m.Author.id)))
    statement = w.sa.select(m.Author.id).where(w.sa.exists().where(m.Book.author_id == m.Author.id))
    yield w.s.scalars(statement.order_by(m.Author.id)).all()
    union = w.sa.select(m.Author.id).union(w.sa.select(m.Book.id)).order_by("id")
    yield w.s.scalars(union).all()


def own_comparators(w):
    sa, orm = w.sa, w.orm

    class Folding(orm.ColumnProperty.Comparator):
        def __eq__(self, other):
            return sa.func.lower(self.__clause_element__()) == sa.func.lower(other)

        __hash__ = None

    class Word(w.Base):
        __tablename__ = "word"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        text = orm.column_property(sa.Column(sa.String(20)), comparator_factory=Folding)

    w.create()
    w.add(Word(id=1, text="Ada"), Word(id=2, text="Bob"))
    yield ids(w.s.scalars(sa.select(Word).where(Word.text == "ADA")))
    other = orm.aliased(Word)
    yield ids(w.s.scalars(sa.select(other).where(other.text == "bOB")))


def chunks_and_expiry_in_between(w):
    m = library(w)
    books = w.s.scalars(w.sa.select(m.Book).order_by(m.Book.id)).all()
    w.s.expire_all()
    yield [(b.title, b.author and b.author.name, ids(b.tags)) for b in books]


def parameters_by_name_of_what_a_class_is_mapped_to(w):
    sa, orm = w.sa, w.orm
    table = sa.Table(
        "measure",
        w.Base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.Integer),
    )
    scaled = (table.c.value * sa.bindparam("factor", 10, sa.Integer)).label("scaled")
    large = sa.select(table.c.id, scaled).where(table.c.value > sa.bindparam("least")).subquery()

    class Measure(w.Base):
        __table__ = table
        third = orm.column_property(table.c.value * sa.bindparam("third", 3, sa.Integer))

    class Large(w.Base):
        __table__ = large
        __mapper_args__ = {"primary_key": [large.c.id]}

    table.create(w.engine)
    w.add(*(Measure(id=n, value=n) for n in range(1, 6)))
    other, third = orm.aliased(Large), orm.aliased(Measure)
    given = {"least": 3, "factor": 100}
    for statement in (
        sa.select(Large.id, Large.scaled),
        sa.select(other.scaled),
        sa.select(sa.func.count()).select_from(Large),
        sa.select(table.c.id).where(sa.exists().where(Large.id == table.c.id)),
    ):
        yield w.s.execute(statement, given).all()
        yield w.s.execute(statement.params(given)).all()
        yield w.s.execute(statement.params(least=1), {"least": 4}).all()
        yield w.error(w.s.execute, statement) in ("StatementError", "InvalidRequestError")
    for options in ({"params": given}, {"params": {"least": 2}}):
        found = w.s.scalars(
            sa.select(Large), execution_options={"populate_existing": True}, **options
        )
        yield [(one.id, one.scaled) for one in found]
    found = w.s.query(Large).params(least=4, factor=7).populate_existing()
    yield [(one.id, one.scaled) for one in found]
    w.s.expunge_all()
    yield w.error(w.s.scalars, sa.select(Large)) in ("StatementError", "InvalidRequestError")
    yield w.error(w.s.get, Large, 2) in ("StatementError", "InvalidRequestError")
    for entity in (Measure, third):
        yield w.s.scalars(sa.select(entity.third), {"third": 30}).all()
        yield [one.third for one in w.s.scalars(sa.select(entity).params(third=7))]
        w.s.expunge_all()
    yield w.s.execute(sa.delete(Measure).where(Measure.third > 12), {"third": 4}).rowcount


# Rows: how their items are called, and found ---------------------------------------------------


def rows_with_columns_of_one_name(w):
    m = library(w)
    styles = ("NONE", "DISAMBIGUATE_ONLY", "TABLENAME_PLUS_COL")
    first, second = (w.sa.select(m.Author.id, m.Author.name).subquery(n) for n in ("f", "s"))
    named = w.orm.aliased(m.Author, name="other")
    statement = (
        w.sa.select(first, m.Author, second, named)
        .join_from(first, second, first.c.id == second.c.id)
        .join(m.Author, m.Author.id == first.c.id)
        .join(named, named.id == first.c.id)
    )
    for style in styles:
        labelled = statement.set_label_style(getattr(w.sa, f"LABEL_STYLE_{style}"))
        yield list(w.s.execute(labelled).keys())


def rows_are_read_by_what_was_selected(w):
    m = library(w)
    other = w.orm.aliased(m.Author)
    statement = (
        w.sa.select(m.Author, other, m.Author.name, m.Book.title.label("book"))
        .join(other, other.id == m.Author.id)
        .join(m.Book, m.Book.author_id == m.Author.id)
    )
    row = w.s.execute(statement).first()
    yield row._mapping[m.Author] is row[0], row._mapping[other] is row[1]
    yield row._mapping[m.Author.name] == row[2] == row._mapping[m.Author.__table__.c.name]
    yield row.Author is row[0], row.book == row[3]
    for absent in (m.Book, m.Author.born, m.Author.__table__.c.born):
        yield isinstance(w.error(row._mapping.__getitem__, absent), str)


def descriptions_of_labels_and_functions(w):
    m = library(w)
    other = w.orm.aliased(m.Author)
    label, count = other.name.label("called"), w.sa.func.count(m.Author.id)
    for one in w.s.query(label, count, m.Book.__table__.c.id).column_descriptions:
        entity = one["entity"]
        yield one["aliased"], entity is other, entity is m.Author, entity is None


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_finds_what_the_oracle_finds(program):
    compare(program)
